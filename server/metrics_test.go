package server_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"callflow/server"
)

// TestMetrics counts, and tells only those who may know.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := server.NewMetrics()
	sent, events := m.Counter("callflow_messages_total", "outcome"), m.Counter("callflow_log_events_total", "result")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			sent("delivered")
			sent("blocked")
			events("other")
		})
	}
	all.Wait()
	sent("blocked")
	const want = `# TYPE callflow_log_events_total counter
callflow_log_events_total{result="other"} 10
# TYPE callflow_messages_total counter
callflow_messages_total{outcome="blocked"} 11
callflow_messages_total{outcome="delivered"} 10
`
	const monitor = "cf_monitor"
	tokens := lookup(t, func(l *server.Lookup) {
		l.Tokens = append(l.Tokens, server.Token{Name: "watch", Hash: sha256.Sum256([]byte(monitor)), Roles: []string{server.RoleMonitor}})
	})
	open := lookup(t, func(l *server.Lookup) { l.Tokens, l.Open = nil, true })
	off := lookup(t, func(l *server.Lookup) { l.Tokens = nil })
	with := func(d *server.Deps) { d.Metrics = m }
	for name, c := range map[string]struct {
		options []option
		token   string
		status  int
	}{
		"a monitor":            {[]option{tokens, with}, monitor, http.StatusOK},
		"an agent":             {[]option{tokens, with}, agentToken, http.StatusForbidden},
		"a stranger":           {[]option{tokens, with}, "cf_wrong", http.StatusUnauthorized},
		"nobody":               {[]option{tokens, with}, "", http.StatusUnauthorized},
		"on this machine":      {[]option{open, with}, "", http.StatusOK},
		"without tokens":       {[]option{off, with}, "", http.StatusNotFound},
		"without any counting": {[]option{tokens}, monitor, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.options...)
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/metrics", nil)
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			w := httptest.NewRecorder()
			b.srv.ServeHTTP(w, r)
			if got := w.Body.String(); w.Code != c.status || w.Code == http.StatusOK && got != want || w.Code != http.StatusOK && got != "" {
				t.Errorf("answered %d:\n%s", w.Code, got)
			}
			if w.Code == http.StatusOK && w.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
				t.Errorf("the type is %s", w.Header().Get("Content-Type"))
			}
		})
	}
}
