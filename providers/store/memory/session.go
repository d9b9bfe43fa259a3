package memory

import (
	"context"
	"strings"
	"sync"
	"time"

	"callflow/engine/runner"
)

// sessions keeps sessions and tombstones, each with its mail.
type sessions struct {
	mu       sync.Mutex
	byID     map[string]*session
	live     int // those that are not tombstones
	wake     queue[*session]
	expiry   queue[*session]
	lastMail int64 // one sequence for all: it grows within each session
}

// session is a live session or a tombstone. It is kept small: there is one for
// every call of a day.
type session struct {
	id      string
	version int64
	// buf holds the session's data, then its reply.
	buf    []byte
	data   int32 // how much of buf is data
	dead   bool  // a tombstone
	wake   timer
	expiry timer
	mail   []letter
}

func newSessions() sessions {
	return sessions{
		byID:   make(map[string]*session),
		wake:   queue[*session]{timer: func(s *session) *timer { return &s.wake }},
		expiry: queue[*session]{timer: func(s *session) *timer { return &s.expiry }},
	}
}

// Insert saves a new session at version 1.
func (s *Store) Insert(ctx context.Context, r runner.Record) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.byID[r.ID]; old != nil {
		if old.dead {
			return runner.ErrEntombed
		}
		return runner.ErrExists
	}
	rec := &session{
		id:      strings.Clone(r.ID), // the caller's may be part of something large
		version: 1,
		wake:    idle,
		expiry:  idle,
	}
	rec.keep(r.Data, r.Reply)
	t.byID[rec.id] = rec
	t.live++
	t.wake.set(rec, instantOf(r.Wake))
	t.expiry.set(rec, instantOf(r.ExpiresAt))
	return nil
}

// Load returns a session.
func (s *Store) Load(ctx context.Context, id string) (runner.Record, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Record{}, err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	rec, err := t.find(id)
	if err != nil {
		return runner.Record{}, err
	}
	return rec.record(), nil
}

// Commit replaces a session and puts promises into the outbox.
func (s *Store) Commit(ctx context.Context, r runner.Record, promises []runner.Promise, read int64) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	rec, err := t.find(r.ID)
	if err != nil {
		return err
	}
	if rec.version != r.Version {
		return runner.ErrConflict
	}
	s.outbox.addAll(promises)
	rec.version++
	rec.keep(r.Data, r.Reply)
	rec.mail = unread(rec.mail, read)
	wake := instantOf(r.Wake)
	for _, m := range rec.mail {
		wake = min(wake, m.wake)
	}
	t.wake.set(rec, wake)
	t.expiry.set(rec, instantOf(r.ExpiresAt))
	return nil
}

// Entomb replaces a session by a tombstone.
func (s *Store) Entomb(ctx context.Context, r runner.Record, promises []runner.Promise) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	rec := t.byID[r.ID]
	if rec == nil {
		return runner.ErrNotFound
	}
	if rec.dead || rec.version != r.Version {
		return runner.ErrConflict
	}
	s.outbox.addAll(promises)
	rec.version++
	rec.dead = true
	rec.mail = nil
	rec.keep(nil, r.Reply)
	t.live--
	t.wake.set(rec, never)
	t.expiry.set(rec, instantOf(r.ExpiresAt))
	return nil
}

// Tombstone returns what is left of a session that has ended.
func (s *Store) Tombstone(ctx context.Context, id string) (runner.Record, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Record{}, err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	rec := t.byID[id]
	if rec == nil || !rec.dead {
		return runner.Record{}, runner.ErrNotFound
	}
	return rec.record(), nil
}

// Due returns ids of sessions whose Wake has come.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	at := instantOf(now)
	budget := 2 * len(t.wake.items)
	var due []*session
	for len(due) < limit {
		rec, ok := t.wake.take(at, &budget)
		if !ok {
			break
		}
		due = append(due, rec)
	}
	ids := make([]string, len(due))
	for i, rec := range due {
		ids[i] = rec.id
		t.wake.set(rec, rec.wake.at) // it stays due until it is dealt with
	}
	return ids, nil
}

// Live counts sessions that are not entombed.
func (s *Store) Live(ctx context.Context) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	return s.sessions.live, nil
}

// find returns a live session. The lock is held.
func (t *sessions) find(id string) (*session, error) {
	rec := t.byID[id]
	switch {
	case rec == nil:
		return nil, runner.ErrNotFound
	case rec.dead:
		return nil, runner.ErrEntombed
	}
	return rec, nil
}

// expire drops sessions and tombstones past their time.
func (t *sessions) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		rec, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		delete(t.byID, rec.id)
		if !rec.dead {
			t.live--
		}
		// A place in the wake queue may outlive it for a while, but no bytes.
		rec.buf, rec.mail = nil, nil
		t.wake.set(rec, never)
	}
}

// keep copies data and reply into a buffer of their own, with one allocation. What
// was kept before may still be read by who loaded it.
func (s *session) keep(data, reply []byte) {
	s.buf = append(append(make([]byte, 0, len(data)+len(reply)), data...), reply...)
	s.data = int32(len(data))
}

// record lends the session's bytes, which are never written to again.
func (s *session) record() runner.Record {
	r := runner.Record{
		ID:        s.id,
		Version:   s.version,
		Wake:      s.wake.at.time(),
		ExpiresAt: s.expiry.at.time(),
	}
	// The capacities end where the lengths do: appending to one part must not
	// write over the other.
	if s.data > 0 {
		r.Data = s.buf[:s.data:s.data]
	}
	if n := len(s.buf); int(s.data) < n {
		r.Reply = s.buf[s.data:n:n]
	}
	return r
}
