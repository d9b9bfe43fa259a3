package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"
)

// Snapshot writes a copy of the file as it is at this moment, while the store goes
// on working. The copy is a store file of its own: everything is carried into the file
// first, the last of it while turns wait. The pages that are freed meanwhile are not used again
// before it ends: a slow w makes the file grow.
func (s *Store) Snapshot(ctx context.Context, w io.Writer) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := s.lighten(ctx); err != nil {
		return err
	}
	var tx *bbolt.Tx
	var failed error
	if err := s.ask(ctx, func() {
		if failed = s.seal(); failed == nil {
			tx, failed = s.db.Load().Begin(false)
		}
	}); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("bolt store: copy %s: %w", s.path, failed)
	}
	_, err := tx.WriteTo(stoppable{ctx, s, w})
	if err != nil {
		if stopped := s.usable(ctx); stopped != nil {
			err = stopped // bbolt says it without its error
		} else {
			err = fmt.Errorf("bolt store: copy %s: %w", s.path, err)
		}
	}
	return errors.Join(err, tx.Rollback())
}

const (
	// light is how long a journal may be for turns to wait until it is carried.
	light = 1 << 20
	// lightenMost bounds how often lighten tries: with as many turns as the file can
	// take, each checkpoint leaves as much to the next.
	lightenMost = 4
	// lightenEach is how often it looks whether a checkpoint has ended.
	lightenEach = 5 * time.Millisecond
)

// lighten carries what is in journals into the file while turns go on, but for what
// comes meanwhile.
func (s *Store) lighten(ctx context.Context) error {
	for range lightenMost {
		carrying := false
		begin := func() {
			if s.journal != nil && (s.carrying || s.journal.end > light) {
				s.checkpoint()
			}
			carrying = s.carrying
		}
		if err := s.ask(ctx, begin); err != nil || !carrying {
			return err
		}
		for carrying {
			select {
			case <-time.After(lightenEach):
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := s.ask(ctx, func() { carrying = s.carrying }); err != nil {
				return err
			}
		}
	}
	return nil
}

// stoppable is a writer that gives up with its context, and when the store closes.
type stoppable struct {
	ctx   context.Context
	store *Store
	w     io.Writer
}

func (s stoppable) Write(b []byte) (int, error) {
	if err := s.store.usable(s.ctx); err != nil {
		return 0, err
	}
	return s.w.Write(b)
}
