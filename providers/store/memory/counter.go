package memory

import (
	"context"
	"sync"
	"time"
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
	end timer
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
		c = &counter{key: key, end: idle}
		t.byKey[key] = c
	}
	if over {
		c.n = 0
		t.expiry.set(c, instantOf(now.Add(window)))
	}
	c.n = max(0, c.n+delta)
	return c.n, nil
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
