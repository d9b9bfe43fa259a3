package runner

import (
	"bytes"
	"context"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

// keep stores the result of an effect and makes it known. A store that fails does
// not hold the caller up: the result is known at once, and offered to the store
// until nobody would wait for it any more.
func (r *Runner) keep(f *flight, key EffectKey, ev engine.Event) {
	sealed, err := r.sealResult(f.of, ev)
	if err != nil {
		r.log.Error("effect's result is lost", zap.String("session", key.Session), zap.Error(err))
		f.land(ev)
		return
	}
	r.offer(f.deadline, func(ctx context.Context, first bool) bool {
		rec, err := r.store.Finish(ctx, key, sealed)
		if err == nil && !bytes.Equal(rec.Result, sealed) {
			// The first result stays: somebody may have given up on this one.
			if of, stays, err := r.openResult(rec.Result); err == nil && of == f.of {
				ev = stays
			}
		}
		if first {
			f.land(ev)
		}
		return err == nil || answered(err)
	})
}

// offer calls put until it says that it is done, at least once, and until the
// deadline.
func (r *Runner) offer(deadline time.Time, put func(ctx context.Context, first bool) bool) {
	wait := keepFirst
	for first := true; ; first = false {
		ctx := after(r.base, storePatience)
		done := put(ctx, first)
		ctx.cancel()
		if done || !r.now().Add(wait).Before(deadline) {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.base.Done():
			timer.Stop()
			return
		}
		wait = min(2*wait, keepMost)
	}
}
