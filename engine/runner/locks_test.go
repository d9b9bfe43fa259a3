package runner

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLocks(t *testing.T) {
	t.Parallel()
	l := newLocks()
	ctx := t.Context()
	var (
		wg    sync.WaitGroup
		count [7]int // guarded by the locks
	)
	for i := range 700 {
		wg.Go(func() {
			k := i % len(count)
			key := fmt.Sprint("session-", k)
			if !l.acquire(ctx, key, time.Minute) {
				t.Error("not acquired")
				return
			}
			count[k]++
			l.release(key)
		})
	}
	wg.Wait()
	for k, n := range count {
		if n != 100 {
			t.Errorf("key %d: %d", k, n)
		}
	}
	for i := range l.shards {
		if n := len(l.shards[i].held); n != 0 {
			t.Errorf("%d locks are left", n)
		}
	}
}

func TestLockPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		if !l.acquire(t.Context(), "a", 0) {
			t.Fatal("not acquired")
		}
		begin := time.Now()
		if l.acquire(t.Context(), "a", time.Second) || time.Since(begin) != time.Second {
			t.Errorf("acquired twice, or after %s", time.Since(begin))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if l.acquire(ctx, "a", time.Second) {
			t.Error("acquired by one that is gone")
		}
		if !l.acquire(t.Context(), "b", 0) {
			t.Error("another key is held up")
		}
		got := make(chan bool)
		go func() { got <- l.acquire(t.Context(), "a", time.Minute) }()
		synctest.Wait()
		l.release("a")
		if !<-got {
			t.Error("not handed over")
		}
		l.release("a")
		l.release("b")
		if !l.acquire(t.Context(), "a", 0) {
			t.Error("not released")
		}
	})
}

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		if !g.enter() {
			t.Fatal("shut")
		}
		g.close()
		if g.enter() {
			t.Error("entered a shut gate")
		}
		g.join()
		g.leave()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.wait(ctx); err == nil {
			t.Error("somebody is in")
		}
		g.leave()
		if err := g.wait(ctx); err != nil {
			t.Error(err)
		}
		g.close() // twice
	})
}
