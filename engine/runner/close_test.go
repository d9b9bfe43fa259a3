package runner_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Close waits for what runs, and another instance goes on with the call.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(4 * time.Second)
			return maria(), nil
		}
		old := b.runner()
		finished := make(chan struct{})
		go func() {
			old.Run(t.Context())
			close(finished)
		}()
		p := b.phone(old).start().press("1234").was(runner.Held)
		begin := time.Now()
		closed := make(chan error)
		go func() { closed <- old.Close(t.Context()) }()
		synctest.Wait()
		token := p.token
		p.resume().was(runner.StoreDown).hears("say One moment.", "pause", "continue") // not here any more
		equal(t, "token", p.token, token)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		<-finished
		equal(t, "closed after", time.Since(begin), 2500*time.Millisecond)
		p.run = b.runner()
		p.resume().was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

func TestCloseCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(ctx context.Context, _ int) (engine.SignedIn, error) {
			<-ctx.Done()
			return engine.SignedIn{}, ctx.Err()
		}
		p := b.phone(b.runner()).start().press("1234").was(runner.Held)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.run.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		equal(t, "flights", p.run.Flying(), 0)
		b.runners = nil
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		r := b.runner()
		ctx, cancel := context.WithCancel(t.Context())
		finished := make(chan struct{})
		go func() {
			r.Run(ctx)
			close(finished)
		}()
		p := b.phone(r).start()
		p.ended()
		time.Sleep(10 * time.Second)
		p.dead()
		equal(t, "on_hangup", b.notes(), 1)
		cancel()
		<-finished
		b.close()
		r.Run(t.Context()) // closed: it returns at once
	})
}

// While the store is down, the loops say so once.
func TestRunThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		logs := b.observe()
		store := crash(b)
		r := b.runner(store)
		go r.Run(t.Context())
		p := b.phone(r).start()
		p.ended()
		store.dead.Store(true)
		time.Sleep(30 * time.Second)
		store.dead.Store(false)
		time.Sleep(5 * time.Second)
		p.dead()
		equal(t, "on_hangup", b.notes(), 1)
		equal(t, "failures told", logs.count("background work fails", `"sweep"`), 1)
		equal(t, "recoveries told", logs.count("succeeds again", `"sweep"`), 1)
		b.close()
	})
}
