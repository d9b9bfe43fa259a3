package tray_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"callflow/examples/desk/tray"
)

func TestTray(t *testing.T) {
	t.Parallel()
	told := 0
	in := &tray.Tray{Told: func(tray.Paper) { told++ }}
	h := in.Handler()
	for _, c := range []struct {
		name, method, path, key, body string
		status                        int
		want                          string
	}{
		{"kept", "POST", "/ratings", "k1", `{"first":5}`, 201, ""},
		{"sent again", "POST", "/ratings", "k1", `{"first":5}`, 200, ""},
		{"another body under the key", "POST", "/ratings", "k1", `{"first":4}`, 409, "another paper"},
		{"another path under the key", "POST", "/messages", "k1", `{"first":5}`, 409, "another paper"},
		{"no key", "POST", "/ratings", "", `{}`, 400, "Idempotency-Key"},
		{"no JSON", "POST", "/ratings", "k2", `{`, 400, "no JSON"},
		{"too long", "POST", "/ratings", "k3", `"` + strings.Repeat("a", 20<<10) + `"`, 400, "no JSON"},
		{"listed", "GET", "/", "", "", 200, `[{"path":"/ratings","body":{"first":5}}]`},
		{"an outage", "GET", "/outages/3550", "", "", 200, `{"status":"out","homes":420,"back":"17:30"}`},
		{"no outage", "GET", "/outages/9999", "", "", 404, "nothing about that"},
		{"an appointment", "GET", "/appointments?phone=%2B15550142", "", "", 200, `"day":"2026-12-03"`},
		{"an animal", "GET", "/animals/00042", "", "", 200, `{"owner":"12345"}`},
		{"nothing there", "GET", "/elsewhere", "", "", 405, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Idempotency-Key", c.key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, expected %d %s", c.name, w.Code, w.Body, c.status, c.want)
		}
	}
	if told != 1 || len(in.Papers()) != 1 {
		t.Errorf("told of %d papers, kept %v", told, in.Papers())
	}
}
