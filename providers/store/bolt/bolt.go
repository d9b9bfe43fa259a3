package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

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
	file    os.FileInfo // tells the file from one that is put in its place
	limits  limits
	db      atomic.Pointer[bbolt.DB] // anew after a failed write
	top     atomic.Pointer[overlay]
	queue   queue
	spare   sync.Pool     // of *op, each with its channel
	asked   chan func()   // for the writer to do
	written chan struct{} // closed when the writer has ended
	live    atomic.Int64
	backlog atomic.Int64
	failing atomic.Bool // the last write failed
	closing chan struct{}
	close   func() error
	// step is told, wherever that matters to a test, how far what is being done has come.
	step func(string)

	// The writer's own, as is changing top.
	counts   counts
	arrivals uint64
	number   uint64   // of the last record, or of one that failed since
	room     []byte   // for the next record
	journal  *journal // that is written to; nil: the file is whole
	slot     int      // of its name
	age      *time.Timer
	aging    bool // age runs
	// saved is what the file says; tried is what it may say instead after a write that
	// failed.
	saved, tried tail
	checkpoints  chan checkpointed
	carrying     bool  // a checkpoint is under way
	broken       error // the last write failed: everything is to be carried into the file
	stale        bool  // it was the file's: it is to be opened anew
	lost         error // the file is damaged, and the database with it
	sealed       error // how the writer ended
}

var _ runner.Store = (*Store)(nil)

// Open opens the file, or makes it. Close the store when it is no longer needed.
func Open(path string) (*Store, error) {
	return openWith(path, limits{carry: 16 << 20, every: 5 * time.Second, most: 64 << 20}, func(string) {})
}

func openWith(path string, l limits, step func(string)) (*Store, error) {
	path = followed(path)
	db, o, err := open(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the store file %s: %w", path, bare(err)), db.Close())
	}
	s := &Store{
		path:        path,
		file:        file,
		limits:      l,
		queue:       queue{wake: make(chan struct{}, 1)},
		asked:       make(chan func()),
		written:     make(chan struct{}),
		closing:     make(chan struct{}),
		step:        step,
		counts:      o.counts,
		arrivals:    o.tail.arrivals,
		number:      o.tail.carried,
		age:         time.NewTimer(l.every),
		saved:       o.tail,
		tried:       o.tail,
		checkpoints: make(chan checkpointed, 1),
	}
	s.age.Stop()
	s.db.Store(db)
	s.top.Store(&overlay{})
	s.live.Store(o.counts.live)
	s.backlog.Store(o.counts.backlog)
	s.close = sync.OnceValue(s.shut)
	go s.write()
	return s, nil
}

// Close writes what waits to be written, carries all of it into the file and lets go
// of that. Every later call fails. Where the file cannot be written, what was
// acknowledged stays in the journals beside it.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	close(s.closing)
	s.queue.close()
	<-s.written
	if s.lost != nil {
		return s.lost // it might wait for itself for ever
	}
	if err := errors.Join(s.sealed, s.inPlace(), s.db.Load().Close()); err != nil {
		return fmt.Errorf("bolt store: close %s: %w", s.path, err)
	}
	return nil
}

// Ping fails once the store is closed, and while its file cannot be read or written or
// is not where it was.
// After a write that failed it writes something itself: where nobody calls because
// the store fails, nobody else would find out that it works again.
func (s *Store) Ping(ctx context.Context) error {
	if s.failing.Load() {
		return s.do(ctx, func(b *batch) error {
			b.put(bucketFormat, keyProbe, make([]byte, probeSize))
			return nil
		})
	}
	return s.view(ctx, func(v view) error {
		if v.get(bucketFormat, keyFormat) == nil {
			return errDamaged
		}
		return s.inPlace()
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
