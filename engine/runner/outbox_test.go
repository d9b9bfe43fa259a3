package runner_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

func pending(context.Context, engine.Action, int) (engine.Answered, bool, error) {
	return engine.Answered{Result: engine.AnswerPending, Detail: "HTTP 503"}, true, nil
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.world.action = pending
		p := b.phone(b.runner()).start().press("1234").press("2").hears("say Will be filed.", "say Menu?", "gather")
		p.press("9")
		go p.run.Run(t.Context())
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		var waits []string
		for i := 1; i < len(b.world.actions); i++ {
			waits = append(waits, fmt.Sprint(b.world.actions[i].at.Sub(b.world.actions[i-1].at)))
		}
		equal(t, "first waits", waits[:11], []string{"1s", "2s", "4s", "8s", "16s", "32s", "1m4s", "2m8s", "4m16s", "5m0s", "5m0s"})
		equal(t, "keys", len(b.world.keys("/report")), 1)
		last := b.world.actions[len(b.world.actions)-1].at.Sub(b.world.actions[0].at)
		if last < 23*time.Hour+50*time.Minute || last > 24*time.Hour {
			t.Errorf("the last attempt came after %s", last)
		}
		equal(t, "backlog", b.backlog(), 1) // parked, for an operator to see
		b.close()
	})
}

func TestOrderWithinACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		down := true
		b.world.action = func(ctx context.Context, a engine.Action, n int) (engine.Answered, bool, error) {
			if down {
				return pending(ctx, a, n)
			}
			return engine.Answered{Result: engine.AnswerDone}, true, nil
		}
		p := b.phone(b.runner()).start().press("1234")
		p.press("4").hears("say Will be filed.", "say Menu?", "gather")
		equal(t, "sent", b.world.paths(), []string{"/first"}) // the second waits for it
		p.press("2").hears("say Will be filed.", "say Menu?", "gather")
		equal(t, "backlog", b.backlog(), 3)
		for range 3 {
			time.Sleep(time.Second)
			b.deliver(p.run)
		}
		down = false
		for range 10 {
			time.Sleep(time.Second)
			b.deliver(p.run)
		}
		paths := b.world.paths()
		equal(t, "sent at last", paths[len(paths)-3:], []string{"/first", "/second", "/report"})
		for _, path := range paths[:len(paths)-3] {
			equal(t, "before", path, "/first")
		}
		equal(t, "backlog", b.backlog(), 0)
		p.press("2").hears("say Recorded.", "say Menu?", "gather")
		equal(t, "visits have keys of their own", len(b.world.keys("/report")), 2)
		b.close()
	})
}

func TestHangupWhileAnActionIsPending(t *testing.T) {
	for _, crashed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.world.action = func(ctx context.Context, a engine.Action, n int) (engine.Answered, bool, error) {
				if n <= 3 {
					return pending(ctx, a, n)
				}
				return engine.Answered{Result: engine.AnswerDone}, true, nil
			}
			p := b.phone(b.runner()).start().press("1234").press("2").hears("say Will be filed.", "say Menu?", "gather")
			p.press("9").hears("say Bye.", "hangup")
			p.ended()
			p.dead()
			r := p.run
			if crashed {
				r = b.runner()
			}
			b.sweeps(r, 20*time.Second)
			equal(t, "sent", b.world.paths(), []string{"/report", "/report", "/report", "/report"})
			equal(t, "keys", len(b.world.keys("/report")), 1)
			equal(t, "backlog", b.backlog(), 0)
			b.close()
		})
	}
}

// The caller hangs up while a slow action is being sent: it is sent once, and the
// end of the call waits for its answer.
func TestHangupDuringAnAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.world.action = func(context.Context, engine.Action, int) (engine.Answered, bool, error) {
			time.Sleep(4 * time.Second)
			return engine.Answered{Result: engine.AnswerDone}, true, nil
		}
		p := b.phone(b.runner()).start().press("1234").press("2").was(runner.Held)
		p.ended()
		b.sweeps(p.run, 30*time.Second)
		p.dead()
		equal(t, "sent", b.world.paths(), []string{"/report", "/note"})
		b.close()
	})
}

func TestCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		logs := b.observe()
		b.world.action = func(_ context.Context, _ engine.Action, n int) (engine.Answered, bool, error) {
			if n > 1 {
				return engine.Answered{Result: engine.AnswerDone}, true, nil
			}
			return engine.Answered{Result: engine.AnswerPending, Detail: "HTTP 401"}, true, fmt.Errorf("herd: %w", runner.ErrCredentials)
		}
		p := b.phone(b.runner()).start().press("1234").press("2").hears("say Will be filed.", "say Menu?", "gather")
		b.sweeps(p.run, 4*time.Minute)
		equal(t, "sent", len(b.world.paths()), 1)
		b.sweeps(p.run, 2*time.Minute)
		equal(t, "sent", b.world.paths()[:2], []string{"/report", "/report"})
		if !logs.has("alarm", "credentials") {
			t.Errorf("no alarm in %s", logs)
		}
		b.close()
	})
}

// A busy outbox delivers all, some at a time, and a service that hangs holds up
// nobody else's.
func TestManyDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.world.action = pending
		r := b.runner()
		for i := range 100 {
			p := b.phone(r)
			p.call.ID = fmt.Sprint("call-", i)
			p.start().press("1234").press("2").press("9")
		}
		equal(t, "backlog", b.backlog(), 100)
		b.world.action = func(ctx context.Context, a engine.Action, n int) (engine.Answered, bool, error) {
			time.Sleep(time.Second)
			return engine.Answered{Result: engine.AnswerDone}, true, nil
		}
		go r.Run(t.Context())
		time.Sleep(10 * time.Second)
		equal(t, "backlog", b.backlog(), 0)
		equal(t, "sent", len(b.world.paths()), 200)
		b.close()
	})
}

func TestPromiseThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		logs := b.observe()
		r := b.runner()
		_, err := b.store.Promise(t.Context(), runner.Promise{Key: "k", Session: "s", Seq: 1, Data: []byte("damaged"), Resend: true, CreatedAt: time.Now(), NextAt: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		b.sweeps(r, 10*time.Second)
		got, err := b.store.Promised(t.Context(), "k")
		if err != nil || got.Done || got.Attempts != 1 {
			t.Errorf("promise %+v, %v", got, err)
		}
		if !logs.has("alarm", "cannot be read") {
			t.Errorf("no alarm in %s", logs)
		}
		b.close()
	})
}
