package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

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
	defer s.age.Stop()
	debug.SetPanicOnFault(true) // a file cut short under us is an error, not the end
	var room []*op
	var p pace
	for {
		select {
		case <-s.queue.wake:
			p.wait()
			ops, closed := s.queue.take(room)
			room = ops
			s.commit(ops)
			p.wrote(len(ops))
			clear(room)
			if closed {
				s.sealed = s.seal()
				return
			}
		case c := <-s.checkpoints:
			s.settle(c)
		case <-s.age.C:
			s.aging = false
			s.checkpoint()
		case do := <-s.asked:
			do()
		}
	}
}

// paceLeast is how much time lies between two batches at least, when there are many
// operations. A write to the disk costs the processors as much as a turn does, so that
// those which come within it had better share one; no caller hears the difference.
const paceLeast = 2 * time.Millisecond

// pace keeps batches apart while several operations come at a time. One that comes
// alone is written at once.
type pace struct {
	began time.Time // the last batch
	many  bool      // it had more than one
}

func (p *pace) wait() {
	if p.many {
		time.Sleep(paceLeast - time.Since(p.began))
	}
	p.began = time.Now()
}

func (p *pace) wrote(ops int) { p.many = ops > 1 }

// ask has the writer do something between two batches.
func (s *Store) ask(ctx context.Context, do func()) error {
	done := make(chan struct{})
	select {
	case s.asked <- func() { do(); close(done) }:
		<-done
		return nil
	case <-s.written:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commit writes operations in one batch and gives each its result. One that fails in
// an unforeseen way is taken out, and the rest is written without it.
func (s *Store) commit(ops []*op) {
	for len(ops) > 0 {
		before := s.number
		culprit, err := s.try(ops)
		if culprit < 0 {
			s.failing.Store(err != nil)
			for _, o := range ops {
				if err != nil {
					o.err = err
				}
				o.done <- o.err
			}
			if err == nil && s.number != before { // a record was written
				s.journal.confirm()
			}
			break
		}
		ops[culprit].done <- err
		copy(ops[culprit:], ops[culprit+1:])
		ops = ops[:len(ops)-1]
	}
	if s.journal != nil && s.journal.end >= s.limits.carry {
		s.checkpoint()
	}
}

// checkpoint begins a checkpoint where there is something to carry, or sees to it that
// one begins later.
func (s *Store) checkpoint() {
	switch {
	case s.journal == nil || s.broken != nil || s.top.Load().young.empty():
	case s.carrying:
		s.grow()
	default:
		if err := s.rotate(); err != nil {
			s.broken = err
			s.failing.Store(true)
		}
	}
}

// grow has the journal be carried when it has become old.
func (s *Store) grow() {
	if !s.aging {
		s.aging = true
		s.age.Reset(s.limits.every)
	}
}

// try writes operations in one batch. Either all have their results, or the culprit
// has failed and nothing is written; with culprit -1 an error is of all.
func (s *Store) try(ops []*op) (culprit int, err error) {
	if err := s.ready(); err != nil {
		return -1, fmt.Errorf("bolt store: %s cannot be written: %w", s.path, err)
	}
	b, err := s.batch()
	if err != nil {
		return -1, fmt.Errorf("bolt store: %w", err)
	}
	for i, o := range ops {
		if o.err = o.ctx.Err(); o.err != nil {
			continue // nobody waits for it any more
		}
		if o.err = b.guarded(o.run); o.err != nil && !isAnswer(o.err) {
			return i, errors.Join(fmt.Errorf("bolt store: %w", o.err), b.end())
		}
	}
	b.finish(s.counts)
	if err := b.end(); err != nil || !b.changed {
		return -1, err
	}
	if err := s.append(b); err != nil {
		s.broken = err
		return -1, fmt.Errorf("bolt store: %s cannot be written: %w", s.path, err)
	}
	s.publish(b)
	return -1, nil
}

// ready sees to it that a batch can be written.
func (s *Store) ready() error {
	if s.carrying && s.journal.end >= s.limits.most {
		s.await() // the file does not keep up
	}
	if s.broken != nil || s.lost != nil {
		return s.seal()
	}
	return nil
}

// append has a batch on disk.
func (s *Store) append(b *batch) (err error) {
	if s.journal == nil {
		if err := s.start(); err != nil {
			return err
		}
	}
	s.number++
	finishRecord(b.record, s.journal.salt, s.number, b.arrivals)
	s.room, err = s.journal.append(b.record)
	if cap(s.room) > roomMost {
		s.room = nil
	}
	return err
}

// roomMost bounds the memory that is kept for records.
const roomMost = 4 << 20

// publish shows a batch that is on disk to everybody.
func (s *Store) publish(b *batch) {
	top := s.top.Load()
	s.top.Store(&overlay{young: b.young, old: top.old, since: top.since})
	s.counts, s.arrivals = b.counts, b.arrivals
	s.live.Store(s.counts.live)
	s.backlog.Store(s.counts.backlog)
	s.grow()
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
