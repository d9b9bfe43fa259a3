package runner_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// wait follows continues until the call says something else, and returns how long
// that took.
func (p *phone) wait() time.Duration {
	p.Helper()
	begin := time.Now()
	for range 100 {
		if len(p.verbs) == 0 || p.verbs[len(p.verbs)-1] != "continue" {
			return time.Since(begin)
		}
		time.Sleep(100 * time.Millisecond) // the way there and back
		p.resume()
	}
	p.Fatal("held for ever")
	return 0
}

func TestSlowEffectHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(4 * time.Second)
			return maria(), nil
		}
		p := b.phone(b.runner()).start()
		begin := time.Now()
		p.press("1234").was(runner.Held).hears("say One moment.", "pause", "continue")
		equal(t, "patience", time.Since(begin), 1500*time.Millisecond)
		held := p.hook(engine.Resumed{})
		p.resume().was(runner.Held).hears("pause", "continue")
		equal(t, "patience", time.Since(begin), 3*time.Second)
		answer := string(p.reply.Body)
		p.heard(p.run.Turn(t.Context(), held)).was(runner.Repeated) // holding is a turn like any other
		equal(t, "reply", string(p.reply.Body), answer)
		p.resume().was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		equal(t, "result", time.Since(begin), 4*time.Second)
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

func TestHoldSaysWhatThereIsToSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.world.request = func(context.Context, int) (engine.Answered, error) {
			time.Sleep(4 * time.Second)
			return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"8"}`)}, nil
		}
		p := b.phone(b.runner()).start().press("1234")
		p.press("6").was(runner.Held).hears("say Let me check.", "continue")
		p.resume().was(runner.Held).hears("say One moment.", "pause", "continue")
		p.resume().was(runner.Stepped).hears("say Balance 8.", "say Menu?", "gather")
		equal(t, "requests", b.world.count(), 1)
		b.close()
	})
}

// A service that fails is named in the log, with why; one that answers is not.
func TestFailingServiceIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		logs := b.observe()
		b.world.request = func(_ context.Context, n int) (engine.Answered, error) {
			if n == 1 {
				return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"8"}`)}, nil
			}
			return engine.Answered{Result: engine.AnswerError, Detail: "connection refused"}, nil
		}
		p := b.phone(b.runner()).start().press("1234")
		p.press("6").hears("say Let me check.", "say Balance 8.", "say Menu?", "gather")
		const line = `"msg":"service did not answer as it should"`
		equal(t, "lines", logs.count(line), 0)
		p.press("6")
		equal(t, "lines", logs.count(line), 1)
		if !logs.has(`"level":"warn"`, line, `"detail":"connection refused"`, `"session":"`+p.id()+`"`, `"service":"`) {
			t.Errorf("no such line:\n%s", logs)
		}
		b.close()
	})
}

func TestAnotherInstancePicksUpTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(2 * time.Second)
			return maria(), nil
		}
		p := b.phone(b.runner()).start()
		p.press("1234").was(runner.Held)
		p.run = b.runner()
		p.resume().was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
		equal(t, "sign-ins", b.identity.count(), 1)
		b.close()
	})
}

