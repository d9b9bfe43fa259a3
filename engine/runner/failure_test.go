package runner_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// script plays a whole call through whatever the store does: it follows continues,
// answers each question it hears again, and gives up only when it is left in
// silence. It returns what was heard.
func (p *phone) script(presses ...string) []string {
	p.Helper()
	var heard []string
	p.start()
	for range 60 {
		heard = append(heard, p.verbs...)
		last := ""
		if len(p.verbs) > 0 {
			last = p.verbs[len(p.verbs)-1]
		}
		switch last {
		case "hangup":
			return heard
		case "continue":
			time.Sleep(time.Second)
			if p.token == (runner.Token{}) {
				p.start()
			} else {
				p.resume()
			}
		case "gather":
			switch {
			case slices.Contains(p.verbs, "say PIN?"):
				p.press("1234")
			default:
				// A key is pressed again when the menu comes without its answer.
				if answer := map[string]string{"1": "say Balance 7.", "2": "say Recorded."}[presses[0]]; slices.Contains(p.verbs, answer) {
					presses = presses[1:]
				}
				p.press(presses[0])
			}
		default:
			p.Fatalf("dead air: %q (%s) after %q", p.verbs, p.outcome, heard)
		}
	}
	p.Fatalf("the call does not end: %q", heard)
	return heard
}

// The n-th call of the store fails, before it did its work or after, alone or with
// the four that follow it, for every n.
func TestStoreFailsOnce(t *testing.T) {
	presses := []string{"1", "2", "9"}
	for _, after := range []bool{false, true} {
		for _, width := range []int{1, 2, 5} {
			last := 0
			for n := 1; n == 1 || n <= last; n++ {
				name := fmt.Sprintf("after=%v/width=%d/%d", after, width, n)
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t)
					store := &faults{Store: b.store}
					store.fail = func(i int, _ string) (bool, bool) {
						hit := i >= n && i < n+width
						return hit && !after, hit && after
					}
					p := b.phone(b.runner(store))
					p.script(presses...)
					if p.outcome == runner.Failed {
						t.Errorf("%s: the call failed", name)
					}
					b.sweepThrough(p.run, 20)
					p.dead()
					if got := b.identity.count(); got != 1 {
						t.Errorf("%s: %d sign-ins", name, got)
					}
					if k := b.world.keys("/report"); len(k) != 1 {
						t.Errorf("%s: actions under the keys %q", name, k)
					}
					if got := b.backlog(); got != 0 {
						t.Errorf("%s: %d promises are left", name, got)
					}
					if n == 1 {
						last = store.count() + 5
					}
					b.close()
				})
			}
			if last < 20 {
				t.Fatalf("only %d calls of the store", last)
			}
		}
	}
}

// sweepThrough is sweeps, whatever the store does.
func (b *bench) sweepThrough(r *runner.Runner, seconds int) {
	for range seconds {
		time.Sleep(time.Second)
		_ = r.Sweep(b.Context())
		_ = r.Deliver(b.Context())
	}
}

// The same for the end of a call: its on_hangup runs, and its action comes through.
func TestStoreFailsAtTheEnd(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; n <= 20; n++ {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				store := &faults{Store: b.store}
				base := -1
				store.fail = func(i int, _ string) (bool, bool) {
					hit := base >= 0 && i == base+n
					return hit && !after, hit && after
				}
				p := b.phone(b.runner(store)).start().press("1234")
				p.ended()
				base = store.count()
				b.sweepThrough(p.run, 60)
				p.dead()
				if k := b.world.keys("/note"); len(k) != 1 || b.backlog() != 0 {
					t.Errorf("after=%v/%d: on_hangup under the keys %q, %d left", after, n, k, b.backlog())
				}
				b.close()
			})
		}
	}
}

func TestStoreStaysDown(t *testing.T) {
	for _, tt := range []struct {
		lang    string
		hold    string
		apology string
	}{
		{"en", "say One moment.", "say Sorry, that failed."},
		{"es", "say Un momento.", "say Lo siento, falló."},
	} {
		for _, begun := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				store := crash(b)
				p := b.phone(b.runner(store))
				p.call.Language = tt.lang
				again := p.start
				if begun {
					p.start()
					again = func() *phone { return p.press("1234") }
				} else {
					p.holds, p.token = 0, runner.Token{}
				}
				store.dead.Store(true)
				if !begun {
					p.call.ID = "call-2"
				}
				token := p.token
				again().was(runner.StoreDown).hears(tt.hold, "pause", "continue")
				if !begun {
					token = runner.Token{}
				}
				for range 4 {
					equal(t, "token", p.token, token)
					again().was(runner.StoreDown)
					if n := len(p.verbs); n == 0 || p.verbs[n-1] != "continue" {
						t.Fatalf("heard %q", p.verbs)
					}
				}
				again().was(runner.StoreDown).hears(tt.apology, "hangup")
				equal(t, "sign-ins", b.identity.count(), 0)
				b.close()
			})
		}
	}
}

func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := b.phone(b.runner(hanging{b.store})).start()
		begin := time.Now()
		p.press("1234").was(runner.StoreDown).hears("say One moment.", "pause", "continue")
		if took := time.Since(begin); took > 8*time.Second {
			t.Errorf("answered after %s", took)
		}
		b.close()
	})
}

// hanging is a store whose commits never come back by themselves.
type hanging struct{ runner.Store }

