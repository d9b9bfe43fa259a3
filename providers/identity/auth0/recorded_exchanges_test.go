package auth0

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"callflow/engine"
	"callflow/engine/runner"
)

// recordedUse is one recorded exchange, and how we use it.
type recordedUse struct {
	file string // below the SDK's recordings
	// The exchange of the file: its method, how its path begins, and what its answer
	// has.
	method, path, has string
	// use makes our request, and judges what becomes of the recorded answer.
	use func(t *testing.T, d *desk)
	// answers are those to other requests that use makes: "GET /path".
	answers map[string]string
	// more are members of our request that the recorded one has not, left those of
	// the recorded one that ours has not; and why.
	more, left map[string]string
	// unused says why we have no use for it.
	unused string
}

// Why members of a request are not those of the recorded one.
const (
	whySecret = "the application has a secret, and sends it"
	whyOpenID = "without openid there is no ID token"
	whyNoID   = "there is no API that an access token would be for"
	whyKeep   = "what it is now stays"
)

// Why we have no use for what was recorded.
const (
	notEmail    = "codes go to telephones"
	notDeleted  = "nothing is deleted in a tenant"
	notEnrolled = "nobody enrols by telephone"
	notShown    = "the list shows all of it"
)

// recordedUses are the recorded exchanges of what callflow has to do with: codes,
// second factors, authentication methods, log streams, connections, phone providers,
// and besides them exports and event streams.
func recordedUses() []recordedUse {
	const (
		mfaOOB   = "authentication/TestMFAVerifyWithOOB/"
		logs     = "TestLogStreamManager_"
		lines    = "TestConnectionManager_"
		phones   = "TestBrandingManager_"
		customIs = "It_can_successfully_create_a_Custom_SMS_Connection.yaml"
	)
	methods := "TestUserManager_AuthenticationMethods.yaml"
	return []recordedUse{
		// Passwordless.
		{
			file: "authentication/TestSendSMS.yaml", method: "POST", path: "/passwordless/start", use: useStart,
			more: map[string]string{"client_secret": whySecret, "send": "a code, and no link", "authParams.scope": whyOpenID},
		},
		{
			file: "authentication/TestLoginWithSMS.yaml", method: "POST", path: "/oauth/token", use: useExchange,
			more: map[string]string{"client_secret": whySecret}, left: map[string]string{"audience": whyNoID},
		},
		{file: "authentication/TestSendEmail.yaml", unused: notEmail},
		{file: "authentication/TestLoginWithEmail.yaml", unused: notEmail},
		{file: "authentication/TestPasswordlessWithClientAssertion/Should_support_passing_private_key_jwt_auth.yaml", unused: "the application has a secret: Auth0 trusts auth0-forwarded-for of no other"},
		{file: "authentication/TestPasswordlessWithClientAssertion/Should_support_using_private_key_jwt_auth.yaml", unused: "the same"},

		// Second factors.
		{file: "authentication/TestMFAListAuthenticators.yaml", method: "GET", path: "/mfa/authenticators", use: useFactors},
		{
			file: "authentication/TestMFAChallenge/Should_make_a_challenge_request_using_OOB.yaml", method: "POST", path: "/mfa/challenge", use: useChallenge,
			answers: map[string]string{"GET /mfa/authenticators": `[{"id":"sms|dev_1","authenticator_type":"oob","active":true,"oob_channel":"sms","name":"XXXXXXXXX9167"}]`},
		},
		{file: "authentication/TestMFAChallenge/Should_make_a_challenge_request_using_OTP.yaml", unused: "an app shows its codes unasked"},
		{
			file: mfaOOB + "Should_return_tokens_when_authorization_is_approved.yaml", method: "POST", path: "/oauth/token", use: useFactor(oobGrant, ""),
			more: map[string]string{"binding_code": "what the caller enters; the recorded one was a push", "scope": whyOpenID},
		},
		{
			file: mfaOOB + "Should_return_an_error_when_requesting_when_authorization_has_been_denied.yaml", method: "POST", path: "/oauth/token", use: useFactor(oobGrant, engine.CodeDenied),
			more: map[string]string{"binding_code": "what the caller enters; the recorded one was a push", "scope": whyOpenID},
		},
		{
			file: mfaOOB + "Should_return_an_error_when_requesting_before_authorizing.yaml", method: "POST", path: "/oauth/token", use: useFactor(oobGrant, ""),
			more: map[string]string{"binding_code": "what the caller enters; the recorded one was a push", "scope": whyOpenID},
		},
		{
			file: "authentication/TestMFAVerifyWithOTP/Should_return_tokens_for_a_valid_request.yaml", method: "POST", path: "/oauth/token", use: useFactor(otpGrant, ""),
			more: map[string]string{"scope": whyOpenID},
		},
		{file: "authentication/TestMFAVerifyWithRecoveryCode/Should_return_tokens_for_a_valid_request.yaml", unused: "a recovery code has letters, which keypads have not"},
		{file: "authentication/TestMFAAddAuthenticator/Should_return_response_for_OOB_(SMS_channel).yaml", unused: notEnrolled},
		{file: "authentication/TestMFAAddAuthenticator/Should_return_response_for_OOB_(Auth0_channel).yaml", unused: notEnrolled},
		{file: "authentication/TestMFAAddAuthenticator/Should_return_response_for_OTP.yaml", unused: notEnrolled},
		{file: "authentication/TestMFADeleteAuthenticator.yaml", unused: notEnrolled},

		// Authentication methods.
		{file: methods, method: "GET", path: "/api/v2/users/auth0|640b5a0ed3534be8b2db9dd3/authentication-methods", has: "XXXXXXXXXXX5044", use: useMethods},
		{file: methods, method: "GET", path: "/api/v2/users/auth0|640b5a0ed3534be8b2db9dd3/authentication-methods", has: `"authenticators":[]`, use: useMethods},
		{file: methods, method: "GET", path: "/api/v2/users/auth0|640b5a0ed3534be8b2db9dd3/authentication-methods/", unused: notShown},
		{file: methods, method: "POST", path: "/api/v2/users/", has: `"type":"email"`, unused: notEnrolled},
		{file: methods, method: "PATCH", path: "/api/v2/users/", unused: notEnrolled},
		{file: methods, method: "PUT", path: "/api/v2/users/", unused: notEnrolled},
		{file: methods, method: "DELETE", path: "/api/v2/users/", unused: notDeleted},
		{file: "TestUserManager_Enrollments.yaml", unused: "older than authentication methods, which have the same"},

		// Log streams.
		{
			file: logs + "Create/It_can_successfully_create_a_HTTP_LogStream.yaml", method: "POST", path: "/api/v2/log-streams", use: useApply("log stream callflow", Create),
			left: map[string]string{
				"isPriority": "what it is without it", "pii_config.log_fields": "it would mask what sign-ins are told by",
				"pii_config.method": "the same", "pii_config.algorithm": "the same", "filters": "all that happens",
			},
		},
		{
			file: logs + "Update/It_can_successfully_update_a_HTTP_LogStream.yaml", method: "PATCH", path: "/api/v2/log-streams/", use: useApply("log stream callflow", Change),
			answers: map[string]string{"GET /api/v2/log-streams": `[{"id":"lst_0000000000012804","name":"callflow","type":"http","status":"active","sink":{"httpContentFormat":"JSONLINES","httpContentType":"application/json","httpEndpoint":"https://example.com/logs"}}]`},
			more: map[string]string{
				"status": "a stream that Auth0 has paused goes on", "sink.httpEndpoint": "as it is created", "sink.httpContentType": "as it is created",
				"sink.httpContentFormat": "as it is created", "sink.httpAuthorization": "as it is created",
			},
			left: map[string]string{"filters": whyKeep, "pii_config.log_fields": whyKeep, "pii_config.method": whyKeep, "pii_config.algorithm": whyKeep},
		},
		{file: logs + "List.yaml", method: "GET", path: "/api/v2/log-streams", use: useApply("log stream callflow", Create)},
		{file: logs + "Read/It_can_successfully_read_a_HTTP_LogStream.yaml", unused: notShown},
		{file: logs + "Delete/It_can_successfully_delete_a_HTTP_LogStream.yaml", unused: notDeleted},
		{file: logs + "Create/It_can_successfully_create_a_DataDog_LogStream.yaml", unused: "callflow is posted to; so with the other kinds of streams"},

		// Connections.
		{
			file: lines + "Create/" + customIs, method: "POST", path: "/api/v2/connections", use: useApply("SMS connection sms", Create),
			left: map[string]string{"options.upstream_params.screen_name.alias": "of no use with SMS"},
		},
		{
			file: lines + "ReadByName/It_can_successfully_find_a_Custom_SMS_Connection_by_its_name.yaml", method: "GET", path: "/api/v2/connections",
			use:  useApply("SMS connection Test-Custom-SMS-Connection-1747381016", Change),
			left: map[string]string{"?include_totals": "no two have the same name", "?per_page": "the same"},
		},
		{
			file: lines + "Update/It_can_successfully_update_a_Custom_SMS_Connection.yaml", method: "PATCH", path: "/api/v2/connections/", use: useApply("SMS connection sms", Change),
			answers: map[string]string{"GET /api/v2/connections": `{"connections":[{"id":"con_0MasOyGgEERlRGcu","name":"sms","strategy":"sms","options":{"name":"sms","from":null,"syntax":"liquid","template":"t","totp":{"time_step":110,"length":5},"messaging_service_sid":null,"disable_signup":true,"brute_force_protection":true}}]}`},
			left:    map[string]string{"options.upstream_params.screen_name.alias": "of no use with SMS"},
		},
		{
			file: lines + "EnabledClients.yaml", method: "GET", path: "/api/v2/connections/con_1D0JFKzHjd17eNfe/clients", has: "Ca4v8gSpiV5oIlYH2aVkfRCn0A1uIAdB",
			use: func(t *testing.T, d *desk) {
				i := &installer{Provider: d.Provider}
				if i.enabled(t.Context(), "con_1D0JFKzHjd17eNfe") {
					t.Error("another application is taken for ours")
				}
				i.config.ClientID = "Ca4v8gSpiV5oIlYH2aVkfRCn0A1uIAdB"
				if !i.enabled(t.Context(), "con_1D0JFKzHjd17eNfe") {
					t.Error("the application is not found")
				}
			},
		},
		{
			file: lines + "UpdateEnabledClients_Add.yaml", method: "PATCH", path: "/api/v2/connections/con_s3vZb8dKdbSb63f2/clients",
			use: func(t *testing.T, d *desk) {
				d.config.ClientID = "li3LVZNp65uTEKY24io5nutAeoC10YAb"
				if err := (&installer{Provider: d.Provider}).enable(t.Context(), "con_s3vZb8dKdbSb63f2"); err != nil {
					t.Error(err)
				}
			},
		},
		{file: lines + "UpdateEnabledClients_Remove.yaml", unused: "a connection is never switched off"},
		{file: lines + "Read/It_can_successfully_read_a_Custom_SMS_Connection.yaml", unused: notShown},
		{file: lines + "Delete.yaml", unused: notDeleted},
		{file: lines + "Create/It_can_successfully_create_a_SMS_Connection.yaml", unused: "Twilio's own: messages go through callflow's gateway"},

		// Phone providers.
		{file: phones + "CreatePhoneProvider.yaml", method: "POST", path: "/api/v2/branding/phone/providers", use: useApply("phone provider", Create)},
		{file: phones + "ListPhoneProviders.yaml", method: "GET", path: "/api/v2/branding/phone/providers", use: useApply("phone provider", Blocked)},
		{
			file: phones + "UpdatePhoneProvider.yaml", method: "PATCH", path: "/api/v2/branding/phone/providers/", use: useApply("phone provider", Change),
			answers: map[string]string{"GET /api/v2/branding/phone/providers": `{"providers":[{"id":"pro_g2az5BZWCaWPysqZdQq8B5","name":"custom","disabled":true,"configuration":{"delivery_methods":["voice"]}}]}`},
			left:    map[string]string{"name": whyKeep, "credentials": whyKeep},
		},
		{file: phones + "ReadPhoneProvider.yaml", unused: notShown},
		{file: phones + "DeletePhoneProvider.yaml", unused: notDeleted},
		{file: phones + "TryPhoneProvider.yaml", unused: "it would send somebody a message"},

		// Exports, and event streams.
		{
			file: "TestJobManager_ExportUsers.yaml", method: "POST", path: "/api/v2/jobs/users-exports",
			use: func(t *testing.T, d *desk) {
				e, err := d.StartExport(t.Context(), "con_ftSSLHb0O7rcUGmF")
				if err != nil || e.ID != "job_iSjvljNtsTMmSpRW" || e.Status != "pending" || e.CreatedAt.IsZero() {
					t.Errorf("the job is %+v, %v", e, err)
				}
			},
			left: map[string]string{"limit": "all users"},
		},
		{
			file: "TestEventStreamManager_List.yaml", method: "GET", path: "/api/v2/event-streams", use: useApply("event stream callflow", Create),
		},
		{
			file: "TestEventStreamManager_Update.yaml", method: "PATCH", path: "/api/v2/event-streams/", use: useApply("event stream callflow", Change),
			answers: map[string]string{"GET /api/v2/event-streams": `{"eventStreams":[{"id":"est_4o4zA1yDbzpykKZdrS19Lm","name":"callflow","status":"disabled","subscriptions":[]}]}`},
			more: map[string]string{
				"destination.type": "as it is created", "destination.configuration.webhook_endpoint": "as it is created",
				"destination.configuration.webhook_authorization.method": "as it is created", "destination.configuration.webhook_authorization.token": "as it is created",
			},
			left: map[string]string{"name": whyKeep},
		},
	}
}

