package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// verify is a Verify service of Twilio's. It does not take the first approval.
type verify struct {
	mu    sync.Mutex
	heard []string
}

func (v *verify) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = r.ParseForm()
	_, what, _ := strings.Cut(r.URL.Path, "/v2/Services/VA1/Verifications")
	v.heard = append(v.heard, what+" "+r.PostForm.Get("To")+r.PostForm.Get("Status"))
	switch {
	case what == "":
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid":"VE1","status":"pending"}`)
	case len(v.heard) == 2:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, `{"sid":"VE1","status":"approved"}`)
	}
}

func (v *verify) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.heard)
}

const codesFlow = `
callflow: 1
flow: codes
start: send
states:
  send:
    challenge: { to: "${call.from}" }
    next: { sent: code, rejected: trouble, unavailable: trouble, limit: trouble }
  code: { collect: { prompt: Code., digits: 6, secret: true }, next: check }
  check:
    verify: { code: "${code}", attempts: 3, retry: code, sorry: Wrong. }
    next: { authenticated: welcome, verified: stranger, denied: trouble, expired: trouble, locked: trouble, unavailable: trouble }
  welcome: { requires: authenticated, hangup: { say: "Welcome ${caller.greeting}." } }
  stranger: { hangup: { say: Verified. } }
  trouble: { hangup: { say: Later. } }
`

