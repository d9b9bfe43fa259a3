package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"

	"callflow/engine/runner"
)

const (
	// batchMost bounds the operations of one transaction: the last of them waits
	// for all.
	batchMost = 1024
	// queueMost bounds the operations that wait. With a disk that hangs, callers
	// give up and come back, and what they left behind must not fill the memory.
	queueMost = 1 << 15
)

// op is an operation that waits to be written.
type op struct {
	ctx context.Context
	// run reads and changes the batch. When it returns one of the port's errors it
	// has changed nothing. It may be run again on another batch, after one that
	// came to nothing, and may then have no trace of the first time.
	run  func(*batch) error
	err  error
	done chan error
}

// queue is where operations wait for the writer.
type queue struct {
	mu      sync.Mutex
	waiting []*op
	closed  bool
	wake    chan struct{} // holds one token while there is something to do
}

func (q *queue) add(o *op) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case len(q.waiting) >= queueMost:
		return fmt.Errorf("bolt store: the disk does not keep up: %d operations wait for it", len(q.waiting))
	}
	q.waiting = append(q.waiting, o)
	q.ring()
	return nil
}

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take empties the queue into room, up to batchMost.
func (q *queue) take(room []*op) (ops []*op, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), batchMost)
	ops = append(room[:0], q.waiting[:n]...)
	left := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[left:]) // let go of them
	q.waiting = q.waiting[:left]
	if left > 0 {
		q.ring()
	}
	return ops, q.closed && left == 0
}

// do has run written, and waits for the disk.
func (s *Store) do(ctx context.Context, run func(*batch) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	o, ok := s.spare.Get().(*op)
	if !ok {
		o = &op{done: make(chan error, 1)}
	}
	o.ctx, o.run = ctx, run
	if err := s.queue.add(o); err != nil {
		return err
	}
	select {
	case err := <-o.done:
		// The writer is done with it. One that is not waited for is left to it.
		*o = op{done: o.done}
		s.spare.Put(o)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the writer: it writes what waits until the queue is closed and empty.
func (s *Store) write() {
	defer close(s.written)
	debug.SetPanicOnFault(true) // a file cut short under us is an error, not the end
	var room []*op
	for range s.queue.wake {
		ops, closed := s.queue.take(room)
		room = ops
		s.commit(ops)
		clear(room)
		if closed {
			return
		}
	}
}

// commit writes operations in one transaction and gives each its result. One that
// fails in an unforeseen way is taken out, and the rest is written without it.
func (s *Store) commit(ops []*op) {
	for len(ops) > 0 {
		culprit, err := s.try(ops)
		if culprit < 0 {
			s.failing.Store(err != nil)
			for _, o := range ops {
				if err != nil {
					o.err = err
				}
				o.done <- o.err
			}
			return
		}
		ops[culprit].done <- err
		copy(ops[culprit:], ops[culprit+1:])
		ops = ops[:len(ops)-1]
	}
}

// try writes operations in one transaction. Either all have their results, or the
// culprit has failed and nothing is written; with culprit -1 an error is of all.
func (s *Store) try(ops []*op) (culprit int, err error) {
	culprit = -1
	defer func() {
		if p := recover(); p != nil { // between operations: the database is in disorder
			s.lost = fmt.Errorf("bolt store: %s: %w: %v; %s", s.path, errDamaged, p, adviceDamaged)
			err = s.lost
		}
	}()
	if s.lost != nil {
		return -1, s.lost
	}
	if s.broken != nil {
		if err := s.reopen(); err != nil {
			return -1, err
		}
	}
	tx, err := s.db.Load().Begin(true)
	if err != nil {
		return -1, fmt.Errorf("bolt store: %w", err)
	}
	b := &batch{tx: tx, counts: s.counts}
	for i, o := range ops {
		if o.err = o.ctx.Err(); o.err != nil {
			continue // nobody waits for it any more
		}
		if o.err = b.guarded(o.run); o.err != nil && !isAnswer(o.err) {
			return i, errors.Join(fmt.Errorf("bolt store: %w", o.err), tx.Rollback())
		}
	}
	if !b.changed {
		return -1, tx.Rollback()
	}
	if err := b.finish(s.counts); err != nil {
		s.broken = err
		return -1, fmt.Errorf("bolt store: %s cannot be written: %w", s.path, err)
	}
	s.counts = b.counts
	s.live.Store(s.counts.live)
	s.backlog.Store(s.counts.backlog)
	return -1, nil
}

// reopen opens the file anew after a failed write. What is in memory may not be
// what is in the file: with a full disk all is well once there is room, and what
// was acknowledged is there.
func (s *Store) reopen() error {
	if err := s.db.Load().Close(); err != nil {
		return fmt.Errorf("bolt store: close %s after a failed write: %w", s.path, err)
	}
	db, counts, err := openInspected(s.path)
	if err != nil {
		return fmt.Errorf("bolt store: open %s after a failed write: %w", s.path, err)
	}
	s.counts, s.broken = counts, nil
	s.live.Store(counts.live)
	s.backlog.Store(counts.backlog)
	s.db.Store(db)
	return nil
}

// isAnswer tells the port's errors, which change nothing, from failures.
func isAnswer(err error) bool {
	for _, answer := range [...]error{runner.ErrNotFound, runner.ErrExists, runner.ErrEntombed, runner.ErrConflict, runner.ErrLeased} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// batch is a transaction that operations change, one after another.
type batch struct {
	tx      *bbolt.Tx
	counts  counts
	changed bool
	buckets [buckets]*bbolt.Bucket
}

// bucket returns one of the file's buckets.
func (b *batch) bucket(n bucket) *bbolt.Bucket {
	if b.buckets[n] == nil {
		b.buckets[n] = b.tx.Bucket(n.name())
	}
	return b.buckets[n]
}

func (b *batch) get(n bucket, key []byte) []byte { return b.bucket(n).Get(key) }

// put keeps value, which must not be changed any more.
func (b *batch) put(n bucket, key, value []byte) error {
	b.changed = true
	return b.bucket(n).Put(key, value)
}

func (b *batch) delete(n bucket, key []byte) error {
	b.changed = true
	return b.bucket(n).Delete(key)
}

// guarded runs an operation; a damaged file may make it panic.
func (b *batch) guarded(run func(*batch) error) (err error) {
	defer recovered(&err)
	return run(b)
}

// finish writes the counts, if they are others than before, and commits.
func (b *batch) finish(before counts) error {
	if b.counts != before {
		if err := b.put(bucketFormat, keyCounts, b.counts.write()); err != nil {
			return errors.Join(err, b.tx.Rollback())
		}
	}
	return b.tx.Commit()
}

// recovered makes an error of a panic: of a page that is not what it should be, or
// of memory that is no longer behind the file.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, p)
	}
}

// counts are kept beside the records, so that nobody counts them.
type counts struct{ live, backlog int64 }

func (c counts) write() []byte { return appendInt(appendInt(nil, c.live), c.backlog) }

func readCounts(v []byte) (c counts, err error) {
	w := wire{b: v}
	c.live, c.backlog = w.int(), w.int()
	return c, w.done()
}