// Our requests say what recorded ones said, to the same addresses and in the same
// words, and what a real tenant answered is understood. What we have no use for is
// named, with the reason.
func TestRecordedExchanges(t *testing.T) {
	t.Parallel()
	for _, u := range recordedUses() {
		name, _, _ := strings.Cut(strings.ReplaceAll(u.file, "It_can_successfully_", ""), ".yaml")
		t.Run(name+" "+u.method, func(t *testing.T) {
			t.Parallel()
			all := recorded(t, u.file)
			if u.method == "" && u.unused != "" {
				return
			}
			real := findExchange(t, all, u)
			if u.unused != "" {
				return
			}
			d := newDesk(t, u, real)
			u.use(t, d)
			d.compare(t, u)
		})
	}
}

func findExchange(t *testing.T, all []interaction, u recordedUse) interaction {
	t.Helper()
	for _, i := range all {
		at, err := url.Parse(i.Request.URL)
		if err == nil && i.Request.Method == u.method && strings.HasPrefix(at.Path, u.path) && strings.Contains(i.Response.Body, u.has) {
			return i
		}
	}
	t.Fatalf("no exchange %s %s was recorded", u.method, u.path)
	return interaction{}
}

// desk answers as recorded, and keeps what it was asked.
type desk struct {
	*Provider
	real interaction
	at   string // "POST /oauth/token"
	mu   sync.Mutex
	sent map[string]*http.Request // with their bodies read
	body map[string][]byte
}

