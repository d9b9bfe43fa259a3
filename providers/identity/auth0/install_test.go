package auth0

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

func wanted(connection string) Wanted {
	return Wanted{
		PublicURL: "https://ivr.example.com",
		Gateway:   &WantedGateway{Connection: connection, Key: engine.NewSecret("key-of-the-gateway"), Subject: "urn:Auth0", Audience: "urn:callflow", Length: 6},
		LogStream: engine.NewSecret("token-of-the-log"), News: engine.NewSecret("secret-of-the-news"),
	}
}

// applied plans and applies, and returns the verbs by what they are about.
func applied(t *testing.T, p *Provider, w Wanted) map[string]Verb {
	t.Helper()
	verbs := map[string]Verb{}
	for _, s := range p.Plan(t.Context(), w) {
		verbs[s.What] = s.Verb
		shown, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"key-of-the-gateway", "token-of-the-log", "secret-of-the-news"} {
			if strings.Contains(string(shown), secret) {
				t.Errorf("a secret is shown: %s", shown)
			}
		}
		if err := s.Apply(t.Context()); err != nil {
			t.Errorf("%s: %v", s.What, err)
		}
	}
	return verbs
}

func all(t *testing.T, verbs map[string]Verb, want Verb, n int) {
	t.Helper()
	for what, verb := range verbs {
		if verb != want {
			t.Errorf("%s: %s, expected %s", what, verb, want)
		}
	}
	if len(verbs) != n {
		t.Errorf("%d steps, expected %d: %v", len(verbs), n, verbs)
	}
}

func TestInstall(t *testing.T) {
	t.Parallel()
	f, p := tenantOf(t, fake.Config{Scopes: fake.AllScopes()})
	w := wanted("sms")
	for _, s := range p.Plan(t.Context(), w) {
		if s.Verb != Create {
			t.Errorf("%+v", s)
		}
	}
	if n := len(f.Resources("connections")) + len(f.Resources("actions/actions")) + len(f.Resources("log-streams")); n != 0 {
		t.Fatalf("a plan made %d things", n)
	}
	all(t, applied(t, p, w), Create, 5)
	all(t, applied(t, p, w), Keep, 5)
	c := f.Resources("connections")[0]
	options := sub(c, "options")
	if c["strategy"] != "sms" || options["gateway_url"] != "https://ivr.example.com/auth0/sms" || sub(options, "gateway_authentication")["secret"] != "key-of-the-gateway" {
		t.Errorf("%v", c)
	}
	for _, trigger := range []string{"post-login", "post-user-registration"} {
		if got := f.Bindings(trigger); len(got) != 1 || !strings.HasPrefix(got[0], "callflow user") {
			t.Errorf("%s: %q", trigger, got)
		}
	}
	if s := f.Resources("log-streams")[0]; sub(s, "sink")["httpAuthorization"] != "Bearer token-of-the-log" {
		t.Errorf("%v", s)
	}

	// A new address and a new secret change what has them; what is the tenant's own
	// stays.
	w.PublicURL = "https://new.example.com"
	all(t, applied(t, p, w), Change, 5)
	w.Gateway.Key = engine.NewSecret("a-new-key-of-the-gateway")
	verbs := applied(t, p, w)
	if verbs["SMS connection sms"] != Change || verbs["log stream callflow"] != Keep {
		t.Errorf("%v", verbs)
	}
	options = sub(f.Resources("connections")[0], "options")
	if options["template"] != "Your code is @@password@@" || sub(options, "totp")["length"] != float64(6) || sub(options, "gateway_authentication")["secret"] != "a-new-key-of-the-gateway" {
		t.Errorf("options are lost: %v", options)
	}
	all(t, applied(t, p, w), Keep, 5)
	w.Secrets = true
	verbs = applied(t, p, w)
	if verbs["SMS connection sms"] != Keep { // the tenant shows its secret, which is the same
		t.Errorf("%v", verbs)
	}
	delete(verbs, "SMS connection sms")
	all(t, verbs, Change, 4)
	if got := f.Bindings("post-login"); len(got) != 1 {
		t.Errorf("bound twice: %q", got)
	}
}

func TestInstallPhoneProvider(t *testing.T) {
	t.Parallel()
	f, p := tenantOf(t, fake.Config{Scopes: fake.AllScopes()})
	w := Wanted{PublicURL: "https://ivr.example.com", Gateway: wanted("").Gateway}
	all(t, applied(t, p, w), Create, 2)
	all(t, applied(t, p, w), Keep, 2)
	if a := f.Resources("actions/actions")[0]; a["all_changes_deployed"] != true || len(a["secrets"].([]any)) != 4 {
		t.Errorf("%v", a)
	}
	if got := f.Resources("branding/phone/providers"); len(got) != 1 || got[0]["name"] != "custom" {
		t.Errorf("%v", got)
	}
}

