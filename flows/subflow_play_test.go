package flows

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"callflow/engine"

	"github.com/google/go-cmp/cmp"
)

// nested and flat are the same call: once with a sub-flow that two states enter,
// once written out.
const nested = `callflow: 1
flow: farm
start: account
on_error: sorry
states:
  account: { collect: { prompt: Account., digits: 3 }, next: owner }
  owner: { subflow: { flow: sign_in, with: { account: "${account}", tries: 2 } }, next: { verified: hello, failed: other } }
  hello: { say: "Hello ${owner.name}.", next: other }
  other: { subflow: { flow: sign_in, with: { account: "999" } }, next: { verified: both, failed: more } }
  both: { requires: authenticated, say: "And ${other.name}, ${caller.account}.", next: more }
  more: { menu: { prompt: "Press 1 for another one, or 2 to end.", options: { 1: account, 2: bye } } }
  bye: { hangup: { say: Goodbye. } }
  sorry: { hangup: { say: Sorry. } }
`

const entered = `callflow: 1
flow: sign_in
parameters: { account: text, tries: { type: number, default: 1 } }
outputs: { name: text }
start: pin
defaults: { next: { exhausted: bad } }
variables: { count: { type: number, default: 0 } }
states:
  pin: { collect: { prompt: PIN., digits: 2, secret: true }, next: check }
  check: { authenticate: { account: "${account}", pin: "${pin}" }, next: { authenticated: good, denied: again, unavailable: bad } }
  again: { set: { count: "${count + 1}" }, next: enough }
  enough: { branch: { when: [ { if: count >= tries, next: bad } ], else: pin } }
  good: { return: { outcome: verified, with: { name: "${caller.greeting}" } } }
  bad: { return: failed }
`

// flat is nested with the states of the sub-flow written out at both places.
func flat() string {
	at := func(site, account string, tries int, verified, failed string) string {
		return strings.NewReplacer("SITE", site, "ACCOUNT", account, "TRIES", fmt.Sprint(tries), "VERIFIED", verified, "FAILED", failed).Replace(`
  SITE: { set: { SITE_count: 0 }, next: SITE_pin }
  SITE_pin: { collect: { prompt: PIN., digits: 2, secret: true }, next: { match: SITE_check, exhausted: FAILED } }
  SITE_check: { authenticate: { account: "ACCOUNT", pin: "${SITE_pin}" }, next: { authenticated: SITE_good, denied: SITE_again, unavailable: FAILED } }
  SITE_again: { set: { SITE_count: "${SITE_count + 1}" }, next: SITE_enough }
  SITE_enough: { branch: { when: [ { if: SITE_count >= TRIES, next: FAILED } ], else: SITE_pin } }
  SITE_good: { set: { SITE_name: "${caller.greeting}" }, next: VERIFIED }`)
	}
	head, states, _ := strings.Cut(nested, "states:\n")
	var kept []string
	for _, line := range strings.Split(states, "\n") {
		if !strings.Contains(line, "subflow:") {
			kept = append(kept, line)
		}
	}
	text := strings.NewReplacer("owner.name", "owner_name", "other.name", "other_name").Replace(strings.Join(kept, "\n"))
	return head + "states:\n" + strings.TrimSuffix(text, "\n") + at("owner", "${account}", 2, "hello", "other") + at("other", "999", 1, "both", "more") + "\n"
}

// Whatever a caller does, they hear the same, and the same is asked of the
// outside world.
func TestEnteredIsAsWrittenOut(t *testing.T) {
	t.Parallel()
	bundle, diags := Load(fstest.MapFS{"farm.yaml": {Data: []byte(nested)}, "sign_in.yaml": {Data: []byte(entered)}}, []string{"farm.yaml"}, Options{})
	if bundle == nil {
		t.Fatal(diags)
	}
	written, diags := CompileSource("flat.yaml", []byte(flat()), Options{})
	if written == nil {
		t.Fatal(diags)
	}
	random := rand.New(rand.NewPCG(1, 2))
	ends := map[string]int{}
	for range 2000 {
		one, two := begin(t, bundle.Flows["farm"]), begin(t, written)
		for n := 0; ; n++ {
			if d := cmp.Diff(heard(two.turn), heard(one.turn), cmp.Comparer(engine.Secret.Equal)); d != "" {
				t.Fatalf("after %v they hear another thing (-written out +entered):\n%s", one.did, d)
			}
			if d := cmp.Diff(two.turn.Await, one.turn.Await, cmp.Comparer(engine.Secret.Equal)); d != "" {
				t.Fatalf("after %v another thing is asked (-written out +entered):\n%s", one.did, d)
			}
			if a, b := one.turn.Session, two.turn.Session; a.Phase != b.Phase || a.Ended != b.Ended || a.Scope != "" {
				t.Fatalf("after %v the call is %q %q, and written out %q %q", one.did, a.Phase, a.Ended, b.Phase, b.Ended)
			}
			if one.turn.Session.Phase == engine.PhaseEnded || n == 60 {
				ends[one.turn.Session.Ended]++
				break
			}
			ev := anyEvent(random, one.turn.Await != nil)
			one.step(t, ev)
			two.step(t, ev)
		}
	}
	if ends["hangup"] == 0 || ends["goodbye"] == 0 {
		t.Errorf("the calls end in %v", ends)
	}
}

// heard are a turn's verbs. A set between a mistake and the next question makes
// the engine forget that keys pressed ahead are to be dropped; an entrance, which
// it stands for here, does not.
func heard(turn engine.Turn) []engine.Verb {
	verbs := slices.Clone(turn.Verbs)
	for i, v := range verbs {
		if g, ok := v.(engine.Gather); ok {
			g.Flush = false
			verbs[i] = g
		}
	}
	return verbs
}

type played struct {
	program *engine.Program
	turn    engine.Turn
	at      time.Time
	did     []string
}

func begin(t *testing.T, p *engine.Program) *played {
	t.Helper()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	turn, err := p.Start(engine.Call{ID: "c", From: "+15550100"}, "s", at)
	if err != nil {
		t.Fatal(err)
	}
	return &played{program: p, turn: turn, at: at}
}

func (p *played) step(t *testing.T, ev engine.Event) {
	t.Helper()
	p.at = p.at.Add(3 * time.Second)
	p.did = append(p.did, fmt.Sprintf("%T", ev))
	turn, err := p.program.Step(p.turn.Session, engine.Input{Event: ev, At: p.at})
	if err != nil {
		t.Fatalf("after %v: %v", p.did, err)
	}
	p.turn = turn
}

func anyEvent(r *rand.Rand, awaited bool) engine.Event {
	if awaited && r.IntN(20) > 0 {
		results := []engine.SignIn{engine.SignInAuthenticated, engine.SignInDenied, engine.SignInDenied, engine.SignInUnavailable}
		return engine.SignedIn{Result: results[r.IntN(len(results))], Principal: engine.Principal{Account: "123", ID: "u", Greeting: "Maria"}}
	}
	switch n := r.IntN(30); {
	case n == 0:
		return engine.CallEnded{By: "caller"}
	case n < 4:
		return engine.NoInput{}
	case n == 4:
		return engine.Lost{}
	default:
		keys := make([]byte, 1+r.IntN(8))
		for i := range keys {
			keys[i] = "12345*#"[r.IntN(7)]
		}
		return engine.Digits{Keys: engine.NewSecret(string(keys)), Ended: engine.EndUnknown}
	}
}