// testKey is made once: that takes long.
var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// publishedKeys are keys as a tenant publishes them.
var publishedKeys = sync.OnceValues(func() ([]byte, error) {
	private, err := testKey()
	if err != nil {
		return nil, err
	}
	key, err := jwk.FromRaw(private.Public())
	if err != nil {
		return nil, err
	}
	set := jwk.NewSet()
	if err := errors.Join(key.Set(jwk.KeyIDKey, "one"), key.Set(jwk.AlgorithmKey, "RS256"), key.Set(jwk.KeyUsageKey, "sig"), set.AddKey(key)); err != nil {
		return nil, err
	}
	return json.Marshal(set)
})

func newDesk(t *testing.T, u recordedUse, real interaction) *desk {
	t.Helper()
	keys, err := publishedKeys()
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(real.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{real: real, at: u.method + " " + at.Path, sent: map[string]*http.Request{}, body: map[string][]byte{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, _ := io.ReadAll(r.Body)
		asked := r.Method + " " + r.URL.Path
		if strings.Contains(string(body), "grant_type=client_credentials") {
			_, _ = io.WriteString(w, `{"access_token":"t","expires_in":86400,"scope":"read:users","token_type":"Bearer"}`)
			return
		}
		d.mu.Lock()
		d.sent[asked], d.body[asked] = r, body
		d.mu.Unlock()
		answer, known := u.answers[asked]
		switch {
		case asked == d.at:
			w.WriteHeader(real.Response.Code)
			_, _ = io.WriteString(w, real.Response.Body)
		case known:
			_, _ = io.WriteString(w, answer)
		case r.URL.Path == "/.well-known/jwks.json":
			_, _ = w.Write(keys)
		case asked == "GET /api/v2/log-streams":
			_, _ = io.WriteString(w, `[]`)
		default:
			_, _ = io.WriteString(w, `{"id":"x","status":"built"}`)
		}
	}))
	t.Cleanup(srv.Close)
	d.Provider, err = New(Config{
		Domain: "go-auth0-dev.eu.auth0.com", ClientID: "test-client_id", ClientSecret: engine.NewSecret("test-client_secret"), BaseURL: srv.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// compare holds our request to the recorded one.
func (d *desk) compare(t *testing.T, u recordedUse) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	ours := d.sent[d.at]
	if ours == nil {
		t.Fatalf("%s was not asked for, but %q", d.at, slices.Sorted(maps.Keys(d.sent)))
	}
	at, _ := url.Parse(d.real.Request.URL)
	got := members(t, ours.Header.Get("Content-Type"), d.body[d.at], ours.URL.Query())
	want := members(t, "", []byte(d.real.Request.Body), at.Query())
	for name, values := range d.real.Request.Form {
		want[name] = values[0]
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; there == (u.more[name] != "") && got[name] != "?" {
			t.Errorf("%s: ours has %s, the recorded one %v; explained: %q", d.at, name, there, u.more[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, there := got[name]; there == (u.left[name] != "") {
			t.Errorf("%s: the recorded one has %s, ours %v; explained: %q", d.at, name, there, u.left[name])
		}
	}
	for name := range u.more {
		if _, there := got[name]; !there {
			t.Errorf("%s: %s is explained, and not sent", d.at, name)
		}
	}
	for _, name := range []string{"client_id", "client_secret", "connection", "phone_number", "username", "otp", "grant_type", "realm", "mfa_token", "challenge_type", "connection_id", "format"} {
		if want[name] != "" && got[name] != want[name] && want[name] != "oob-token" {
			t.Errorf("%s: %s is %q, recorded %q", d.at, name, got[name], want[name])
		}
	}
}

// members are the names of all that a request says, those within others after a dot,
// those of a query after a question mark.
func members(t *testing.T, kind string, body []byte, query url.Values) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name := range query {
		all["?"+name] = "?"
	}
	text := strings.TrimSpace(string(body))
	switch {
	case text == "" || text == "null":
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded") || text[0] != '{' && text[0] != '[':
		form, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		for name := range form {
			all[name] = form.Get(name)
		}
	default:
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		flatten("", v, all)
	}
	return all
}

func flatten(at string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			flatten(strings.TrimPrefix(at+"."+name, "."), value, into)
		}
		if len(v) == 0 && at != "" {
			into[at] = ""
		}
	case []any:
		into[at] = ""
		if len(v) > 0 {
			if m, ok := v[0].(map[string]any); ok && at == "" {
				flatten("", m, into)
			}
		}
	case string:
		into[at] = v
	default:
		into[at] = ""
	}
}

func useStart(t *testing.T, d *desk) {
	sent, err := d.SendCode(t.Context(), engine.SendCode{Number: "+123456789", Channel: engine.ChannelSMS})
	if err != nil || sent.Result != engine.CodeSentOn || sent.Ending != "89" {
		t.Errorf("the code is %+v, %v", sent.Result, err)
	}
}

// useExchange: the recorded answer has no ID token, and proves nothing.
func useExchange(t *testing.T, d *desk) {
	unproved(t, d, handle{Grant: codeGrant, Number: "+123456789"}, "123456")
}

func unproved(t *testing.T, d *desk, h handle, code string) {
	t.Helper()
	got, err := d.CheckCode(t.Context(), engine.CheckCode{Handle: secretJSON(h), Code: engine.NewSecret(code)})
	if got.Result != "" || !errors.Is(err, runner.ErrSetup) {
		t.Errorf("the check is %q, %v; expected a complaint", got.Result, err)
	}
}

// useFactors: of the recorded factors one is active, and it is an address of email.
func useFactors(t *testing.T, d *desk) {
	sent, err := d.SendCode(t.Context(), engine.SendCode{Pending: secretJSON(pending{Token: "mfa-token"}), Channel: engine.ChannelSMS})
	if err != nil || sent.Result != engine.CodeSentRejected {
		t.Errorf("the challenge is %q, %v", sent.Result, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := d.sent[d.at].Header.Get("Authorization"); got != "Bearer mfa-token" {
		t.Errorf("authorized by %q", got)
	}
}

func useChallenge(t *testing.T, d *desk) {
	sent, err := d.SendCode(t.Context(), engine.SendCode{Pending: secretJSON(pending{Token: "mfa-token"}), Channel: engine.ChannelSMS})
	var h handle
	if err != nil || sent.Result != engine.CodeSentOn || sent.Ending != "67" || json.Unmarshal([]byte(sent.Handle.Reveal()), &h) != nil || h.OOB != "mfa-token" {
		t.Errorf("the challenge is %q, %v", sent.Result, err)
	}
}

// useFactor exchanges a second factor's code; want "": the answer proves nothing.
func useFactor(grant string, want engine.CodeResult) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		h := handle{Grant: grant, OOB: "oob-token", Pending: &pending{Token: "mfa-token"}}
		if want == "" {
			unproved(t, d, h, "853860")
			return
		}
		got, err := d.CheckCode(t.Context(), engine.CheckCode{Handle: secretJSON(h), Code: engine.NewSecret("853860")})
		if err != nil || got.Result != want {
			t.Errorf("the check is %q, %v; want %q", got.Result, err, want)
		}
	}
}

// useMethods: what is shown goes to the index as it is, masked numbers too.
func useMethods(t *testing.T, d *desk) {
	raw, err := d.Reader(1000).Methods(t.Context(), "auth0|640b5a0ed3534be8b2db9dd3")
	if err != nil || string(raw) != d.real.Response.Body {
		t.Errorf("the methods are %s, %v", raw, err)
	}
}

// useApply plans what is wanted, expects a verb for one thing, and does it.
func useApply(what string, want Verb) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		connection, sms := strings.CutPrefix(what, "SMS connection ")
		if !sms {
			connection = ""
		}
		for _, s := range d.Plan(t.Context(), wanted(connection)) {
			if s.What != what {
				continue
			}
			if s.Verb != want {
				t.Errorf("%s: %s, %s; expected %s", s.What, s.Verb, s.Why, want)
			}
			if err := s.Apply(t.Context()); err != nil {
				t.Errorf("%s: %v", s.What, err)
			}
			return
		}
		t.Errorf("%s is not planned", what)
	}
}
