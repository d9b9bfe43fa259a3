package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
		Deliver: func(number, code string) error {
			res, err := http.Post("http://"+line.Load().(string)+"/auth0/sms", "application/json",
				strings.NewReader(fmt.Sprintf(`{"recipient":%q,"body":"Your code is %s"}`, number, code)))
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("the gateway answers %s", res.Status)
			}
			return nil
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
sms:
  senders: twilio_verify
  allow: "+61"
  twilio_verify: { account: AC1, password: hidden, service: VA1, base_url: %q }
auth0_gateway: { unauthenticated_gateway: yes }
`, write(t, "flow.yaml", codesFlow), f.Domain(), fake.DefaultClientID, fakeSecret, tenant.URL, verifier.URL))
	srv := background(t, nil, "serve", config)
	line.Store(srv.addr)

	var out, problems bytes.Buffer
	c := Command{Stdout: &out, Stderr: &problems, Now: time.Now}
	status := c.Main(t.Context(), []string{"play", "--url", "http://" + srv.addr, "--flow", "codes", "--from", "+61412345678", "--dtmf", "111111 107919"})
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
