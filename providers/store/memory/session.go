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
	all      *slab[session]
	byID     map[ident]place
	long     map[place]string // ids that are too long for an ident
	live     int              // those that are not tombstones
	wake     queue[place]
	expiry   queue[place]
	lastMail int64 // one sequence for all: it grows within each session
}

// session is a live session or a tombstone. It is kept small: there is one for
// every call of a day.
type session struct {
	id      ident
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
	all := new(slab[session])
	return sessions{
		all:    all,
		byID:   make(map[ident]place),
		long:   make(map[place]string),
		wake:   queue[place]{timer: func(p place) *timer { return &all.at(p).wake }},
		expiry: queue[place]{timer: func(p place) *timer { return &all.at(p).expiry }},
	}
}

// Insert saves a new session at version 1.
func (s *Store) Insert(ctx context.Context, r runner.Record) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	id := identOf(r.ID)
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, known := t.byID[id]; known {
		if t.all.at(old).dead {
			return runner.ErrEntombed
		}
		return runner.ErrExists
	}
	rec := session{
		id:      id,
		version: 1,
		wake:    idle,
		expiry:  idle,
	}
	rec.keep(r.Data, r.Reply)
	at := t.all.add(rec)
	t.byID[id] = at
	if !id.whole() {
		t.long[at] = strings.Clone(r.ID) // the caller's may be part of something large
	}
	t.live++
	t.wake.set(at, instantOf(r.Wake))
	t.expiry.set(at, instantOf(r.ExpiresAt))
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
	at, err := t.find(id)
	if err != nil {
		return runner.Record{}, err
	}
	return t.all.at(at).record(id), nil
}

// Commit replaces a session and puts promises into the outbox.
func (s *Store) Commit(ctx context.Context, r runner.Record, promises []runner.Promise, read int64) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.sessions
	t.mu.Lock()
	defer t.mu.Unlock()
	at, err := t.find(r.ID)
	if err != nil {
		return err
	}
	rec := t.all.at(at)
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
	t.wake.set(at, wake)
	t.expiry.set(at, instantOf(r.ExpiresAt))
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
	at, known := t.byID[identOf(r.ID)]
	if !known {
		return runner.ErrNotFound
	}
	rec := t.all.at(at)
	if rec.dead || rec.version != r.Version {
		return runner.ErrConflict
	}
	s.outbox.addAll(promises)
	rec.version++
	rec.dead = true
	rec.mail = nil
	rec.keep(nil, r.Reply)
	t.live--
	t.wake.set(at, never)
	t.expiry.set(at, instantOf(r.ExpiresAt))
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
	at, known := t.byID[identOf(id)]
	if !known || !t.all.at(at).dead {
		return runner.Record{}, runner.ErrNotFound
	}
	return t.all.at(at).record(id), nil
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
	var due []place
	for len(due) < limit {
		p, ok := t.wake.take(at, &budget)
		if !ok {
			break
		}
		due = append(due, p)
	}
	ids := make([]string, len(due))
	for i, p := range due {
		rec := t.all.at(p)
		ids[i] = rec.id.String()
		if !rec.id.whole() {
			ids[i] = t.long[p]
		}
		t.wake.set(p, rec.wake.at) // it stays due until it is dealt with
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
func (t *sessions) find(id string) (place, error) {
	at, known := t.byID[identOf(id)]
	switch {
	case !known:
		return 0, runner.ErrNotFound
	case t.all.at(at).dead:
		return 0, runner.ErrEntombed
	}
	return at, nil
}

// expire drops sessions and tombstones past their time.
func (t *sessions) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		p, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		rec := t.all.at(p)
		delete(t.byID, rec.id)
		delete(t.long, p)
		if !rec.dead {
			t.live--
		}
		t.all.drop(p, session{wake: idle, expiry: idle})
	}
}

// keep copies data and reply into a buffer of their own, with one allocation. What
// was kept before may still be read by who loaded it.
func (s *session) keep(data, reply []byte) {
	s.buf = append(append(make([]byte, 0, len(data)+len(reply)), data...), reply...)
	s.data = int32(len(data))
}

// record lends the session's bytes, which are never written to again, under the id
// that it was found by.
func (s *session) record(id string) runner.Record {
	r := runner.Record{
		ID:        id,
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
