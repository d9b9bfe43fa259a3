package runner

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

const (
	// retryFirst and retryMost are the wait after the first failed attempt, which
	// doubles, and the longest; the latter is also that of a service that refuses
	// our credentials.
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
	// parallelSends bounds the deliveries of the outbox that run at once.
	parallelSends = 16
	// parked is how far away the next attempt at an action is that was given up:
	// it stays in the outbox, for an operator to see.
	parked = 100 * 365 * 24 * time.Hour
)

// Deliver makes one pass over the outbox: it sends what is ready, up to sixteen
// at a time, and waits for the answers.
func (r *Runner) Deliver(ctx context.Context) error {
	if !r.gate.enter() {
		return nil
	}
	defer r.gate.leave()
	started, err := r.dispatch(ctx, parallelSends)
	for _, f := range started {
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// dispatch begins to send up to limit promises that are ready. The caller is
// inside the gate.
func (r *Runner) dispatch(ctx context.Context, limit int) ([]*flight, error) {
	if limit <= 0 {
		return nil, nil
	}
	bound, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	ready, err := r.store.Ready(bound, r.now(), limit)
	if err != nil {
		return nil, stored("read outbox", err)
	}
	var started []*flight
	for _, p := range ready {
		f, err := r.sendPromise(bound, p)
		switch {
		case err == nil:
			started = append(started, f)
		case answered(err): // somebody else was faster
		case isStoreError(err):
			return started, err
		default:
			r.postpone(bound, p, err)
		}
	}
	return started, nil
}

// postpone puts off a promise that cannot even be read, so that it does not stand
// in the way of others.
func (r *Runner) postpone(ctx context.Context, p Promise, why error) {
	r.alarm("a promised action cannot be read", zap.String("session", p.Session), zap.String("key", p.Key), zap.Error(why))
	now := r.now()
	if _, err := r.store.Lease(ctx, p.Key, r.owner, now, now.Add(r.timing.Lease)); err != nil {
		return
	}
	if err := r.store.Settle(ctx, p.Key, r.owner, false, nil, now.Add(retryMost)); err != nil {
		r.log.Warn("promise could not be put off", zap.String("key", p.Key), zap.Error(err))
	}
}

// retryAt is when a promise is tried again after its attempt just failed.
func (r *Runner) retryAt(p Promise, slow bool) time.Time {
	wait := retryMost
	if n := p.Attempts - 1; !slow && n < 9 {
		wait = min(retryFirst<<max(n, 0), retryMost)
	}
	// A quarter more or less, so that what failed together does not come back
	// together.
	wait = time.Duration(float64(wait) * (0.75 + 0.5*r.jitter()))
	next := r.now().Add(wait)
	if next.Sub(p.CreatedAt) > r.timing.GiveUp {
		return next.Add(parked)
	}
	return next
}

// tell logs what became of an attempt.
func (r *Runner) tell(p Promise, a engine.Action, ev engine.Answered, done bool, next time.Time) {
	fields := []zap.Field{
		zap.String("session", p.Session), zap.String("key", p.Key), zap.String("service", a.Service),
		zap.Int("attempt", p.Attempts), zap.String("answer", string(ev.Result)), zap.String("detail", ev.Detail),
	}
	switch {
	case done && ev.Result == engine.AnswerUnknown:
		r.alarm("nobody knows whether an action was performed; the service must not see it twice", fields...)
	case done:
		r.log.Info("action settled", fields...)
	case next.Sub(r.now()) > parked/2:
		r.alarm("action is given up: no service took it", append(fields, zap.Duration("after", r.timing.GiveUp))...)
	default:
		r.log.Info("action not delivered yet", append(fields, zap.Time("next", next))...)
	}
}

// alarm logs what an operator has to see to.
func (r *Runner) alarm(message string, fields ...zap.Field) {
	r.log.Error(message, append(fields, zap.Bool("alarm", true))...)
}

func isStoreError(err error) bool {
	var failed *storeError
	return errors.As(err, &failed)
}
