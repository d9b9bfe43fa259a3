package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0/fake"
)

// secureTenant serves a fake tenant over TLS, with a clock that stands still.
func secureTenant(t *testing.T, now *time.Time, change func(*Config), users ...fake.User) (*fake.Tenant, *Provider) {
	t.Helper()
	clock := func() time.Time { return *now }
	f, err := fake.New(fake.Config{Users: users, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewTLSServer(f)
	t.Cleanup(srv.Close)
	c := Config{
		Domain: f.Domain(), ClientID: fake.DefaultClientID, ClientSecret: engine.NewSecret(fake.DefaultSecret),
		BaseURL: srv.URL, Transport: srv.Client().Transport, Now: clock,
	}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return f, p
}

// searched are the ids that a search finds.
func searched(t *testing.T, s *Searcher, number string) ([]string, error) {
	t.Helper()
	profiles, err := s.ByPhone(t.Context(), number, 20)
	var ids []string
	for _, raw := range profiles {
		var u struct {
			ID string `json:"user_id"`
		}
		if err := json.Unmarshal(raw, &u); err != nil {
			t.Error(err)
		}
		ids = append(ids, u.ID)
	}
	slices.Sort(ids)
	return ids, err
}

func phoned(id, account, number string) fake.User {
	return fake.User{ID: id, Account: account, PIN: engine.NewSecret("1234"), Phones: []string{number}}
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	linked := phoned("auth0|2", "222", "+61412345679")
	linked.Linked = "+61412345670"
	factor := phoned("auth0|5", "555", "+61412345675")
	factor.Factors = []string{"+61412345676"}
	f, p := secureTenant(t, &now, nil,
		phoned("auth0|1", "111", "+61412345678"), linked, phoned("sms|3", "333", "+61412345678"), phoned("auth0|4", "444", "0412345674"), factor)
	s := p.Searcher(1000)
	for number, want := range map[string]string{
		"+61412345678": "auth0|1 sms|3",
		"+61412345679": "auth0|2",
		"+61412345670": "auth0|2", // of the linked identity
		"+61412345674": "",        // the profile has it in another form
		"+61412345676": "",        // second factors cannot be searched
		"+6141234567":  "",
	} {
		if ids, err := searched(t, s, number); err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%s: %q, %v; want %q", number, ids, err, want)
		}
	}
	asked := f.Count(fake.Search)
	for _, number := range []string{"", "61412345678", "+61*", `+614" OR name:"a`, "+61412345678\n", "+1234567890123456"} {
		if ids, err := searched(t, s, number); !errors.Is(err, errNumber) || ids != nil {
			t.Errorf("%q: %q, %v", number, ids, err)
		}
	}
	if f.Count(fake.Search) != asked {
		t.Error("the tenant was asked for what is no number")
	}
}

// A tenant that does not search identities is asked without them from then on; one
// that refuses everything is not taken for such a one.
func TestSearcherNarrows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	f, p := secureTenant(t, &now, nil, phoned("auth0|1", "111", "+61412345678"))
	s := p.Searcher(1000)
	refuse := fake.Fault{At: fake.Search, Kind: fake.Status, Code: http.StatusBadRequest, Error: "invalid_query_string", Times: 2}
	f.Script(refuse)
	if ids, err := searched(t, s, "+61412345678"); err == nil || s.narrow.Load() {
		t.Errorf("refused altogether: %q, %v", ids, err)
	}
	refuse.Times = 1
	f.Script(refuse)
	for range 3 {
		if ids, err := searched(t, s, "+61412345678"); err != nil || len(ids) != 1 {
			t.Errorf("%q, %v", ids, err)
		}
	}
	if n := f.Count(fake.Search); n != 2+2+2 {
		t.Errorf("%d searches", n)
	}
}

