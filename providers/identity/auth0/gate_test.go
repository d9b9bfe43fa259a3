package auth0

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// calls counts the requests that a gate lets through.
type calls struct {
	made int
	err  error
}

func (c *calls) call(context.Context, *note) error {
	c.made++
	return c.err
}

func TestGateBreaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1000, 1000, time.Now)
		c := &calls{err: &outage{doing: "x", down: true}}
		for range 20 {
			if err := g.do(t.Context(), "x", c.call); err == nil {
				t.Fatal("a failure is no error")
			}
		}
		if c.made != breakAfter {
			t.Fatalf("%d requests at an API that fails, want %d", c.made, breakAfter)
		}
		if err := g.do(t.Context(), "x", c.call); !strings.Contains(err.Error(), "failed 5 times in a row") {
			t.Errorf("the error is %v", err)
		}
		time.Sleep(breakFor + time.Millisecond)
		c.err = nil
		for range 20 {
			if err := g.do(t.Context(), "x", c.call); err != nil {
				t.Fatalf("after %s: %v", breakFor, err)
			}
		}
	})
}

// Answers, whatever they say, and callers who give up are no failures of Auth0.
func TestGateBreaksForOutagesOnly(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&outage{doing: "x", status: http.StatusForbidden},
		errNotThere,
		lost("x", &note{}, context.Canceled),
	} {
		g := newGate(1000, 1000, time.Now)
		c := &calls{err: err}
		for range 20 {
			_ = g.do(t.Context(), "x", c.call) // fails each time
		}
		if c.made != 20 {
			t.Errorf("%v: %d requests, want 20", err, c.made)
		}
	}
}

func TestGateHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1000, 1000, time.Now)
		c := &calls{}
		n := &note{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"30"}}}
		if o := g.hold("x", n); !strings.Contains(o.Error(), "try again in 30s") {
			t.Errorf("the outage is %v", o)
		}
		time.Sleep(29 * time.Second)
		if err := g.do(t.Context(), "x", c.call); err == nil || c.made != 0 {
			t.Errorf("asked while Auth0's limit held: %v", err)
		}
		time.Sleep(800 * time.Millisecond)
		if err := g.do(t.Context(), "x", c.call); err == nil || !strings.Contains(err.Error(), "for another 1s") {
			t.Errorf("just before its end: %v", err)
		}
		time.Sleep(200*time.Millisecond + time.Millisecond)
		if err := g.do(t.Context(), "x", c.call); err != nil || c.made != 1 {
			t.Errorf("not asked after it: %v", err)
		}
	})
}

// A burst waits for its turn as long as its callers do, no longer.
func TestGateRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 1, time.Now)
		c := &calls{}
		began := time.Now()
		for range 5 {
			if err := g.do(t.Context(), "x", c.call); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("five requests at two a second took %s, want 2s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := g.do(ctx, "x", c.call); err == nil || !strings.Contains(err.Error(), "our own rate limit") || c.made != 5 {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		took := func() time.Duration {
			began := time.Now()
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		if d := took(); d != firstPace {
			t.Errorf("at first nobody takes %s, want %s", d, firstPace)
		}
		for i := range 200 {
			p.add(time.Duration(i) * time.Millisecond)
		}
		for range 100 {
			if d := took(); d < 136*time.Millisecond || d > 199*time.Millisecond {
				t.Errorf("nobody takes %s, which no PIN lately did", d)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("past its deadline it waits: %v", err)
		}
	})
}
