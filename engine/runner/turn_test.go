package runner_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

func TestWholeCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		p.start().was(runner.Stepped).hears("say PIN?", "gather")
		p.press("1234").was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		p.press("1").hears("say Balance 7.", "say Menu?", "gather")
		p.press("2").hears("say Recorded.", "say Menu?", "gather")
		p.press("5").hears("dial")
		p.send(engine.DialEnded{Result: engine.DialBusy}).hears("say Menu?", "gather")
		p.send(engine.NoInput{}).hears("say Nothing heard.", "say Menu?", "gather")
		p.press("9").was(runner.Stepped).hears("say Bye.", "hangup")
		p.dead()
		p.ended() // harmless
		equal(t, "sign-ins", b.identity.count(), 1)
		equal(t, "requests", b.world.count(), 1)
		equal(t, "actions", b.world.paths(), []string{"/report"})
		equal(t, "backlog", b.backlog(), 0)
		b.close()
	})
}

// deliveries sends the same hook many times at once over several runners.
func deliveries(b *bench, runners []*runner.Runner, send func(*runner.Runner) (runner.Reply, runner.Outcome, error)) map[runner.Outcome]int {
	b.Helper()
	const n = 16
	var wg sync.WaitGroup
	replies, outcomes := make([]runner.Reply, n), make([]runner.Outcome, n)
	for i := range n {
		wg.Go(func() {
			var err error
			if replies[i], outcomes[i], err = send(runners[i%len(runners)]); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	count := map[runner.Outcome]int{}
	for i := range n {
		count[outcomes[i]]++
		if !bytes.Equal(replies[i].Body, replies[0].Body) || replies[i].Status != replies[0].Status || replies[i].ContentType != replies[0].ContentType {
			b.Errorf("reply %d differs:\n%s\n%s", i, replies[i].Body, replies[0].Body)
		}
	}
	return count
}

func TestRedelivery(t *testing.T) {
	for _, instances := range []int{1, 2, 4} {
		for _, slow := range []time.Duration{0, 300 * time.Millisecond, 4 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
					time.Sleep(slow)
					return maria(), nil
				}
				var runners []*runner.Runner
				for range instances {
					runners = append(runners, b.runner())
				}
				p := b.phone(runners[0]).start()
				hook := p.hook(keys("1234"))
				count := deliveries(b, runners, func(r *runner.Runner) (runner.Reply, runner.Outcome, error) {
					return r.Turn(t.Context(), hook)
				})
				first := runner.Stepped
				if slow > time.Second {
					first = runner.Held
				}
				equal(t, "outcomes", count, map[runner.Outcome]int{first: 1, runner.Repeated: 15})
				equal(t, "sign-ins", b.identity.count(), 1)
				equal(t, "version", p.alive().Version, int64(2))
				b.close()
			})
		}
	}
}

