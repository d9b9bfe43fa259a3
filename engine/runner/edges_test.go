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

// A platform whose callers cannot be held gets its answer late.
func TestPatienceOfAHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(8 * time.Second)
			return maria(), nil
		}
		p := b.phone(b.runner()).start()
		h := p.hook(keys("1234"))
		h.Patience = 30 * time.Second
		p.heard(p.run.Turn(t.Context(), h)).was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		b.close()
	})
}

// A redelivery does not wait for ever for the delivery before it: its caller is
// held, and then hears the same answer.
func TestBusySession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(8 * time.Second)
			return maria(), nil
		}
		p := b.phone(b.runner()).start()
		patient, again := p.hook(keys("1234")), p.hook(keys("1234"))
		patient.Patience = 30 * time.Second
		first := make(chan runner.Reply)
		go func() {
			reply, _, err := p.run.Turn(t.Context(), patient)
			if err != nil {
				t.Error(err)
			}
			first <- reply
		}()
		synctest.Wait()
		p.heard(p.run.Turn(t.Context(), again)).hears("say One moment.", "pause", "continue")
		reply := <-first
		p.resume().was(runner.Repeated)
		equal(t, "reply", string(p.reply.Body), string(reply.Body))
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

func TestNoticeWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		store := crash(b)
		p := b.phone(b.runner(store)).start()
		store.dead.Store(true)
		if err := p.run.Notice(t.Context(), runner.Notice{Call: p.call, Event: engine.CallEnded{}}); err == nil {
			t.Error("the platform is told that the notice was taken")
		}
		b.close()
	})
}

// However often flows are deployed, few programs are kept.
func TestManyDeploys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner()).start()
		for i := range 200 {
			s := newSpec(t, "desk", fmt.Sprint("deploy-", i))
			s.Start = "closed"
			next := s.hangup("closed", "We are closed.").program()
			b.catalog.live["desk"], b.catalog.sources["source of "+next.Hash()] = next, next
			other := b.phone(p.run)
			other.call.ID = fmt.Sprint("call of ", i)
			other.start().hears("say We are closed.", "hangup")
		}
		if n := p.run.Kept(); n > 64 {
			t.Errorf("%d programs are kept", n)
		}
		p.press("1234").hears("say Welcome Maria.", "say Menu?", "gather")
		b.close()
	})
}

// Keys kept for an outage are used for their own turn only, and once.
func TestKeptKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		store := crash(b)
		p := b.phone(b.runner(store)).start()
		old := p.token
		store.dead.Store(true)
		p.press("1234").was(runner.StoreDown)
		store.dead.Store(false)
		p.resume().was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		p.resume().hears("say Menu?", "gather") // a platform that just comes back
		p.token = old
		p.resume().was(runner.Stale)
		equal(t, "sign-ins", b.identity.count(), 1)

		// Another instance has not kept them, and asks again.
		p.call.ID, p.token = "call-2", runner.Token{}
		p.start()
		store.dead.Store(true)
		p.press("1234").was(runner.StoreDown)
		p.run = b.runner()
		p.resume().was(runner.Stepped).hears("say PIN?", "gather")
		b.close()
	})
}
