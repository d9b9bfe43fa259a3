package runner

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// expireEvery is how often Run lets the store drop what no longer matters.
const expireEvery = time.Minute

// Run sweeps, delivers the outbox and lets the store forget, until ctx ends or the
// runner is closed. It returns when its loops have; deliveries that have begun are
// waited for by Close.
func (r *Runner) Run(ctx context.Context) {
	if !r.gate.enter() {
		return
	}
	defer r.gate.leave()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(r.run, cancel)
	defer stop()

	done := make(chan struct{})
	loops := []func(){
		func() { r.loop(ctx, "sweep", r.timing.Tick, nil, r.Sweep) },
		func() { r.work(ctx) },
		func() { r.loop(ctx, "expiry", expireEvery, nil, r.expire) },
	}
	for _, loop := range loops {
		r.spawn(func() {
			loop()
			done <- struct{}{}
		})
	}
	for range loops {
		<-done
	}
}

// loop calls pass at once, then every so often and when it is kicked. It logs when
// passes begin to fail and when they succeed again, not each of them.
func (r *Runner) loop(ctx context.Context, name string, every time.Duration, kick <-chan struct{}, pass func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	failing := false
	for {
		err := pass(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			r.log.Error("background work fails", zap.String("work", name), zap.Error(err))
		case err == nil && failing:
			r.log.Info("background work succeeds again", zap.String("work", name))
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-kick:
		case <-ctx.Done():
			return
		}
	}
}

// work keeps the outbox's deliveries going, without waiting for the slowest: a
// service that hangs takes up some of the places, and each that becomes free is
// taken at once.
func (r *Runner) work(ctx context.Context) {
	places := make(chan struct{}, parallelSends)
	kick := make(chan struct{}, 1)
	r.loop(ctx, "outbox", r.timing.Tick, kick, func(ctx context.Context) error {
		started, err := r.dispatch(ctx, cap(places)-len(places))
		for _, f := range started {
			places <- struct{}{}
			r.spawn(func() {
				<-f.done
				<-places
				select {
				case kick <- struct{}{}: // a place is free, and the next of the call may be ready
				default:
				}
			})
		}
		return err
	})
}

func (r *Runner) expire(ctx context.Context) error {
	r.unanswered.drop(r.now())
	for {
		bound, cancel := context.WithTimeout(ctx, storePatience)
		more, err := r.store.Expire(bound, r.now())
		cancel()
		if err != nil || !more {
			return stored("expire", err)
		}
	}
}
