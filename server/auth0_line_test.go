package server_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/budget"
	"callflow/engine/runner/lockout"
	"callflow/flows"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/fake"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/player"
	"callflow/server"
)

// What must be in no log.
const (
	tenantPIN     = "73915"
	tenantAccount = "4711001"
	tenantSecret  = "secret-of-the-application"
	tenantPhone   = "+61412345678"
	// tenantCode is the first code that the tenant of a test sends.
	tenantCode = "107919"
	wrongCode  = "999999"
)

// tenantFlow says another word for each outcome.
const tenantFlow = `
callflow: 1
flow: line
languages: [en]
start: which
states:
  which:
    menu:
      prompt: "1 or 2."
      options: { 1: account, 2: send_code }
  account: { collect: { prompt: Account., digits: 1-10, terminator: "#" }, next: pin }
  pin: { collect: { prompt: PIN., digits: 5, secret: true }, next: sign_in }
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}", attempts: 1 }
    next: { authenticated: signed_in, denied: denied, locked: locked, challenge: send_factor, unavailable: later }
  send_factor:
    challenge: { factor: true }
    next: { sent: code, rejected: rejected, unavailable: later }
  send_code:
    challenge: { to: "${call.from}" }
    next: { sent: code, rejected: rejected, unavailable: later }
  code: { collect: { prompt: Your code., digits: 6, secret: true }, next: check }
  check:
    verify: { code: "${code}", attempts: 3, retry: code, sorry: That is wrong. }
    next: { authenticated: signed_in, verified: proved, denied: denied, expired: expired, locked: locked, unavailable: later }
  signed_in: { requires: authenticated, hangup: { say: "Welcome ${caller.greeting}." } }
  proved: { hangup: { say: Your number is proved. } }
  denied: { hangup: { say: Denied. } }
  locked: { hangup: { say: Locked. } }
  rejected: { hangup: { say: No code for you. } }
  expired: { hangup: { say: Too late. } }
  later: { hangup: { say: Call later. } }
`

// tenantKeys are made once: they take long.
var tenantKeys = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// tenantLine is the whole of callflow before a tenant that answers over TLS.
type tenantLine struct {
	t      testing.TB
	tenant *fake.Tenant
	locks  *lockout.Lockout
	store  *memory.Store
	srv    *server.Server
	logs   *observer.ObservedLogs
}

// tenantOptions say how a line differs from the plain one.
type tenantOptions struct {
	tenant   func(*fake.Config)
	provider func(*auth0.Config)
	budget   func(*budget.Limits)
	inboxes  func(*zap.Logger, *memory.Store) []server.Inbox
	fault    string
}

