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
		func() { r.loop(ctx, "sweep", r.timing.Tick, r.Sweep) },
		func() { r.loop(ctx, "outbox", r.timing.Tick, r.worker()) },
		func() { r.loop(ctx, "expiry", expireEvery, r.expire) },
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

// loop calls pass at once and then every so often. It logs when passes begin to
// fail and when they succeed again, not each of them.
func (r *Runner) loop(ctx context.Context, name string, every time.Duration, pass func(context.Context) error) {
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
		case <-ctx.Done():
			return
		}
	}
}

// worker returns the pass of the outbox that does not wait for its deliveries, so
// that a slow service holds up only itself.
func (r *Runner) worker() func(context.Context) error {
	running := make(chan struct{}, parallelSends)
	return func(ctx context.Context) error {
		for {
			started, err := r.dispatch(ctx, cap(running)-len(running))
			for _, f := range started {
				running <- struct{}{}
				r.spawn(func() {
					<-f.done
					<-running
				})
			}
			if err != nil || len(started) == 0 || ctx.Err() != nil {
				return err
			}
		}
	}
}

func (r *Runner) expire(ctx context.Context) error {
	for {
		bound, cancel := context.WithTimeout(ctx, storePatience)
		more, err := r.store.Expire(bound, r.now())
		cancel()
		if err != nil || !more {
			return stored("expire", err)
		}
	}
}
