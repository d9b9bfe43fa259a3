package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/providers"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/fake"
)

// program is a command that runs beside a test.
type program struct {
	addr           string // where it listens
	stdout, stderr screen
	status         int
	cancel         context.CancelFunc
	running        sync.WaitGroup
}

// background runs a command until the test ends or it is stopped. Its first line
// says where it listens.
func background(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	p := &program{}
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	out, in := io.Pipe()
	p.running.Go(func() {
		c := Command{Stdin: strings.NewReader(""), Stdout: in, Stderr: &p.stderr, Env: env, Now: time.Now}
		p.status = c.Main(ctx, args)
		_ = in.Close()
	})
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	_, _ = io.WriteString(&p.stdout, first)
	p.running.Go(func() { _, _ = io.Copy(&p.stdout, lines) })
	t.Cleanup(p.stop)
	if err != nil {
		p.stop()
		t.Fatalf("it did not start: %s%s", p.stdout.String(), p.stderr.String())
	}
	_, p.addr, _ = strings.Cut(strings.TrimSpace(first), "listens on ")
	p.addr, _, _ = strings.Cut(p.addr, ",")
	return p
}

// stop stops it. Afterwards all that it wrote is there.
func (p *program) stop() {
	p.cancel()
	p.running.Wait()
}

const (
	fakePIN    = "739128405617" // which nothing has by chance: no port, no time
	fakeSecret = "the-client-secret"
)

