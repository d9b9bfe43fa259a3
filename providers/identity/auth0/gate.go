package auth0

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"callflow/engine/runner"
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
	low     atomic.Int64 // before that little is left of Auth0's rate
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
	if wait := g.held(); wait > 0 {
		return limited(doing, "not tried: Auth0's rate limit is reached, for another %s", max(wait, time.Second).Round(time.Second))
	}
	if err := g.bucket.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return lost(doing, &note{}, ctx.Err())
		}
		return limited(doing, "not tried: our own rate limit is reached")
	}
	_, err := g.breaker.Execute(func() (struct{}, error) {
		ctx, n := withNote(ctx)
		defer func() { g.watch(n) }()
		return struct{}{}, call(ctx, n)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return limited(doing, "not tried: Auth0 has failed %d times in a row and is left alone for %s", breakAfter, breakFor)
	}
	return err
}

// held is for how long a 429 still asks for a pause; zero or less: none does.
func (g *gate) held() time.Duration { return time.Unix(0, g.until.Load()).Sub(g.now()) }

// watch notes when Auth0 says that little is left of its rate.
func (g *gate) watch(n *note) {
	limit, err := strconv.Atoi(n.header.Get("X-RateLimit-Limit"))
	left, err2 := strconv.Atoi(n.header.Get("X-RateLimit-Remaining"))
	if err == nil && err2 == nil && left*leastPart <= limit {
		now := g.now()
		g.low.Store(now.Add(n.pause(now)).UnixNano())
	}
}

// leastPart: what can wait does, when less than this part of Auth0's rate is left.
const leastPart = 4

// quiet is how long what can wait should, so that calls are not in its way; zero:
// not at all.
func (g *gate) quiet() time.Duration {
	now := g.now()
	wait := max(g.held(), time.Unix(0, g.low.Load()).Sub(now), 0)
	if wait == 0 && g.bucket.Tokens() < float64(g.bucket.Burst())/2 {
		wait = time.Duration(float64(time.Second) / float64(g.bucket.Limit()))
	}
	if wait == 0 && g.breaker.State() != gobreaker.StateClosed {
		wait = breakFor
	}
	return wait
}

// hold leaves the API alone for as long as a 429 asks.
func (g *gate) hold(doing string, n *note) *outage {
	now := g.now()
	wait := n.pause(now)
	g.until.Store(now.Add(wait).UnixNano())
	return &outage{
		doing: doing, status: n.status, code: "too_many_requests",
		found:  "Auth0's rate limit is reached",
		advice: "try again in " + wait.Round(time.Second).String(),
		cause:  runner.ErrLater,
	}
}
