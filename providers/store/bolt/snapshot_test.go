package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
)

// A copy is all of one moment, though calls go on while it is made.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	const calls = 100
	fill(t, s, calls, 300, 700)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() { // each commit with a promise
			for v := int64(1); ctx.Err() == nil; v++ {
				p := runner.Promise{Key: id(i) + string(rune(v)), Session: id(i), Seq: int(v)}
				if err := s.Commit(ctx, runner.Record{ID: id(i), Version: v, Data: make([]byte, 100*v%3000)}, []runner.Promise{p}, 0); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 5 {
		var copied bytes.Buffer
		if err := s.Snapshot(t.Context(), &copied); err != nil {
			t.Fatal(err)
		}
		path := file(t)
		if err := os.WriteFile(path, copied.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		c := open(t, path)
		commits := int64(0)
		for i := range calls {
			r, err := c.Load(t.Context(), id(i))
			if err != nil {
				t.Fatal(err)
			}
			commits += r.Version - 1
		}
		if backlog, err := c.Backlog(t.Context()); int64(backlog) != commits || err != nil {
			t.Errorf("copy %d has %d commits and %d promises, %v", n, commits, backlog, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

// Closing the store, and the end of the context, end a copy that goes nowhere.
func TestSnapshotGivesUp(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	fill(t, s, 1000, 300, 700)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Snapshot(ctx, writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
	closed := make(chan error, 1)
	var once sync.Once
	err = s.Snapshot(t.Context(), writerFunc(func(b []byte) (int, error) {
		once.Do(func() {
			go func() { closed <- s.Close() }()
			<-s.Closing()
		})
		return len(b), nil
	}))
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("of a closed store: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// What is cut off is no store.
func TestSnapshotCutOff(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	fill(t, s, 1000, 300, 700)
	var copied bytes.Buffer
	if err := s.Snapshot(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, copied.Bytes()[:copied.Len()-4096], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("half a copy is opened: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

var _ io.Writer = writerFunc(nil)