// tenant is a fake tenant and the environment that points to it.
func tenant(t *testing.T, settings fake.Settings) (*fake.Tenant, []string) {
	t.Helper()
	f, err := fake.New(fake.Config{
		ClientSecret: engine.NewSecret(fakeSecret),
		Scopes:       fake.AllScopes(),
		Settings:     settings,
		Users:        []fake.User{{Account: "12345", PIN: engine.NewSecret(fakePIN), Greeting: "Ana"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return f, []string{
		"CALLFLOW_FLOWS=testdata/none.yaml",
		"CALLFLOW_IDENTITY_AUTH0_DOMAIN=" + f.Domain(),
		"CALLFLOW_IDENTITY_AUTH0_CLIENT_ID=" + fake.DefaultClientID,
		"CALLFLOW_IDENTITY_AUTH0_CLIENT_SECRET=" + fakeSecret,
		"CALLFLOW_IDENTITY_AUTH0_BASE_URL=" + srv.URL,
	}
}

// A call is signed in at a tenant through the whole server; when the tenant is
// down the server runs on, and says so to callers and operators.
func TestServeWithAuth0(t *testing.T) {
	t.Parallel()
	f, env := tenant(t, fake.Settings{})
	flow := write(t, "flow.yaml", `
callflow: 1
flow: line
start: account
states:
  account: { collect: { prompt: Account., digits: 1-10, terminator: "#" }, next: pin }
  pin: { collect: { prompt: PIN., digits: 12, secret: true }, next: sign_in }
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: welcome, denied: refused, locked: refused, unavailable: trouble }
  welcome: { hangup: { say: "Welcome ${caller.greeting}." } }
  refused: { hangup: { say: Sorry. } }
  trouble: { hangup: { say: Later. } }
`)
	env = append(env, "CALLFLOW_FLOWS="+flow)
	f.Script(fake.Fault{At: fake.Any, Kind: fake.Status, Code: 503, Times: 1}) // down at first
	srv := background(t, env, "serve", "--server-listen", "127.0.0.1:0", "--platforms-generic-unsigned")
	call := func(pin string) {
		t.Helper()
		var out, problems bytes.Buffer
		c := Command{Stdout: &out, Stderr: &problems, Now: time.Now}
		status := c.Main(t.Context(), []string{"load", "--url", "http://" + srv.addr, "--flow", "line", "--calls", "1", "--dtmf", "12345# " + pin})
		if status != exitOK || !strings.Contains(out.String(), "1 ended by the flow") {
			t.Fatalf("the call was not played: %s%s", out.String(), problems.String())
		}
	}
	for _, pin := range []string{fakePIN, "000000000000", fakePIN} {
		call(pin)
	}
	f.Script(fake.Fault{At: fake.Login, Kind: fake.WrongKey})
	call(fakePIN)
	srv.stop()
	log := srv.stderr.String()
	for _, want := range []string{`503`, `"alarm":true`, `signature is wrong`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	for _, secret := range []string{fakePIN, fakeSecret, "eyJ"} {
		if strings.Contains(log+srv.stdout.String(), secret) {
			t.Errorf("%q is shown:\n%s", secret, log)
		}
	}
	if n := f.Count(fake.Login); n != 3 {
		t.Errorf("%d logins, want 3", n)
	}
	if n := f.Count(fake.Profile); n != 1 {
		t.Errorf("%d profiles read, want that of the one who signed in", n)
	}
}

func TestAuth0Fake(t *testing.T) {
	t.Parallel()
	users := write(t, "users.yaml", "- account: 12345\n  pin: \"7391\"\n  greeting: Ana\n")
	p := background(t, nil, "auth0", "fake", users, "--listen", "127.0.0.1:0", "--fault", "login=503*1")
	post := func(path, body, want string) {
		t.Helper()
		res, err := (&http.Client{Transport: apart}).Post("http://"+p.addr+path, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		got, err := io.ReadAll(res.Body)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: answered %q, %v; want %q", path, got, err, want)
		}
	}
	post("/fake/faults", "search=lag:30s\n\nuser=other*2\n", "login=503*1\nsearch=lag:30s\nuser=other*2\n")
	post("/fake/faults", "search=sideways", "expected a status or one of")
	post("/fake/rotate", "", "login=503*1")
	post("/fake/nothing", "", "404")
	p.stop()
	if p.status != exitOK || p.stderr.String() != "" {
		t.Errorf("it ended with %d: %s", p.status, p.stderr.String())
	}
	if !strings.Contains(p.stdout.String(), "    base_url: http://"+p.addr+"\n") {
		t.Errorf("it does not say how to use it:\n%s", p.stdout.String())
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"a loopback address", []string{users, "--listen", "0.0.0.0:0"}},
		{"expected one of", []string{users, "--fault", "anywhere=503"}},
		{"cannot be read", []string{"nosuch.yaml"}},
		{"no key", []string{write(t, "bad.yaml", "- account: 1\n  pni: \"7391\"\n")}},
	} {
		status, out, problems := run(t, "", append([]string{"auth0", "fake"}, c.args...)...)
		if status != exitUsage || !strings.Contains(problems, c.says) || strings.Contains(out+problems, "7391") {
			t.Errorf("%q: exit status %d, %s; want %q", c.args, status, problems, c.says)
		}
	}
}

// doctor runs the doctor and returns its findings by check, the worst of each.
func doctor(t *testing.T, env []string, stdin string, args ...string) (int, map[string]auth0.Finding) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := Command{Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Env: env, Now: time.Now}
	status := c.Main(t.Context(), append([]string{"auth0", "doctor", "--format", "json"}, args...))
	for _, secret := range []string{fakePIN, fakeSecret, "eyJ"} {
		if strings.Contains(stdout.String()+stderr.String(), secret) {
			t.Errorf("%q is shown:\n%s%s", secret, stdout.String(), stderr.String())
		}
	}
	var findings []auth0.Finding
	if err := json.Unmarshal(stdout.Bytes(), &findings); err != nil {
		t.Fatalf("%v: %s%s", err, stdout.String(), stderr.String())
	}
	byCheck := map[string]auth0.Finding{}
	for _, f := range findings {
		if before, ok := byCheck[f.Check]; !ok || before.Verdict != auth0.Problem {
			byCheck[f.Check] = f
		}
	}
	return status, byCheck
}

func TestAuth0Doctor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		settings fake.Settings
		fault    string
		args     []string
		stdin    string
		check    string
		verdict  auth0.Verdict
		says     string
	}{
		{name: "all is well", check: "application", verdict: auth0.OK},
		{name: "sign-in", args: []string{"--account", "12345"}, stdin: fakePIN + "\n", check: "sign-in", verdict: auth0.OK, says: "Ana"},
		{name: "wrong PIN", args: []string{"--account", "12345"}, stdin: "0000\n", check: "sign-in", verdict: auth0.Problem, says: "account_number"},
		{name: "by username", args: []string{"--identity-auth0-lookup", "username"}, check: "look-up", verdict: auth0.OK, says: "username"},
		{name: "unreachable", args: []string{"--identity-auth0-base-url", "http://127.0.0.1:9"}, check: "domain", verdict: auth0.Problem, says: "refused"},
		{name: "another tenant", args: []string{"--identity-auth0-domain", "other.auth0.com"}, check: "domain", verdict: auth0.Problem, says: "set domain"},
		{name: "no tenant", fault: "any=404", check: "domain", verdict: auth0.Problem, says: "check domain"},
		{name: "wrong client", args: []string{"--identity-auth0-client-id", "x"}, check: "management token", verdict: auth0.Problem, says: "client_secret"},
		{name: "no scope", fault: "search=403:insufficient_scope", check: "look-up", verdict: auth0.Problem, says: "read:users"},
		{name: "no password grant", fault: "login=403:unauthorized_client", check: "password grant", verdict: auth0.Problem, says: "Grant Types"},
		{name: "captcha", fault: "login=401:requires_verification", check: "password grant", verdict: auth0.Problem, says: "Bot Detection"},
		{name: "throttled", fault: "login=429:too_many_attempts", check: "password grant", verdict: auth0.Problem, says: "allow list"},
		{name: "grants", settings: fake.Settings{Application: map[string]any{"grant_types": []string{"client_credentials"}}}, check: "application", verdict: auth0.Problem, says: "Password"},
		{name: "algorithm", settings: fake.Settings{Application: map[string]any{"jwt_configuration": map[string]any{"alg": "HS256"}}}, check: "application", verdict: auth0.Problem, says: "RS256"},
		{name: "public client", settings: fake.Settings{Application: map[string]any{"token_endpoint_auth_method": "none"}}, check: "application", verdict: auth0.Problem, says: "secret"},
		{name: "realm", args: []string{"--identity-auth0-realm", "Other"}, check: "connection", verdict: auth0.Problem, says: `no connection "Other"`},
		{name: "social", settings: fake.Settings{Connection: map[string]any{"strategy": "google-oauth2"}}, check: "connection", verdict: auth0.Problem, says: "not a database"},
		{name: "not enabled", settings: fake.Settings{Clients: []string{"another"}}, check: "connection", verdict: auth0.Problem, says: "switched on"},
		{
			name: "no usernames", settings: fake.Settings{Connection: map[string]any{"options": map[string]any{"requires_username": false}}},
			args: []string{"--identity-auth0-lookup", "username"}, check: "connection", verdict: auth0.Problem, says: "no username",
		},
		{name: "strong passwords", settings: fake.Settings{Connection: map[string]any{"options": map[string]any{"passwordPolicy": "good"}}}, check: "connection", verdict: auth0.Warning, says: "good"},
		{name: "throttling", settings: fake.Settings{Throttling: map[string]any{"allowlist": []string{}}}, check: "attack protection", verdict: auth0.Warning, says: "Suspicious IP"},
		{name: "second factors", check: "second factors", verdict: auth0.OK, says: "can be read"},
		{name: "no factors", fault: "methods=403:insufficient_scope", check: "second factors", verdict: auth0.Problem, says: "read:authentication_methods"},
		{name: "may change the tenant", check: "installing", verdict: auth0.Warning, says: "create:log_streams"},
		{name: "no stream", check: "log stream", verdict: auth0.NotChecked, says: "auth0 install"},
		{name: "brute force", settings: fake.Settings{BruteForce: map[string]any{"allowlist": []string{}}}, check: "attack protection", verdict: auth0.Warning, says: "10 wrong PINs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, env := tenant(t, c.settings)
			if c.fault != "" {
				fault, err := fake.ParseFault(c.fault)
				if err != nil {
					t.Fatal(err)
				}
				f.Script(fault)
			}
			status, findings := doctor(t, env, c.stdin, c.args...)
			got := findings[c.check]
			if got.Verdict != c.verdict || !strings.Contains(got.Found+got.Advice, c.says) {
				t.Errorf("%s is %+v; want %s, and %q", c.check, got, c.verdict, c.says)
			}
			if want := map[bool]int{true: exitFound, false: exitOK}[c.verdict == auth0.Problem]; status != want {
				t.Errorf("exit status %d, want %d: %+v", status, want, findings)
			}
		})
	}
}

