package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callflow/engine"
)

// Promise makes sure that an action is performed that no call asked for: it goes
// into the outbox, and Run delivers it. Promises of one line go one after the other.
// A second action under a key changes nothing.
func (r *Runner) Promise(ctx context.Context, line string, a engine.Action) error {
	p, err := r.Promised(line, a, r.now())
	if err != nil {
		return err
	}
	if _, err = r.store.Promise(ctx, p); err != nil {
		return stored("promise action", err)
	}
	return nil
}

// Promised is the promise of an action that is not performed before an instant, for
// whoever commits it to the store together with something else.
func (r *Runner) Promised(line string, a engine.Action, at time.Time) (Promise, error) {
	if a.Key == "" || line == "" {
		return Promise{}, errors.New("promise: an action needs a key and a line")
	}
	sealed, err := r.sealer.Seal(appendAction(nil, a))
	if err != nil {
		return Promise{}, fmt.Errorf("seal an action: %w", err)
	}
	now := r.now()
	if at.Before(now) {
		at = now
	}
	return Promise{
		Key: a.Key, Session: line, Data: sealed, Resend: r.services.Idempotent(a.Service),
		CreatedAt: at, NextAt: at, ExpiresAt: at.Add(2 * r.timing.Tombstone),
	}, nil
}
