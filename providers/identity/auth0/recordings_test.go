package auth0

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/runner"
)

// interaction is an exchange with a real tenant, as the SDK's own tests recorded
// it. They ship with its module.
type interaction struct {
	Request struct {
		Method, URL, Body string
		Form              url.Values
	}
	Response struct {
		Body    string
		Code    int
		Headers http.Header
	}
}

// recorded reads the exchanges of one of the SDK's tests.
func recorded(t *testing.T, name string) []interaction {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/auth0/go-auth0").Output()
	if err != nil {
		t.Fatalf("the SDK's module is not there: %v", err)
	}
	src, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "test", "data", "recordings", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var cassette struct{ Interactions []interaction }
	if err := yaml.Unmarshal(src, &cassette); err != nil {
		t.Fatal(err)
	}
	if len(cassette.Interactions) == 0 {
		t.Fatalf("%s has no exchanges", name)
	}
	return cassette.Interactions
}

// exchange finds the exchange of a method and a path.
func exchange(t *testing.T, all []interaction, method, path string) interaction {
	t.Helper()
	for _, i := range all {
		if u, err := url.Parse(i.Request.URL); err == nil && i.Request.Method == method && strings.HasPrefix(u.Path, path) {
			return i
		}
	}
	t.Fatalf("no exchange %s %s was recorded", method, path)
	return interaction{}
}

// replay serves recorded answers by path, and a management token; it returns a
// provider that asks there, and what was asked.
func replay(t *testing.T, answers map[string]interaction) (*Provider, map[string]*http.Request) {
	t.Helper()
	asked := map[string]*http.Request{}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.PostForm, _ = url.ParseQuery(string(body))
		if r.PostForm.Get("grant_type") == "client_credentials" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"t","expires_in":86400,"scope":"read:users","token_type":"Bearer"}`)
			return
		}
		asked[r.URL.Path] = r
		i, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		for name, values := range i.Response.Headers {
			w.Header()[name] = values
		}
		w.WriteHeader(i.Response.Code)
		_, _ = io.WriteString(w, i.Response.Body)
	}))
	t.Cleanup(srv.Close)
	p, err := New(Config{
		Domain: "go-auth0-dev.eu.auth0.com", ClientID: "test-client_id", ClientSecret: engine.NewSecret("test-client_secret"),
		BaseURL: srv.URL, Transport: srv.Client().Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, asked
}

// A real tenant's answer to a search is understood, and asked for in its way.
func TestRecordedSearch(t *testing.T) {
	t.Parallel()
	real := exchange(t, recorded(t, "TestUserManager_Search.yaml"), http.MethodGet, "/api/v2/users")
	p, asked := replay(t, map[string]interaction{"/api/v2/users": real})
	got, err := p.search(t.Context(), "12345")
	if err != nil {
		t.Fatal(err)
	}
	want := []profile{{
		id: "auth0|63d17c4dede19c15715de31c", username: "test-user150", email: "chuck904@example.com",
		connections: []string{"Username-Password-Authentication"}, greeting: "Chuck",
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(profile{})); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	u, err := url.Parse(real.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name := range u.Query() {
		if !asked["/api/v2/users"].URL.Query().Has(name) {
			t.Errorf("the search does not say %s, which the recorded one does", name)
		}
	}
	if _, ok, err := p.find(t.Context(), "12345"); ok || err != nil {
		t.Errorf("a user without the account number is taken: %v, %v", ok, err)
	}
}

// So is a real profile.
func TestRecordedProfile(t *testing.T) {
	t.Parallel()
	real := exchange(t, recorded(t, "TestUserManager_Read.yaml"), http.MethodGet, "/api/v2/users/")
	u, err := url.Parse(real.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(u.Path, "/api/v2/users/")
	p, asked := replay(t, map[string]interaction{u.Path: real})
	got, ok, err := p.read(t.Context(), id)
	if err != nil || !ok || got.id != id || len(got.connections) != 1 || got.username == "" || got.blocked == true && !strings.Contains(real.Response.Body, `"blocked":true`) {
		t.Errorf("the profile is %+v, %v, %v", got, ok, err)
	}
	if len(asked) != 1 {
		t.Errorf("asked %d things, want one", len(asked))
	}
}

// A real 404 of the Management API is a user who is not there, not an outage.
func TestRecordedNoUser(t *testing.T) {
	t.Parallel()
	for _, i := range recorded(t, "TestUserManager_Delete.yaml") {
		if i.Response.Code != http.StatusNotFound {
			continue
		}
		u, err := url.Parse(i.Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := replay(t, map[string]interaction{u.Path: i})
		if _, ok, err := p.read(t.Context(), strings.TrimPrefix(u.Path, "/api/v2/users/")); ok || err != nil {
			t.Errorf("the profile is there: %v, %v", ok, err)
		}
		return
	}
	t.Fatal("no 404 was recorded")
}

// Our login says all that a recorded one said, in the same words; and the recorded
// answers, which have no ID token, are understood and sign nobody in.
func TestRecordedLogin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Should_return_tokens", "Should_support_passing_extra_options"} {
		real := exchange(t, recorded(t, "authentication/TestOAuthLoginWithPassword/"+name+".yaml"), http.MethodPost, "/oauth/token")
		p, asked := replay(t, map[string]interaction{"/oauth/token": real})
		form := real.Request.Form
		result, token, err := p.login(t.Context(), form.Get("username"), engine.NewSecret(form.Get("password")))
		if result != "" || token != "" || !errors.Is(err, runner.ErrSetup) || !strings.Contains(err.Error(), "has none") {
			t.Errorf("%s: the login is %q, %v; want a complaint about the missing ID token", name, result, err)
		}
		r := asked["/oauth/token"]
		if r == nil {
			t.Fatalf("%s: nothing was asked", name)
		}
		for _, field := range []string{"username", "password", "client_id"} {
			if got := r.PostForm[field]; !cmp.Equal(got, form[field]) {
				t.Errorf("%s: %s is %q, recorded %q", name, field, got, form[field])
			}
		}
		if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
			t.Errorf("%s: sent as %s", name, got)
		}
	}
}
