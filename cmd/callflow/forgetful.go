package main

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// forgetful is a runner over a store that ends with the process. Whatever such a
// store still has when its runner is closed is lost; so there is a last chance
// before, and a line in the log after.
type forgetful struct {
	*runner.Runner
	store runner.Store
	log   *zap.Logger
	now   func() time.Time
}

const (
	// lastChanceEvery is how often the last chance looks whether anything is left.
	lastChanceEvery = 100 * time.Millisecond
	// lastChanceMargin is what it leaves of the time to stop, for Close to cut off
	// what hangs; of a short time a quarter.
	lastChanceMargin = 2 * time.Second
	// farthestLease is beyond the end of any lease that is held now.
	farthestLease = time.Minute
	// lastChanceBatch bounds what is looked at in one pass.
	lastChanceBatch = 256
)

// Close ends calls and delivers actions whose time comes before ctx is over, closes
// the runner, and says what is lost.
func (f forgetful) Close(ctx context.Context) error {
	f.lastChance(ctx)
	err := f.Runner.Close(ctx)
	f.confess(context.WithoutCancel(ctx))
	return err
}

// lastChance returns when nothing is left that could still be done in time.
func (f forgetful) lastChance(ctx context.Context) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return
	}
	left := time.Until(end)
	left -= min(lastChanceMargin, left/4)
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	until := f.now().Add(left)
	told := false
	for ctx.Err() == nil {
		busy, err := f.busy(ctx, until)
		switch {
		case err != nil:
			return // the store is in memory: it is closed, or the time is up
		case !busy:
			return
		case !told:
			told = true
			f.log.Info("waiting for what the store would forget; a second signal ends at once", zap.Duration("at most", left))
		}
		// What fails is logged by the runner, and is tried again.
		_ = f.Sweep(ctx)
		_ = f.Deliver(ctx)
		_ = wait(ctx, lastChanceEvery)
	}
}

// busy tells whether a call is to be ended, or an action to be sent, before until,
// or an action is on its way.
func (f forgetful) busy(ctx context.Context, until time.Time) (bool, error) {
	due, err := f.store.Due(ctx, until, 1)
	if err != nil || len(due) > 0 {
		return true, err
	}
	ready, err := f.store.Ready(ctx, until.Add(farthestLease), lastChanceBatch)
	return slices.ContainsFunc(ready, func(p runner.Promise) bool {
		return p.Owner != "" || p.NextAt.Before(until)
	}), err
}

// confess logs what is lost.
func (f forgetful) confess(ctx context.Context) {
	actions, err := f.store.Backlog(ctx)
	if err != nil {
		f.log.Error("nobody knows what is lost with the store", zap.Error(err))
		return
	}
	calls, err := f.store.Live(ctx)
	if err != nil {
		f.log.Error("nobody knows what is lost with the store", zap.Error(err))
		return
	}
	if actions == 0 && calls == 0 {
		return
	}
	f.log.Error("lost with the memory store: calls that have not ended and actions that were promised; a durable store, such as bolt:callflow.db, keeps them",
		zap.Int("calls", calls), zap.Int("actions", actions), zap.Bool("alarm", true))
}