func TestFirstHookRedelivered(t *testing.T) {
	for _, instances := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := newSpec(t, "desk", "hash-first")
			s.Start = "balance"
			s.request("balance", "bank", "ok menu").menu("menu", "Menu?", "9 bye").hangup("bye", "Bye.")
			b := newBench(t, s.program())
			b.world.request = func(context.Context, int) (engine.Answered, error) {
				time.Sleep(200 * time.Millisecond)
				return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"7"}`)}, nil
			}
			var runners []*runner.Runner
			for range instances {
				runners = append(runners, b.runner())
			}
			p := b.phone(runners[0])
			start := p.starting()
			count := deliveries(b, runners, func(r *runner.Runner) (runner.Reply, runner.Outcome, error) {
				return r.Start(t.Context(), start)
			})
			equal(t, "outcomes", count, map[runner.Outcome]int{runner.Stepped: 1, runner.Repeated: 15})
			equal(t, "requests", b.world.count(), 1)

			p.heard(p.run.Start(t.Context(), start)).was(runner.Repeated).hears("say Menu?", "gather")
			p.press("9").hears("say Bye.", "hangup")
			token := p.token
			p.heard(p.run.Start(t.Context(), start)).was(runner.Finished).hears("hangup")
			p.token = token
			p.press("9").was(runner.Finished).hears("hangup")
			b.close()
		})
	}
}

func TestFirstHookReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		start := p.starting()
		p.start()
		first := p.reply
		p.heard(p.run.Start(t.Context(), start)).was(runner.Repeated)
		equal(t, "reply", string(p.reply.Body), string(first.Body))
		p.press("1234").was(runner.Stepped)
		token, rec := p.token, p.alive()
		p.heard(p.run.Start(t.Context(), start)).was(runner.Stale).hears()
		equal(t, "record", p.alive(), rec)
		p.token = token
		p.press("9").hears("say Bye.", "hangup")
		p.heard(p.run.Start(t.Context(), start)).was(runner.Finished).hears("hangup")
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

// TestFallsBackToTheStart: a platform that knows no way back but the first hook is lost
// in the turn that the call is at: the question is asked again, a few times at most.
func TestFallsBackToTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		start := p.starting()
		start.Lost = true
		p.start()
		first := p.reply
		p.heard(p.run.Start(t.Context(), start)).was(runner.Repeated) // it may have heard nothing yet
		equal(t, "reply", string(p.reply.Body), string(first.Body))
		p.press("1234").was(runner.Stepped)
		late := p.token
		p.heard(p.run.Start(t.Context(), start)).was(runner.Stepped).hears("say Menu?", "gather")
		token := p.token
		p.token = late
		p.press("9").was(runner.Repeated).hears("say Menu?", "gather") // what failed comes late
		p.token = token
		for range 2 {
			p.heard(p.run.Start(t.Context(), start)).was(runner.Stepped).hears("say Menu?", "gather")
		}
		p.heard(p.run.Start(t.Context(), start)).was(runner.Stepped)
		if !strings.Contains(string(p.reply.Body), "hangup") {
			t.Errorf("a call that is lost for ever hears %s", p.reply.Body)
		}
		p.heard(p.run.Start(t.Context(), start)).was(runner.Finished).hears("hangup")
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

// TestFallsBackInTheFirstTurn: a call whose first answer never arrives hears its
// beginning once more, then the question, and is not lost for ever.
func TestFallsBackInTheFirstTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		start := p.starting()
		start.Lost = true
		p.start()
		first := string(p.reply.Body)
		again := func() *phone { return p.heard(p.run.Start(t.Context(), start)) }
		again().was(runner.Repeated)
		equal(t, "reply", string(p.reply.Body), first)
		plain := start
		plain.Lost = false
		p.heard(p.run.Start(t.Context(), plain)).was(runner.Repeated) // a late repeat costs nothing
		equal(t, "reply", string(p.reply.Body), first)
		for range 2 {
			again().was(runner.Stepped)
			if !strings.Contains(string(p.reply.Body), "gather") {
				t.Errorf("hears %s", p.reply.Body)
			}
		}
		again().was(runner.Stepped)
		if !strings.Contains(string(p.reply.Body), "hangup") {
			t.Errorf("a call that is lost for ever hears %s", p.reply.Body)
		}
		again().was(runner.Finished).hears("hangup")
		b.close()
	})
}

// TestFallsBackOnceHungUp: the notice of a call's end is not overlooked because the
// first turn is lost as well.
func TestFallsBackOnceHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		start := p.starting()
		start.Lost = true
		p.start()
		p.ended()
		p.heard(p.run.Start(t.Context(), start)).hears("hangup")
		p.dead()
		b.close()
	})
}

func TestCallThatEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpec(t, "desk", "hash-closed")
		s.Start = "closed"
		b := newBench(t, s.hangup("closed", "We are closed.").program())
		p := b.phone(b.runner())
		p.start().was(runner.Stepped).hears("say We are closed.", "hangup")
		body := string(p.reply.Body)
		p.token, p.holds = runner.Token{}, 0
		p.start().was(runner.Repeated)
		equal(t, "reply", string(p.reply.Body), body)
		p.dead()
		b.close()
	})
}

func TestLastHookRedelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner()).start().press("1234")
		hook := p.hook(keys("9"))
		count := deliveries(b, []*runner.Runner{p.run, b.runner()}, func(r *runner.Runner) (runner.Reply, runner.Outcome, error) {
			return r.Turn(t.Context(), hook)
		})
		equal(t, "outcomes", count, map[runner.Outcome]int{runner.Stepped: 1, runner.Repeated: 15})
		b.close()
	})
}

func TestOtherTurns(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(h *runner.Hook, first, second runner.Token)
		want   runner.Outcome
	}{
		{"the turn before", func(h *runner.Hook, _, second runner.Token) { h.Token = second }, runner.Repeated},
		{"late", func(h *runner.Hook, first, _ runner.Token) { h.Token = first }, runner.Stale},
		{"future", func(h *runner.Hook, _, _ runner.Token) { h.Token.Turn++ }, runner.Stale},
		{"foreign nonce", func(h *runner.Hook, _, _ runner.Token) { h.Token.Nonce = "1" + h.Token.Nonce[1:] }, runner.Stale},
		{"no nonce", func(h *runner.Hook, _, _ runner.Token) { h.Token.Nonce = "" }, runner.Stale},
		{"nonce of another turn", func(h *runner.Hook, _, second runner.Token) { h.Token.Nonce = second.Nonce }, runner.Stale},
		{"turn of another nonce", func(h *runner.Hook, _, second runner.Token) { h.Token.Turn = second.Turn }, runner.Stale},
		{"no turn, no nonce", func(h *runner.Hook, _, _ runner.Token) { h.Token.Turn, h.Token.Nonce = 0, "" }, runner.Stale},
		{"negative", func(h *runner.Hook, _, _ runner.Token) { h.Token.Turn = -1 }, runner.Stale},
		{"another call", func(h *runner.Hook, _, _ runner.Token) { h.Call.ID = "call-2" }, runner.Stale},
		{"another account", func(h *runner.Hook, _, _ runner.Token) { h.Call.Account = "b" }, runner.Stale},
		{"another platform", func(h *runner.Hook, _, _ runner.Token) { h.Call.Platform = "other" }, runner.Stale},
		{"another session", func(h *runner.Hook, _, _ runner.Token) { h.Token.Session = "other" }, runner.Stale},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := b.phone(b.runner()).start()
				first := p.token
				p.press("1234")
				second := p.token
				p.press("1")
				third, saved, rec := p.token, string(p.reply.Body), p.alive()
				h := p.hook(keys("2"))
				tt.change(&h, first, second)
				p.heard(p.run.Turn(t.Context(), h)).was(tt.want)
				if tt.want == runner.Stale {
					p.hears()
				} else {
					equal(t, "reply", string(p.reply.Body), saved)
				}
				equal(t, "record", p.alive(), rec)
				equal(t, "actions", len(b.world.paths()), 0)
				p.token = third
				p.press("9").was(runner.Stepped) // the call goes on
				b.close()
			})
		})
	}
}

func TestCrashBetweenCommitAndReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner()).start()
		hook := p.hook(keys("1234"))
		lost, _, err := p.run.Turn(t.Context(), hook)
		if err != nil {
			t.Fatal(err)
		}
		p.run = b.runner()
		p.heard(p.run.Turn(t.Context(), hook)).was(runner.Repeated)
		equal(t, "reply", string(p.reply.Body), string(lost.Body))
		equal(t, "sign-ins", b.identity.count(), 1)
		p.press("1").hears("say Balance 7.", "say Menu?", "gather")
		b.close()
	})
}

// A platform that hangs up on us does not stop the turn.
func TestClientGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner()).start()
		hook := p.hook(keys("1234"))
		ctx, cancel := context.WithCancel(t.Context())
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			cancel()
			time.Sleep(time.Second)
			return maria(), nil
		}
		p.heard(p.run.Turn(ctx, hook)).was(runner.Stepped)
		p.heard(p.run.Turn(t.Context(), hook)).was(runner.Repeated).hears("say Welcome Maria.", "say Menu?", "gather")
		b.close()
	})
}
