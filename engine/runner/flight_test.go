package runner_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// failing is a store some of whose operations fail while it is told so.
type failing struct {
	*faults
	now atomic.Bool
}

func (b *bench) failing(ops ...string) *failing {
	f := &failing{}
	f.faults = &faults{Store: b.store, fail: func(_ int, op string) (before, after bool) {
		return f.now.Load() && slices.Contains(ops, op), false
	}}
	return f
}

// deaf takes so long to answer, whatever becomes of its context.
func deaf[T any](d time.Duration, answer T) func(context.Context, int) (T, error) {
	return func(context.Context, int) (T, error) {
		time.Sleep(d)
		return answer, nil
	}
}

func balance(amount string) engine.Answered {
	return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"` + amount + `"}`)}
}

// A caller who is patient hears what comes of an effect when its time is over, though
// whoever performs it has not come back.
func TestDeadlineOfThePatient(t *testing.T) {
	for _, tt := range []struct {
		name, keys string
		hears      []string
	}{
		{"sign-in", "", []string{"say Trouble.", "hangup"}},
		{"request", "1", []string{"say Trouble.", "hangup"}},
		{"action", "2", []string{"say Will be filed.", "say Menu?", "gather"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := b.phone(b.runner()).start()
				pressed := "1234"
				if tt.keys == "" {
					b.identity.do = deaf(40*time.Second, maria())
				} else {
					p.press(pressed)
					pressed = tt.keys
				}
				b.world.request = deaf(40*time.Second, balance("7"))
				b.world.action = func(context.Context, engine.Action, int) (engine.Answered, bool, error) {
					time.Sleep(40 * time.Second)
					return engine.Answered{Result: engine.AnswerDone}, true, nil
				}
				begin := time.Now()
				h := p.hook(keys(pressed))
				h.Patience = time.Minute
				p.heard(p.run.Turn(t.Context(), h)).was(runner.Stepped).hears(tt.hears...)
				equal(t, "given up after", time.Since(begin), 20*time.Second)
				b.close()
			})
		})
	}
}

// An effect is told when its time is over, which began when it was claimed.
func TestTimeOfAnEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		begin := time.Now()
		told := make(chan time.Duration, 1)
		b.world.request = func(ctx context.Context, n int) (engine.Answered, error) {
			if n == 1 { // it is tried again when its lease is over
				time.Sleep(30 * time.Second)
				return engine.Answered{}, errors.New("broken")
			}
			<-ctx.Done()
			told <- time.Since(begin)
			return engine.Answered{}, ctx.Err()
		}
		dead := crash(b)
		p := b.phone(b.runner(dead)).start().press("1234")
		hook := p.hook(keys("1"))
		begin = time.Now()
		p.heard(p.run.Turn(t.Context(), hook)).was(runner.Held)
		dead.dead.Store(true)
		p.run = b.runner()
		p.resume().was(runner.Held).wait()
		p.hears("say Trouble.", "hangup")
		equal(t, "told after", <-told, 20*time.Second)
		time.Sleep(15 * time.Second) // the first one
		b.close()
	})
}

// A clock that is set back makes nobody wait longer than a platform does.
func TestClockIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = deaf(15*time.Second, maria())
		var back atomic.Int64
		store := &faults{Store: b.store, fail: func(_ int, op string) (before, after bool) {
			if op == "claim" {
				back.Store(int64(time.Hour))
			}
			return false, false
		}}
		r, err := runner.New(runner.Deps{
			Catalog: b.catalog, Store: store, Authenticator: b.identity, Services: b.world, Sealer: b.sealer, Log: b.log,
			Now: func() time.Time { return time.Now().Add(-time.Duration(back.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		b.runners = append(b.runners, r)
		p := b.phone(r).start()
		begin := time.Now()
		p.press("1234").hears("say One moment.", "pause", "continue")
		if took := time.Since(begin); took > 6*time.Second {
			t.Errorf("a caller was held after %s", took)
		}
		b.close()
	})
}

// While the result of a sign-in is not in the store, it is not performed again, and
// nobody is held up; and it gets there.
func TestResultBeforeItIsKept(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ops     []string
		outcome runner.Outcome // of the turn
		hears   []string
	}{
		{"only results fail", []string{"finish"}, runner.Stepped, []string{"say Welcome Maria.", "say Menu?", "gather"}},
		{"whatever is written fails", []string{"finish", "commit"}, runner.StoreDown, []string{"say One moment.", "pause", "continue"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				store := b.failing(tt.ops...)
				p := b.phone(b.runner(store)).start()
				key := runner.EffectKey{Session: p.id(), Turn: 1, Position: 1}
				store.now.Store(true)
				begin := time.Now()
				p.press("1234").was(tt.outcome).hears(tt.hears...)
				if took := time.Since(begin); took > 100*time.Millisecond {
					t.Errorf("it took %s", took)
				}
				if tt.outcome == runner.StoreDown {
					time.Sleep(time.Second)
					p.resume().was(runner.StoreDown)
				}
				if rec, err := b.store.Effect(t.Context(), key); err != nil || rec.Done {
					t.Errorf("the effect is done: %v (%v)", rec.Done, err)
				}
				store.now.Store(false)
				time.Sleep(5 * time.Second)
				if rec, err := b.store.Effect(t.Context(), key); err != nil || !rec.Done {
					t.Errorf("the effect is done: %v (%v)", rec.Done, err)
				}
				if tt.outcome == runner.StoreDown {
					p.resume().was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
				}
				equal(t, "sign-ins", b.identity.count(), 1)
				b.close()
			})
		})
	}
}

// Whoever gives up has decided: what comes later changes nothing, though nobody could
// save the turn at first.
func TestGivingUpIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.identity.do = deaf(29*time.Second, maria())
		store := b.failing("commit", "entomb")
		p := b.phone(b.runner(store)).start()
		h := p.hook(keys("1234"))
		h.Patience = time.Minute
		store.now.Store(true)
		p.heard(p.run.Turn(t.Context(), h)).was(runner.StoreDown)
		time.Sleep(15 * time.Second) // meanwhile she would be signed in
		store.now.Store(false)
		p.resume().was(runner.Stepped).hears("say Trouble.", "hangup")
		b.close()
	})
}

// Keys that are pressed again in a turn that was not saved get a sign-in of their own,
// though the first is still running.
func TestRivalInFlight(t *testing.T) {
	for _, tt := range []struct {
		name string
		took time.Duration // by the first
	}{
		{"running", 4 * time.Second},
		{"done", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.identity.do = func(_ context.Context, n int) (engine.SignedIn, error) {
					if n > 1 {
						return maria(), nil
					}
					time.Sleep(tt.took)
					return engine.SignedIn{Result: engine.SignInDenied}, nil
				}
				store := b.failing("commit", "entomb")
				p := b.phone(b.runner(store)).start()
				store.now.Store(true)
				p.press("9999").was(runner.StoreDown)
				store.now.Store(false)
				p.press("1234").was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
				equal(t, "sign-ins", b.identity.count(), 2)
				b.close()
			})
		})
	}
}

// A request that another instance has tried again meanwhile, as it took so long, has the
// other's result, for all who ask; unless the other's was another request.
func TestFirstResultStays(t *testing.T) {
	for _, tt := range []struct{ name, keys, hears string }{
		{"the same request", "1", "say Balance 8."},
		{"another request", "7", "say Balance 7."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := deskSpec(t, "hash-1")
				s.request("savings", "bank", "ok menu", "not_found trouble", "error trouble")
				s.option("menu", "7", "savings")
				b := newBench(t, s.program())
				b.world.request = func(_ context.Context, n int) (engine.Answered, error) {
					if n > 1 {
						return balance("8"), nil
					}
					time.Sleep(15 * time.Second)
					return balance("7"), nil
				}
				store := b.failing("commit")
				two := b.runner(store)
				p := b.phone(b.runner()).start().press("1234")
				patient, again := p.hook(keys("1")), p.hook(keys(tt.keys))
				patient.Patience = 30 * time.Second
				done := make(chan struct{})
				store.now.Store(true)
				go func() {
					defer close(done)
					time.Sleep(11 * time.Second) // the lease is over
					if _, outcome, err := two.Turn(t.Context(), again); err != nil || outcome != runner.StoreDown {
						t.Errorf("%s (%v)", outcome, err)
					}
				}()
				p.heard(p.run.Turn(t.Context(), patient)).was(runner.Stepped).hears(tt.hears, "say Menu?", "gather")
				<-done
				equal(t, "requests", b.world.count(), 2)
				b.close()
			})
		})
	}
}