func TestDeadline(t *testing.T) {
	for _, tt := range []struct {
		name  string
		keys  string
		hears []string
	}{
		{"sign-in", "", []string{"say Trouble.", "hangup"}},
		{"request", "1", []string{"say Trouble.", "hangup"}},
		{"action", "2", []string{"say Will be filed.", "say Menu?", "gather"}},
		{"action that is never resent", "3", []string{"say Nobody knows.", "say Menu?", "gather"}},
	} {
		for _, obedient := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				slow := func(ctx context.Context) error {
					if obedient {
						<-ctx.Done()
						return ctx.Err()
					}
					time.Sleep(29 * time.Second) // and then answers well
					return nil
				}
				b.world.request = func(ctx context.Context, _ int) (engine.Answered, error) {
					return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"8"}`)}, slow(ctx)
				}
				b.world.action = func(ctx context.Context, _ engine.Action, _ int) (engine.Answered, bool, error) {
					return engine.Answered{Result: engine.AnswerDone}, true, slow(ctx)
				}
				p := b.phone(b.runner()).start()
				if tt.keys == "" {
					b.identity.do = func(ctx context.Context, _ int) (engine.SignedIn, error) { return maria(), slow(ctx) }
				}
				begin := time.Now()
				p.press("1234")
				if tt.keys != "" {
					p.press(tt.keys)
				}
				p.was(runner.Held).wait()
				p.hears(tt.hears...)
				if took := time.Since(begin); took < 20*time.Second || took > 22*time.Second {
					t.Errorf("%s: given up after %s", tt.name, took)
				}
				time.Sleep(15 * time.Second) // the late result
				if tt.keys == "" {
					p.dead()
					equal(t, "sign-ins", b.identity.count(), 1)
				}
				b.close()
			})
		}
	}
}

func TestOutages(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		signIn func(context.Context, int) (engine.SignedIn, error)
	}{
		{"error", func(context.Context, int) (engine.SignedIn, error) { return engine.SignedIn{}, broken }},
		{"error besides an answer", func(context.Context, int) (engine.SignedIn, error) { return maria(), broken }},
		{"no answer", func(context.Context, int) (engine.SignedIn, error) { return engine.SignedIn{}, nil }},
		{"garbage", func(context.Context, int) (engine.SignedIn, error) {
			return engine.SignedIn{Result: "yes"}, nil
		}},
		{"nobody proved", func(context.Context, int) (engine.SignedIn, error) {
			return engine.SignedIn{Result: engine.SignInAuthenticated}, nil
		}},
		{"panic", func(context.Context, int) (engine.SignedIn, error) { panic("1234") }},
		{"runtime panic", func(_ context.Context, n int) (engine.SignedIn, error) { return engine.SignedIn{}, []error{}[n] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.identity.do = tt.signIn
				b.phone(b.runner()).start().press("1234").was(runner.Stepped).hears("say Trouble.", "hangup")
				b.close()
			})
		})
	}
	for _, tt := range []struct {
		name    string
		request func(context.Context, int) (engine.Answered, error)
	}{
		{"error", func(context.Context, int) (engine.Answered, error) { return engine.Answered{}, broken }},
		{"garbage", func(context.Context, int) (engine.Answered, error) {
			return engine.Answered{Result: engine.AnswerOK, Body: []byte("<html>")}, nil
		}},
		{"answer of an action", func(context.Context, int) (engine.Answered, error) {
			return engine.Answered{Result: engine.AnswerDone}, nil
		}},
		{"panic", func(context.Context, int) (engine.Answered, error) { panic(broken) }},
	} {
		t.Run("request/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.world.request = tt.request
				p := b.phone(b.runner()).start().press("1234").press("1").was(runner.Stepped)
				if tt.name == "garbage" {
					p.hears("say Trouble.", "hangup")
				}
				p.hears("say Trouble.", "hangup")
				b.close()
			})
		})
	}
}

// crashing is the store as a process sees it that dies.
type crashing struct {
	*faults
	dead atomic.Bool
}

func crash(b *bench) *crashing {
	c := &crashing{}
	c.faults = &faults{Store: b.store, fail: func(int, string) (before, after bool) { return c.dead.Load(), false }}
	return c
}

func TestCrashDuringAnEffect(t *testing.T) {
	for _, tt := range []struct {
		name  string
		keys  string
		hears []string
		took  time.Duration // about, after the crash
		calls []int         // sign-ins, requests, actions, at the end
	}{
		{"sign-in", "", []string{"say Trouble.", "hangup"}, 20 * time.Second, []int{1, 0, 0}},
		{"request", "1", []string{"say Balance 7.", "say Menu?", "gather"}, 10 * time.Second, []int{1, 2, 0}},
		{"action", "2", []string{"say Will be filed.", "say Menu?", "gather"}, 20 * time.Second, []int{1, 0, 2}},
		{"action that is never resent", "3", []string{"say Nobody knows.", "say Menu?", "gather"}, 20 * time.Second, []int{1, 0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				store := crash(b)
				p := b.phone(b.runner(store)).start()
				die := func(ctx context.Context) error {
					store.dead.Store(true)
					<-ctx.Done()
					return ctx.Err()
				}
				if tt.keys == "" {
					b.identity.do = func(ctx context.Context, _ int) (engine.SignedIn, error) { return maria(), die(ctx) }
				}
				b.world.request = func(ctx context.Context, n int) (got engine.Answered, err error) {
					if n == 1 {
						err = die(ctx)
					}
					return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"7"}`)}, err
				}
				b.world.action = func(ctx context.Context, _ engine.Action, n int) (engine.Answered, bool, error) {
					if n == 1 {
						return engine.Answered{}, true, die(ctx)
					}
					return engine.Answered{Result: engine.AnswerDone}, true, nil
				}
				pin := p.hook(keys("1234"))
				hook := pin
				if tt.keys != "" {
					p.press("1234")
					hook = p.hook(keys(tt.keys))
				}
				p.heard(p.run.Turn(t.Context(), hook)).was(runner.StoreDown)

				begin := time.Now()
				p.run = b.runner()
				p.heard(p.run.Turn(t.Context(), hook)).was(runner.Held).wait()
				p.hears(tt.hears...)
				if took := time.Since(begin); took < tt.took-3*time.Second || took > tt.took+2*time.Second {
					t.Errorf("took %s, not about %s", took, tt.took)
				}
				for range 60 { // the outbox goes on
					time.Sleep(time.Second)
					b.deliver(p.run)
				}
				equal(t, "calls", []int{b.identity.count(), b.world.count(), len(b.world.paths())}, tt.calls)
				if tt.calls[2] > 0 {
					equal(t, "keys", len(b.world.keys(b.world.paths()[0])), 1)
				}
				equal(t, "backlog", b.backlog(), 0)
				b.close()
			})
		})
	}
}

