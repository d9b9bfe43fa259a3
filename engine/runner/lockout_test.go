package runner_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
)

// locked is a runner whose sign-ins are counted.
func (b *bench) locked() (*runner.Runner, *lockout.Lockout) {
	b.Helper()
	locks, err := lockout.New(lockout.Deps{
		Next: b.identity, Counters: b.store, Key: []byte("0123456789abcdef"), Limits: lockout.Defaults(),
	})
	if err != nil {
		b.Fatal(err)
	}
	r, err := runner.New(runner.Deps{
		Catalog: b.catalog, Store: b.store, Authenticator: locks, Services: b.world, Sealer: b.sealer, Log: b.log, Owner: "test",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.runners = append(b.runners, r)
	return r, locks
}

// However often a PIN is delivered, and to however many instances, it counts once.
func TestRedeliveryCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		one, locks := b.locked()
		two, _ := b.locked()
		p := b.phone(one).start()
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				r := one
				if i%2 == 1 {
					r = two
				}
				if _, _, err := r.Turn(t.Context(), p.hook(keys("9999"))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		equal(t, "sign-ins", b.identity.count(), 1)
		list, err := locks.List(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			equal(t, string(e.ID.Kind()), e.Attempts, 1)
		}
		equal(t, "counters", len(list), 3)
		b.close()
	})
}

// Redialling resets nothing, and neither does a restart.
func TestRedialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		call := func(id, pin string) *phone {
			r, _ := b.locked()
			p := b.phone(r)
			p.call.ID = id
			return p.start().press(pin)
		}
		for _, id := range []string{"1", "2", "3"} {
			call(id, "9999").hears("say Refused.", "hangup")
		}
		call("4", "1234").hears("say Refused.", "hangup")
		equal(t, "sign-ins", b.identity.count(), 3)
		time.Sleep(30 * time.Second)
		call("5", "1234").hears("say Welcome Maria.", "say Menu?", "gather")
		equal(t, "sign-ins", b.identity.count(), 4)
		b.close()
	})
}
