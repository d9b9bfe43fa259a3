package memory

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"callflow/engine/runner"
)

// counters counts by key, each within a window of its own.
type counters struct {
	mu     sync.Mutex
	byKey  map[string]*counter
	expiry queue[*counter]
}

// counter is a sum; its timer is the end of its window.
type counter struct {
	key string
	n   int
	at  instant
	end timer
}

// over tells whether its window has passed; nil is over.
func (c *counter) over(now time.Time) bool {
	return c == nil || c.n == 0 || c.end.at <= instantOf(now)
}

func newCounters() counters {
	return counters{
		byKey:  make(map[string]*counter),
		expiry: queue[*counter]{timer: func(c *counter) *timer { return &c.end }},
	}
}

// Add adds to a counter.
func (s *Store) Add(ctx context.Context, key string, delta int, now time.Time, window time.Duration) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	t := &s.counters
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.byKey[key]
	over := c == nil || c.end.at <= instantOf(now)
	if over && delta <= 0 {
		return 0, nil // reading a counter does not start it
	}
	if c == nil {
		c = t.insert(key)
	}
	if over {
		c.n, c.at = 0, never
		t.expiry.set(c, instantOf(now.Add(window)))
	}
	c.n = max(0, c.n+delta)
	return c.n, nil
}

// Count returns a counter.
func (s *Store) Count(ctx context.Context, key string, now time.Time) (runner.Counter, error) {
	if err := s.usable(ctx); err != nil {
		return runner.Counter{}, err
	}
	t := &s.counters
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count(key, now), nil
}

// Swap replaces a counter that is still what it was.
func (s *Store) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &s.counters
	t.mu.Lock()
	defer t.mu.Unlock()
	is := t.count(old.Key, now)
	if is.N != old.N || instantOf(is.At) != instantOf(old.At) || instantOf(is.Until) != instantOf(old.Until) {
		return runner.ErrConflict
	}
	c := t.byKey[old.Key]
	if next.N <= 0 {
		if c != nil {
			delete(t.byKey, c.key)
			t.expiry.set(c, never)
		}
		return nil
	}
	if c == nil {
		c = t.insert(old.Key)
	}
	c.n, c.at = next.N, instantOf(next.At)
	t.expiry.set(c, instantOf(next.Until))
	return nil
}

// Counts returns counters by the beginning of their keys. It looks at all there
// are: people ask for it, calls do not.
func (s *Store) Counts(ctx context.Context, prefix, after string, now time.Time, limit int) ([]runner.Counter, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	t := &s.counters
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []runner.Counter
	for key, c := range t.byKey {
		if strings.HasPrefix(key, prefix) && key > after && !c.over(now) {
			all = append(all, t.count(key, now))
		}
	}
	slices.SortFunc(all, func(a, b runner.Counter) int { return strings.Compare(a.Key, b.Key) })
	return all[:min(len(all), max(limit, 0))], nil
}

func (t *counters) insert(key string) *counter {
	c := &counter{key: key, at: never, end: idle}
	t.byKey[key] = c
	return c
}

func (t *counters) count(key string, now time.Time) runner.Counter {
	c := t.byKey[key]
	if c.over(now) {
		return runner.Counter{Key: key}
	}
	return runner.Counter{Key: key, N: c.n, At: c.at.time(), Until: c.end.at.time()}
}

// expire drops counters whose window has passed.
func (t *counters) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		c, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		delete(t.byKey, c.key)
	}
}
