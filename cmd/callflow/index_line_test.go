package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// newsLine is a server that a tenant tells of its users.
type newsLine struct {
	t      *testing.T
	tenant *fake.Tenant
	config string
	srv    *program
}

const (
	newsSecret = "a-secret-of-the-actions"
	logToken   = "a-token-of-the-log-stream"
)

// newNewsLine serves a tenant without users, with a store that outlives the server.
func newNewsLine(t *testing.T) *newsLine {
	t.Helper()
	f, err := fake.New(fake.Config{ClientSecret: engine.NewSecret(fakeSecret), Scopes: fake.AllScopes()})
	if err != nil {
		t.Fatal(err)
	}
	tenant := httptest.NewServer(f)
	t.Cleanup(tenant.Close)
	flow := write(t, "flow.yaml", "callflow: 1\nflow: x\nstart: end\nstates:\n  end: { hangup: }\n")
	l := &newsLine{t: t, tenant: f, config: write(t, "callflow.yaml", fmt.Sprintf(`
flows: %q
store: bolt:calls.db
seal_key: "ce0c1fd33174eae610a8ac3ea6cf9d7e9e40b6e914a33ce992ae17ab654281d0"
server: { listen: "127.0.0.1:0", linger: 0s }
platforms: { generic: { unsigned: yes } }
identity: { auth0: { domain: %q, client_id: %q, client_secret: %q, base_url: %q } }
index: { secret: %q, factors: yes, per_second: 1000, live: no } # look-ups tell what the index knows
auth0_logs: { token: %q }
`, flow, f.Domain(), fake.DefaultClientID, fakeSecret, tenant.URL, newsSecret, logToken))}
	l.srv = background(t, nil, "serve", l.config)
	return l
}

// restart ends the server and serves the same store again.
func (l *newsLine) restart() {
	l.t.Helper()
	l.srv.stop()
	l.srv = background(l.t, nil, "serve", l.config)
}

// put changes a user of the tenant.
func (l *newsLine) put(id, phone string, factors ...string) {
	u := fake.User{ID: id, Account: "acc-" + id, PIN: engine.NewSecret("1234"), Factors: factors}
	if phone != "" {
		u.Phones = []string{phone}
	}
	l.tenant.Put(u)
}

func (l *newsLine) post(path, token, body string) {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, "http://"+l.srv.addr+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := (&http.Client{Transport: apart}).Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		l.t.Errorf("%s %s: answered %d", path, body, res.StatusCode)
	}
}

// action tells of a user as an Action does, event as an event stream, and log as a log
// stream.
func (l *newsLine) action(id string) {
	l.t.Helper()
	l.post("/auth0/users", newsSecret, fmt.Sprintf(`{"user_id":%q}`, id))
}

func (l *newsLine) event(kind, id string) {
	l.t.Helper()
	l.post("/auth0/events", newsSecret, fmt.Sprintf(`{"id":"evt_1","source":"urn:auth0:x","specversion":"1.0","type":%q,"time":"2026-11-01T10:00:00Z","data":{"object":{"user_id":%q}},"a0tenant":"x","a0stream":"est_1"}`, kind, id))
}

func (l *newsLine) log(logID, kind, id, number string) {
	l.t.Helper()
	l.post("/auth0/logs", logToken, fmt.Sprintf(
		`[{"log_id":%[1]q,"data":{"log_id":%[1]q,"date":%[2]q,"type":%[3]q,"user_id":%[4]q,"details":{"authenticator":{"phone_number":%[5]q},"enrollment":{"user_id":%[4]q,"phone_number":%[5]q}}}}]`,
		logID, time.Now().UTC().Format(time.RFC3339), kind, id, number))
}

