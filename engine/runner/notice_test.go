package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// notes counts how often the flow's on_hangup ran.
func (b *bench) notes() int {
	b.Helper()
	n := 0
	for _, p := range b.world.paths() {
		if p == "/note" {
			n++
		}
	}
	return n
}

// sweeps lets time pass, with a sweep and a delivery each second.
func (b *bench) sweeps(r *runner.Runner, d time.Duration) {
	b.Helper()
	for range d / time.Second {
		time.Sleep(time.Second)
		b.sweep(r)
		b.deliver(r)
	}
}

func TestEndOfCall(t *testing.T) {
	slow := func(b *bench) {
		b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
			time.Sleep(4 * time.Second)
			return maria(), nil
		}
	}
	for _, tt := range []struct {
		name string
		play func(b *bench, p *phone)
	}{
		{"after the question", func(b *bench, p *phone) {
			p.ended()
			b.sweeps(p.run, 2*time.Second)
			p.alive() // it might have overtaken the last key
			b.sweeps(p.run, 2*time.Second)
		}},
		{"twice", func(b *bench, p *phone) {
			p.ended()
			time.Sleep(time.Second)
			p.ended()
			b.sweeps(p.run, 10*time.Second)
			p.ended()
			b.sweeps(p.run, 10*time.Second)
		}},
		{"never", func(b *bench, p *phone) {
			b.sweeps(p.run, 299*time.Second)
			p.alive()
			b.sweeps(p.run, 2*time.Second)
		}},
		{"before the last key", func(b *bench, p *phone) {
			p.ended()
			time.Sleep(time.Second)
			p.press("1234").was(runner.Stepped).hears("hangup")
			equal(b, "sign-ins", b.identity.count(), 1)
			p.dead() // no need to wait for the sweeper
			b.sweeps(p.run, 10*time.Second)
		}},
		{"before the last key, which is redelivered", func(b *bench, p *phone) {
			p.ended()
			h := p.hook(keys("1234"))
			p.heard(p.run.Turn(b.Context(), h)).was(runner.Stepped).hears("hangup")
			p.heard(p.run.Turn(b.Context(), h)).was(runner.Repeated).hears("hangup")
			b.sweeps(p.run, 10*time.Second)
		}},
		{"before the last key, which comes too late", func(b *bench, p *phone) {
			p.ended()
			b.sweeps(p.run, 4*time.Second)
			p.press("1234").was(runner.Finished).hears("hangup")
			equal(b, "sign-ins", b.identity.count(), 0)
		}},
		{"before the last key, with a slow effect", func(b *bench, p *phone) {
			slow(b)
			p.ended()
			p.press("1234").was(runner.Held).hears("hangup")
			p.alive()
			b.sweeps(p.run, 10*time.Second)
			equal(b, "sign-ins", b.identity.count(), 1)
		}},
		{"while the caller is held", func(b *bench, p *phone) {
			slow(b)
			p.press("1234").was(runner.Held)
			p.ended()
			b.sweeps(p.run, 10*time.Second)
			equal(b, "sign-ins", b.identity.count(), 1)
		}},
		{"before our answer", func(b *bench, p *phone) {
			b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
				time.Sleep(500 * time.Millisecond)
				p.ended()
				time.Sleep(500 * time.Millisecond)
				return maria(), nil
			}
			p.press("1234").was(runner.Stepped) // nobody hears it
			b.sweeps(p.run, 2*time.Second)
			p.alive()
			b.sweeps(p.run, 2*time.Second)
		}},
		{"on several instances at once", func(b *bench, p *phone) {
			other := b.runner()
			p.ended()
			time.Sleep(4 * time.Second)
			done := make(chan error)
			for _, r := range []*runner.Runner{p.run, other, p.run, other} {
				go func() { done <- r.Sweep(b.Context()) }()
			}
			for range 4 {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
		}},
		{"while a transfer is bridged, never", func(b *bench, p *phone) {
			p.press("1234").press("5").hears("dial")
			b.sweeps(p.run, time.Hour)
			p.alive()
			time.Sleep(3 * time.Hour)
			b.sweep(p.run)
		}},
		{"at the end of a transfer", func(b *bench, p *phone) {
			p.press("1234").press("5").hears("dial")
			p.send(engine.DialEnded{Result: engine.DialCompleted, CallerGone: true}).hears("hangup")
			p.dead()
			p.ended()
			b.sweeps(p.run, 5*time.Second)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := b.phone(b.runner()).start()
				tt.play(b, p)
				p.dead()
				equal(t, "on_hangup", b.notes(), 1)
				live, err := b.store.Live(t.Context())
				if err != nil || live != 0 {
					t.Errorf("%d live sessions, %v", live, err)
				}
				b.close()
			})
		})
	}
}

// The end of a call may overtake our answer to its first hook, before which there
// is no session to leave mail for.
func TestEndOvertakesTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpec(t, "desk", "hash-early")
		s.Start, s.OnHangup = "balance", "note"
		s.request("balance", "bank", "ok menu").menu("menu", "Menu?", "9 bye").hangup("bye", "Bye.").action("note", "log")
		b := newBench(t, s.program())
		p := b.phone(b.runner())
		b.world.request = func(context.Context, int) (engine.Answered, error) {
			time.Sleep(time.Second)
			return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"7"}`)}, nil
		}
		done := make(chan struct{})
		go func() {
			time.Sleep(100 * time.Millisecond)
			p.ended()
			close(done)
		}()
		p.start().was(runner.Stepped)
		<-done
		b.sweeps(p.run, 4*time.Second)
		p.dead()
		equal(t, "on_hangup", b.notes(), 1)
		b.close()
	})
}

func TestNoticesOfNoConcern(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner())
		p.ended() // unknown
		p.start()
		rec := p.alive()
		for _, ev := range []engine.Event{nil, engine.DialEnded{Result: engine.DialBusy}} {
			if err := p.run.Notice(t.Context(), runner.Notice{Call: p.call, Event: ev}); err != nil {
				t.Error(err)
			}
		}
		b.sweeps(p.run, 10*time.Second)
		equal(t, "record", p.alive(), rec)
		b.close()
	})
}

// A slow on_hangup, and one that never answers, end all the same.
func TestSlowOnHangup(t *testing.T) {
	for _, slow := range []time.Duration{4 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.world.action = func(ctx context.Context, _ engine.Action, _ int) (engine.Answered, bool, error) {
				select {
				case <-time.After(slow):
					return engine.Answered{Result: engine.AnswerDone}, true, nil
				case <-ctx.Done():
					return engine.Answered{}, true, ctx.Err()
				}
			}
			logs := b.observe()
			p := b.phone(b.runner()).start()
			p.ended()
			for range 40 {
				time.Sleep(time.Second)
				b.sweep(p.run)
			}
			p.dead()
			equal(t, "on_hangup", b.notes(), 1)
			// What the call does while nobody is there to hear it is logged as it happens.
			equal(t, "lines of its way", logs.count(`"msg":"call is ending"`, "hangup"), 1)
			equal(t, "lines of its end", logs.count(`"msg":"call ended"`, `"ended":`), 1)
			b.close()
		})
	}
}
