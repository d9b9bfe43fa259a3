package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// gatekeeper remembers what it was asked.
type gatekeeper struct {
	heard   []string
	refuses string
	err     error
}

func (g *gatekeeper) ask(what string, c runner.Dialling) (runner.Passage, error) {
	_, turn, _ := strings.Cut(c.Key, "/")
	g.heard = append(g.heard, fmt.Sprintf("%s %s %s %v", what, turn, c.To, c.Written))
	return runner.Passage{Refused: g.refuses, To: c.To, Limit: 10 * time.Minute}, g.err
}

func (g *gatekeeper) Dial(_ context.Context, c runner.Dialling) (runner.Passage, error) {
	return g.ask("dial", c)
}

func (g *gatekeeper) Ended(_ context.Context, c runner.Dialling) error {
	_, err := g.ask("ended", c)
	return err
}

func (g *gatekeeper) CallBack(_ context.Context, c runner.Dialling) (runner.Passage, error) {
	return g.ask("callback", c)
}

// promising is a desk that calls back whoever calls, on 6, and transfers to their own
// number until it is taken, on 4.
func promising(t *testing.T) *engine.Program {
	s := deskSpec(t, "hash-1")
	s.state("ring", engine.ActionState{
		Var: "ring", Idempotent: true, Callback: &engine.Callback{Number: s.template("${call.from}")},
		Fetch: engine.FetchSpec{Service: "herd", Method: "POST", Path: s.template("/callbacks")},
	}, "done thanks", "rejected not_recorded", "pending later", "unknown unclear")
	s.state("stubborn", engine.TransferState{To: s.template("${call.from}"), Timeout: 20 * time.Second},
		"completed menu", "busy stubborn", "no_answer stubborn", "failed stubborn")
	for i, tr := range s.Transitions {
		if tr.From != "menu" {
			continue
		}
		switch tr.Outcome {
		case engine.OptionOutcome("6"):
			s.Transitions[i].To = "ring"
		case engine.OptionOutcome("4"):
			s.Transitions[i].To = "stubborn"
		}
	}
	return s.program()
}

func (b *bench) guarded(g *gatekeeper) *runner.Runner {
	b.Helper()
	r, err := runner.New(runner.Deps{
		Catalog: b.catalog, Store: b.store, Authenticator: b.identity, Services: b.world, Sealer: b.sealer, Tolls: g,
		Log: b.log, Jitter: func() float64 { return 0.5 }, Owner: "test",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.runners = append(b.runners, r)
	return r
}

// A transfer is asked for before it begins, lasts as long as it may, and its end is
// told once: when the other side hangs up, or the caller does.
func TestTransfersAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, promising(t))
		g := &gatekeeper{}
		p := b.phone(b.guarded(g)).start().press("1234")
		p.press("5").hears("dial for 10m0s")
		equal(t, "asked", g.heard, []string{"dial 2 +15550100 true"})
		p.send(engine.DialEnded{Result: engine.DialBusy}).hears("say Menu?", "gather")
		equal(t, "told", g.heard[1:], []string{"ended 2  false"})
		p.press("4").hears("dial for 10m0s")
		p.ended()
		time.Sleep(10 * time.Second)
		b.sweep(p.run)
		b.sweep(p.run)
		equal(t, "told", g.heard[2:], []string{"dial 4 +15550123 false", "ended 4  false"})
		p.dead()
		b.close()
	})
}

// A transfer that is refused has failed, and the flow goes on.
func TestTransfersAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, promising(t))
		g := &gatekeeper{refuses: "line"}
		p := b.phone(b.guarded(g)).start().press("1234")
		p.press("5").hears("say Menu?", "gather")
		p.press("1").hears("say Balance 7.", "say Menu?", "gather")
		equal(t, "asked", g.heard, []string{"dial 2 +15550100 true"})
		// A flow that does not take no for an answer ends.
		p.press("4").was(runner.Failed).hears("say Sorry, that failed.", "hangup")
		equal(t, "asked", len(g.heard), 1+9)
		b.close()
	})
}

// Nobody knows whether a transfer may begin while nobody can count: the caller is held,
// and what they pressed is not lost.
func TestTransfersWithoutCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, promising(t))
		g := &gatekeeper{}
		p := b.phone(b.guarded(g)).start().press("1234")
		g.err = errors.New("down")
		p.press("5").was(runner.StoreDown)
		g.err = nil
		p.resume().hears("dial for 10m0s")
		b.close()
	})
}

// A call back that is refused is rejected, and nobody is asked to make it.
func TestCallsBackAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, promising(t))
		g := &gatekeeper{}
		p := b.phone(b.guarded(g)).start().press("1234")
		p.press("6").hears("say Recorded.", "say Menu?", "gather")
		g.refuses = "daily"
		p.press("6").hears("say Not accepted.", "say Menu?", "gather")
		equal(t, "asked", g.heard, []string{"callback ring/1 +15550123 false", "callback ring/2 +15550123 false"})
		equal(t, "sent", b.world.paths(), []string{"/callbacks"})
		equal(t, "backlog", b.backlog(), 0)
		b.close()
	})
}
