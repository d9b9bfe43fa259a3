package auth0

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// answering is a tenant that gives a token, and else answers as handle does.
func answering(t *testing.T, handle http.HandlerFunc) *Provider {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"x","token_type":"Bearer","expires_in":86400}`))
			return
		}
		handle(w, r)
	}))
	t.Cleanup(srv.Close)
	p, err := New(Config{
		Domain: "t.eu.auth0.com", ClientID: "id", ClientSecret: engine.NewSecret("secret"), BaseURL: srv.URL, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"statusCode":400,"error":"X","message":"secret-of-the-request"}`))
	}
}

// Whatever comes in the place of an answer, the error says what was found, and what to
// do about it.
func TestOutagesSayWhatToDo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		handle http.HandlerFunc
		want   []string
	}{
		{"closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []string{"the connection was closed before there was an answer", "EOF", "check the domain"}},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>Sign in to this network</html>"))
		}, []string{"200: the answer cannot be read: found text/html, expected JSON", "such as a proxy"}},
		{"cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":`))
		}, []string{"200: the answer cannot be read: it breaks off"}},
		{"without end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":"` + strings.Repeat("x", maxBody) + `"}`)) // who reads on would have an answer
		}, []string{"200: the answer cannot be read"}},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, []string{"the answer is empty", "check the domain"}},
		{"400", status(400), []string{"400: the request is refused", "Monitoring, Logs"}},
		{"401", status(401), []string{"401: Auth0 refuses the management token", "of one tenant"}},
		{"403", status(403), []string{"403: the management token may not read users: grant the application the scope read:users, under Applications"}},
		{"404", status(404), []string{"404: Auth0 does not have it: check the domain"}},
		{"429", status(429), []string{"429 too_many_requests: Auth0's rate limit is reached: try again in 1s"}},
		{"500", status(500), []string{"500: Auth0 is in trouble: try again in a while"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, tt.handle).StartExport(t.Context(), "")
			if err == nil {
				t.Fatal("there is no error")
			}
			for _, want := range append(tt.want, "auth0: export of users: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret-of-the-request") {
				t.Errorf("%q repeats what Auth0 said", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		p, err := New(Config{Domain: "t.eu.auth0.com", ClientID: "id", ClientSecret: engine.NewSecret("secret"), BaseURL: "http://127.0.0.1:1", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_, err = p.StartExport(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "management token: no connection: ") || !strings.Contains(err.Error(), "check the domain, the network") {
			t.Errorf("%v", err)
		}
	})
}

// An answer without content is not taken for an empty list: what is there would be
// made a second time.
func TestPlanNeedsAnswers(t *testing.T) {
	t.Parallel()
	wanted := Wanted{PublicURL: "https://ivr.example.com", LogStream: engine.NewSecret("x"), News: engine.NewSecret("y")}
	for _, s := range answering(t, func(http.ResponseWriter, *http.Request) {}).Plan(t.Context(), wanted) {
		if s.Verb == Create || s.Verb == Change {
			t.Errorf("%s %s: after an empty answer", s.Verb, s.What)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	steps := answering(t, status(500)).Plan(ctx, wanted)
	if len(steps) != 1 || steps[0].Verb != Blocked {
		t.Errorf("without a token: %+v, expected one blocked step", steps)
	}
}
