package runner_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// loses loses the answers to the first leases.
func loses(n int32) func(int, string) (before, after bool) {
	var leases atomic.Int32
	return func(_ int, op string) (bool, bool) { return false, op == "lease" && leases.Add(1) <= n }
}

// What a store does not tell must not be sent twice to a service that must not see
// it twice.

// The store fails for so long that the lease passes before it knows what was sent.
func TestSentWhileTheStoreWasDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var up atomic.Bool
		store := &faults{Store: b.store, fail: func(_ int, op string) (bool, bool) { return !up.Load() && op == "settle", false }}
		p := b.phone(b.runner(store)).start().press("1234").press("3")
		equal(t, "sent", b.world.paths(), []string{"/strict"})
		time.Sleep(10 * time.Minute)
		up.Store(true)
		p.press("9")
		b.deliver(p.run)
		equal(t, "sent", b.world.paths(), []string{"/strict"})
		equal(t, "backlog", b.backlog(), 0)
		b.close()
	})
}

// Whoever was sending it crashed, and the answer to taking it over gets lost.
func TestTakeOverWhoseAnswerIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var crashed atomic.Bool
		one := &faults{Store: b.store, fail: func(int, string) (bool, bool) { return crashed.Load(), false }}
		b.world.action = func(context.Context, engine.Action, int) (engine.Answered, bool, error) {
			crashed.Store(true)
			return engine.Answered{}, true, context.DeadlineExceeded
		}
		p := b.phone(b.runner(one)).start().press("1234").press("3").was(runner.StoreDown)
		time.Sleep(5 * time.Minute)

		lost := loses(1)
		two := &faults{Store: b.store, fail: lost}
		r := b.runner(two)
		for range 5 {
			_ = r.Deliver(t.Context())
			time.Sleep(time.Minute)
		}
		equal(t, "sent", b.world.paths(), []string{"/strict"})
		equal(t, "backlog", b.backlog(), 0)
		p.run = r
		p.resume().press("3").hears("say Nobody knows.", "say Menu?", "gather")
		b.close()
	})
}

// What never left is sent, however often the lease's answer got lost.
func TestNeverSentIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		lost := loses(3)
		store := &faults{Store: b.store, fail: lost}
		p := b.phone(b.runner(store)).start().press("1234").press("3").was(runner.StoreDown)
		for range 4 {
			time.Sleep(40 * time.Second)
			_ = p.run.Deliver(t.Context())
		}
		equal(t, "sent", b.world.paths(), []string{"/strict"})
		equal(t, "backlog", b.backlog(), 0)
		b.close()
	})
}
