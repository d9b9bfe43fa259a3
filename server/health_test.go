package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"callflow/server"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store.set(true) // which is no reason to be restarted
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if w := b.do(method, "/healthz", nil); w.Code != http.StatusOK {
			t.Errorf("%s: HTTP %d", method, w.Code)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	read := func(b *bench) (status int, ready bool, reasons []string) {
		w := b.do(http.MethodGet, "/readyz", nil)
		var got struct {
			Ready   bool
			Reasons []string
			Flows   int
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return w.Code, got.Ready, got.Reasons
	}
	b := newBench(t)
	if status, ready, reasons := read(b); status != http.StatusOK || !ready || len(reasons) != 0 {
		t.Errorf("HTTP %d, %t, %q", status, ready, reasons)
	}
	b.store.set(true)
	want := []string{"the store does not answer"}
	if status, ready, reasons := read(b); status != http.StatusServiceUnavailable || ready || !slices.Equal(reasons, want) {
		t.Errorf("HTTP %d, %t, %q; expected 503 and %q", status, ready, reasons, want)
	}
	b = newBench(t, func(d *server.Deps) { d.Flows = func() []string { return nil } })
	want = []string{"no flow is loaded"}
	if status, _, reasons := read(b); status != http.StatusServiceUnavailable || !slices.Equal(reasons, want) {
		t.Errorf("HTTP %d, %q; expected 503 and %q", status, reasons, want)
	}
}