// look is whose a number is.
func (l *newsLine) look(number string) string {
	l.t.Helper()
	res, err := (&http.Client{Transport: apart}).Get("http://" + l.srv.addr + "/api/lookup?phone=%2B" + strings.TrimPrefix(number, "+"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(body)
}

// becomes waits until a number is somebody's in some way; "": nobody's.
func (l *newsLine) becomes(number, want string) {
	l.t.Helper()
	if want == "" {
		want = `"users":[]`
	}
	until(l.t, number+" is "+want, func() bool { return strings.Contains(l.look(number), want) })
}

// TestIndexIsKeptCurrent follows each source of news through a server with a store on
// disk: once, twice, in the wrong order, about who is gone, while the tenant is down,
// and over a restart.
func TestIndexIsKeptCurrent(t *testing.T) {
	t.Parallel()
	const (
		first, second = "+61412345678", "+61412345679"
		factor, other = "+12025550123", "+12025550124"
	)
	t.Run("Action", func(t *testing.T) {
		t.Parallel()
		l := newNewsLine(t)
		l.put("sms|1", first)
		l.action("sms|1")
		l.becomes(first, `"passwordless"`)
		l.put("auth0|2", first)
		l.action("auth0|2")
		l.action("auth0|2")
		l.becomes(first, `"identifier"`)
		l.becomes(first, `"passwordless"`) // both have it
		l.action("auth0|nobody")
	})
	t.Run("event stream", func(t *testing.T) {
		t.Parallel()
		l := newNewsLine(t)
		l.put("auth0|1", first)
		l.event("user.created", "auth0|1")
		l.becomes(first, `"acc-auth0|1"`)
		l.put("auth0|1", second)
		l.event("user.updated", "auth0|1")
		l.event("user.updated", "auth0|1")
		l.becomes(second, `"acc-auth0|1"`)
		l.becomes(first, "")
		l.tenant.Remove("auth0|1")
		l.event("user.deleted", "auth0|1")
		l.becomes(second, "")
		l.event("user.created", "auth0|1") // late
		l.event("user.updated", "auth0|1")
		l.put("auth0|2", second)
		l.event("user.created", "auth0|2")
		l.becomes(second, `"acc-auth0|2"`)
		if text := l.look(second); strings.Contains(text, "auth0|1") {
			t.Errorf("who is gone came back: %s", text)
		}
		l.put("auth0|3", first) // deleted, says an event, of a user who is there
		l.event("user.deleted", "auth0|3")
		l.becomes(first, `"acc-auth0|3"`)
	})
	t.Run("log", func(t *testing.T) {
		t.Parallel()
		l := newNewsLine(t)
		l.put("auth0|1", first, factor)
		l.log("log1", "gd_enrollment_complete", "auth0|1", factor)
		l.becomes(factor, `"mfa"`)
		l.becomes(first, `"identifier"`)
		l.put("auth0|1", first, other)
		l.log("log2", "gd_unenroll", "auth0|1", factor)
		l.becomes(factor, "")
		l.becomes(other, `"mfa"`)
		l.put("auth0|1", second, other)
		l.log("log3", "scpn", "auth0|1", second)
		l.becomes(second, `"identifier"`)
		l.becomes(first, "")
		// The same three again, backwards: nothing is read any more.
		read := l.tenant.Count(fake.Profile)
		l.log("log3", "scpn", "auth0|1", second)
		l.log("log2", "gd_unenroll", "auth0|1", factor)
		l.log("log1", "gd_enrollment_complete", "auth0|1", factor)
		l.put("auth0|2", first)
		l.log("log4", "scpn", "auth0|2", first)
		l.becomes(first, `"acc-auth0|2"`)
		if n := l.tenant.Count(fake.Profile); n != read+1 {
			t.Errorf("%d profiles were read of one who changed", n-read)
		}
		l.becomes(other, `"mfa"`)
		l.becomes(factor, "")
		l.tenant.Remove("auth0|1")
		l.log("log5", "gd_unenroll", "auth0|1", other)
		l.becomes(other, "")
		l.becomes(second, "")
	})
	t.Run("while the tenant is down", func(t *testing.T) {
		t.Parallel()
		l := newNewsLine(t)
		l.tenant.Script(fake.Fault{At: fake.Any, Kind: fake.Status, Code: http.StatusServiceUnavailable})
		l.put("auth0|1", first, factor)
		l.put("auth0|2", second)
		l.action("auth0|1")
		l.event("user.created", "auth0|2")
		l.log("log1", "gd_enrollment_complete", "auth0|1", factor)
		l.becomes(first, "")
		l.restart()
		l.becomes(second, "")
		l.tenant.Mend()
		l.becomes(first, `"acc-auth0|1"`)
		l.becomes(factor, `"mfa"`)
		l.becomes(second, `"acc-auth0|2"`)
		l.tenant.Script(fake.Fault{At: fake.Profile, Kind: fake.Drop, Times: 2})
		l.tenant.Remove("auth0|2")
		l.event("user.deleted", "auth0|2")
		l.becomes(second, "")
	})
}
