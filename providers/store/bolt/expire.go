package bolt

import (
	"context"
	"time"
)

// expireBatch bounds what one call of Expire does to each kind of record: turns
// wait for it meanwhile.
const expireBatch = 200

// expiries say how each kind of record goes: expire drops one whose place has come
// and tells what its place is instead, if it was delayed.
var expiries = [...]struct {
	places bucket
	expire func(b *batch, now instant, a arrival) error
}{
	{bucketSessionExpiry, (*batch).expireSession},
	{bucketEffectExpiry, (*batch).expireEffect},
	{bucketPromiseExpiry, (*batch).expirePromise},
	{bucketCounterExpiry, (*batch).expireCounter},
}

// Expire drops what no longer matters at now: up to two hundred records of each
// kind. Where nothing has come up it writes nothing.
func (s *Store) Expire(ctx context.Context, now time.Time) (more bool, err error) {
	at := instantOf(now)
	something := false
	if err := s.view(ctx, func(v view) error {
		for _, e := range expiries {
			something = something || v.hasCome(e.places, at)
		}
		return nil
	}); err != nil || !something {
		return false, err
	}
	var left bool
	err = s.do(ctx, func(b *batch) error {
		left = false
		for _, e := range expiries {
			found, rest := b.come(e.places, at, expireBatch)
			left = left || rest
			for _, a := range found {
				if err := e.expire(b, at, a); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return false, err // left may still be written to
	}
	return left, nil
}

func (b *batch) expireSession(now instant, a arrival) error {
	rec, err := readSession(b.get(bucketSessions, a.key))
	if err == nil && rec.expiry > now { // delayed since
		if err := b.move(bucketSessionExpiry, a.at, rec.expiry, a.key); err != nil {
			return err
		}
		rec.expiryAt = rec.expiry
		return b.put(bucketSessions, a.key, rec.rewrite())
	}
	if err == nil && rec.wakeAt != never {
		if err := b.delete(bucketWake, place(rec.wakeAt, a.key)); err != nil {
			return err
		}
	}
	if err == nil && !rec.dead {
		b.counts.live--
	}
	// One that cannot be read goes too: its time has come all the same.
	if err := b.delete(bucketSessions, a.key); err != nil {
		return err
	}
	return b.delete(bucketSessionExpiry, place(a.at, a.key))
}

func (b *batch) expireEffect(_ instant, a arrival) error {
	if err := b.delete(bucketEffects, a.key); err != nil {
		return err
	}
	return b.delete(bucketEffectExpiry, place(a.at, a.key))
}

func (b *batch) expirePromise(_ instant, a arrival) error {
	if err := b.delete(bucketPromises, a.key); err != nil {
		return err
	}
	return b.delete(bucketPromiseExpiry, place(a.at, a.key))
}

func (b *batch) expireCounter(_ instant, a arrival) error {
	if err := b.delete(bucketCounters, a.key); err != nil {
		return err
	}
	return b.delete(bucketCounterExpiry, place(a.at, a.key))
}
