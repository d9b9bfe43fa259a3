package runner

import (
	"context"
	"errors"
	"fmt"

	"callflow/engine"
)

// Promise makes sure that an action is performed that no call asked for: it goes
// into the outbox, and Run delivers it. Promises of one line go one after the other.
// A second action under a key changes nothing.
func (r *Runner) Promise(ctx context.Context, line string, a engine.Action) error {
	if a.Key == "" || line == "" {
		return errors.New("promise: an action needs a key and a line")
	}
	sealed, err := r.sealer.Seal(appendAction(nil, a))
	if err != nil {
		return fmt.Errorf("seal an action: %w", err)
	}
	now := r.now()
	_, err = r.store.Promise(ctx, Promise{
		Key: a.Key, Session: line, Data: sealed, Resend: r.services.Idempotent(a.Service),
		CreatedAt: now, NextAt: now, ExpiresAt: now.Add(2 * r.timing.Tombstone),
	})
	if err != nil {
		return stored("promise action", err)
	}
	return nil
}
