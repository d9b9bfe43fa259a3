package bolt

import (
	"bytes"
	"context"
	"time"

	"callflow/engine/runner"
)

// counterRecord is a counter as it is stored.
type counterRecord struct {
	n  int64
	at instant
	// end is when it is forgotten, and its place in the bucket of expiries.
	end instant
}

// noCounter is what stands where there is none.
var noCounter = counterRecord{at: never, end: never}

func readCounter(v []byte) (c counterRecord, err error) {
	if v == nil {
		return noCounter, nil
	}
	w := wire{b: v}
	c.n, c.at, c.end = w.int(), w.instant(), w.instant()
	return c, w.done()
}

func (c counterRecord) write() []byte {
	return appendInstant(appendInstant(appendInt(make([]byte, 0, 3*8), c.n), c.at), c.end)
}

// over tells whether its window has passed.
func (c counterRecord) over(now instant) bool { return c.n == 0 || c.end <= now }

// counter copies it out, as it stands at now.
func (c counterRecord) counter(key string, now instant) runner.Counter {
	if c.over(now) {
		return runner.Counter{Key: key}
	}
	return runner.Counter{Key: key, N: int(c.n), At: c.at.time(), Until: c.end.time()}
}

// Add adds to a counter.
func (s *Store) Add(ctx context.Context, name string, delta int, now time.Time, window time.Duration) (int, error) {
	if err := checkKey("the counter's key", name); err != nil {
		return 0, err
	}
	key := []byte(name)
	var sum int64
	err := s.do(ctx, func(b *batch) error {
		sum = 0
		old, err := readCounter(b.get(bucketCounters, key))
		if err != nil {
			return err
		}
		next := old
		if old == noCounter || old.end <= instantOf(now) {
			if delta <= 0 {
				return nil // reading a counter does not start it
			}
			next = counterRecord{at: never, end: instantOf(now.Add(window))}
		}
		next.n = max(0, next.n+int64(delta))
		sum = next.n
		b.replace(key, old, next)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return int(sum), nil
}

// Count returns a counter.
func (s *Store) Count(ctx context.Context, key string, now time.Time) (found runner.Counter, err error) {
	err = s.lookup(ctx, bucketCounters, []byte(key), func(value []byte) error {
		c, err := readCounter(value)
		if err != nil {
			return err
		}
		found = c.counter(key, instantOf(now))
		return nil
	})
	return found, err
}

// Swap replaces a counter that is still what it was.
func (s *Store) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	if err := checkKey("the counter's key", old.Key); err != nil {
		return err
	}
	key := []byte(old.Key)
	return s.do(ctx, func(b *batch) error {
		c, err := readCounter(b.get(bucketCounters, key))
		if err != nil {
			return err
		}
		is := c.counter(old.Key, instantOf(now))
		switch {
		case is.N != old.N || instantOf(is.At) != instantOf(old.At) || instantOf(is.Until) != instantOf(old.Until):
			return runner.ErrConflict
		case next.N <= 0:
			b.replace(key, c, noCounter)
		default:
			b.replace(key, c, counterRecord{int64(next.N), instantOf(next.At), instantOf(next.Until)})
		}
		return nil
	})
}

// Counts returns counters by the beginning of their keys.
func (s *Store) Counts(ctx context.Context, prefix, after string, now time.Time, limit int) (all []runner.Counter, err error) {
	err = s.view(ctx, func(v view) error {
		c := v.cursor(bucketCounters)
		for key, value := c.Seek([]byte(max(prefix, after))); bytes.HasPrefix(key, []byte(prefix)) && key != nil && len(all) < limit; key, value = c.Next() {
			rec, err := readCounter(value)
			if err != nil {
				return err
			}
			if string(key) > after && !rec.over(instantOf(now)) {
				all = append(all, rec.counter(string(key), instantOf(now)))
			}
		}
		return nil
	})
	return all, err
}

// replace puts next in the place of old; noCounter takes it away.
func (b *batch) replace(key []byte, old, next counterRecord) {
	if old == next {
		return
	}
	b.move(bucketCounterExpiry, old.end, next.end, key)
	if next == noCounter {
		b.delete(bucketCounters, key)
		return
	}
	b.put(bucketCounters, key, next.write())
}
