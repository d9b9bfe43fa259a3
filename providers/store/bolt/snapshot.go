package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Snapshot writes a copy of the file as it is at this moment, while the store goes
// on working. The copy is a store file of its own: everything is carried into the file
// first, for which turns wait. The pages that are freed meanwhile are not used again
// before it ends: a slow w makes the file grow.
func (s *Store) Snapshot(ctx context.Context, w io.Writer) error {
	if err := s.usable(ctx); err != nil {
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
