package bolt

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Snapshot writes a copy of the file as it is at this moment, while the store goes
// on working. The copy is a store file of its own. The pages that are freed
// meanwhile are not used again before it ends: a slow w makes the file grow.
func (s *Store) Snapshot(ctx context.Context, w io.Writer) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	// Not through view: its pages come by reading the file, not the memory behind it.
	return s.db.Load().View(func(tx *bbolt.Tx) error {
		if _, err := tx.WriteTo(stoppable{ctx, s, w}); err != nil {
			if err := s.usable(ctx); err != nil {
				return err // bbolt says it without its error
			}
			return fmt.Errorf("bolt store: copy %s: %w", s.path, err)
		}
		return nil
	})
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
