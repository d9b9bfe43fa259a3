package bolt_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
	"callflow/providers/store/storetest"
)

func TestMain(m *testing.M) {
	if child(os.Args[1:]) {
		return
	}
	goleak.VerifyTestMain(m)
}

func file(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "callflow.db")
}

func open(tb testing.TB, path string) *bolt.Store {
	tb.Helper()
	s, err := bolt.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) runner.Store { return open(t, file(t)) })
}

func TestReopen(t *testing.T) {
	t.Parallel()
	storetest.RunDurable(t, func(t *testing.T) (runner.Store, func() runner.Store) {
		path := file(t)
		s := open(t, path)
		return s, func() runner.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path)
			return s
		}
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"Ping":     s.Ping(t.Context()),
		"Insert":   s.Insert(t.Context(), runner.Record{ID: "a"}),
		"Snapshot": s.Snapshot(t.Context(), nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s of a closed store: %v", name, err)
		}
	}
}

// What is on its way when the store closes is done, or fails; done is done.
func TestCloseFlushes(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	var wg sync.WaitGroup
	done := make([]bool, 500)
	begun := make(chan struct{}, len(done))
	for i := range done {
		wg.Go(func() {
			begun <- struct{}{}
			done[i] = s.Insert(context.Background(), runner.Record{ID: id(i)}) == nil
		})
	}
	<-begun
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	s = open(t, path)
	for i, ok := range done {
		if _, err := s.Load(t.Context(), id(i)); ok && err != nil {
			t.Errorf("session %d was saved: %v", i, err)
		}
	}
}