func (hanging) Commit(ctx context.Context, _ runner.Record, _ []runner.Promise, _ int64) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestFailuresApologise(t *testing.T) {
	damage := func(b *bench, p *phone) {
		rec := p.alive()
		rec.Data = append(rec.Data[:len(rec.Data)-3:len(rec.Data)-3], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		if err := b.store.Commit(b.Context(), rec, nil, 0); err != nil {
			b.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		play  func(b *bench, p *phone)
		hears string
	}{
		{"unknown flow", func(b *bench, p *phone) {
			p.flow, p.call.ID, p.token = "nowhere", "call-2", runner.Token{}
			p.start()
		}, "say Sorry, something went wrong. Please call again later. Goodbye."},
		{"unknown session", func(b *bench, p *phone) {
			p.call.ID = "call-2"
			p.token.Session = p.id()
			p.press("1234")
		}, "say Lo siento, falló."},
		{"damaged session", func(b *bench, p *phone) {
			damage(b, p)
			p.press("1234")
		}, "say Lo siento, falló."},
		{"damaged envelope", func(b *bench, p *phone) {
			rec := p.alive()
			rec.Data = []byte{9, 9}
			if err := b.store.Commit(b.Context(), rec, nil, 0); err != nil {
				b.Fatal(err)
			}
			p.press("1234")
		}, "say Lo siento, falló."},
		{"program is gone", func(b *bench, p *phone) {
			b.catalog.sources = nil
			b.catalog.live["desk"] = desk(b, "hash-2")
			p.run = b.runner()
			p.press("1234")
		}, "say Lo siento, falló."},
		{"program compiles to another", func(b *bench, p *phone) {
			other := desk(b, "hash-2")
			b.catalog.sources["source of hash-1"] = other
			b.catalog.live["desk"] = other
			p.run = b.runner()
			p.press("1234")
		}, "say Lo siento, falló."},
		{"answer cannot be encoded", func(b *bench, p *phone) {
			h := p.hook(keys("1234"))
			h.Encode = func(o runner.Out) (runner.Reply, error) {
				if len(o.Verbs) > 0 {
					if _, asks := o.Verbs[len(o.Verbs)-1].(engine.Gather); asks {
						return runner.Reply{}, errors.New("cannot gather")
					}
				}
				return encode(o)
			}
			p.heard(p.run.Turn(b.Context(), h))
		}, "say Lo siento, falló."},
		{"encoder panics", func(b *bench, p *phone) {
			h := p.hook(keys("1234"))
			n := 0
			h.Encode = func(o runner.Out) (runner.Reply, error) {
				if n++; n == 1 {
					panic("broken")
				}
				return encode(o)
			}
			p.heard(p.run.Turn(b.Context(), h))
		}, "say Lo siento, falló."},
		{"sealed with another key", func(b *bench, p *phone) {
			p.press("1234")
			token := p.token
			sealer, err := throwaway(rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			b.sealer = sealer
			p.run, p.token = b.runner(), token
			p.press("2")
		}, "say Lo siento, falló."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				logs := b.observe()
				p := b.phone(b.runner())
				p.call.Language = "es"
				p.start()
				tt.play(b, p)
				p.was(runner.Failed).hears(tt.hears, "hangup")
				if n := logs.count("turn failed", `"id":"`); n != 1 {
					t.Errorf("logged %d times:\n%s", n, logs)
				}
				if strings.Contains(logs.String(), "1234") {
					t.Errorf("keys in the log:\n%s", logs)
				}
				b.close()
			})
		})
	}
}

func TestNothingCanBeEncoded(t *testing.T) {
	b := newBench(t)
	p := b.phone(b.runner())
	s := p.starting()
	s.Encode = func(runner.Out) (runner.Reply, error) { panic("broken") }
	_, outcome, err := p.run.Start(t.Context(), s)
	if err == nil || outcome != runner.Failed {
		t.Errorf("%s, %v", outcome, err)
	}
	b.close()
}

// A call goes on with the program it started on, whatever has been deployed.
func TestDeployDuringACall(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			p := b.phone(b.runner()).start()
			s := newSpec(t, "desk", "hash-2")
			s.Start = "closed"
			next := s.hangup("closed", "We are closed.").program()
			b.catalog.live["desk"] = next
			b.catalog.sources["source of hash-2"] = next
			if restart {
				p.run = b.runner()
			}
			p.press("1234").was(runner.Stepped).hears("say Welcome Maria.", "say Menu?", "gather")
			p.press("1").hears("say Balance 7.", "say Menu?", "gather")
			p.press("9").hears("say Bye.", "hangup")
			p.call.ID, p.token = "call-2", runner.Token{}
			p.start().hears("say We are closed.", "hangup")
			b.close()
		})
	}
}

// What cannot be ended now waits; what never can is buried.
func TestSweepOfWhatIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		logs := b.observe()
		p := b.phone(b.runner()).start().press("1234")
		p.ended()
		sources, live := b.catalog.sources, b.catalog.live
		b.catalog.sources, b.catalog.live = nil, nil
		other := b.runner()
		b.sweeps(other, 30*time.Second)
		p.alive()
		equal(t, "log lines", logs.count("cannot be ended yet"), 1)
		b.catalog.sources, b.catalog.live = sources, live
		b.sweeps(other, 60*time.Second)
		p.dead()
		equal(t, "on_hangup", b.notes(), 1)

		p.call.ID, p.token = "call-2", runner.Token{}
		p.start()
		rec := p.alive()
		rec.Data = []byte("damaged")
		rec.Wake = time.Now()
		if err := b.store.Commit(t.Context(), rec, nil, 0); err != nil {
			t.Fatal(err)
		}
		b.sweeps(other, 3*time.Second)
		p.dead()
		equal(t, "log lines", logs.count("without its on_hangup"), 1)
		b.close()
	})
}

func TestMissingDeps(t *testing.T) {
	_, err := runner.New(runner.Deps{})
	if err == nil || err.Error() != "runner: missing Catalog, Store, Authenticator, Services, Sealer" {
		t.Error(err)
	}
}
