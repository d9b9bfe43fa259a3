package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"callflow/engine/runner"
)

var counterTests = []test{
	{"sums", func(e *env) {
		equal(e, "sum", e.add("a", 1, t0, time.Minute), 1)
		equal(e, "sum", e.add("a", 2, t0, time.Minute), 3)
		equal(e, "sum", e.add("b", 1, t0, time.Minute), 1)
		equal(e, "sum", e.add("a", -1, t0, time.Minute), 2)
		equal(e, "sum", e.add("a", 0, t0, time.Minute), 2)
	}},
	{"never negative", func(e *env) {
		equal(e, "sum", e.add("a", -3, t0, time.Minute), 0)
		equal(e, "sum", e.add("a", 1, t0, time.Minute), 1)
		equal(e, "sum", e.add("a", -3, t0, time.Minute), 0)
		equal(e, "sum", e.add("a", 1, t0, time.Minute), 1)
	}},
	{"the window starts with the first count", func(e *env) {
		equal(e, "sum", e.add("a", 1, after(0), time.Minute), 1)
		equal(e, "sum", e.add("a", 1, after(59*time.Second), time.Minute), 2)
		// A later count does not prolong it.
		equal(e, "sum", e.add("a", 0, after(time.Minute), time.Minute), 0)
		equal(e, "sum", e.add("a", 1, after(time.Minute), time.Minute), 1)
		equal(e, "sum", e.add("a", 1, after(119*time.Second), time.Minute), 2)
		equal(e, "sum", e.add("a", 1, after(2*time.Minute), time.Minute), 1)
	}},
	{"looking does not start a window", func(e *env) {
		equal(e, "sum", e.add("a", 0, after(0), time.Minute), 0)
		equal(e, "sum", e.add("a", 1, after(30*time.Second), time.Minute), 1)
		equal(e, "sum", e.add("a", 1, after(89*time.Second), time.Minute), 2)
	}},
	{"a refund after the window is lost", func(e *env) {
		equal(e, "sum", e.add("a", 1, t0, time.Minute), 1)
		equal(e, "sum", e.add("a", -1, after(2*time.Minute), time.Minute), 0)
		equal(e, "sum", e.add("a", 1, after(2*time.Minute), time.Minute), 1)
	}},
	{"many add, each sum is seen once", func(e *env) {
		var wg sync.WaitGroup
		sums := make([]int, 16)
		for i := range sums {
			wg.Go(func() {
				n, err := e.Add(e.ctx, "a", 1, t0, time.Minute)
				if err != nil {
					e.Error(err)
				}
				sums[i] = n
			})
		}
		wg.Wait()
		seen := map[int]bool{}
		for _, n := range sums {
			seen[n] = true
		}
		for n := 1; n <= len(sums); n++ {
			if !seen[n] {
				e.Errorf("no call saw the sum %d: %v", n, sums)
			}
		}
	}},
	{"a count shows what Add did", func(e *env) {
		equal(e, "none", e.counted("a", t0), runner.Counter{Key: "a"})
		e.add("a", 2, t0, time.Minute)
		equal(e, "two", e.counted("a", t0), counter("a", 2, time.Time{}, after(time.Minute)))
		equal(e, "before the end", e.counted("a", after(59*time.Second)).N, 2)
		equal(e, "over", e.counted("a", after(time.Minute)), runner.Counter{Key: "a"})
		e.add("a", -2, t0, time.Minute)
		equal(e, "back at nothing", e.counted("a", t0), runner.Counter{Key: "a"})
	}},
	{"swaps", func(e *env) {
		one := counter("a", 1, after(time.Second), after(time.Minute))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0))
		equal(e, "first", e.counted("a", t0), one)
		equal(e, "other", e.counted("b", t0), runner.Counter{Key: "b"})
		two := counter("a", 2, after(2*time.Second), after(2*time.Minute))
		e.ok(e.Swap(e.ctx, one, two, t0))
		equal(e, "second", e.counted("a", t0), two)
		e.ok(e.Swap(e.ctx, two, two, t0))
		// Add counts on, and leaves the instant alone.
		equal(e, "sum", e.add("a", 1, t0, time.Hour), 3)
		equal(e, "third", e.counted("a", t0), counter("a", 3, two.At, two.Until))
	}},
	{"no swap of what is no longer so", func(e *env) {
		one := counter("a", 1, after(time.Second), after(time.Minute))
		e.is(e.Swap(e.ctx, one, one, t0), runner.ErrConflict)
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0))
		e.is(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0), runner.ErrConflict)
		for _, old := range []runner.Counter{
			counter("a", 2, one.At, one.Until),
			counter("a", 1, one.At.Add(time.Microsecond), one.Until),
			counter("a", 1, time.Time{}, one.Until),
			counter("a", 1, one.At, one.Until.Add(-time.Microsecond)),
		} {
			e.is(e.Swap(e.ctx, old, counter("a", 7, t0, after(time.Hour)), t0), runner.ErrConflict)
		}
		equal(e, "still", e.counted("a", t0), one)
	}},
	{"a window that has passed is none to swap", func(e *env) {
		one := counter("a", 1, t0, after(time.Minute))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0))
		e.is(e.Swap(e.ctx, one, one, after(time.Minute)), runner.ErrConflict)
		anew := counter("a", 1, after(time.Minute), after(2*time.Minute))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, anew, after(time.Minute)))
		equal(e, "anew", e.counted("a", after(time.Minute)), anew)
	}},
	{"a swap to nothing takes away", func(e *env) {
		one := counter("a", 1, t0, after(time.Minute))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, runner.Counter{Key: "a"}, t0))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0))
		e.ok(e.Swap(e.ctx, one, runner.Counter{Key: "a"}, t0))
		equal(e, "gone", e.counted("a", t0), runner.Counter{Key: "a"})
		equal(e, "listed", len(e.counts("", "", t0, 10)), 0)
		// What comes next under the key has a life of its own.
		longer := counter("a", 1, t0, after(time.Hour))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, longer, t0))
		e.expire(after(30 * time.Minute))
		equal(e, "anew", e.counted("a", t0), longer)
		e.ok(e.Swap(e.ctx, longer, runner.Counter{Key: "a"}, t0))
		equal(e, "sum", e.add("a", 1, t0, time.Minute), 1)
		equal(e, "until", e.counted("a", t0), counter("a", 1, time.Time{}, after(time.Minute)))
	}},
	{"a swap moves the end", func(e *env) {
		one := counter("a", 1, t0, after(time.Minute))
		e.ok(e.Swap(e.ctx, runner.Counter{Key: "a"}, one, t0))
		longer := counter("a", 1, t0, after(time.Hour))
		e.ok(e.Swap(e.ctx, one, longer, t0))
		e.expire(after(59 * time.Minute))
		equal(e, "longer", e.counted("a", t0), longer)
		shorter := counter("a", 1, t0, after(30*time.Minute))
		e.ok(e.Swap(e.ctx, longer, shorter, t0))
		e.expire(after(30 * time.Minute))
		equal(e, "dropped", e.counted("a", t0), runner.Counter{Key: "a"})
	}},
	{"in the order of their keys", func(e *env) {
		for _, key := range []string{"b/2", "a/9", "b/10", "b/1", "c/1", "b"} {
			e.add(key, 1, t0, time.Minute)
		}
		e.add("b/0", 1, t0, time.Second)
		now := after(time.Second)
		for _, tt := range []struct {
			prefix, after string
			limit         int
			want          []string
		}{
			{"", "", 10, []string{"a/9", "b", "b/1", "b/10", "b/2", "c/1"}},
			{"b/", "", 10, []string{"b/1", "b/10", "b/2"}},
			{"b/", "", 2, []string{"b/1", "b/10"}},
			{"b/", "b/10", 10, []string{"b/2"}},
			{"b/", "b/2", 10, nil},
			{"b/", "b/11", 1, []string{"b/2"}},
			{"b/", "a", 1, []string{"b/1"}},
			{"d", "", 10, nil},
			{"", "", 0, nil},
		} {
			got := e.counts(tt.prefix, tt.after, now, tt.limit)
			if !slices.Equal(got, tt.want) {
				e.Errorf("%q after %q, %d: %q, want %q", tt.prefix, tt.after, tt.limit, got, tt.want)
			}
		}
		all, err := e.Counts(e.ctx, "b/1", "", now, 1)
		e.ok(err)
		equal(e, "counter", all[0], counter("b/1", 1, time.Time{}, after(time.Minute)))
	}},
	{"many swap, one wins each time", func(e *env) {
		var wg sync.WaitGroup
		const each = 5
		for range 8 {
			wg.Go(func() {
				for won := 0; won < each; {
					old, err := e.Count(e.ctx, "a", t0)
					if err == nil {
						err = e.Swap(e.ctx, old, counter("a", old.N+1, t0, after(time.Hour)), t0)
					}
					switch {
					case err == nil:
						won++
					case !errors.Is(err, runner.ErrConflict):
						e.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		equal(e, "sum", e.counted("a", t0).N, 8*each)
	}},
	{"expiry leaves the living", func(e *env) {
		for i := range 50 {
			e.add(fmt.Sprintf("short/%02d", i), 1, t0, time.Minute)
			e.add(fmt.Sprintf("long/%02d", i), 1, t0, time.Hour)
		}
		e.expire(after(time.Minute))
		equal(e, "short", len(e.counts("short/", "", t0, 100)), 0)
		equal(e, "long", len(e.counts("long/", "", t0, 100)), 50)
	}},
}

// counter is a counter as a store returns it.
func counter(key string, n int, at, until time.Time) runner.Counter {
	return runner.Counter{Key: key, N: n, At: at, Until: until}
}

func (e *env) counted(key string, now time.Time) runner.Counter {
	e.Helper()
	c, err := e.Count(e.ctx, key, now)
	e.ok(err)
	return c
}

// counts returns the keys.
func (e *env) counts(prefix, after string, now time.Time, limit int) []string {
	e.Helper()
	all, err := e.Counts(e.ctx, prefix, after, now, limit)
	e.ok(err)
	var keys []string
	for _, c := range all {
		keys = append(keys, c.Key)
	}
	return keys
}

func (e *env) add(key string, delta int, now time.Time, window time.Duration) int {
	e.Helper()
	n, err := e.Add(e.ctx, key, delta, now, window)
	e.ok(err)
	return n
}
