package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// liveFlow looks for the caller, and has them prove their number.
const liveFlow = `
callflow: 1
flow: live
start: who
states:
  who:
    identify: {}
    next: { one: send, many: nobody, none: nobody, unavailable: trouble }
  send:
    challenge: { to: "${call.from}" }
    next: { sent: code, rejected: refused, unavailable: trouble, limit: trouble }
  code: { collect: { prompt: Code., digits: 6, secret: true }, next: check }
  check:
    verify: { code: "${code}", attempts: 3, retry: code, sorry: Wrong. }
    next: { authenticated: welcome, verified: nobody, denied: trouble, expired: trouble, locked: trouble, unavailable: trouble }
  welcome: { requires: authenticated, hangup: { say: "Welcome ${caller.greeting}." } }
  nobody: { hangup: { say: "Who are you?" } }
  refused: { hangup: { say: No code for you. } }
  trouble: { hangup: { say: Later. } }
`

// TestSimulateLive has a tenant searched, and its codes sent and checked.
func TestSimulateLive(t *testing.T) {
	t.Parallel()
	f, err := fake.New(fake.Config{
		ClientSecret: engine.NewSecret(fakeSecret),
		Users:        []fake.User{{Account: "12345", PIN: engine.NewSecret(fakePIN), Greeting: "Ana", Phones: []string{"+61412345678"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	flow := write(t, "flow.yaml", liveFlow)
	config := write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
sms: { allow: "+614" }
identity: { auth0: { domain: %q, client_id: %q, client_secret: %q, base_url: %q } }
`, flow, f.Domain(), fake.DefaultClientID, fakeSecret, srv.URL))
	for from, want := range map[string]string{
		"+61412345678": "Welcome Ana.",
		"+61298765432": "Who are you?",
	} {
		status, out, problems := run(t, "", "simulate", flow, "--live", "--config", config, "--from", from, "--dtmf", "107919")
		if status != exitOK || !strings.Contains(out, want) {
			t.Errorf("%s: exit status %d, expected %q:\n%s%s", from, status, want, out, problems)
		}
	}
	if code, _ := f.Sent("+61412345678"); f.Starts() != 1 || code != "" {
		t.Errorf("%d codes were sent, and one is still good: %q", f.Starts(), code)
	}
}

// TestSimulateLiveDirectory shows the codes of users in a file, and no sender is needed
// for that.
func TestSimulateLiveDirectory(t *testing.T) {
	t.Parallel()
	users, err := filepath.Abs("../../examples/passwordless/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "flow.yaml", liveFlow)
	config := write(t, "callflow.yaml", fmt.Sprintf("flows: %q\nidentity: { directory: %q }\n", file, users))
	var stdout, stderr bytes.Buffer
	c := &Command{Stdout: &stdout, Stderr: &stderr, Now: time.Now}
	flow, err := c.openCallable(file)
	if err != nil {
		t.Fatal(err)
	}
	w, done, err := c.liveWorld(flow, config)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	defer done()
	if found, _ := w.Identify(t.Context(), engine.Identify{Number: "+15550100"}); found.Result != engine.IdentifiedOne || found.Accounts[0].Account != "12345" {
		t.Errorf("found %+v", found)
	}
	sent, code, _ := w.SendCode(t.Context(), engine.SendCode{Number: "+15550100", From: "+15550100", Key: "a"})
	if sent.Result != engine.CodeSentOn || len(code) != 6 {
		t.Fatalf("sent %+v, shown %q", sent, code)
	}
	if checked, _ := w.CheckCode(t.Context(), engine.CheckCode{Handle: sent.Handle, Code: engine.NewSecret(code), From: "+15550100"}); checked.Result != engine.CodeVerified || checked.Principal == nil || checked.Principal.Account != "12345" {
		t.Errorf("checked %+v", checked)
	}
	if sent, code, _ := w.SendCode(t.Context(), engine.SendCode{Number: "anonymous", Key: "b"}); sent.Result == engine.CodeSentOn || code != "" {
		t.Errorf("sent %+v, shown %q", sent, code)
	}
	status, out, problems := run(t, "", "simulate", file, "--live", "--config", config, "--dtmf", "x")
	if status != int(exitCaller) || !regexp.MustCompile(`= code \d{6} by sms to \+15550100: sent`).MatchString(out) {
		t.Errorf("exit status %d\n%s%s", status, out, problems)
	}
}
