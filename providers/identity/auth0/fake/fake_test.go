package fake_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

const realmGrant = "http://auth0.com/oauth/grant-type/password-realm"

// client asks a tenant over HTTP, without the SDK.
type client struct {
	t      *testing.T
	tenant *fake.Tenant
	url    string
}

func newClient(t *testing.T, c fake.Config) client {
	t.Helper()
	tenant, err := fake.New(c)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(tenant)
	t.Cleanup(srv.Close)
	return client{t, tenant, srv.URL}
}

func ana() fake.Config {
	return fake.Config{Users: []fake.User{{Account: "12345", PIN: engine.NewSecret("7391"), Greeting: "Ana"}}}
}

// do sends a request and returns the status and the JSON of the answer.
func (c client) do(req *http.Request) (int, map[string]any, http.Header) {
	c.t.Helper()
	res, err := (&http.Client{Transport: apart}).Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		c.t.Fatalf("HTTP %d is no JSON object: %s", res.StatusCode, body)
	}
	return res.StatusCode, answer, res.Header
}

// token posts to /oauth/token, as a form or as JSON.
func (c client) token(asJSON bool, pairs ...string) (int, map[string]any) {
	c.t.Helper()
	form, object := url.Values{}, map[string]string{}
	set := func(name, value string) {
		if value == "" {
			form.Del(name)
			delete(object, name)
			return
		}
		form.Set(name, value)
		object[name] = value
	}
	set("client_id", fake.DefaultClientID)
	set("client_secret", fake.DefaultSecret)
	for i := 0; i < len(pairs); i += 2 {
		set(pairs[i], pairs[i+1])
	}
	body, kind := form.Encode(), "application/x-www-form-urlencoded"
	if asJSON {
		b, err := json.Marshal(object)
		if err != nil {
			c.t.Fatal(err)
		}
		body, kind = string(b), "application/json"
	}
	req, err := http.NewRequest(http.MethodPost, c.url+"/oauth/token", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	status, answer, _ := c.do(req)
	return status, answer
}

func (c client) management() string {
	c.t.Helper()
	status, answer := c.token(false, "grant_type", "client_credentials", "audience", "https://"+c.tenant.Domain()+"/api/v2/")
	if status != http.StatusOK {
		c.t.Fatalf("no management token: %d %v", status, answer)
	}
	return answer["access_token"].(string)
}

func (c client) get(path, token string) (int, map[string]any, http.Header) {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodGet, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return c.do(req)
}

// The token end-point answers as Auth0's does, to forms and to JSON.
func TestToken(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	login := func(more ...string) []string {
		return append([]string{"grant_type", realmGrant, "realm", fake.DefaultRealm, "scope", "openid", "username", "12345", "password", "7391"}, more...)
	}
	for _, tt := range []struct {
		name   string
		pairs  []string
		status int
		code   string
	}{
		{"right", login(), 200, ""},
		{"wrong PIN", login("password", "1111"), 403, "invalid_grant"},
		{"nobody", login("username", "1"), 403, "invalid_grant"},
		{"no realm", login("realm", ""), 400, "invalid_request"},
		{"another realm", login("realm", "Other"), 400, "invalid_request"},
		{"no password", login("password", ""), 400, "invalid_request"},
		{"wrong secret", login("client_secret", "x"), 401, "invalid_client"},
		{"wrong client", login("client_id", "x"), 401, "invalid_client"},
		{"another grant", login("grant_type", "magic"), 501, "unsupported_grant_type"},
		{"no grant", login("grant_type", ""), 400, "invalid_request"},
		{"another audience", []string{"grant_type", "client_credentials", "audience", "https://x/"}, 403, "access_denied"},
		{"by email", login("username", "USER-12345@example.com"), 200, ""},
	} {
		for _, asJSON := range []bool{false, true} {
			status, answer := c.token(asJSON, tt.pairs...)
			code, _ := answer["error"].(string)
			if status != tt.status || code != tt.code {
				t.Errorf("%s (JSON %v): %d %v; want %d %s", tt.name, asJSON, status, answer, tt.status, tt.code)
			}
			if _, there := answer["id_token"]; there != (tt.status == 200) {
				t.Errorf("%s: the ID token is there: %v", tt.name, there)
			}
		}
	}
	if _, answer := c.token(false, login("scope", "profile")...); answer["id_token"] != nil {
		t.Error("an ID token without the scope openid")
	}
	if _, answer := c.token(false, login("scope", "")...); answer["id_token"] == nil {
		t.Error("no ID token without a scope, which means every scope")
	}
}

// ID tokens are really signed, by keys that rotate.
func TestIDToken(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	seen := map[string]bool{}
	for range 2 {
		_, answer := c.token(false, "grant_type", realmGrant, "realm", fake.DefaultRealm, "scope", "openid", "username", "12345", "password", "7391")
		set, err := jwk.Fetch(t.Context(), c.url+"/.well-known/jwks.json")
		if err != nil {
			t.Fatal(err)
		}
		raw := []byte(answer["id_token"].(string))
		token, err := jwt.Parse(raw, jwt.WithKeySet(set), jwt.WithIssuer("https://"+c.tenant.Domain()+"/"), jwt.WithAudience(fake.DefaultClientID))
		if err != nil || !strings.HasPrefix(token.Subject(), "auth0|") {
			t.Fatalf("the ID token is not good: %v", err)
		}
		header, _, _ := strings.Cut(string(raw), ".")
		seen[header] = true
		if err := c.tenant.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 {
		t.Error("the key did not change")
	}
}

func TestManagement(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	const search = `/api/v2/users?search_engine=v3&include_totals=true&per_page=2&q=app_metadata.account_number:%2212345%22`
	for name, token := range map[string]string{"none": "", "made up": "x"} {
		if status, answer, _ := c.get(search, token); status != http.StatusUnauthorized || answer["statusCode"] != 401.0 {
			t.Errorf("token %s: %d %v", name, status, answer)
		}
	}
	token := c.management()
	status, answer, header := c.get(search, token)
	if status != http.StatusOK || answer["total"] != 1.0 || header.Get("X-RateLimit-Remaining") == "" {
		t.Fatalf("%d %v %v", status, answer, header)
	}
	user := answer["users"].([]any)[0].(map[string]any)
	id := url.PathEscape(user["user_id"].(string))
	if status, profile, _ := c.get("/api/v2/users/"+id+"?fields=user_id,blocked", token); status != http.StatusOK || len(profile) != 1 {
		t.Errorf("%d %v: want the user_id alone", status, profile)
	}
	if status, answer, _ := c.get("/api/v2/users/auth0%7Cnobody", token); status != http.StatusNotFound || answer["errorCode"] != "inexistent_user" {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer, _ := c.get("/api/v2/clients/"+fake.DefaultClientID, token); status != http.StatusForbidden || answer["errorCode"] != "insufficient_scope" {
		t.Errorf("%d %v", status, answer)
	}
	if status, _, _ := c.get(strings.Replace(search, "v3", "v2", 1), token); status != http.StatusBadRequest {
		t.Errorf("the search engine v2, which is gone, answers %d", status)
	}
	c.tenant.Revoke()
	if status, _, _ := c.get(search, token); status != http.StatusUnauthorized {
		t.Errorf("a revoked token gives %d", status)
	}
}

// The search compares values whole, by their type.
func TestSearch(t *testing.T) {
	t.Parallel()
	config := fake.Config{}
	for _, account := range []any{"12345", 12345, "123456", `a"b`, "*", "007"} {
		config.Users = append(config.Users, fake.User{
			ID: "auth0|" + string(rune('a'+len(config.Users))), Account: "u", PIN: engine.NewSecret("1"),
			AppMetadata: map[string]any{"account_number": account},
		})
	}
	c := newClient(t, config)
	token := c.management()
	for q, want := range map[string]string{
		`app_metadata.account_number:"12345"`: "auth0|a",
		`app_metadata.account_number:12345`:   "auth0|b",
		`app_metadata.account_number:"a\"b"`:  "auth0|d",
		`app_metadata.account_number:"*"`:     "auth0|e",
		`app_metadata.account_number:"7"`:     "",
		`app_metadata.account_number:"1"`:     "",
		`app_metadata.nothing:"12345"`:        "",
		`user_id:"auth0|c"`:                   "auth0|c",
	} {
		_, answer, _ := c.get("/api/v2/users?search_engine=v3&include_totals=true&fields=user_id&q="+url.QueryEscape(q), token)
		users, _ := answer["users"].([]any)
		got := ""
		for _, u := range users {
			got += u.(map[string]any)["user_id"].(string)
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
}

func TestBlockedAfterWrongPINs(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	try := func(pin string) string {
		_, answer := c.token(false, "grant_type", realmGrant, "realm", fake.DefaultRealm, "scope", "openid", "username", "12345", "password", pin)
		code, _ := answer["error"].(string)
		return code
	}
	for i := range fake.DefaultAttempts {
		if got := try("1111"); got != "invalid_grant" {
			t.Fatalf("wrong PIN %d: %q", i+1, got)
		}
	}
	if got := try("7391"); got != "too_many_attempts" {
		t.Errorf("after ten wrong PINs the right one gives %q", got)
	}
	c.tenant.Unblock()
	if got := try("7391"); got != "" {
		t.Errorf("unblocked, the right PIN gives %q", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"login=wrong-key":                      "login=wrong-key",
		"search=slow:2s*3":                     "search=slow:2s*3",
		"any=503":                              "any=503",
		"login=403:invalid_grant:Wrong, or so": "login=403:invalid_grant:Wrong, or so",
		"login=429":                            "login=429:1m0s",
		"login=429:5s":                         "login=429:5s",
		"login=429:too_many_attempts":          "login=429:too_many_attempts",
		"token=429-bare*1":                     "token=429-bare*1",
		"search=lag:30s":                       "search=lag:30s",
	} {
		f, err := fake.ParseFault(text)
		if err != nil || f.String() != want {
			t.Errorf("%s is %s, %v; want %s", text, f, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                  "no endpoint",
		"login":             "no endpoint",
		"door=503":          "no endpoint",
		"login=503*0":       "expected a number",
		"login=503*many":    "expected a number",
		"login=99":          "400 to 599",
		"login=200":         "400 to 599",
		"login=lag:3s":      "no kind",
		"search=wrong-key":  "no kind",
		"login=status":      "no kind",
		"login=slow":        "length of time",
		"login=slow:soon":   "length of time",
		"login=slow:-1s":    "length of time",
		"login=drop:3s":     "length of time",
		"login=429:5 years": "length of time",
	} {
		if _, err := fake.ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want %q", text, err, want)
		}
	}
}

func TestFaultsHappen(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	for _, s := range []string{"jwks=503*2", "jwks=429:30s*1", "jwks=429-bare*1"} {
		f, err := fake.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		c.tenant.Script(f)
	}
	for _, want := range []struct {
		status       int
		retry, limit bool
	}{{503, false, true}, {503, false, true}, {429, true, true}, {429, false, false}, {200, false, true}} {
		status, _, h := c.get("/.well-known/jwks.json", "")
		if status != want.status || (h.Get("Retry-After") == "30") != want.retry || (h.Get("X-RateLimit-Reset") != "") != want.limit {
			t.Errorf("%d %v; want %+v", status, h, want)
		}
	}
	if n := c.tenant.Count(fake.Keys); n != 5 || len(c.tenant.Faults()) != 0 {
		t.Errorf("%d requests, %v left", n, c.tenant.Faults())
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	users, err := fake.ParseUsers("users.yaml", []byte(`
- account: 007
  pin: "7391"
  greeting: James
  phones: [+61255500123]
  locked: true
- account: 12345
  pin: $argon2id$v=19$m=19456,t=2,p=1$OUV6UP3QzKrVkjagPRLxeg$g1V0KXibcAX2+IaXnm09l25q1ms2+sbZuJfRavKlo2s
  factor: true
`))
	if err != nil {
		t.Fatal(err)
	}
	if u := users[0]; u.Account != "007" || u.PIN.Reveal() != "7391" || !u.Blocked || u.Phones[0] != "+61255500123" {
		t.Errorf("the first is %+v", u)
	}
	c := newClient(t, fake.Config{Users: users})
	for pin, want := range map[string]string{"1234": "mfa_required", "1235": "invalid_grant"} {
		_, answer := c.token(false, "grant_type", realmGrant, "realm", fake.DefaultRealm, "scope", "openid", "username", "12345", "password", pin)
		if answer["error"] != want {
			t.Errorf("PIN %s of a hash: %v, want %s", pin, answer, want)
		}
	}
	for src, want := range map[string]string{
		"account: 1":                             "not a list",
		"- 1":                                    "expected a user",
		"- account: 1":                           "needs account and pin",
		"- account: 1\n  pin: 7391\n  pni: 7391": "no key",
		"- account: 1\n  pin: $7391":             "not whole",
		"- account: 1\n  pin: [7391]":            "one value",
		"- account: 1\n  pin: 7391\n  mfa: yes":  "true or false",
		"- {account: 1, pin: 7391}\n- {account: 1, pin: 7391}": "stands twice",
	} {
		if _, err := fake.ParseUsers("users.yaml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "7391") {
			t.Errorf("%q: the error is %v, want %q and no PIN", src, err, want)
		}
	}
}

// Who tries a flow out sees which codes were sent.
func TestCodesAreShown(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	start, err := (&http.Client{Transport: apart}).PostForm(c.url+"/passwordless/start", url.Values{
		"client_id": {fake.DefaultClientID}, "client_secret": {fake.DefaultSecret}, "connection": {"sms"}, "phone_number": {"+61412345678"}, "send": {"code"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = start.Body.Close()
	if start.StatusCode != http.StatusOK {
		t.Fatalf("a code is not sent: %d", start.StatusCode)
	}
	code, _ := c.tenant.Sent("+61412345678")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/fake/codes", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: apart}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if want := "+61412345678 " + code + " text\n"; err != nil || string(text) != want {
		t.Errorf("it shows %q, %v; expected %q", text, err, want)
	}
}

// A web page cannot change a tenant that runs on its visitor's machine.
func TestControlNotFromABrowser(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	req, err := http.NewRequest(http.MethodPost, c.url+"/fake/faults", strings.NewReader("any=503"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://example.com")
	res, err := (&http.Client{Transport: apart}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusForbidden || len(c.tenant.Faults()) != 0 {
		t.Errorf("it answers %d, with %v", res.StatusCode, c.tenant.Faults())
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	c := newClient(t, ana())
	c.tenant.Script(fake.Fault{At: fake.Keys, Kind: fake.Slow, Delay: 50 * time.Millisecond})
	began := time.Now()
	if status, _, _ := c.get("/.well-known/jwks.json", ""); status != http.StatusOK || time.Since(began) < 50*time.Millisecond {
		t.Errorf("%d after %s", status, time.Since(began))
	}
}

func FuzzParseFault(f *testing.F) {
	for _, s := range []string{"login=wrong-key", "search=slow:2s*3", "login=403:invalid_grant:x", "login=403::x", "any=429:1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fault, err := fake.ParseFault(s)
		if err != nil {
			return
		}
		if again, err := fake.ParseFault(fault.String()); err != nil || again != fault {
			t.Errorf("%q is %+v, and written again %+v, %v", s, fault, again, err)
		}
	})
}

func FuzzParseUsers(f *testing.F) {
	f.Add([]byte("- account: 1\n  pin: x\n"))
	f.Add([]byte("- {account: 1, pin: $argon2id$v=19$m=19456,t=2,p=1$AAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		users, err := fake.ParseUsers("u", src)
		if err != nil {
			return
		}
		for _, u := range users {
			if u.Account == "" {
				t.Error("a user without an account")
			}
		}
	})
}