// held keeps the writer busy until release is called.
func held(t *testing.T, s *bolt.Store) (release func()) {
	t.Helper()
	begun, hold := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.Do(context.Background(), func() error {
			close(begun)
			<-hold
			return nil
		})
	}()
	<-begun
	return func() {
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// gathered waits until so many operations wait for the writer.
func gathered(s *bolt.Store, n int) {
	for s.Waiting() < n {
		time.Sleep(time.Millisecond)
	}
}

func TestGivesUpWaiting(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	release := held(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	data := []byte("data")
	go func() { failed <- s.Insert(ctx, runner.Record{ID: "a", Data: data}) }()
	gathered(s, 1)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	clear(data) // it is the caller's again
	release()
	if err := s.Insert(t.Context(), runner.Record{ID: "b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "a"); !errors.Is(err, runner.ErrNotFound) {
		t.Errorf("what nobody waited for was done all the same: %v", err)
	}
}

// Operations share a transaction, and each has its own result, whatever becomes
// of its neighbours.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	if err := s.Insert(t.Context(), runner.Record{ID: "there"}); err != nil {
		t.Fatal(err)
	}
	before := s.Written()
	release := held(t, s)
	broken := errors.New("broken")
	ops := []struct {
		name string
		run  func() error
		want string // "": success
	}{
		{"insert a", func() error { return s.Insert(t.Context(), runner.Record{ID: "a"}) }, ""},
		{"insert one that is there", func() error { return s.Insert(t.Context(), runner.Record{ID: "there"}) }, "session exists"},
		{"fail", func() error { return s.Do(t.Context(), func() error { return broken }) }, "broken"},
		{"panic", func() error { return s.Do(t.Context(), func() error { panic("at the disk") }) }, "the file is damaged: at the disk"},
		{"commit of a version that is not", func() error {
			return s.Commit(t.Context(), runner.Record{ID: "there", Version: 7}, nil, 0)
		}, "version conflict"},
		{"insert b", func() error { return s.Insert(t.Context(), runner.Record{ID: "b"}) }, ""},
	}
	var wg sync.WaitGroup
	errs := make([]error, len(ops))
	for i, op := range ops {
		wg.Go(func() { errs[i] = op.run() })
		gathered(s, i+1)
	}
	release()
	wg.Wait()
	for i, op := range ops {
		if err := errs[i]; (err == nil) != (op.want == "") || err != nil && !strings.Contains(err.Error(), op.want) {
			t.Errorf("%s: %v, expected %q", op.name, err, op.want)
		}
	}
	if n := s.Written() - before; n != 1 {
		t.Errorf("%d batches were written, expected 1", n)
	}
	for _, id := range []string{"a", "b", "there"} {
		if r, err := s.Load(t.Context(), id); err != nil || r.Version != 1 {
			t.Errorf("%s: version %d, %v", id, r.Version, err)
		}
	}
	if n, err := s.Live(t.Context()); n != 3 || err != nil {
		t.Errorf("%d are live, %v", n, err)
	}
}

// What changes nothing writes nothing.
func TestNothingToWrite(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	ctx := t.Context()
	if err := errors.Join(
		s.Insert(ctx, runner.Record{ID: "a", Wake: start, ExpiresAt: start.Add(time.Hour)}),
		s.SaveProgram(ctx, "h", nil),
	); err != nil {
		t.Fatal(err)
	}
	before := s.Written()
	for range 10 {
		_ = s.Insert(ctx, runner.Record{ID: "a"})
		_ = s.Commit(ctx, runner.Record{ID: "a", Version: 5}, nil, 0)
		_ = s.SaveProgram(ctx, "h", nil)
		_, _ = s.Add(ctx, "c", 0, start, time.Hour)
		_, _ = s.Due(ctx, start, 10)
		_, _ = s.Expire(ctx, start)
		_, _ = s.Finish(ctx, runner.EffectKey{Session: "a"}, nil)
	}
	if n := s.Written() - before; n != 0 {
		t.Errorf("%d batches were written", n)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	ctx := t.Context()
	long := strings.Repeat("x", 1<<16)
	for _, key := range []string{"", long} {
		_, _, claimed := s.Claim(ctx, runner.EffectKey{Session: key}, "one", start, start)
		_, promised := s.Promise(ctx, runner.Promise{Key: "k", Session: key})
		_, promisedKey := s.Promise(ctx, runner.Promise{Key: key, Session: "s"})
		_, counted := s.Add(ctx, key, 1, start, time.Hour)
		for i, err := range []error{
			s.Insert(ctx, runner.Record{ID: key}), claimed, promised, promisedKey, counted, s.SaveProgram(ctx, key, nil),
			s.Commit(ctx, runner.Record{ID: "a"}, []runner.Promise{{Key: key, Session: "a"}}, 0),
		} {
			if err == nil || !strings.Contains(err.Error(), "expected 1 to 8192") {
				t.Errorf("call %d with a key of %d bytes: %v", i, len(key), err)
			}
		}
		if _, err := s.Load(ctx, key); !errors.Is(err, runner.ErrNotFound) {
			t.Errorf("Load with a key of %d bytes: %v", len(key), err)
		}
	}
}

// Calls come and go, and the file does not grow with them.
func TestFileStaysBounded(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	ctx := t.Context()
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	var settled int64
	const calls, rounds = 200, 15
	for round := range rounds {
		now := start.Add(time.Duration(round) * time.Hour)
		var wg sync.WaitGroup
		for w := range 50 {
			wg.Go(func() {
				for i := w; i < calls; i += 50 {
					key := id(round*calls + i)
					r := runner.Record{
						ID: key, Data: make([]byte, 300), Reply: make([]byte, 700+i),
						Wake: now.Add(5 * time.Minute), ExpiresAt: now.Add(20 * time.Minute),
					}
					err := s.Insert(ctx, r)
					for v := range 3 {
						r.Version, r.Wake, r.ExpiresAt = int64(v+1), r.Wake.Add(time.Minute), r.ExpiresAt.Add(time.Minute)
						p := runner.Promise{Key: key + string(rune('0'+v)), Session: key, Seq: v, NextAt: now, ExpiresAt: now.Add(30 * time.Minute), Data: r.Data}
						err = errors.Join(err, s.Commit(ctx, r, []runner.Promise{p}, 0))
						_, lerr := s.Lease(ctx, p.Key, "one", now, now.Add(time.Minute))
						err = errors.Join(err, lerr, s.Settle(ctx, p.Key, "one", true, r.Data, now))
					}
					r.Version, r.ExpiresAt = 4, now.Add(40*time.Minute)
					if i%2 == 0 {
						err = errors.Join(err, s.Entomb(ctx, r, nil))
					}
					_, _, cerr := s.Claim(ctx, runner.EffectKey{Session: key}, "one", now, now.Add(time.Second))
					_, aerr := s.Add(ctx, key, 1, now, time.Minute)
					if err = errors.Join(err, cerr, aerr); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if _, err := s.Due(ctx, now.Add(15*time.Minute), 100); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			var err error
			if more, err = s.Expire(ctx, now.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.Live(ctx); n != 0 || err != nil {
			t.Fatalf("%d are live, %v", n, err)
		}
		if round == rounds/3 {
			settled = size()
		}
	}
	if end := size(); end > settled+4<<20 {
		t.Errorf("the file has %d bytes after %d rounds, and %d after %d", settled, rounds/3, end, rounds)
	}
	if n := s.Records(); n != 0 {
		t.Errorf("%d records are left behind", n)
	}
}
