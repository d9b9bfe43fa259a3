package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"callflow/engine/runner"
)

// outbox keeps promises until they are delivered, and their results for a while.
type outbox struct {
	mu    sync.Mutex
	byKey map[string]*promise
	// lines holds for each session the promises that are not done, in order:
	// only the first may be delivered.
	lines   map[string][]*promise
	backlog int
	ready   queue[*promise] // the first of each line
	expiry  queue[*promise] // those that are done
}

// promise is a runner.Promise with its places in the queues.
type promise struct {
	runner.Promise
	ready, expiry timer
}

func newOutbox() outbox {
	return outbox{
		byKey:  make(map[string]*promise),
		lines:  make(map[string][]*promise),
		ready:  queue[*promise]{timer: func(p *promise) *timer { return &p.ready }},
		expiry: queue[*promise]{timer: func(p *promise) *timer { return &p.expiry }},
	}
}

// Promise adds a promise, or returns the one already there.
func (s *Store) Promise(ctx context.Context, p runner.Promise) (runner.Promise, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Promise{}, err
	}
	t := &s.outbox
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.add(p).copied(), nil
}

// Promised returns a promise by its key.
func (s *Store) Promised(ctx context.Context, key string) (runner.Promise, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Promise{}, err
	}
	t := &s.outbox
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byKey[key]
	if p == nil {
		return runner.Promise{}, runner.ErrNotFound
	}
	return p.copied(), nil
}

// Lease takes a promise for owner.
func (s *Store) Lease(ctx context.Context, key, owner string, now, lease time.Time) (runner.Promise, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Promise{}, err
	}
	t := &s.outbox
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byKey[key]
	switch {
	case p == nil:
		return runner.Promise{}, runner.ErrNotFound
	case p.Done:
		return runner.Promise{}, runner.ErrLeased
	case t.lines[p.Session][0] != p:
		return runner.Promise{}, runner.ErrConflict
	case p.Owner != "" && p.Owner != owner && p.Lease.After(now):
		return runner.Promise{}, runner.ErrLeased
	}
	p.Owner, p.Lease = owner, lease
	p.Attempts++
	t.queueFirst(p.Session)
	return p.copied(), nil
}

// Ready returns promises that should be delivered now.
func (s *Store) Ready(ctx context.Context, now time.Time, limit int) ([]runner.Promise, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	t := &s.outbox
	t.mu.Lock()
	defer t.mu.Unlock()
	at := instantOf(now)
	budget := 2 * len(t.ready.items)
	var found []*promise
	for len(found) < limit {
		p, ok := t.ready.take(at, &budget)
		if !ok {
			break
		}
		found = append(found, p)
	}
	ready := make([]runner.Promise, len(found))
	for i, p := range found {
		ready[i] = p.copied()
		t.ready.set(p, p.ready.at) // it stays ready until it is leased
	}
	return ready, nil
}

// Settle ends a lease.
func (s *Store) Settle(ctx context.Context, key, owner string, done bool, result []byte, next time.Time) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.outbox
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byKey[key]
	switch {
	case p == nil:
		return runner.ErrNotFound
	case p.Owner == "" || p.Owner != owner:
		return runner.ErrLeased
	}
	p.Owner, p.Lease = "", time.Time{}
	if done {
		p.Result = bytes.Clone(result)
		t.finish(p)
	} else {
		p.NextAt = next
	}
	t.queueFirst(p.Session)
	return nil
}

// Backlog counts promises that are not done.
func (s *Store) Backlog(ctx context.Context) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	return s.outbox.backlog, nil
}

// addAll adds the promises of a commit.
func (t *outbox) addAll(promises []runner.Promise) {
	if len(promises) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range promises {
		t.add(p)
	}
}

// add puts a promise into its session's line, unless its key is known. The lock
// is held.
func (t *outbox) add(p runner.Promise) *promise {
	if known := t.byKey[p.Key]; known != nil {
		return known
	}
	rec := &promise{Promise: p, ready: idle, expiry: idle}
	rec.Data, rec.Result = bytes.Clone(p.Data), bytes.Clone(p.Result)
	t.byKey[p.Key] = rec
	if p.Done {
		t.expiry.set(rec, instantOf(p.ExpiresAt))
		return rec
	}
	line := t.lines[p.Session]
	at := len(line)
	for at > 0 && line[at-1].Seq > p.Seq {
		at--
	}
	if at == 0 && len(line) > 0 {
		t.ready.set(line[0], never) // it is no longer the first
	}
	t.lines[p.Session] = slices.Insert(line, at, rec)
	t.backlog++
	t.queueFirst(p.Session)
	return rec
}

// finish takes a promise out of its line; only the first of a line is ever
// leased, but one with a lower number may have come since. The lock is held.
func (t *outbox) finish(p *promise) {
	p.Done = true
	line := t.lines[p.Session]
	i := slices.Index(line, p)
	line = slices.Delete(line, i, i+1)
	if len(line) == 0 {
		delete(t.lines, p.Session)
	} else {
		t.lines[p.Session] = line
	}
	t.backlog--
	t.ready.set(p, never)
	t.expiry.set(p, instantOf(p.ExpiresAt))
}

// queueFirst queues the first promise of a session's line for when its time has
// come and no lease is on it. The lock is held.
func (t *outbox) queueFirst(session string) {
	line := t.lines[session]
	if len(line) == 0 {
		return
	}
	first := line[0]
	at := first.NextAt
	if first.Owner != "" && first.Lease.After(at) {
		at = first.Lease
	}
	t.ready.set(first, instantOf(at))
}

// expire drops promises that are done and past their time.
func (t *outbox) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		p, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		delete(t.byKey, p.Key)
	}
}

func (p *promise) copied() runner.Promise {
	c := p.Promise
	c.Data, c.Result = bytes.Clone(c.Data), bytes.Clone(c.Result)
	return c
}
