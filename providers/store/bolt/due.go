package bolt

import (
	"bytes"
	"context"
	"time"
)

// moveMost bounds how many places one transaction of Due looks at.
const moveMost = 256

// Due returns ids of sessions whose Wake has come. Sessions that were delayed since
// they got their places are moved on first: those change hands once for each time
// they were due, not for each turn.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	at := instantOf(now)
	for {
		ids, delayed, err := s.look(ctx, at, limit)
		if err != nil || delayed == nil {
			return ids, err
		}
		if err := s.do(ctx, func(b *batch) error { return b.moveOn(delayed, at) }); err != nil {
			return nil, err
		}
	}
}

// look finds sessions that are due, until the place of one comes up that was delayed.
func (s *Store) look(ctx context.Context, now instant, limit int) (ids []string, delayed []byte, err error) {
	ids = []string{}
	err = s.view(ctx, func(v view) error {
		c := v.cursor(bucketWake)
		for p, _ := c.First(); p != nil && len(ids) < limit; p, _ = c.Next() {
			at, id := placed(p)
			if at > now {
				return nil
			}
			// One that cannot be read is due: whoever loads it will say so.
			if rec, err := readSession(v.get(bucketSessions, id)); err == nil && rec.wake != at {
				delayed = bytes.Clone(p)
				return nil
			}
			ids = append(ids, string(id))
		}
		return nil
	})
	return ids, delayed, err
}

// moveOn gives sessions that were delayed their new places; from is the first.
func (b *batch) moveOn(from []byte, now instant) error {
	budget := moveMost
	c := b.cursor(bucketWake)
	var found []arrival
	for p, _ := c.Seek(from); p != nil && budget > 0; p, _ = c.Next() {
		budget--
		at, id := placed(p)
		if at > now {
			break
		}
		if rec, err := readSession(b.get(bucketSessions, id)); err == nil && rec.wake != at {
			found = append(found, arrival{at, bytes.Clone(id)})
		}
	}
	for _, f := range found {
		rec, err := readSession(b.get(bucketSessions, f.key))
		if err != nil {
			return err
		}
		b.move(bucketWake, f.at, rec.wake, f.key)
		rec.wakeAt = rec.wake
		b.put(bucketSessions, f.key, rec.rewrite())
	}
	return nil
}
