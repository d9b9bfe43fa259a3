package events_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"callflow/examples/herd/farm/events"
)

func post(t *testing.T, h http.Handler, key, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(body))
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const death = `{"event":"death","animal":"00042","reporter":"+15550100"}`

func TestReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key, body string
		status    int
		text      string
	}{
		{"k", death, 201, death + "\n"},
		{"", death, 400, "the header Idempotency-Key is missing\n"},
		{"k", `{"event":"party","animal":"00042"}`, 422, "event: found \"party\", expected death, birth or treatment\n"},
		{"k", `{"event":"birth","animal":"42"}`, 422, "animal: found \"42\", expected five digits\n"},
		{"k", `{"event":"birth","animal":"0004x"}`, 422, "animal: found \"0004x\", expected five digits\n"},
		{"k", `{"event":"birth","animal":42}`, 400, "this is no event: "},
		{"k", `{"surprise":1}`, 400, "this is no event: "},
		{"k", `{"event":"` + strings.Repeat("x", 5000) + `"}`, 400, "this is no event: "},
	} {
		w := post(t, (&events.Book{}).Handler(), c.key, c.body)
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.text) {
			t.Errorf("%.60s: %d %q, expected %d %q", c.body, w.Code, w.Body, c.status, c.text)
		}
	}
}

func TestRecordedOnce(t *testing.T) {
	t.Parallel()
	book := &events.Book{}
	h := book.Handler()
	var wg sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		wg.Go(func() { statuses[i] = post(t, h, "k", death).Code })
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[14] != 200 || statuses[15] != 201 {
		t.Errorf("statuses %v, expected one 201 among 200s", statuses)
	}
	if got := post(t, h, "k", strings.Replace(death, "42", "43", 1)); got.Code != 409 {
		t.Errorf("another event under the same key: %d", got.Code)
	}
	post(t, h, "k2", strings.Replace(death, "death", "birth", 1))
	want := []events.Event{
		{Event: "death", Animal: "00042", Reporter: "+15550100"},
		{Event: "birth", Animal: "00042", Reporter: "+15550100"},
	}
	if got := book.Events(); !slices.Equal(got, want) {
		t.Errorf("recorded %v, expected %v", got, want)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", http.NoBody))
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), "["+death) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
