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
		b.move(bucketSessionExpiry, a.at, rec.expiry, a.key)
		rec.expiryAt = rec.expiry
		b.put(bucketSessions, a.key, rec.rewrite())
		return nil
	}
	if err == nil && rec.wakeAt != never {
		b.delete(bucketWake, place(rec.wakeAt, a.key))
	}
	if err == nil && !rec.dead {
		b.counts.live--
	}
	// One that cannot be read goes too: its time has come all the same.
	b.delete(bucketSessions, a.key)
	b.delete(bucketSessionExpiry, place(a.at, a.key))
	return nil
}

func (b *batch) expireEffect(_ instant, a arrival) error {
	b.delete(bucketEffects, a.key)
	b.delete(bucketEffectExpiry, place(a.at, a.key))
	return nil
}

func (b *batch) expirePromise(_ instant, a arrival) error {
	b.delete(bucketPromises, a.key)
	b.delete(bucketPromiseExpiry, place(a.at, a.key))
	return nil
}

func (b *batch) expireCounter(_ instant, a arrival) error {
	b.delete(bucketCounters, a.key)
	b.delete(bucketCounterExpiry, place(a.at, a.key))
	return nil
}
