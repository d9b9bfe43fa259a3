package flowtest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows"
)

// Every question of digits in every example gets a key too many, and every hook that
// asks the world for something comes twice: in tests that pass, and that show it.
func TestGenerateExtras(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*/flow.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			program, diags := flows.CompileSource(strings.TrimPrefix(filepath.ToSlash(file), "../../"), src, flows.Options{Find: flows.Beside(os.DirFS("../.."))})
			if program == nil {
				t.Fatal(diags)
			}
			g, err := Generate(t.Context(), program, GenerateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			// What calls did, and what of it was done with more.
			questions, tooMany := map[string]bool{}, map[string]bool{}
			effects, again := map[string]bool{}, map[string]bool{}
			finder := newGenerator(t.Context(), program, GenerateOptions{})
			for _, test := range g.Tests {
				result, err := test.Run(t.Context(), program, test.World(nil, nil))
				if err != nil || result.Failure != nil {
					t.Fatalf("%s: %v, %+v", test.Name, err, result.Failure)
				}
				for i, e := range result.Transcript.Entries {
					state, _ := program.State(e.State)
					switch {
					case e.Kind == Again:
						for _, name := range asked(result.Transcript.Entries[:i]) {
							again[name] = true
						}
					case e.Kind == Service && !e.After && state != nil:
						if _, waits := state.Kind.(engine.RecordState); !waits {
							effects[e.State] = true
						}
					case e.Kind == Pressed && state != nil:
						if _, digits := state.Kind.(engine.CollectState); digits {
							questions[e.State] = true
						}
					}
				}
				for _, goal := range finder.surplus(result.Transcript.Entries) {
					tooMany[goal.state] = true
				}
			}
			for _, all := range []struct {
				what      string
				want, got map[string]bool
			}{{"a key too many", questions, tooMany}, {"the hook again", effects, again}} {
				want, got := slices.Sorted(maps.Keys(all.want)), slices.Sorted(maps.Keys(all.got))
				if !slices.Equal(want, got) {
					t.Errorf("%s: tests for %v, expected %v", all.what, got, want)
				}
			}
		})
	}
}

// What becomes of a key too many is what the test is called for.
func TestGenerateKeyTooMany(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("line.yaml", []byte(`callflow: 1
flow: line
start: one
states:
  one: { collect: { prompt: One., digits: 2, pattern: "2.*" }, next: two }
  two: { collect: { prompt: Two., digits: 1-4, terminator: "#" }, next: three }
  three: { collect: { prompt: Three., digits: 3, flush: true }, next: bye }
  bye: { hangup: { say: Bye. } }
`), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	g, err := Generate(t.Context(), program, GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, test := range g.Tests {
		if strings.Contains(test.Name, "too many") {
			found[test.Name] = test.Steps[len(test.Steps)-3].Moves.String()
		}
	}
	want := map[string]string{
		"one, a key too many, which the next question takes": "231",
		"two, a key too many, which nobody takes":            "12341",
		"three, a key too many, which nobody takes":          "1231",
	}
	if !maps.Equal(found, want) {
		t.Errorf("found %v, expected %v", found, want)
	}
}

// Conditions on who calls, at whatever time, and numbers to call back are met; what
// no call can take is told with the right reason.
func TestGenerateCallers(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("callers.yaml", []byte(`callflow: 1
flow: callers
time_zone: America/New_York
start: now
on_error: bye
schedules: { office: { open: { mon-fri: 09:00-17:00 } } }
states:
  now: { hours: office, next: { open: who, closed: bye } }
  who:
    branch:
      when:
        - { if: 'call.from startsWith "+1555"', next: number }
        - { if: 'call.to endsWith "99"', next: number }
        - { if: 'call.from startsWith "+15550"', next: bye }
        - { if: 'call.platform == "nowhere"', next: bye }
      else: number
  number: { collect: { prompt: Your number and pound., digits: 7-15 }, next: ring }
  ring:
    callback: { number: "${number}", country: "1", service: desk, post: /calls }
    next: { done: bye, rejected: no, pending: later }
  no: { hangup: { say: That is no number. } }
  later: { hangup: { say: Later. } }
  bye: { hangup: { say: Goodbye. } }
`), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	g, err := Generate(t.Context(), program, GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"holiday": `the schedule "office" is never on holiday within a year from 2026-01-05`,
		"when.3":  `no values were found for which call.from startsWith "+15550" holds there, and nothing before it`,
		"when.4":  `no values were found for which call.platform == "nowhere" holds there, and nothing before it`,
	}
	for _, m := range g.Missed {
		if want[m.Outcome] != m.Reason {
			t.Errorf("%s: %s is missed: %s", m.From, m.Outcome, m.Reason)
		}
		delete(want, m.Outcome)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}
