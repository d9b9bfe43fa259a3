package player

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"callflow/engine"
)

// What happens in a call comes from its options in order, and the last of it repeats.
func TestPlayedInOrder(t *testing.T) {
	t.Parallel()
	p := begin(Options{})
	if p.nextDial("SUCCESS") != "SUCCESS" || p.nextRecording() != "recorded" || p.nextWaiting() != (Waiting{End: connected, Position: 2}) {
		t.Error("without options, something else happens")
	}
	p = begin(Options{
		Dials: []string{"busy", "completed"}, Records: []string{"empty", "failed"},
		Queues: []Waiting{{End: unqueued, Position: 7}, {End: connected}},
	})
	var got []string
	for range 3 {
		w := p.nextWaiting()
		got = append(got, p.nextDial("completed"), p.nextRecording(), fmt.Sprint(w.End, w.Position))
	}
	want := []string{"busy", "empty", "failed7", "completed", "failed", "connected2", "completed", "failed", "connected2"}
	if !slices.Equal(got, want) || p.dials != 3 || p.recordings != 3 || p.queues != 3 {
		t.Errorf("got %q, expected %q", got, want)
	}
	// Who hangs up ends what runs.
	p = begin(Options{Script: []Move{{Hangup: true}}})
	if p.nextRecording() != hungUp || !p.gone() || p.nextWaiting().End != hungUp {
		t.Error("a hang-up ends no recording, or no waiting")
	}
	p.close(Left, nil)
	if p.gone() {
		t.Error("when the call is over, nobody hangs up any more")
	}
}

// What has broken a call is not hidden by a notice that fails behind it.
func TestPlayedFaults(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	p := begin(Options{})
	p.fault(first)
	p.fault(second)
	if r := p.done(); r.Faults != 2 || !errors.Is(r.Err, second) {
		t.Errorf("while it goes on: %+v", r)
	}
	p.close(Broken, first)
	p.fault(second)
	if r := p.done(); r.Faults != 3 || !errors.Is(r.Err, first) || r.End != Broken {
		t.Errorf("behind its end: %+v", r)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fragment string
		count    int
		again    string // after which failures
	}{
		{"", 1, "ct"},
		{"rc=0", 0, "ct"},
		{"rc=5&rp=all", 5, "ct rt 404 500 503"},
		{"rp=rt,4xx", 1, "rt 404"},
		{"rp=5xx&rc=2", 2, "500 503"},
		{"rp=503", 1, "503"},
		{"ct=2000&sni=y", 1, "ct"},
	} {
		r, err := retries{count: 1, policy: []string{"ct"}}.with(c.fragment)
		if err != nil {
			t.Errorf("%q: %v", c.fragment, err)
		}
		var again []string
		for _, f := range []struct {
			name   string
			status int
			err    error
		}{
			{"ct", 0, errors.New("connection refused")},
			{"rt", 0, fmt.Errorf("late: %w", context.DeadlineExceeded)},
			{"200", 200, errors.New("a bad document")},
			{"404", 404, nil},
			{"500", 500, nil},
			{"503", 503, nil},
		} {
			if r.after(f.status, f.err) {
				again = append(again, f.name)
			}
		}
		if got := fmt.Sprint(again); r.count != c.count || got != "["+c.again+"]" {
			t.Errorf("%q: %d times after %s, expected %d after %s", c.fragment, r.count, got, c.count, c.again)
		}
	}
	for _, fragment := range []string{"rc=6", "rc=-1", "rc=two", "rc="} {
		if r, err := (retries{}).with(fragment); err == nil {
			t.Errorf("%q: %+v", fragment, r)
		}
	}
}

// A hook is sent again with the same bytes, after pauses of which the last repeats.
func TestFetch(t *testing.T) {
	t.Parallel()
	var sent []string
	var pauses []time.Duration
	p := begin(Options{
		Secret: engine.NewSecret("s"),
		Wait: func(_ context.Context, d time.Duration) error {
			pauses = append(pauses, d)
			return nil
		},
		Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.Header.Get("X-Signature"))
			w := httptest.NewRecorder()
			if len(sent) < 4 {
				w.WriteHeader(http.StatusBadGateway)
			}
			return w.Result(), nil
		})},
	})
	d := delivery{kind: Turn, url: "http://host/turn", header: "X-Signature", signature: []byte("v1=a"), timeout: time.Second}
	again := retries{count: 3, policy: []string{"5xx"}, pauses: []time.Duration{time.Second, 2 * time.Second}}
	if _, err := fetch(t.Context(), p, d, again, acknowledged); err != nil {
		t.Error(err)
	}
	if want := []time.Duration{time.Second, 2 * time.Second, 2 * time.Second}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %v, expected %v", pauses, want)
	}
	if !slices.Equal(sent, []string{"v1=a", "v1=a", "v1=a", "v1=a"}) || p.result.Faults != 3 || p.result.Hooks != 1 {
		t.Errorf("sent %q: %+v", sent, p.result)
	}
	d.kind = Notice
	p.notify(t.Context(), d)
	if p.result.Hooks != 1 {
		t.Error("a notice counts as a hook")
	}
}