// Two instances step the same turn with different keys: neither takes the result
// of the other's effect for its own.
func TestRivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		one, two := b.runner(), b.runner()
		p := b.phone(one).start()
		b.identity.do = func(_ context.Context, n int) (engine.SignedIn, error) {
			time.Sleep(500 * time.Millisecond)
			if n == 1 {
				return engine.SignedIn{Result: engine.SignInDenied}, nil
			}
			return maria(), nil
		}
		wrong, right := p.hook(keys("9999")), p.hook(keys("1234"))
		done := make(chan runner.Reply)
		go func() {
			time.Sleep(100 * time.Millisecond)
			reply, _, err := two.Turn(t.Context(), right)
			if err != nil {
				t.Error(err)
			}
			done <- reply
		}()
		p.heard(one.Turn(t.Context(), wrong)).was(runner.Stepped).hears("say Refused.", "hangup")
		equal(t, "reply", string((<-done).Body), string(p.reply.Body)) // the first commit counts
		b.close()
	})
}

func TestActionAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keys    string
		answer  engine.Answer
		sent    bool
		err     error
		hears   string
		backlog int
	}{
		{"done", "2", engine.AnswerDone, true, nil, "say Recorded.", 0},
		{"rejected", "2", engine.AnswerRejected, true, nil, "say Not accepted.", 0},
		{"pending", "2", engine.AnswerPending, true, nil, "say Will be filed.", 1},
		{"error", "2", "", true, errors.New("broken"), "say Will be filed.", 1},
		{"garbage", "2", "perhaps", false, nil, "say Will be filed.", 1},
		{"strict: done", "3", engine.AnswerDone, true, nil, "say Recorded.", 0},
		{"strict: rejected", "3", engine.AnswerRejected, true, nil, "say Not accepted.", 0},
		{"strict: pending, sent", "3", engine.AnswerPending, true, nil, "say Nobody knows.", 0},
		{"strict: pending, not sent", "3", engine.AnswerPending, false, nil, "say Nobody knows.", 1},
		{"strict: error, sent", "3", "", true, errors.New("broken"), "say Nobody knows.", 0},
		{"strict: error, not sent", "3", "", false, errors.New("broken"), "say Nobody knows.", 1},
		{"strict: garbage", "3", "perhaps", false, nil, "say Nobody knows.", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.world.action = func(_ context.Context, _ engine.Action, n int) (engine.Answered, bool, error) {
					if n > 1 {
						return engine.Answered{Result: engine.AnswerDone}, true, nil
					}
					return engine.Answered{Result: tt.answer}, tt.sent, tt.err
				}
				p := b.phone(b.runner()).start().press("1234").press(tt.keys).hears(tt.hears, "say Menu?", "gather")
				equal(t, "backlog", b.backlog(), tt.backlog)
				for range 3 {
					time.Sleep(time.Second)
					b.deliver(p.run)
				}
				equal(t, "sent", len(b.world.paths()), 1+tt.backlog)
				equal(t, "keys", len(b.world.keys(b.world.paths()[0])), 1)
				equal(t, "backlog", b.backlog(), 0)
				b.close()
			})
		})
	}
}