func newTenantLine(t testing.TB, o tenantOptions) *tenantLine {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := tenantKeys()
	must(err)
	core, logs := observer.New(zapcore.DebugLevel)
	l := &tenantLine{t: t, store: memory.New(), logs: logs}
	log := zap.New(core)

	pin := engine.NewSecret(tenantPIN)
	tc := fake.Config{
		Domain: "bank.eu.auth0.com", ClientID: "the-client", ClientSecret: engine.NewSecret(tenantSecret),
		Scopes: fake.AllScopes(), Keys: []*rsa.PrivateKey{key},
		Users: []fake.User{
			{Account: tenantAccount, PIN: pin, Greeting: "Ana", Phones: []string{tenantPhone}},
			{Account: "4711002", PIN: pin, Greeting: "Leo", Phones: []string{"+61498765432"}, MFA: true},
			{Account: "4711003", PIN: pin, Greeting: "Mia", MFA: true}, // with an app
			{Account: "4711004", PIN: pin, Blocked: true},
			{Account: "4711005", PIN: pin, Leaked: true},
		},
	}
	if o.tenant != nil {
		o.tenant(&tc)
	}
	l.tenant, err = fake.New(tc)
	must(err)
	if o.fault != "" {
		f, err := fake.ParseFault(o.fault)
		must(err)
		l.tenant.Script(f)
	}
	remote := httptest.NewUnstartedServer(l.tenant)
	remote.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
	remote.StartTLS()
	t.Cleanup(remote.Close)

	pc := auth0.Config{
		Domain: tc.Domain, ClientID: tc.ClientID, ClientSecret: tc.ClientSecret, Lookup: auth0.LookupUsername,
		BaseURL: remote.URL, Transport: remote.Client().Transport, Log: log,
		Timeout: 10 * time.Second, LookupTimeout: 10 * time.Second,
	}
	if o.provider != nil {
		o.provider(&pc)
	}
	provider, err := auth0.New(pc)
	must(err)
	t.Cleanup(func() { _ = provider.Close() })
	hashes := []byte("0123456789abcdef0123456789abcdef")
	l.locks, err = lockout.New(lockout.Deps{Next: provider, Counters: l.store, Key: hashes, Limits: lockout.Defaults(), Log: log})
	must(err)
	region, err := phone.ParseRegion("AU")
	must(err)
	limits := budget.Defaults()
	if o.budget != nil {
		o.budget(&limits)
	}
	codes, err := budget.New(budget.Deps{
		Next: provider, Counters: l.store, Key: hashes, Limits: limits, Allow: []string{"+61"}, Normalize: region.Normalize, Log: log,
	})
	must(err)

	program, diags := flows.CompileSource("flow.yaml", []byte(tenantFlow), flows.Options{})
	must(diags.Err())
	run, err := runner.New(runner.Deps{
		Catalog: single{program, []byte(tenantFlow)}, Store: l.store, Authenticator: l.locks, Codes: codes,
		Services: &clerk{}, Sealer: runner.Unsealed(), Log: log,
	})
	must(err)
	t.Cleanup(func() {
		if err := run.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	codec, err := generic.New(generic.Config{Secrets: []engine.Secret{secret}})
	must(err)
	deps := server.Deps{
		Runner: run, Codecs: []telephony.Codec{codec}, Flows: func() []string { return []string{"line"} }, Flow: "line",
		Ping: l.store.Ping, PublicURL: publicURL, Log: log,
	}
	if o.inboxes != nil {
		deps.Inboxes = o.inboxes(log, l.store)
	}
	l.srv, err = server.New(deps)
	must(err)
	return l
}

// call makes a call with a script, and returns what was heard last, and all of it.
func (l *tenantLine) call(script string) (last, all string) {
	l.t.Helper()
	return l.callFrom(tenantPhone, script)
}

func (l *tenantLine) callFrom(from, script string) (last, all string) {
	l.t.Helper()
	r := player.Generic(l.t.Context(), player.Options{
		URL: l.srv.StartURL("generic", "line"), Secret: secret, Script: moves(script), Wait: pass,
		Client: &http.Client{Transport: handed{l.srv}},
		Call:   player.Call{ID: rand.Text(), Account: "acme", From: from, To: "+61255500100"},
	})
	if r.Err != nil || len(r.Heard) == 0 {
		l.t.Fatalf("the call was not played: %s, %v", r.End, r.Err)
	}
	return r.Heard[len(r.Heard)-1], said(r)
}

// handed hands requests to a server without a network.
type handed struct{ to http.Handler }

func (h handed) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.RequestURI = r.URL.RequestURI()
	inner.RemoteAddr = "192.0.2.1:1234"
	w := httptest.NewRecorder()
	h.to.ServeHTTP(w, inner)
	return w.Result(), nil
}

// counted is everything that the store counts: "account 1, number 1, trunk 1" of the
// lock-out, "codes/caller 1" and so on of the budget.
func (l *tenantLine) counted() string {
	l.t.Helper()
	var all []string
	entries, err := l.locks.List(l.t.Context(), true)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, fmt.Sprint(e.ID.Kind(), " ", e.Attempts))
	}
	counts, err := l.store.Counts(l.t.Context(), "codes/", "", time.Now(), 100)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, c := range counts {
		if c.N > 0 {
			all = append(all, fmt.Sprint(c.Key[:strings.LastIndex(c.Key, "/")], " ", c.N))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// told is what the log says about Auth0's answers, and whether somebody is alarmed.
// Whatever the log says holds no secret.
func (l *tenantLine) told() (text string, alarm bool) {
	l.t.Helper()
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "message", EncodeDuration: anyDuration})
	var told strings.Builder
	for _, e := range l.logs.All() {
		line, err := encoder.EncodeEntry(e.Entry, e.Context)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, hidden := range []string{tenantPIN, tenantAccount, tenantSecret, tenantCode, wrongCode, tenantPhone[1:], fake.AppCode, "eyJ", "fake-access-token", "Fe26"} {
			if strings.Contains(line.String(), hidden) {
				l.t.Errorf("the log holds %q: %s", hidden, line)
			}
		}
		if e.Message != "turn" && e.Message != "call ended" && e.Message != "call is ending" {
			told.WriteString(line.String())
		}
		alarm = alarm || e.ContextMap()["alarm"] == true
	}
	return told.String(), alarm
}
