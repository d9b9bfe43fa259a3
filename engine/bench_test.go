package engine_test

import (
	"fmt"
	"testing"
	"time"

	"callflow/engine"
)

// menus is a flow of n menus, each leading to the next.
func menus(t testing.TB, n int) *engine.Program {
	spec := engine.Spec{Start: "m0"}
	for i := range n {
		name, next := fmt.Sprint("m", i), fmt.Sprint("m", (i+1)%n)
		spec.States = append(spec.States, engine.State{Name: name, Kind: engine.MenuState{Asking: asking(t, "Press 1 or 2."), Var: name, Options: []engine.Option{{Keys: "1", Value: "1"}, {Keys: "2", Value: "2"}}}})
		spec.Transitions = append(spec.Transitions, engine.Transition{From: name, Outcome: "option.1", To: next}, engine.Transition{From: name, Outcome: "option.2", To: "m0"})
	}
	return program(t, spec)
}

// BenchmarkStep is one key in a menu, on flows of growing size: a step must not
// grow with the flow.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{10, 100, 10_000} {
		b.Run(fmt.Sprintf("%dstates", n), func(b *testing.B) {
			p := menus(b, n)
			turn, err := p.Start(engine.Call{ID: "c"}, "s", t0)
			if err != nil {
				b.Fatal(err)
			}
			in := engine.Input{At: t0.Add(time.Second), Event: engine.Digits{Keys: engine.NewSecret("2"), Ended: engine.EndLength}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Step(turn.Session, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCall is a whole call of the bank line, sign-in and balance included.
func BenchmarkCall(b *testing.B) {
	p := bank(b)
	events := []engine.Event{
		engine.Digits{Keys: engine.NewSecret("12345"), Ended: engine.EndTerminator},
		engine.Digits{Keys: engine.NewSecret("1234"), Ended: engine.EndLength},
		engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "u", Greeting: "Maria"}},
		engine.Digits{Keys: engine.NewSecret("1"), Ended: engine.EndLength},
		engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":1234.5,"currency":"AUD"}`)},
		engine.Digits{Keys: engine.NewSecret("9"), Ended: engine.EndLength},
	}
	b.ReportAllocs()
	for b.Loop() {
		turn, err := p.Start(engine.Call{ID: "c"}, "s", t0)
		for _, ev := range events {
			if err != nil {
				b.Fatal(err)
			}
			turn, err = p.Step(turn.Session, engine.Input{At: t0, Event: ev})
		}
		if turn.Session.Phase != engine.PhaseEnded {
			b.Fatal("the call goes on")
		}
	}
}

// BenchmarkSession saves and loads a session in mid-call.
func BenchmarkSession(b *testing.B) {
	p := bank(b)
	turn, _ := p.Start(engine.Call{Platform: "jambonz", ID: "b4e410ac-108f-4e20-882d-71ae5624893c", From: "+15550100", To: "+15550199"}, "s", t0)
	turn, _ = p.Step(turn.Session, engine.Input{At: t0, Event: engine.Digits{Keys: engine.NewSecret("12345#")}})
	b.ReportAllocs()
	for b.Loop() {
		data, err := turn.Session.Append(nil, plainSealer{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := engine.ParseSession(data, plainSealer{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewProgram builds the machines of a flow.
func BenchmarkNewProgram(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%dstates", n), func(b *testing.B) {
			spec := *menus(b, n).Spec()
			for b.Loop() {
				if _, err := engine.NewProgram(spec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
