package flowtest_test

import (
	"testing"

	"callflow/flows"
	"callflow/flows/flowtest"
)

// TestGenerateFindsValues reaches what hangs on counters, sums, remainders and patterns.
func TestGenerateFindsValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, flow string }{
		{"many rounds", `callflow: 1
flow: counter
languages: [en]
start: ask
variables: { rounds: { type: number, default: 0 } }
on_error: z
states:
  ask: { menu: { prompt: Press 1 for more or 2 to end., options: { 1: more, 2: z } } }
  more: { set: { rounds: "${rounds + 1}" }, next: judge }
  judge:
    branch:
      when: [ { if: rounds >= 6, next: enough }, { if: rounds == 4, next: half } ]
      else: ask
  half: { say: Half way., next: ask }
  enough: { hangup: { say: Enough. } }
  z: { hangup: { say: Bye. } }
`},
		{"counters beside others, and a service", `callflow: 1
flow: rounds
languages: [en]
start: pin
variables: { tries: { type: number, default: 0 }, bad: { type: number, default: 0 }, wins: { type: number, default: 0 } }
on_error: z
defaults: { next: { rejected: z, pending: z } }
states:
  pin: { collect: { prompt: Enter four digits., digits: 4 }, next: look }
  look: { request: { service: s, get: "/x/${pin}", returns: { ok: bool, kind: text } }, next: { ok: judge, error: z } }
  judge:
    branch:
      when: [ { if: look.ok and look.kind == "gold", next: good }, { if: look.ok, next: fine } ]
      else: wrong
  wrong: { set: { bad: "${bad + 1}", tries: "${tries + 1}" }, next: judge2 }
  fine: { set: { tries: "${tries + 1}" }, next: judge2 }
  good: { set: { wins: "${wins + 1}", tries: "${tries + 1}" }, next: judge2 }
  judge2:
    branch:
      when: [ { if: wins >= 7, next: champion }, { if: bad >= 6, next: enough }, { if: tries >= 15, next: tired } ]
      else: which
  which: { menu: { prompt: "Press 1 to go on, 2 for help or 3 to end.", options: { 1: pin, 2: help, 3: z } } }
  help: { say: Just go on., next: which }
  champion: { hangup: { say: Well done. } }
  tired: { hangup: { say: Tired. } }
  enough: { hangup: { say: Enough. } }
  z: { hangup: { say: Bye. } }
`},
		{"sums", `callflow: 1
flow: survey
languages: [en]
start: q
variables: { n: { type: number, default: 0 }, sum: { type: number, default: 0 } }
on_error: z
states:
  q: { collect: { prompt: Rate us., digits: 1 }, next: keep }
  keep: { set: { n: "${n + 1}", sum: "${sum + int(q)}" }, next: judge }
  judge:
    branch:
      when: [ { if: n < 8, next: q }, { if: sum > 60, next: great }, { if: sum < 5, next: awful } ]
      else: z
  great: { hangup: { say: Great. } }
  awful: { hangup: { say: Awful. } }
  z: { hangup: { say: Bye. } }
`},
		{"two counters", `callflow: 1
flow: long
languages: [en]
start: ask
variables: { rounds: { type: number, default: 0 }, points: { type: number, default: 0 } }
on_error: z
states:
  ask: { menu: { prompt: "Press 1 for more, 2 for points or 3 to end.", options: { 1: more, 2: score, 3: z } } }
  more: { set: { rounds: "${rounds + 1}" }, next: judge }
  score: { set: { points: "${points + 2}" }, next: judge }
  judge:
    branch:
      when: [ { if: rounds >= 20, next: enough }, { if: points > 11, next: won } ]
      else: ask
  won: { hangup: { say: Half way. } }
  enough: { hangup: { say: Enough. } }
  z: { hangup: { say: Bye. } }
`},
		{"remainders", `callflow: 1
flow: modulo
languages: [en]
start: ask
on_error: z
states:
  ask: { collect: { prompt: Enter three digits., digits: 3 }, next: judge }
  judge:
    branch:
      when: [ { if: int(ask) % 7 == 3, next: a }, { if: int(ask) % 97 == 45, next: b }, { if: int(ask) % 2 == 0, next: c } ]
      else: z
  a: { hangup: { say: A. } }
  b: { hangup: { say: B. } }
  c: { hangup: { say: C. } }
  z: { hangup: { say: Bye. } }
`},
		{"patterns", `callflow: 1
flow: matches
languages: [en]
start: judge
on_error: z
states:
  judge:
    branch:
      when: [ { if: 'call.from matches "^\\+61(4|5)[0-9]{8}$"', next: a }, { if: 'call.from matches "^\\+1[2-9]"', next: b }, { if: 'call.to matches "99$"', next: c }, { if: 'call.from == ""', next: d } ]
      else: ask
  ask: { collect: { prompt: Enter., digits: 4-6 }, next: again }
  again:
    branch:
      when: [ { if: 'ask matches "^12+3$"', next: a }, { if: 'ask matches "(00|77)4$"', next: b } ]
      else: z
  a: { hangup: { say: A. } }
  b: { hangup: { say: B. } }
  c: { hangup: { say: C. } }
  d: { hangup: { say: D. } }
  z: { hangup: { say: Bye. } }
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			program, diags := flows.CompileSource("flow.yaml", []byte(tt.flow), flows.Options{})
			if program == nil {
				t.Fatal(diags)
			}
			g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range g.Missed {
				t.Errorf("%s: %s is missed: %s", m.From, m.Outcome, m.Reason)
			}
			text, s := written(t, g)
			c := flowtest.NewCoverage(program)
			covered(t, program, s, c)
			if _, _, missed := c.Transitions(); len(missed) > 0 {
				t.Errorf("the tests take none of %v:\n%s", missed, text)
			}
			again, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if same, _ := written(t, again); same != text {
				t.Error("another run gives other tests")
			}
		})
	}
}

// TestGenerateGivesUp comes to an end where a counter never gets to where it should.
func TestGenerateGivesUp(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("flow.yaml", []byte(`callflow: 1
flow: never
start: ask
variables: { rounds: { type: number, default: 0 } }
states:
  ask: { menu: { prompt: Press 1 for more or 2 to end., options: { 1: more, 2: z } } }
  more: { set: { rounds: "${rounds + 1}" }, next: judge }
  judge: { branch: { when: [ { if: rounds > 1000, next: z } ], else: ask } }
  z: { hangup: { say: Bye. } }
`), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
	if err != nil || len(g.Missed) != 1 || g.Missed[0].From != "judge" {
		t.Errorf("%v, missed %v", err, g.Missed)
	}
}
