package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
	"callflow/server"
)

const agentToken = "cf_0123456789abcdef"

// lookup is an index with a few users, one of them hostile.
func lookup(t testing.TB, change func(*server.Lookup)) option {
	t.Helper()
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New()
	at := time.Date(2026, time.November, 1, 9, 0, 0, 0, time.UTC)
	number := func(n string, k runner.PhoneKind) []runner.PhoneNumber {
		return []runner.PhoneNumber{{Number: n, Kind: k}}
	}
	users := []runner.PhoneUser{
		{ID: "auth0|1", Account: "007", Name: "Maria", Numbers: number("+61412345678", runner.PhoneIdentifier), UpdatedAt: at, Factors: []string{"+61412345678"}, FactorsAt: at},
		{ID: "sms|2", Name: "<img src=x onerror=document.title='owned'>", Numbers: number("+61412345678", runner.PhonePasswordless), UpdatedAt: at},
	}
	for i := range 60 {
		users = append(users, runner.PhoneUser{ID: fmt.Sprintf("auth0|m%02d", i), Numbers: number("+61255500100", runner.PhoneIdentifier), UpdatedAt: at})
	}
	if _, err := store.PutUsers(t.Context(), users); err != nil {
		t.Fatal(err)
	}
	l := &server.Lookup{
		Users: store.UsersByPhone, Region: region,
		Tokens: []server.Token{
			{Name: "desk", Hash: sha256.Sum256([]byte(agentToken)), Roles: []string{server.RoleAgent}},
			{Name: "other", Hash: sha256.Sum256([]byte("cf_other"))},
		},
	}
	if change != nil {
		change(l)
	}
	return func(d *server.Deps) { d.Lookup = l }
}

func (b *bench) ask(phone, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/api/lookup", nil)
	q := r.URL.Query()
	q.Set("phone", phone)
	r.URL.RawQuery = q.Encode()
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	b.srv.ServeHTTP(w, r)
	return w
}

func TestLookup(t *testing.T) {
	t.Parallel()
	b := newBench(t, lookup(t, nil))
	for _, c := range []struct {
		name, phone, token string
		status             int
		body               string
	}{
		{"several accounts", "0412 345 678", agentToken, 200, `"kinds":["identifier","mfa"]`},
		{"a name is only text", "+61412345678", agentToken, 200, `\u003cimg src=x`},
		{"nobody", "+61400000000", agentToken, 200, `{"number":"+61400000000","users":[]}`},
		{"more than are told", "+61255500100", agentToken, 200, `"more":true`},
		{"no number", "anonymous", agentToken, 400, "no number that somebody could have"},
		{"nothing", "", agentToken, 400, "no number"},
		{"no token", "+61412345678", "", 401, "a token is needed"},
		{"another token", "+61412345678", "cf_guess", 401, "a token is needed"},
		{"another role", "+61412345678", "cf_other", 403, "not one of an agent"},
	} {
		got := b.ask(c.phone, c.token)
		if got.Code != c.status || !strings.Contains(got.Body.String(), c.body) {
			t.Errorf("%s: %d %s", c.name, got.Code, got.Body)
		}
		if got.Header().Get("Cache-Control") != "no-store" || !json.Valid(got.Body.Bytes()) {
			t.Errorf("%s: %v %s", c.name, got.Header(), got.Body)
		}
	}
	if n := len(b.logs.FilterMessage("look-up").All()); n != 4 {
		t.Errorf("%d look-ups are accounted for, of 4", n)
	}
	for _, e := range b.logs.All() {
		if text := fmt.Sprint(e.ContextMap()); strings.Contains(text, agentToken) || strings.Contains(text, "cf_guess") {
			t.Errorf("a token is in the log: %s", text)
		}
	}
}

func TestLookupIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := newBench(t, lookup(t, nil))
	refused := 0
	for range 100 {
		if w := b.ask("+61412345678", agentToken); w.Code == http.StatusTooManyRequests {
			refused++
			if w.Header().Get("Retry-After") == "" {
				t.Error("nothing says when to come back")
			}
		}
	}
	if refused < 50 {
		t.Errorf("of 100 look-ups at once %d were refused", refused)
	}
}

func TestLookupIsOff(t *testing.T) {
	t.Parallel()
	none := func(l *server.Lookup) { l.Tokens = nil }
	for name, c := range map[string]struct {
		option
		want int
	}{
		"not there":                      {func(*server.Deps) {}, 404},
		"no tokens, on a public address": {lookup(t, none), 404},
		"no tokens, on loopback":         {lookup(t, func(l *server.Lookup) { none(l); l.Open = true }), 200},
		"tokens, on loopback":            {lookup(t, func(l *server.Lookup) { l.Open = true }), 401},
		"the index is down": {lookup(t, func(l *server.Lookup) {
			none(l)
			l.Open = true
			l.Users = func(context.Context, string, int) ([]runner.PhoneUser, error) { return nil, errors.New("disk") }
		}), 503},
	} {
		b := newBench(t, c.option)
		if got := b.ask("+61412345678", ""); got.Code != c.want {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// Where nobody needs a token, a page that somebody visits could have a name of its own
// lead to this machine: it gets nothing.
func TestLookupUnderAnotherName(t *testing.T) {
	t.Parallel()
	b := newBench(t, lookup(t, func(l *server.Lookup) { l.Tokens, l.Open = nil, true }))
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost:8080": 200, "[::1]:8080": 200, "::1": 200, "127.0.0.1": 200,
		"evil.example:8080": 401, "127.0.0.1.evil.example": 401, "192.0.2.1:8080": 401, "": 401,
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/lookup?phone=%2B61412345678", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-For", "203.0.113.99")
		w := httptest.NewRecorder()
		b.srv.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, expected %d", host, w.Code, want)
		}
	}
	for _, e := range b.logs.FilterMessage("look-up").All() {
		if fmt.Sprint(e.ContextMap()["peer"]) != "192.0.2.1" {
			t.Errorf("the log has the peer %v", e.ContextMap()["peer"])
		}
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	b := newBench(t, lookup(t, nil))
	for path, kind := range map[string]string{
		"/console/lookup": "text/html; charset=utf-8", "/console/lookup.js": "text/javascript; charset=utf-8", "/console/lookup.css": "text/css; charset=utf-8",
	} {
		w := httptest.NewRecorder()
		b.srv.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}
