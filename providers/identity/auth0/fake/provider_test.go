package fake

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
)

// provided is a tenant with a phone provider that posts to a gateway.
func provided(t *testing.T, gateway http.HandlerFunc, methods ...any) *Tenant {
	t.Helper()
	srv := httptest.NewServer(gateway)
	t.Cleanup(srv.Close)
	f, err := New(Config{Users: []User{{Account: "1", PIN: engine.NewSecret("1234"), Phones: []string{"+61412345678"}, MFA: true}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	f.Install("branding/phone/providers", map[string]any{"name": "custom", "disabled": false, "configuration": map[string]any{"delivery_methods": methods}})
	f.Install("actions/actions", map[string]any{"name": "x", "supported_triggers": []any{map[string]any{"id": phoneTrigger}}, "deployed_version": map[string]any{}})
	id := f.Resources("actions/actions")[0]["id"].(string)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keepSecrets(id, []any{
		map[string]any{"name": "CALLFLOW_URL", "value": srv.URL},
		map[string]any{"name": "CALLFLOW_KEY", "value": "c2VjcmV0"},
		map[string]any{"name": "CALLFLOW_SUBJECT", "value": "urn:a"},
		map[string]any{"name": "CALLFLOW_AUDIENCE", "value": "urn:b"},
	})
	return f
}

// code has a code sent, and says what became of it.
func code(t *testing.T, f *Tenant, delivery string) string {
	t.Helper()
	f.mu.Lock()
	f.notify(f.send("key", "+61412345678", delivery))
	f.mu.Unlock()
	f.flying.Wait()
	return strings.Join(f.newest(), "\n")
}

func TestProvider(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	answer := http.StatusOK
	gateway := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var n map[string]any
		body, _ := io.ReadAll(r.Body)
		if json.Unmarshal(body, &n) != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey") {
			t.Errorf("posted: %s", body)
		}
		got = append(got, n["recipient"].(string)+" "+n["code"].(string)+" "+n["delivery_method"].(string))
		w.WriteHeader(answer)
	}
	f := provided(t, gateway, "text")
	if line := code(t, f, "sms"); line != "+61412345678 107919 sms, delivered" {
		t.Error(line)
	}
	if line := code(t, f, "voice"); line != "+61412345678 115838 voice" {
		t.Errorf("%s: a provider that cannot speak was asked to", line)
	}
	answer = http.StatusUnauthorized
	if line := code(t, f, "text"); !strings.Contains(line, "not delivered: http://127.0.0.1") || !strings.HasSuffix(line, "answers 401") {
		t.Error(line)
	}
	if want := "+61412345678 107919 text, +61412345678 123757 text"; strings.Join(got, ", ") != want {
		t.Errorf("posted %q, expected %q", got, want)
	}
	f.Amend("branding/phone/providers", "custom", map[string]any{"disabled": true})
	if line := code(t, f, "text"); !strings.HasSuffix(line, " text") {
		t.Errorf("%s: a disabled provider is used", line)
	}
}

// What is refused for a moment is posted again, and an end of the tenant ends that.
func TestProviderRetries(t *testing.T) {
	t.Parallel()
	posts := make(chan struct{}, 10)
	f := provided(t, func(w http.ResponseWriter, _ *http.Request) {
		posts <- struct{}{}
		if len(posts) < 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}, "text")
	if line := code(t, f, "text"); !strings.HasSuffix(line, ", delivered") || len(posts) != 2 {
		t.Errorf("%s after %d posts", line, len(posts))
	}
	ended := provided(t, func(w http.ResponseWriter, _ *http.Request) {
		posts <- struct{}{}
		w.WriteHeader(http.StatusServiceUnavailable)
	}, "text")
	before := len(posts)
	ended.mu.Lock()
	ended.notify(ended.send("key", "+61412345678", "text"))
	ended.mu.Unlock()
	for len(posts) == before {
		time.Sleep(time.Millisecond)
	}
	if err := ended.Close(); err != nil || len(posts) > before+1 {
		t.Errorf("%v, after %d posts", err, len(posts)-before)
	}
}
