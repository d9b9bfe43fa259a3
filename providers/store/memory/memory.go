package memory

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"callflow/engine/runner"
)

// errClosed is what a store answers that has been closed.
var errClosed = errors.New("memory store is closed")

// expireBatch bounds what one call of Expire does to each kind of record. The
// lock of that kind is held meanwhile, for about a millisecond.
const expireBatch = 1000

// Store keeps everything in memory. Make one with New.
type Store struct {
	sessions sessions
	effects  effects
	outbox   outbox
	counters counters
	programs programs
	phones   phones
	closed   atomic.Bool
}

var _ runner.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		sessions: newSessions(),
		effects:  newEffects(),
		outbox:   newOutbox(),
		counters: newCounters(),
		programs: newPrograms(),
		phones:   newPhones(),
	}
}

// Expire drops what no longer matters at now: up to a thousand records of each
// kind.
func (s *Store) Expire(ctx context.Context, now time.Time) (more bool, err error) {
	if err := s.usable(ctx); err != nil {
		return false, err
	}
	at := instantOf(now)
	for _, expire := range []func(instant, int) bool{
		s.sessions.expire, s.effects.expire, s.outbox.expire, s.counters.expire,
	} {
		more = expire(at, expireBatch) || more
	}
	return more, nil
}

// Ping fails once the store is closed.
func (s *Store) Ping(ctx context.Context) error { return s.usable(ctx) }

// Close makes every later call fail.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// usable is asked first by every method.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return errClosed
	}
	return nil
}