// What the doctor cannot ask without a whole configuration, it says.
func TestAuth0DoctorWithoutTenant(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		"flows: flow.yaml\n": "has no identity.auth0",
		"flows: flow.yaml\nidentity: { auth0: { domain: a.auth0.com } }\n":                                                                             `"auth0" has no "client_secret"`,
		"flows: flow.yaml\nidentity: { auth0: { domain: a.auth0.com, client_id: c, client_secret: \"${env:NOWHERE}\" } }\n":                            "NOWHERE",
		"flows: flow.yaml\nidentity: { auth0: { domain: a.auth0.com, client_id: c, client_secret: hidden-away, lookup: email, base_url: ftp://x } }\n": "begins with https://",
		"flows: flow.yaml\nidentity: { auth0: { domain: a b, client_id: c, client_secret: hidden-away } }\n":                                           "one word",
		"flows: flow.yaml\nidentity: { auth0: { domain: a, client_id: c, client_secret: hidden-away, lookup: email } }\n":                              "expected app_metadata or username",
	} {
		status, out, problems := run(t, "", "auth0", "doctor", write(t, "callflow.yaml", config))
		if status == exitOK || !strings.Contains(problems, want) || strings.Contains(out+problems, "hidden-away") {
			t.Errorf("%s: exit status %d, %s; want %q", config, status, problems, want)
		}
	}
}