// TestSearcherLeavesAlone asks nothing while Auth0 has anybody wait, and keeps nobody
// waiting meanwhile.
func TestSearcherLeavesAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	f, p := secureTenant(t, &now, nil, phoned("auth0|1", "111", "+61412345678"))
	s := p.Searcher(1000)
	refused := func(what, want string) {
		t.Helper()
		before := f.Count(fake.Search)
		if _, err := searched(t, s, "+61412345678"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "5678") {
			t.Errorf("%s: %v; want %q", what, err, want)
		}
		if f.Count(fake.Search) != before {
			t.Errorf("%s: the tenant was asked", what)
		}
	}
	f.Script(fake.Fault{At: fake.Search, Kind: fake.Limit, Delay: 20 * time.Second, Times: 1})
	if _, err := searched(t, s, "+61412345678"); err == nil || !strings.Contains(err.Error(), "try again in 20s") {
		t.Errorf("a 429 gave %v", err)
	}
	refused("after its own 429", "for another 20s")
	if p.lookups.held() > 0 {
		t.Error("sign-ins wait for searches")
	}
	now = now.Add(21 * time.Second)
	if ids, err := searched(t, s, "+61412345678"); err != nil || len(ids) != 1 {
		t.Errorf("after the pause: %q, %v", ids, err)
	}
	_ = p.lookups.hold("look-up", &note{status: 429, header: http.Header{"Retry-After": {"7"}}})
	refused("after a 429 of a sign-in", "for another 7s")
	now = now.Add(8 * time.Second)
	for p.lookups.bucket.Allow() {
	}
	refused("while sign-ins need everything", "sign-ins need")
}

func TestSearcherFails(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for fault, want := range map[string]string{
		"search=503":                    "Auth0 is in trouble",
		"search=garbage":                "cannot be read",
		"search=403:insufficient_scope": "read:users",
		"search=slow:5s":                "no answer in time",
		"token=401":                     "",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			f, p := secureTenant(t, &now, func(c *Config) { c.LookupTimeout = 300 * time.Millisecond }, phoned("auth0|1", "111", "+61412345678"))
			x, err := fake.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			f.Script(x)
			ids, err := searched(t, p.Searcher(1000), "+61412345678")
			if err == nil || !strings.Contains(err.Error(), want) || ids != nil || strings.Contains(err.Error(), "5678") {
				t.Errorf("%q, %v; want %q", ids, err, want)
			}
			if want == "read:users" && !errors.Is(err, runner.ErrSetup) {
				t.Errorf("nobody is alarmed: %v", err)
			}
		})
	}
	// One broken connection, and one token that is no longer good, are no outage.
	for name, hurt := range map[string]func(*fake.Tenant){
		"broken":  func(f *fake.Tenant) { f.Script(fake.Fault{At: fake.Search, Kind: fake.Drop, Times: 1}) },
		"revoked": (*fake.Tenant).Revoke,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, p := secureTenant(t, &now, nil, phoned("auth0|1", "111", "+61412345678"))
			s := p.Searcher(1000)
			if _, err := searched(t, s, "+61412345678"); err != nil {
				t.Fatal(err)
			}
			hurt(f)
			if ids, err := searched(t, s, "+61412345678"); err != nil || len(ids) != 1 {
				t.Errorf("%q, %v", ids, err)
			}
		})
	}
}

// A burst of unknown callers uses up its own rate, and not that of sign-ins.
func TestSearcherRate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	f, p := secureTenant(t, &now, func(c *Config) { c.LookupTimeout = 500 * time.Millisecond }, phoned("auth0|1", "111", "+61412345678"))
	s := p.Searcher(1)
	failed := 0
	for range 3 * searchBurst {
		if _, err := s.ByPhone(t.Context(), "+61412000000", 20); err != nil {
			failed++
			if !strings.Contains(err.Error(), "our own rate limit") {
				t.Error(err)
			}
		}
	}
	if n := f.Count(fake.Search); failed == 0 || n > 2*searchBurst {
		t.Errorf("%d refused, %d searches", failed, n)
	}
	if _, _, err := p.read(context.Background(), "auth0|1"); err != nil {
		t.Errorf("a sign-in is refused: %v", err)
	}
}
