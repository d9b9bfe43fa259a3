package index_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"callflow/providers/identity/auth0/index"
	"callflow/providers/store/bolt"
)

// exportOf writes an export of so many users as Auth0 does, line by line, so that it is
// nowhere as a whole. Every tenth user shares a number with another.
func exportOf(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is one that there is
		var line bytes.Buffer
		for i := range n {
			line.Reset()
			fmt.Fprintf(&line, `{"user_id":"auth0|%024x","phone_number":%q,"account_number":"%d","name":"User %d","updated_at":"2026-10-01T10:00:00.000Z","identities":[{"provider":"auth0","connection":"Callers","user_id":"%024x","isSocial":false}]}`+"\n",
				i*2654435761, numberOf(i), 1_000_000+i, i, i*2654435761)
			if _, err := z.Write(line.Bytes()); err != nil {
				return // the reader has gone
			}
		}
		_ = w.CloseWithError(z.Close())
	}()
	return r
}

func numberOf(i int) string { return fmt.Sprintf("+6140%07d", i-i%10/9) }

// peak is the most memory of the heap while something runs, looked at a hundred times
// a second.
func peak(do func()) (most uint64) {
	var looking sync.WaitGroup
	done := make(chan struct{})
	looking.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	do()
	close(done)
	looking.Wait()
	return most
}

// BenchmarkImportIntoFile imports a full export, gzipped, into a store in a file, and
// looks numbers up in it afterwards: the time, the most memory, the size of the file, and
// the time that 99 of 100 look-ups stay below. With a million users it takes a minute or
// so: run it with -benchtime 1x.
func BenchmarkImportIntoFile(b *testing.B) {
	for _, users := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			if testing.Short() && users > 100_000 {
				b.Skip("it takes a minute")
			}
			for b.Loop() {
				importInto(b, users)
			}
		})
	}
}

func importInto(b *testing.B, users int) {
	file := filepath.Join(b.TempDir(), "store.db")
	store, err := bolt.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	var took time.Duration
	runtime.GC()
	most := peak(func() {
		began := time.Now()
		r, err := index.NewReader(exportOf(users), australia(b), at)
		if err != nil {
			b.Fatal(err)
		}
		got, err := index.Job{Phones: store, Name: "million", Full: true, At: at}.Run(b.Context(), r)
		if err != nil || got.Users != users || got.Bad > 0 {
			b.Fatalf("%+v, %v", got, err)
		}
		took = time.Since(began)
	})
	lookups := make([]time.Duration, 100_000)
	for i := range lookups {
		n := i * 7919 % users
		began := time.Now()
		found, err := store.UsersByPhone(b.Context(), numberOf(n), 10)
		lookups[i] = time.Since(began)
		if err != nil || len(found) == 0 {
			b.Fatalf("%s: %v, %v", numberOf(n), found, err)
		}
	}
	slices.Sort(lookups)
	b.ReportMetric(took.Seconds(), "import-s")
	b.ReportMetric(float64(users)/took.Seconds(), "users/s")
	b.ReportMetric(float64(most)/(1<<20), "peak-heap-MB")
	b.ReportMetric(float64(lookups[len(lookups)*99/100].Nanoseconds())/1000, "lookup-p99-µs")
	b.ReportMetric(0, "ns/op")
}
