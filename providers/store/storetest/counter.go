package storetest

import (
	"sync"
	"time"
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
}

func (e *env) add(key string, delta int, now time.Time, window time.Duration) int {
	e.Helper()
	n, err := e.Add(e.ctx, key, delta, now, window)
	e.ok(err)
	return n
}
