package runner

import (
	"context"
	"errors"
	"time"

	"callflow/engine"
)

// Notice takes a notice hook. The end of a call waits in its session's mailbox for
// Timing.Grace, a recording where the effect that waits for it looks; other notices, and those of calls unknown or ended, are nothing to
// us. The error is the store's: the platform may try again.
func (r *Runner) Notice(ctx context.Context, n Notice) error {
	if ready, ok := n.Event.(engine.RecordingReady); ok {
		return r.recorded(ctx, n.Call, ready)
	}
	ended, ok := n.Event.(engine.CallEnded)
	if !ok {
		return nil
	}
	bound := after(ctx, storePatience)
	defer bound.cancel()
	id, data, wake := SessionID(n.Call), appendCallEnded(nil, ended), r.now().Add(r.timing.Grace)
	err := r.store.Post(bound, id, data, wake)
	if errors.Is(err, ErrNotFound) && r.busy(bound, id) {
		// It overtook our answer to the first hook, before which there is no session.
		err = r.store.Post(bound, id, data, wake)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrEntombed) {
		return nil
	}
	return stored("post notice", err)
}

// busy waits until no hook of the session is being answered in this process.
func (r *Runner) busy(ctx context.Context, id string) bool {
	if !r.locks.acquire(ctx, id, time.Minute) {
		return false
	}
	r.locks.release(id)
	return true
}
