package storetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"callflow/engine/runner"
)

var dueTests = []test{
	{"order", func(e *env) {
		for i, id := range []string{"c", "a", "d", "b"} {
			r := session(id)
			r.Wake = after(time.Duration([]int{3, 1, 4, 2}[i]) * time.Second)
			e.ok(e.Insert(e.ctx, r))
		}
		e.due(after(0), 10)
		e.due(after(time.Second), 10, "a")
		e.due(after(3*time.Second), 10, "a", "b", "c")
		e.due(after(time.Hour), 2, "a", "b")
		e.due(after(time.Hour), 10, "a", "b", "c", "d")
		e.due(after(time.Hour), 10, "a", "b", "c", "d") // asking changes nothing
		e.due(after(time.Hour), 0)
	}},
	{"never", func(e *env) {
		r := session("a")
		r.Wake = time.Time{}
		e.ok(e.Insert(e.ctx, r))
		e.due(after(10_000*time.Hour), 10)
		r.Version, r.Wake = 1, after(time.Second)
		r = e.commit(r)
		e.due(after(time.Second), 10, "a")
		r.Wake = time.Time{}
		e.commit(r)
		e.due(after(10_000*time.Hour), 10)
	}},
	{"commit moves it", func(e *env) {
		r := e.insert("a")
		for _, s := range []int{90, 30, 120, 10, 10, 60} {
			at := after(time.Duration(s) * time.Second)
			r.Wake = at
			r = e.commit(r)
			e.due(at.Add(-time.Millisecond), 10)
			e.due(at, 10, "a")
		}
	}},
	{"a conflict moves nothing", func(e *env) {
		r := e.insert("a")
		r.Version, r.Wake = 3, after(time.Second)
		_ = e.Commit(e.ctx, r, nil, 0)
		e.due(after(30*time.Second), 10)
	}},
	{"entombed", func(e *env) {
		e.entomb(e.insert("a"), after(time.Hour))
		e.due(after(10*time.Minute), 10)
	}},
	{"expired", func(e *env) {
		r := session("a")
		r.Wake, r.ExpiresAt = after(2*time.Hour), after(time.Hour)
		e.ok(e.Insert(e.ctx, r))
		e.expire(after(time.Hour))
		e.due(after(3*time.Hour), 10)
	}},
	{"any moves, against a plain list", func(e *env) {
		const n = 20
		random := rand.New(rand.NewPCG(1, 2))
		wakes, versions := map[string]time.Time{}, map[string]int64{}
		for i := range n {
			id := fmt.Sprintf("s%02d", i)
			e.ok(e.Insert(e.ctx, runner.Record{ID: id}))
			versions[id] = 1
		}
		for step := range 400 {
			id := fmt.Sprintf("s%02d", random.IntN(n))
			at := after(time.Duration(random.IntN(1e6)) * time.Millisecond)
			switch random.IntN(4) {
			case 0: // mail moves it earlier, and is read by the next commit
				e.ok(e.Post(e.ctx, id, nil, at))
				if old, set := wakes[id]; !set || at.Before(old) {
					wakes[id] = at
				}
			case 1:
				at = time.Time{}
				fallthrough
			default:
				r := runner.Record{ID: id, Version: versions[id], Wake: at}
				e.ok(e.Commit(e.ctx, r, nil, math.MaxInt64))
				versions[id]++
				wakes[id] = at
				if at.IsZero() {
					delete(wakes, id)
				}
			}
			now := after(time.Duration(step*2500) * time.Millisecond)
			var want []string
			for id, wake := range wakes {
				if !wake.After(now) {
					want = append(want, id)
				}
			}
			got, err := e.Due(e.ctx, now, n)
			e.ok(err)
			for i := 1; i < len(got); i++ {
				if wakes[got[i]].Before(wakes[got[i-1]]) {
					e.Fatalf("step %d: %s stands before %s, which woke earlier", step, got[i-1], got[i])
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				e.Fatalf("step %d: due are %q, want %q", step, got, want)
			}
		}
	}},
	{"many", func(e *env) {
		const n = 500
		want := make([]string, n)
		for i := range n {
			i := i * 263 % n // in no order
			want[i] = fmt.Sprintf("s%03d", i)
			r := session(want[i])
			r.Wake = after(time.Duration(i) * time.Second)
			e.ok(e.Insert(e.ctx, r))
		}
		e.due(after(time.Hour), n+1, want...)
		e.due(after(99*time.Second), n, want[:100]...)
		e.due(after(99*time.Second), 7, want[:7]...)
	}},
}

// due fails the test unless exactly these sessions are due, in this order.
func (e *env) due(now time.Time, limit int, want ...string) {
	e.Helper()
	got, err := e.Due(e.ctx, now, limit)
	e.ok(err)
	if !slices.Equal(got, want) {
		e.Fatalf("due after %v: %q, want %q", now.Sub(t0), got, want)
	}
}