// TestAuth0Readme holds the guide to what is read and said.
func TestAuth0Readme(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../providers/identity/auth0/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	env := []string{"CALLFLOW_NEWS_SECRET=a-secret-of-the-actions", "CALLFLOW_LOG_TOKEN=a-token-of-the-log-stream", "AUTH0_DOMAIN=bank.eu.auth0.com", "AUTH0_CLIENT_ID=c", "AUTH0_CLIENT_SECRET=s"}
	blocks := regexp.MustCompile("(?s)```([a-z]*)\n(.*?)```").FindAllStringSubmatch(text, -1)
	kinds := map[string]int{}
	for _, b := range blocks {
		kinds[b[1]]++
		if b[1] != "yaml" {
			continue
		}
		c, diags := config.Load(config.Source{File: "callflow.yaml", Content: []byte(b[2]), Env: env, Catalog: catalog()})
		if len(diags) > 0 || c.Identity == nil {
			t.Errorf("%v, of\n%s", diags, b[2])
			continue
		}
		p, err := auth0.New(providers.Auth0(c.Identity.Section))
		if err != nil {
			t.Errorf("%v, of\n%s", err, b[2])
			continue
		}
		_ = p.Close()
	}
	if kinds["yaml"] != 3 || kinds["console"] != 4 {
		t.Errorf("the guide has blocks %v", kinds)
	}

	f, err := fake.New(fake.Config{
		Domain: "bank.eu.auth0.com",
		Users:  []fake.User{{Account: "12345", PIN: engine.NewSecret(fakePIN), Greeting: "Ana"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tenant := httptest.NewServer(f)
	defer tenant.Close()
	var stdout, stderr bytes.Buffer
	c := Command{Stdin: strings.NewReader(fakePIN), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Env: []string{
		"CALLFLOW_FLOWS=flow.yaml", "CALLFLOW_IDENTITY_AUTH0_DOMAIN=" + f.Domain(), "CALLFLOW_IDENTITY_AUTH0_CLIENT_ID=" + fake.DefaultClientID,
		"CALLFLOW_IDENTITY_AUTH0_CLIENT_SECRET=" + fake.DefaultSecret, "CALLFLOW_IDENTITY_AUTH0_BASE_URL=" + tenant.URL,
	}}
	if status := c.Main(t.Context(), []string{"auth0", "doctor", "--account", "12345"}); status != exitOK {
		t.Fatalf("exit status %d: %s%s", status, stdout.String(), stderr.String())
	}
	if !strings.Contains(text, stdout.String()) {
		t.Errorf("the guide does not show what the doctor says:\n%s", stdout.String())
	}
	for _, s := range providers.Identity() {
		for _, setting := range s.Settings {
			if s.Name == "auth0" && setting.Default != "" && !strings.Contains(text, setting.Default) {
				t.Errorf("the guide does not have the default %s of %s", setting.Default, setting.Name)
			}
		}
	}
}
