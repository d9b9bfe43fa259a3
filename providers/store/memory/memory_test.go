package memory_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/store/memory"
	"callflow/providers/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) runner.Store { return memory.New() })
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := memory.New()
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("Ping of a closed store succeeds")
	}
	if err := s.Insert(t.Context(), runner.Record{ID: "a"}); err == nil {
		t.Error("Insert into a closed store succeeds")
	}
}

// TestIDs: sessions and effects are found by any ids, also by those that do not fit into
// an ident, told apart and named whole, until they are dropped.
func TestIDs(t *testing.T) {
	t.Parallel()
	s, ctx := memory.New(), t.Context()
	long := strings.Repeat("x", 31)
	ids := []string{long, long + "y", long + "z", strings.Repeat("y", 300), "", "\x00", "x", "x\x00", long[1:], long[1:] + "\xff", long[1:] + "\x1e"}
	for i, id := range ids {
		r := runner.Record{ID: id, Data: []byte(id), Wake: start.Add(time.Duration(i) * time.Second), ExpiresAt: start.Add(time.Hour)}
		if err := s.Insert(ctx, r); err != nil {
			t.Fatal(err)
		}
		if err := s.Insert(ctx, r); !errors.Is(err, runner.ErrExists) {
			t.Errorf("%q twice: %v", id, err)
		}
		if _, claimed, err := s.Claim(ctx, runner.EffectKey{Session: id, Turn: 1}, "me", start, start.Add(time.Minute)); err != nil || !claimed {
			t.Errorf("an effect of %q is claimed: %v (%v)", id, claimed, err)
		}
	}
	due, err := s.Due(ctx, start.Add(time.Minute), 100)
	if err != nil || !slices.Equal(due, ids) {
		t.Errorf("due are %q (%v), expected %q", due, err, ids)
	}
	for _, id := range ids {
		if r, err := s.Load(ctx, id); err != nil || r.ID != id || string(r.Data) != id {
			t.Errorf("%q was loaded as %q, %q (%v)", id, r.ID, r.Data, err)
		}
	}
	if _, err := s.Expire(ctx, start.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := s.Long(); n != 0 {
		t.Errorf("%d ids are kept of sessions that were dropped", n)
	}
	var want []string
	for _, id := range ids {
		want = append(want, id+"!")
		r := runner.Record{ID: id + "!", Wake: start, ExpiresAt: start.Add(3 * time.Hour)}
		if err := s.Insert(ctx, r); err != nil { // in the places of those before
			t.Fatal(err)
		}
	}
	due, err = s.Due(ctx, start, 100)
	slices.Sort(due)
	slices.Sort(want)
	if err != nil || !slices.Equal(due, want) {
		t.Errorf("due are %q (%v), expected %q", due, err, want)
	}
}

var start = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// fill inserts n sessions with so many bytes of data and reply.
func fill(tb testing.TB, s *memory.Store, n, data, reply int) {
	tb.Helper()
	r := runner.Record{Data: make([]byte, data), Reply: make([]byte, reply)}
	for i := range n {
		r.ID = id(i)
		r.Wake = start.Add(5*time.Minute + time.Duration(i)*time.Millisecond)
		r.ExpiresAt = start.Add(time.Hour + time.Duration(i)*time.Millisecond)
		if err := s.Insert(tb.Context(), r); err != nil {
			tb.Fatal(err)
		}
	}
}

// id is as long as the runner's are.
func id(i int) string { return fmt.Sprintf("%026x", i) }

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first only marked for release
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestIdleSession holds an idle live session to 1 KiB besides its reply: after
// its first answer, and after turns and an effect.
func TestIdleSession(t *testing.T) { // not parallel: it measures the heap
	const n, data, reply = 50_000, 300, 700
	before := heap()
	s := memory.New()
	fill(t, s, n, data, reply)
	check := func(when string) {
		t.Helper()
		each := float64(heap()-before)/n - reply
		t.Logf("%s: %.0f bytes for each session besides its reply, %.0f besides its data too", when, each, each-data)
		if each > 1024 {
			t.Errorf("%s: a session takes %.0f bytes besides its reply, want at most 1024", when, each)
		}
	}
	check("new")

	ctx := t.Context()
	r := runner.Record{}
	for turn := range 3 {
		for i := range n {
			r = runner.Record{ID: id(i), Version: int64(turn) + 1, Wake: start.Add(time.Hour), ExpiresAt: start.Add(2 * time.Hour)}
			r.Data, r.Reply = make([]byte, data-turn), make([]byte, reply-100*turn)
			if turn == 2 {
				r.Reply = make([]byte, reply)
			}
			if err := s.Commit(ctx, r, nil, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	check("after three turns")

	result := make([]byte, 100)
	for i := range n {
		k := runner.EffectKey{Session: id(i), Turn: 2, Position: 1}
		if _, _, err := s.Claim(ctx, k, "instance", start, start.Add(30*time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Finish(ctx, k, result); err != nil {
			t.Fatal(err)
		}
	}
	check("after a sign-in")
	runtime.KeepAlive(s)
}

// TestAllocations holds the way of every turn to one allocation: the copy that
// Load returns.
func TestAllocations(t *testing.T) {
	s := memory.New()
	fill(t, s, 1, 300, 700)
	ctx := context.Background()
	wake := start
	allocs := testing.AllocsPerRun(1000, func() {
		r, err := s.Load(ctx, id0)
		if err != nil {
			t.Fatal(err)
		}
		wake = wake.Add(time.Second)
		r.Wake, r.ExpiresAt = wake, wake
		if err := s.Commit(ctx, r, nil, 0); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 {
		t.Errorf("a load and a commit allocate %.1f times, want once", allocs)
	}
}

var id0 = id(0)

func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := memory.New()
			fill(b, s, n, 300, 700)
			ids := make([]string, n)
			for i := range ids {
				ids[i] = id(i)
			}
			ctx := b.Context()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r, err := s.Load(ctx, ids[i%n])
				if err != nil {
					b.Fatal(err)
				}
				now := start.Add(time.Duration(i) * time.Millisecond)
				r.Wake, r.ExpiresAt = now.Add(5*time.Minute), now.Add(time.Hour)
				if err := s.Commit(ctx, r, nil, 0); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkCall is the life of a session: it must not leave anything behind that
// makes later ones slower.
func BenchmarkCall(b *testing.B) {
	s := memory.New()
	ctx := b.Context()
	data, reply := make([]byte, 300), make([]byte, 700)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		now := start.Add(time.Duration(i) * time.Second)
		i++
		r := runner.Record{ID: id(i), Version: 1, Data: data, Reply: reply, Wake: now.Add(5 * time.Minute), ExpiresAt: now.Add(time.Hour)}
		if err := s.Insert(ctx, r); err != nil {
			b.Fatal(err)
		}
		for range 8 {
			if err := s.Commit(ctx, r, nil, 0); err != nil {
				b.Fatal(err)
			}
			r.Version++
		}
		if err := s.Entomb(ctx, r, nil); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Due(ctx, now, 100); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Expire(ctx, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNothingDue is what the sweeper costs among many idle sessions.
func BenchmarkNothingDue(b *testing.B) {
	s := memory.New()
	fill(b, s, 100_000, 300, 700)
	ctx := b.Context()
	for b.Loop() {
		if ids, err := s.Due(ctx, start, 100); err != nil || len(ids) > 0 {
			b.Fatal(ids, err)
		}
		if more, err := s.Expire(ctx, start); err != nil || more {
			b.Fatal(more, err)
		}
	}
}