// What somebody changed in the dashboard is seen, by the doctor too, and put right
// where that is ours to do.
func TestInstallAmended(t *testing.T) {
	t.Parallel()
	f, p := tenantOf(t, fake.Config{Scopes: fake.AllScopes()})
	w := wanted("sms")
	all(t, applied(t, p, w), Create, 5)
	f.Amend("log-streams", "callflow", object{"status": "paused"})
	f.Amend("event-streams", "callflow", object{"status": "disabled", "subscriptions": []any{object{"event_type": "user.created"}}})
	f.Amend("actions/actions", "callflow user signed in", object{"code": "exports.onExecutePostLogin = async () => {};"})
	told := map[string]Finding{}
	for _, x := range p.Examine(t.Context(), "", engine.Secret{}) {
		told[x.Check] = x
	}
	for _, check := range []string{"log stream", "event stream"} {
		if told[check].Verdict != Warning {
			t.Errorf("%s: %+v", check, told[check])
		}
	}
	verbs := applied(t, p, w)
	for what, want := range map[string]Verb{"log stream callflow": Change, "event stream callflow": Change, "Action callflow user signed in": Change, "Action callflow user registered": Keep, "SMS connection sms": Keep} {
		if verbs[what] != want {
			t.Errorf("%s: %s, expected %s", what, verbs[what], want)
		}
	}
	all(t, applied(t, p, w), Keep, 5)
	if s := f.Resources("event-streams")[0]; len(s["subscriptions"].([]any)) != 3 || s["status"] != "enabled" {
		t.Errorf("%v", s)
	}
	// Auth0 writes this switch as text, too.
	options := sub(f.Resources("connections")[0], "options")
	f.Amend("connections", "sms", object{"options": over(options, object{"forward_req_info": "true"})})
	all(t, applied(t, p, w), Keep, 5)
	f.Amend("log-streams", "callflow", object{"pii_config": object{"log_fields": []any{"phone"}}})
	for _, s := range p.Plan(t.Context(), w) {
		if s.What == "log stream callflow" && (s.Verb != Blocked || !strings.Contains(s.Why, "masks phone")) {
			t.Errorf("%+v", s)
		}
	}
}

// A missing scope blocks its step, by its name, and no other.
func TestInstallBlocked(t *testing.T) {
	t.Parallel()
	scopes := slices.DeleteFunc(fake.AllScopes(), func(s string) bool { return s == "read:log_streams" || s == "create:connections" })
	_, p := tenantOf(t, fake.Config{Scopes: scopes})
	for _, s := range p.Plan(t.Context(), wanted("sms")) {
		switch s.What {
		case "log stream callflow":
			if s.Verb != Blocked || !strings.Contains(s.Why, "read:log_streams") {
				t.Errorf("%+v", s)
			}
		case "SMS connection sms":
			if err := s.Apply(t.Context()); err == nil || !strings.Contains(err.Error(), "create:connections") {
				t.Errorf("%v", err)
			}
		}
	}
	var o *outage
	for _, s := range p.Plan(t.Context(), wanted("Username-Password-Authentication")) {
		if strings.HasPrefix(s.What, "SMS") && (s.Verb != Blocked || !strings.Contains(s.Why, "not one for SMS") || errors.As(s.Apply(t.Context()), &o)) {
			t.Errorf("a database is changed: %+v", s)
		}
	}
}

