package bolt

import (
	"context"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// view is what was acknowledged at one moment. Bytes from it are good until it ends.
type view struct {
	tx  *bbolt.Tx
	top *overlay
}

func (v view) get(n bucket, key []byte) []byte {
	if value, known := v.top.get(n, key); known {
		return value
	}
	return v.tx.Bucket(n.name()).Get(key)
}

func (v view) cursor(n bucket) cursor {
	return newCursor(v.tx.Bucket(n.name()).Cursor(), n, &v.top.young, &v.top.old)
}

// view reads from what has been acknowledged.
func (s *Store) view(ctx context.Context, read func(view) error) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	tx, top, err := s.begin()
	if err != nil {
		return fmt.Errorf("bolt store: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return foreseen(read(view{tx, top}))
}

// lookup reads one key. What is in memory asks nothing of the file.
func (s *Store) lookup(ctx context.Context, n bucket, key []byte, read func(value []byte) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if value, known := s.top.Load().get(n, key); known {
		return foreseen(read(value))
	}
	return s.view(ctx, func(v view) error { return read(v.get(n, key)) })
}

// beginMost bounds how often begin tries. Once is nearly always enough.
const beginMost = 1000

// begin begins a transaction that reads, and returns what lies over the file then.
func (s *Store) begin() (*bbolt.Tx, *overlay, error) {
	for range beginMost {
		tx, err := s.db.Load().Begin(false)
		if err != nil {
			return nil, nil, err
		}
		s.step("begun")
		// Only now: what an overlay has let go before is in the transaction, and what it
		// lets go meanwhile may not be.
		if top := s.top.Load(); tx.ID() >= top.since {
			return tx, top, nil
		}
		if err := tx.Rollback(); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errDamaged // it has gone back in time
}

// foreseen says whose errors are not the port's.
func foreseen(err error) error {
	if err != nil && !isAnswer(err) {
		return fmt.Errorf("bolt store: %w", err)
	}
	return err
}
