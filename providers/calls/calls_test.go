package calls_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers/calls"
	"callflow/providers/calls/jambonz"
	"callflow/providers/calls/plivo"
	"callflow/providers/calls/sinch"
	"callflow/providers/calls/telnyx"
	"callflow/providers/calls/texml"
	"callflow/providers/calls/twilio"
)

// hidden is in every request, and in nothing that is said of it.
const hidden = "hidden-secret"

func callers(t *testing.T, base string) []outbound.Platform {
	t.Helper()
	secret := engine.NewSecret(hidden)
	j, err := jambonz.New(jambonz.Config{BaseURL: base, Account: "a", Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	w, err := twilio.New(twilio.Config{BaseURL: base, Account: "a", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plivo.New(plivo.Config{BaseURL: base, Account: "a", Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	x, err := texml.New(texml.Config{BaseURL: base, Account: "a", Application: "b", Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	s, err := sinch.New(sinch.Config{BaseURL: base, Key: "a", Secret: engine.NewSecret("hidden/secret+")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := telnyx.New(telnyx.Config{BaseURL: base, Connection: "a", Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	return []outbound.Platform{j, w, p, x, s, c}
}

// What platforms answer is a decision, an outage, a fault of ours, or a doubt: on every
// platform the same.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   error
		maybe  bool
	}{
		{400, `{"message":"+61412345678 is no number"}`, outbound.ErrRefused, false},
		{422, `{}`, outbound.ErrRefused, false},
		{401, ``, runner.ErrCredentials, false},
		{402, ``, runner.ErrSetup, false},
		{404, `not json`, runner.ErrSetup, false},
		{302, ``, runner.ErrSetup, false},
		{429, `{}`, outbound.ErrOutage, false},
		{503, ``, outbound.ErrOutage, false},
		{500, ``, outbound.ErrOutage, true},
		{502, strings.Repeat("x", 1<<20), outbound.ErrOutage, true},
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		for _, p := range callers(t, api.URL) {
			_, err := p.Place(t.Context(), outbound.Placement{Key: "k", From: "+61255500100", To: "+61412345678", Ring: time.Second, Longest: time.Minute})
			var failed *outbound.Failure
			if !errors.As(err, &failed) || !errors.Is(err, c.kind) || failed.Maybe != c.maybe {
				t.Errorf("%s, HTTP %d: %v", p.Name(), c.status, err)
				continue
			}
			if text := err.Error(); strings.Contains(text, hidden) || strings.Contains(text, "61412345678") {
				t.Errorf("%s tells too much: %s", p.Name(), text)
			}
		}
		api.Close()
	}
}

// Where no connection comes about, nothing was asked; where the answer breaks off,
// nobody knows.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer api.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for base, maybe := range map[string]bool{api.URL: true, closed.URL: false} {
		for _, p := range callers(t, base) {
			_, err := p.Place(t.Context(), outbound.Placement{From: "+61255500100", To: "+61412345678"})
			var failed *outbound.Failure
			if !errors.As(err, &failed) || failed.Maybe != maybe || !errors.Is(err, outbound.ErrOutage) {
				t.Errorf("%s: %v", p.Name(), err)
			}
		}
	}
}

// A platform's own code says what it means, whatever the status.
func TestTwilioCodes(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]error{
		`{"code":21211,"message":"The 'To' number is not valid"}`: outbound.ErrRefused,
		`{"code":21215}`: outbound.ErrRefused,
		`{"code":21210}`: runner.ErrSetup,
		`{"code":20003}`: runner.ErrCredentials,
		`{"code":20429}`: outbound.ErrOutage,
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(body))
		}))
		_, err := callers(t, api.URL)[1].Place(t.Context(), outbound.Placement{From: "+61255500100", To: "+61412345678"})
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v", body, err)
		}
		api.Close()
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int{0: 1, time.Millisecond: 1, 90 * time.Second: 90, 1500 * time.Millisecond: 2} {
		if got := calls.Seconds(d); got != want {
			t.Errorf("%s: %d", d, got)
		}
	}
}
