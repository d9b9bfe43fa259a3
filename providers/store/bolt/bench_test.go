package bolt_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
	"callflow/providers/store/memory"
)

var start = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// id is as long as the runner's are.
func id(i int) string { return fmt.Sprintf("%032x", uint64(i)*0x9E3779B97F4A7C15) }

// fill inserts n sessions with so many bytes of data and reply.
func fill(tb testing.TB, s runner.Store, n, data, reply int) {
	tb.Helper()
	var wg sync.WaitGroup
	const workers = 256
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				at := start.Add(time.Duration(i) * time.Millisecond)
				r := runner.Record{
					ID: id(i), Data: make([]byte, data), Reply: make([]byte, reply),
					Wake: at.Add(5 * time.Minute), ExpiresAt: at.Add(time.Hour),
				}
				if err := s.Insert(tb.Context(), r); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if tb.Failed() {
		tb.FailNow()
	}
}

// cpu is what this process has spent.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTurn is what a turn asks of a store, a load and a commit, of so many
// calls at once: ns/op is the time from one to the next, all together.
func BenchmarkTurn(b *testing.B) {
	for _, calls := range []int{1, 64, 256} {
		for _, n := range []int{1_000, 100_000} {
			for _, store := range []struct {
				name string
				open func() runner.Store
			}{
				{"memory", func() runner.Store { return memory.New() }},
				{"bolt", func() runner.Store { return open(b, file(b)) }},
			} {
				b.Run(fmt.Sprintf("calls=%d/sessions=%d/%s", calls, n, store.name), func(b *testing.B) {
					s := store.open()
					defer s.Close()
					fill(b, s, n, 300, 700)
					turns(b, s, calls, n)
				})
			}
		}
	}
}

// turns plays turns of sessions that were filled in, each by one call.
func turns(b *testing.B, s runner.Store, calls, n int) {
	ctx := b.Context()
	var next atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	spent := cpu(b)
	var wg sync.WaitGroup
	for c := range calls {
		wg.Go(func() {
			for i := c; next.Add(1) <= int64(b.N); i += calls {
				if i >= n {
					i = c
				}
				r, err := s.Load(ctx, id(i))
				if err != nil {
					b.Error(err)
					return
				}
				r.Wake, r.ExpiresAt = r.Wake.Add(time.Second), r.ExpiresAt.Add(time.Second)
				if err := s.Commit(ctx, r, nil, 0); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-spent).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

// BenchmarkPhones looks users up in an index of a hundred thousand, and gives the
// time that 99 of 100 look-ups stay below.
func BenchmarkPhones(b *testing.B) {
	const users, batch = 100_000, 2000
	store, err := bolt.Open(filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	number := func(i int) string { return fmt.Sprintf("+1202%07d", i) }
	for i := 0; i < users; i += batch {
		list := make([]runner.PhoneUser, batch)
		for k := range list {
			list[k] = runner.PhoneUser{
				ID: fmt.Sprintf("auth0|%08x", (i+k)*2654435761), Name: "Maria", UpdatedAt: time.UnixMicro(1),
				Numbers: []runner.PhoneNumber{{Number: number(i + k), Kind: runner.PhoneIdentifier}},
			}
		}
		if _, err := store.PutUsers(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
	var took []time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		found, err := store.UsersByPhone(b.Context(), number(i*7919%users), 10)
		if err != nil || len(found) != 1 {
			b.Fatal(found, err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}