// What is created has the members that the recorded requests had.
func TestRecordedInstall(t *testing.T) {
	t.Parallel()
	sent := map[string]map[string]any{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/oauth/token":
			_, _ = io.WriteString(w, `{"access_token":"t","expires_in":86400,"scope":"","token_type":"Bearer"}`)
		case r.Method == http.MethodGet && r.URL.Path == "/api/v2/log-streams":
			_, _ = io.WriteString(w, `[]`)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `{"status":"built","bindings":[]}`)
		default:
			var body map[string]any
			if json.NewDecoder(r.Body).Decode(&body) == nil {
				sent[r.Method+" "+r.URL.Path] = body
			}
			_, _ = io.WriteString(w, `{"id":"x"}`)
		}
	}))
	defer srv.Close()
	p, err := New(Config{Domain: "go-auth0-dev.eu.auth0.com", ClientID: "c", ClientSecret: engine.NewSecret("s"), BaseURL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, connection := range []string{"sms", ""} {
		for _, s := range p.Plan(t.Context(), wanted(connection)) {
			if err := s.Apply(t.Context()); err != nil {
				t.Errorf("%+v: %v", s, err)
			}
		}
	}
	for path, file := range map[string]string{
		"/api/v2/connections":              "TestConnectionManager_Create/It_can_successfully_create_a_Custom_SMS_Connection.yaml",
		"/api/v2/log-streams":              "TestLogStreamManager_Create/It_can_successfully_create_a_HTTP_LogStream.yaml",
		"/api/v2/branding/phone/providers": "TestBrandingManager_CreatePhoneProvider.yaml",
		"/api/v2/event-streams":            "TestEventStreamManager_CreateTypeWebhook.yaml",
		"/api/v2/actions/actions":          "TestActionManager_CreateWithDeploy.yaml",
	} {
		real := exchange(t, recorded(t, file), http.MethodPost, path)
		var want map[string]any
		if err := json.Unmarshal([]byte(real.Request.Body), &want); err != nil {
			t.Fatal(err)
		}
		got := sent["POST "+path]
		if got == nil {
			t.Errorf("%s: nothing was sent", path)
		}
		unknown(t, path, got, want)
	}
}

// unknown finds members that the recorded request has not.
func unknown(t *testing.T, at string, got, want map[string]any) {
	t.Helper()
	for name, value := range got {
		w, ok := want[name]
		if !ok {
			t.Errorf("%s: %s is not in the recorded request", at, name)
			continue
		}
		if a, ok := value.(map[string]any); ok {
			b, _ := w.(map[string]any)
			unknown(t, at+" "+name, a, b)
		}
	}
}

// The Actions run: they post what callflow reads, and heed its answers.
func TestActions(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node to run them")
	}
	files, err := filepath.Glob("actions/*.js")
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	const harness = `
const [file, name, eventText, status] = process.argv.slice(2);
const event = JSON.parse(eventText), did = [], cache = new Map();
globalThis.fetch = async (url, o) => { did.push("post " + url + " " + o.headers.authorization.split(" ")[0] + " " + o.body); return { ok: status === "200", status: Number(status) }; };
console.log = () => {};
const api = { cache: { get: (k) => cache.get(k), set: (k, v) => cache.set(k, { value: v }) },
  notification: { retry: (why) => did.push("retry " + why), drop: (why) => did.push("drop " + why) } };
(async () => { const run = require(file)[name]; await run(event, api); await run(event, api); process.stdout.write(did.join("\n")); })();
`
	script := filepath.Join(t.TempDir(), "harness.js")
	if err := os.WriteFile(script, []byte(harness), 0o600); err != nil {
		t.Fatal(err)
	}
	const secrets = `"secrets":{"CALLFLOW_URL":"https://x/y","CALLFLOW_SECRET":"s","CALLFLOW_KEY":"a2V5","CALLFLOW_SUBJECT":"a","CALLFLOW_AUDIENCE":"b"}`
	const user = `{"user":{"user_id":"auth0|1","enrolledFactors":[{"type":"phone"}]},` + secrets + `}`
	const note = `{"notification":{"recipient":"+12025550123","as_text":"Your code is 123456","code":"123456","delivery_method":"text","message_type":"otp_verify"},"request":{"ip":"192.0.2.1"},` + secrets + `}`
	const posted = `post https://x/y Bearer {"user_id":"auth0|1"}`
	const sent = `post https://x/y Bearer {"recipient":"+12025550123","body":"Your code is 123456","code":"123456","delivery_method":"text","message_type":"otp_verify","req":{"ip":"192.0.2.1"}}`
	for _, c := range []struct{ file, name, event, status, want string }{
		{"user_registered.js", "onExecutePostUserRegistration", user, "200", posted + "\n" + posted},
		{"user_signed_in.js", "onExecutePostLogin", user, "200", posted}, // the second sign-in has nothing new
		{"user_signed_in.js", "onExecutePostLogin", user, "503", posted + "\n" + posted},
		{"phone_provider.js", "onExecuteCustomPhoneProvider", note, "200", sent + "\n" + sent},
		{"phone_provider.js", "onExecuteCustomPhoneProvider", note, "503", sent + "\nretry callflow answers 503\n" + sent + "\nretry callflow answers 503"},
		{"phone_provider.js", "onExecuteCustomPhoneProvider", note, "403", sent + "\ndrop callflow answers 403\n" + sent + "\ndrop callflow answers 403"},
	} {
		file, err := filepath.Abs(filepath.Join("actions", c.file))
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), node, script, file, c.name, c.event, c.status).CombinedOutput()
		if err != nil || string(out) != c.want {
			t.Errorf("%s, %s: %v\n%s\nexpected\n%s", c.file, c.status, err, out, c.want)
		}
	}
}
