package auth0

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
)

// When the breaker opens, and for how long.
const (
	breakAfter = 5 // failures in a row
	breakFor   = 3 * time.Second
)

// gate stands before a group of Auth0's API that shares a rate limit. It keeps to
// our rate, leaves an API alone that fails, and waits out what a 429 asks for: so
// callers hear at once that it does not work, and Auth0 is not pressed further.
type gate struct {
	bucket  *rate.Limiter
	breaker *gobreaker.CircuitBreaker[struct{}]
	until   atomic.Int64 // Unix nanoseconds; before that a 429 holds
	now     func() time.Time
}

func newGate(perSecond, burst int, now func() time.Time) *gate {
	return &gate{
		bucket: rate.NewLimiter(rate.Limit(perSecond), burst),
		breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			MaxRequests: 2,
			Timeout:     breakFor,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
			IsSuccessful: func(err error) bool {
				var o *outage
				return !errors.As(err, &o) || !o.down
			},
			IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
		now: now,
	}
}

// do makes one request. The note that call gets is what the request was answered
// with.
func (g *gate) do(ctx context.Context, doing string, call func(context.Context, *note) error) error {
	if wait := time.Unix(0, g.until.Load()).Sub(g.now()); wait > 0 {
		return limited(doing, "not tried: Auth0's rate limit is reached, for another %s", wait.Round(time.Second))
	}
	if err := g.bucket.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return lost(doing, &note{}, ctx.Err())
		}
		return limited(doing, "not tried: our own rate limit is reached")
	}
	_, err := g.breaker.Execute(func() (struct{}, error) {
		ctx, n := withNote(ctx)
		return struct{}{}, call(ctx, n)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return limited(doing, "not tried: Auth0 has failed %d times in a row and is left alone for %s", breakAfter, breakFor)
	}
	return err
}

// hold leaves the API alone for as long as a 429 asks.
func (g *gate) hold(doing string, n *note) *outage {
	now := g.now()
	wait := n.pause(now)
	g.until.Store(now.Add(wait).UnixNano())
	return &outage{
		doing: doing, status: n.status, code: "too_many_requests",
		advice: "Auth0's rate limit is reached; waiting " + wait.Round(time.Second).String(),
	}
}