// roundTrip sends requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestServeApproves follows a code all the way: the tenant has it sent by our own
// gateway, through Twilio Verify; the caller enters it; the tenant takes it; and Verify
// hears that it was right, though not at once, and without a log stream.
func TestServeApproves(t *testing.T) {
	t.Parallel()
	twilio := &verify{}
	verifier := httptest.NewServer(twilio)
	t.Cleanup(verifier.Close)
	var line atomic.Value // the server's address
	f, err := fake.New(fake.Config{
		ClientSecret: engine.NewSecret(fakeSecret),
		Users:        []fake.User{{Account: "12345", PIN: engine.NewSecret(fakePIN), Greeting: "Ana", Phones: []string{"+61412345678"}}},
		Scopes:       fake.AllScopes(),
		Gateway: &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			req.URL.Scheme, req.URL.Host = "http", line.Load().(string) // as the name would lead to it
			return apart.RoundTrip(req)
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	tenant := httptest.NewServer(f)
	t.Cleanup(tenant.Close)
	config := write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
store: bolt:calls.db
seal_key: "ce0c1fd33174eae610a8ac3ea6cf9d7e9e40b6e914a33ce992ae17ab654281d0"
server: { listen: "127.0.0.1:0", linger: 0s }
platforms: { generic: { secret: secret-of-the-platform } }
identity: { auth0: { domain: %q, client_id: %q, client_secret: %q, base_url: %q } }
sms:
  senders: twilio_verify
  allow: "+61"
  twilio_verify: { account: AC1, password: hidden, service: VA1, base_url: %q }
auth0_gateway: { secret: secret-of-the-gateway, audience: "urn:callflow", template: "Your code is @@password@@" }
`, write(t, "flow.yaml", codesFlow), f.Domain(), fake.DefaultClientID, fakeSecret, tenant.URL, verifier.URL))
	var out, problems bytes.Buffer
	c := Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Now: time.Now, Env: []string{"SIGNED=secret-of-the-platform"}}
	if status := c.Main(t.Context(), []string{"auth0", "install", config, "--apply", "--server-public-url", "https://ivr.example.com"}); status != exitOK {
		t.Fatalf("the tenant is not set up: %s%s", out.String(), problems.String())
	}
	srv := background(t, nil, "serve", config)
	line.Store(srv.addr)
	status := c.Main(t.Context(), []string{"play", "--url", "http://" + srv.addr, "--secret-env", "SIGNED", "--flow", "codes", "--from", "+61412345678", "--dtmf", "111111 107919"})
	if status != exitOK || !strings.Contains(out.String(), "Welcome Ana") {
		t.Fatalf("the call was not played: %s%s", out.String(), problems.String())
	}
	until(t, "Verify takes the approval", func() bool { return len(twilio.all()) >= 3 })
	srv.stop()
	if want := []string{" +61412345678", "/VE1 approved", "/VE1 approved"}; !slices.Equal(twilio.all(), want) {
		t.Errorf("Verify heard %q, expected %q", twilio.all(), want)
	}
	for _, secret := range []string{"107919", "+61412345678", fakeSecret} {
		if strings.Contains(srv.stderr.String(), secret) {
			t.Errorf("%s is in the log:\n%s", secret, srv.stderr.String())
		}
	}
}

const findFlow = `
callflow: 1
flow: find
start: who
states:
  who:
    identify: {}
    next: { one: one, many: many, none: none, unavailable: unavailable }
  one: { hangup: { say: "There is one." } }
  many: { hangup: { say: "There are several." } }
  none: { hangup: { say: "There is nobody." } }
  unavailable: { hangup: { say: "Nobody knows." } }
`

// TestServeSearches finds a caller whom only the tenant knows, and knows them itself
// from then on; while the tenant is not to be asked, callers hear so at once.
func TestServeSearches(t *testing.T) {
	t.Parallel()
	pin := engine.NewSecret(fakePIN)
	f, err := fake.New(fake.Config{
		ClientSecret: engine.NewSecret(fakeSecret),
		Users: []fake.User{
			{Account: "12345", PIN: pin, Phones: []string{"+61412345678"}},
			{Account: "222", PIN: pin, Phones: []string{"+61412345679"}},
			{Account: "333", PIN: pin, Linked: "+61412345679"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tenant := httptest.NewServer(f)
	t.Cleanup(tenant.Close)
	config := write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
store: bolt:calls.db
seal_key: "ce0c1fd33174eae610a8ac3ea6cf9d7e9e40b6e914a33ce992ae17ab654281d0"
server: { listen: "127.0.0.1:0", linger: 0s }
platforms: { generic: { unsigned: yes } }
identity: { auth0: { domain: %q, client_id: %q, client_secret: %q, base_url: %q } }
index: { live_per_second: 100 }
`, write(t, "flow.yaml", findFlow), f.Domain(), fake.DefaultClientID, fakeSecret, tenant.URL))
	call := func(srv *program, from, want string) {
		t.Helper()
		var out, problems bytes.Buffer
		c := Command{Stdout: &out, Stderr: &problems, Now: time.Now}
		status := c.Main(t.Context(), []string{"play", "--url", "http://" + srv.addr, "--flow", "find", "--from", from, "--dtmf", ""})
		if status != exitOK || !strings.Contains(out.String(), want) {
			t.Errorf("%s: expected %q:\n%s%s", from, want, out.String(), problems.String())
		}
	}
	searches := func(want int) {
		t.Helper()
		if n := f.Count(fake.Search); n != want {
			t.Errorf("%d searches, expected %d", n, want)
		}
	}
	srv := background(t, nil, "serve", config)
	call(srv, "+61412345678", "There is one.")
	call(srv, "+61412345679", "There are several.")
	searches(2)
	call(srv, "+61412345678", "There is one.")
	call(srv, "+61412345679", "There are several.")
	searches(2) // the index has them
	call(srv, "+61412000000", "There is nobody.")
	call(srv, "anonymous", "There is nobody.")
	searches(3)
	f.Script(fake.Fault{At: fake.Search, Kind: fake.Limit, Delay: time.Minute, Times: 1})
	call(srv, "+61412000000", "Nobody knows.")
	call(srv, "+61412000000", "Nobody knows.")
	call(srv, "+61412345678", "There is one.")
	searches(4)
	res, err := (&http.Client{Transport: apart}).Get("http://" + srv.addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if want := "# TYPE callflow_searches_total counter\ncallflow_searches_total{result=\"failed\"} 2\ncallflow_searches_total{result=\"found\"} 2\ncallflow_searches_total{result=\"nobody\"} 1\n"; err != nil || string(text) != want {
		t.Errorf("metrics are %s, %v; expected %s", text, err, want)
	}
	srv.stop()
	for _, secret := range []string{"12345678", "12345679", "12000000"} {
		if strings.Contains(srv.stderr.String(), secret) {
			t.Errorf("%s is in the log:\n%s", secret, srv.stderr.String())
		}
	}
	if !strings.Contains(srv.stderr.String(), `"number":"+614******78"`) {
		t.Errorf("a search is not in the log:\n%s", srv.stderr.String())
	}

	// Without it the index alone counts, which outlived the server.
	srv = background(t, nil, "serve", config, "--index-live=false")
	call(srv, "+61412345678", "There is one.")
	call(srv, "+61412000000", "There is nobody.")
	searches(4)
	srv.stop()
}

// TestServeFindsInDirectory finds callers in a file of users.
func TestServeFindsInDirectory(t *testing.T) {
	t.Parallel()
	users, err := filepath.Abs("../../examples/passwordless/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	srv := background(t, nil, "serve", write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
server: { listen: "127.0.0.1:0", linger: 0s }
platforms: { generic: { unsigned: yes } }
identity: { directory: %q }
`, write(t, "flow.yaml", findFlow), users)))
	var out, problems bytes.Buffer
	c := Command{Stdout: &out, Stderr: &problems, Now: time.Now}
	if status := c.Main(t.Context(), []string{"play", "--url", "http://" + srv.addr, "--flow", "find", "--from", "+15550100", "--dtmf", ""}); status != exitOK || !strings.Contains(out.String(), "There is one.") {
		t.Errorf("%s%s%s", out.String(), problems.String(), srv.stderr.String())
	}
}

const factorFlow = `
callflow: 1
flow: factor
start: account
states:
  account: { collect: { prompt: Account., digits: 5 }, next: pin }
  pin: { collect: { prompt: PIN., digits: 12, secret: true }, next: enter }
  enter:
    authenticate: { account: "${account}", pin: "${pin}" }
    next: { authenticated: trouble, denied: trouble, locked: trouble, unavailable: trouble, challenge: send }
  send:
    challenge: { factor: true }
    next: { sent: code, rejected: trouble, unavailable: trouble, limit: trouble }
  code: { collect: { prompt: Code., digits: 6, secret: true }, next: check }
  check:
    verify: { code: "${code}" }
    next: { authenticated: welcome, verified: trouble, denied: trouble, expired: trouble, locked: trouble, unavailable: trouble }
  welcome: { requires: authenticated, hangup: { say: "Welcome ${caller.greeting}." } }
  trouble: { hangup: { say: Later. } }
`

// TestServeFactors follows the code of a second factor on one machine: the stand-in's
// phone provider posts it to our gateway, which sends it, and the caller enters it.
func TestServeFactors(t *testing.T) {
	t.Parallel()
	var line atomic.Value // the server's address
	f, err := fake.New(fake.Config{
		ClientSecret: engine.NewSecret(fakeSecret),
		Users:        []fake.User{{Account: "12345", PIN: engine.NewSecret(fakePIN), Greeting: "Ana", Phones: []string{"+61412345678"}, MFA: true}},
		Scopes:       fake.AllScopes(),
		Gateway: &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			req.URL.Host = line.Load().(string) // which is known only when it runs
			return apart.RoundTrip(req)
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	tenant := httptest.NewServer(f)
	t.Cleanup(func() { tenant.Close(); _ = f.Close() })
	config := write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
store: bolt:calls.db
seal_key: "ce0c1fd33174eae610a8ac3ea6cf9d7e9e40b6e914a33ce992ae17ab654281d0"
server: { listen: "127.0.0.1:0", linger: 0s }
platforms: { generic: { unsigned: yes } }
identity: { auth0: { domain: %q, client_id: %q, client_secret: %q, base_url: %q } }
sms: { senders: log, allow: "+61" }
auth0_gateway: { secret: secret-of-the-gateway, audience: "urn:callflow" }
`, write(t, "flow.yaml", factorFlow), f.Domain(), fake.DefaultClientID, fakeSecret, tenant.URL))
	var out, problems bytes.Buffer
	c := Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Now: time.Now}
	if status := c.Main(t.Context(), []string{"auth0", "install", config, "--phone-provider", "--apply", "--server-public-url", "http://127.0.0.1:8080"}); status != exitOK {
		t.Fatalf("the tenant is not set up: %s%s", out.String(), problems.String())
	}
	srv := background(t, nil, "serve", config)
	line.Store(srv.addr)
	status := c.Main(t.Context(), []string{"play", "--url", "http://" + srv.addr, "--flow", "factor", "--from", "+61412000000", "--dtmf", "12345 " + fakePIN + " 107919"})
	if status != exitOK || !strings.Contains(out.String(), "Welcome Ana") {
		t.Fatalf("the call was not played: %s%s", out.String(), problems.String())
	}
	until(t, "the message is sent", func() bool { return strings.Contains(srv.stderr.String(), `"outcome":"delivered"`) })
	srv.stop()
}
