package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"callflow/engine/runner"
)

var (
	// errClosed is what a store answers that has been closed.
	errClosed = errors.New("bolt store is closed")
	// errDamaged is met in a file that was good when it was opened.
	errDamaged = errors.New("the file is damaged")
)

// Store keeps everything in a file. Make one with Open.
type Store struct {
	path    string
	db      atomic.Pointer[bbolt.DB] // anew after a failed write
	queue   queue
	spare   sync.Pool     // of *op, each with its channel
	written chan struct{} // closed when the writer has ended
	live    atomic.Int64
	backlog atomic.Int64
	failing atomic.Bool // the last write failed
	closing chan struct{}
	close   func() error

	// The writer's own.
	counts counts
	broken error // the last write failed: the file is to be opened anew
	lost   error // the file is damaged, and the database with it
}

var _ runner.Store = (*Store)(nil)

// Open opens the file, or makes it. Close the store when it is no longer needed.
func Open(path string) (*Store, error) {
	db, counts, err := open(path)
	if err != nil {
		return nil, err
	}
	s := &Store{
		path:    path,
		queue:   queue{wake: make(chan struct{}, 1)},
		written: make(chan struct{}),
		closing: make(chan struct{}),
		counts:  counts,
	}
	s.db.Store(db)
	s.live.Store(counts.live)
	s.backlog.Store(counts.backlog)
	s.close = sync.OnceValue(s.shut)
	go s.write()
	return s, nil
}

// Close writes what waits to be written and lets go of the file. Every later call
// fails.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	close(s.closing)
	s.queue.close()
	<-s.written
	if s.lost != nil {
		return s.lost // it might wait for itself for ever
	}
	if err := s.db.Load().Close(); err != nil {
		return fmt.Errorf("bolt store: close %s: %w", s.path, err)
	}
	return nil
}

// Ping fails once the store is closed, and while its file cannot be read or written.
// After a write that failed it writes something itself: where nobody calls because
// the store fails, nobody else would find out that it works again.
func (s *Store) Ping(ctx context.Context) error {
	if s.failing.Load() {
		return s.do(ctx, func(b *batch) error { return b.put(bucketFormat, keyProbe, make([]byte, probeSize)) })
	}
	return s.view(ctx, func(v view) error {
		if v.bucket(bucketFormat).Get(keyFormat) == nil {
			return errDamaged
		}
		return nil
	})
}

// Live counts sessions that are not entombed.
func (s *Store) Live(ctx context.Context) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	return int(s.live.Load()), nil
}

// Backlog counts promises that are not done.
func (s *Store) Backlog(ctx context.Context) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	return int(s.backlog.Load()), nil
}

// usable is asked first by every method.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closing:
		return errClosed
	default:
		return nil
	}
}

// view is a transaction that only reads. Bytes from it are good until it ends.
type view struct{ tx *bbolt.Tx }

func (v view) bucket(n bucket) *bbolt.Bucket { return v.tx.Bucket(n.name()) }

// view reads from what has been acknowledged.
func (s *Store) view(ctx context.Context, read func(view) error) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	err = s.db.Load().View(func(tx *bbolt.Tx) error { return read(view{tx}) })
	if err != nil && !isAnswer(err) {
		return fmt.Errorf("bolt store: %w", err)
	}
	return err
}
