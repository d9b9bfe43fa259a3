package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0/fake"
)

// tenantOf serves a fake tenant and a provider of it.
func tenantOf(t *testing.T, c fake.Config) (*fake.Tenant, *Provider) {
	t.Helper()
	f, err := fake.New(c)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	p, err := New(Config{
		Domain: f.Domain(), ClientID: fake.DefaultClientID, ClientSecret: engine.NewSecret(fake.DefaultSecret), BaseURL: srv.URL, Now: c.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return f, p
}

func TestReader(t *testing.T) {
	t.Parallel()
	f, p := tenantOf(t, fake.Config{Scopes: fake.AllScopes(), Users: []fake.User{{ID: "auth0|1", Account: "12345", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}, Factors: []string{"+12025550123"}}}})
	r := p.Reader(1000)
	raw, err := r.Profile(t.Context(), "auth0|1")
	var user struct {
		ID      string    `json:"user_id"`
		Phone   string    `json:"phone_number"`
		Updated time.Time `json:"updated_at"`
	}
	if json.Unmarshal(raw, &user) != nil || err != nil || user.ID != "auth0|1" || user.Phone != "+61412345678" || user.Updated.IsZero() {
		t.Errorf("%s, %v", raw, err)
	}
	raw, err = r.Methods(t.Context(), "auth0|1")
	if err != nil || !strings.Contains(string(raw), "+12025550123") {
		t.Errorf("%s, %v", raw, err)
	}
	for _, read := range []func(context.Context, string) (json.RawMessage, error){r.Profile, r.Methods} {
		if _, err := read(t.Context(), "auth0|2"); !errors.Is(err, runner.ErrNotFound) {
			t.Errorf("nobody was answered with %v", err)
		}
	}
	for fault, want := range map[string]error{"methods=403:insufficient_scope*1": runner.ErrSetup, "methods=503*1": nil, "methods=garbage*1": nil} {
		x, err := fake.ParseFault(fault)
		if err != nil {
			t.Fatal(err)
		}
		f.Script(x)
		if _, err := r.Methods(t.Context(), "auth0|1"); err == nil || want != nil && !errors.Is(err, want) || errors.Is(err, runner.ErrNotFound) {
			t.Errorf("%s gave %v", fault, err)
		}
	}
	x, _ := fake.ParseFault("methods=403:insufficient_scope*1")
	f.Script(x)
	if _, err := r.Methods(t.Context(), "auth0|1"); err == nil || !strings.Contains(err.Error(), "read:authentication_methods") {
		t.Errorf("a missing scope is not named: %v", err)
	}
}

// TestReaderWaits holds background reading back while calls need the rate.
func TestReaderWaits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	_, p := tenantOf(t, fake.Config{Scopes: fake.AllScopes(), Now: clock})
	r := p.Reader(1000)
	waits := func(what string, want bool) {
		t.Helper()
		if got := max(r.gate.quiet(), p.lookups.quiet()) > 0; got != want {
			t.Errorf("%s: waits is %v", what, got)
		}
	}
	waits("at first", false)
	headers := func(left string) *note {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", "40")
		h.Set("X-RateLimit-Remaining", left)
		h.Set("X-RateLimit-Reset", "1793527210") // in ten seconds
		return &note{status: 200, header: h}
	}
	p.lookups.watch(headers("20"))
	waits("half is left", false)
	p.lookups.watch(headers("10"))
	waits("a quarter is left", true)
	now = now.Add(11 * time.Second)
	waits("after the reset", false)
	p.lookups.watch(&note{status: 200})
	waits("nothing is said", false)

	n := headers("0")
	n.header.Set("Retry-After", "5")
	_ = p.lookups.hold("look-up", n)
	waits("calls were refused", true)
	now = now.Add(6 * time.Second)
	waits("after the pause", false)
	_ = r.gate.hold("profile", n)
	waits("the background was refused", true)
	if err := p.lookups.do(t.Context(), "look-up", func(context.Context, *note) error { return nil }); err != nil {
		t.Errorf("calls wait for the background: %v", err)
	}
	now = now.Add(6 * time.Second)
	for p.lookups.bucket.Tokens() > float64(p.lookups.bucket.Burst())/2-1 {
		p.lookups.bucket.Allow()
	}
	waits("calls have used half of their burst", true)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Profile(ctx, "auth0|1"); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait does not end with its context: %v", err)
	}
}

// A real tenant's authentication methods are asked for in its way; it masks numbers.
func TestRecordedMethods(t *testing.T) {
	t.Parallel()
	all := recorded(t, "TestUserManager_AuthenticationMethods.yaml")
	for _, real := range all {
		u, err := url.Parse(real.Request.URL)
		if err != nil || real.Request.Method != http.MethodGet || !strings.HasSuffix(u.Path, "/authentication-methods") {
			continue
		}
		p, asked := replay(t, map[string]interaction{u.Path: real})
		id := strings.TrimSuffix(strings.TrimPrefix(u.Path, "/api/v2/users/"), "/authentication-methods")
		raw, err := p.Reader(1000).Methods(t.Context(), id)
		if err != nil || string(raw) != real.Response.Body {
			t.Errorf("%s, %v", raw, err)
		}
		if got := asked[u.Path].URL.Query().Encode(); got != u.Query().Encode() {
			t.Errorf("asked with %q, recorded %q", got, u.Query().Encode())
		}
	}
}
