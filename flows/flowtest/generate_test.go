package flowtest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
)

// written gives generated tests as a file has them, and reads them again.
func written(t testing.TB, g *flowtest.Generated) (string, *flowtest.Suite) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("tests:\n")
	if err := flowtest.WriteTests(&b, g.Tests, 2); err != nil {
		t.Fatal(err)
	}
	return b.String(), suite(t, b.String())
}

// covered runs scenarios, which all pass, and gives what they cover.
func covered(t testing.TB, program *engine.Program, s *flowtest.Suite, c *flowtest.Coverage) []*flowtest.Transcript {
	t.Helper()
	var calls []*flowtest.Transcript
	for _, d := range s.Check(program) {
		t.Error(d)
	}
	for _, test := range s.Tests {
		result, err := test.Run(t.Context(), program, test.World(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		if f := result.Failure; f != nil {
			t.Errorf("%s: line %d: %s\n%s", test.Name, f.Pos.Line, f.Message, strings.Join(f.Detail, "\n"))
		}
		c.Add(result.Transcript)
		calls = append(calls, result.Transcript)
	}
	return calls
}

// unreachable are the transitions of fixtures that no call takes, with the reason
// that is given.
var unreachable = map[string][]string{
	"hours.yaml": {
		`doctor_hours: closed: the schedule "doctor" is never closed within a year from 2026-01-05`,
		`doctor_hours: holiday: the schedule "doctor" is never on holiday within a year from 2026-01-05`,
		`night_hours: holiday: the schedule "night" is never on holiday within a year from 2026-01-05`,
	},
	"kinds.yaml": {
		"judge: when.2: shadowed: balance.frozen or vip held before it in every call that was tried",
		`judge: when.3: shadowed: balance.frozen or vip held before it in every call that was tried`,
		"judge: else: shadowed: balance.frozen or vip held before it in every call that was tried",
		`say_balance: next: "say_balance" comes after judge: when.3, which was not reached either`,
	},
}

// TestGenerate brings every example and every flow of the language's fixtures to
// all transitions that can be taken, by tests that pass as they are written.
func TestGenerate(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"../../examples/*/flow.yaml", "../testdata/ok/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			below := strings.TrimPrefix(filepath.ToSlash(file), "../../")
			if below == filepath.ToSlash(file) {
				below = "flows/" + strings.TrimPrefix(below, "../")
			}
			program, diags := flows.CompileSource(below, src, flows.Options{Find: flows.Beside(os.DirFS("../.."))})
			if program == nil {
				t.Fatal(diags)
			}
			if program.Spec().Subflow != nil {
				t.Skip("no call begins on a sub-flow")
			}
			g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			text, s := written(t, g)
			c := flowtest.NewCoverage(program)
			calls := covered(t, program, s, c)
			_, _, missed := c.Transitions()
			known := map[engine.Transition]string{}
			for _, m := range g.Missed {
				known[m.Transition] = m.Reason
			}
			for _, m := range missed {
				line := fmt.Sprintf("%s: %s: %s", m.From, m.Outcome, known[m])
				if !slices.Contains(unreachable[filepath.Base(file)], line) {
					t.Errorf("not covered: %s", line)
				}
			}
			if len(missed) != len(unreachable[filepath.Base(file)]) || len(missed) != len(g.Missed) {
				t.Errorf("missed %v, reported %v, expected %v", missed, g.Missed, unreachable[filepath.Base(file)])
			}

			// What is covered is not written again, and what is written is the same
			// each time.
			again, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if same, _ := written(t, again); same != text {
				t.Errorf("another run gives other tests:\n%s\nand\n%s", text, same)
			}
			rest, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{Covered: calls})
			if err != nil || len(rest.Tests) > 0 {
				t.Errorf("%v; %d tests for what is covered", err, len(rest.Tests))
			}
			if os.Getenv("SHOW") != "" {
				fmt.Println(text)
			}
		})
	}
}

// TestGenerateSubflow covers a flow that is entered from two places, with a count
// of its own in each.
func TestGenerateSubflow(t *testing.T) {
	t.Parallel()
	const caller = `callflow: 1
flow: farm
start: account
states:
  account: { collect: { prompt: Account., digits: 3 }, next: owner }
  owner: { subflow: { flow: sign_in, with: { account: "${account}", tries: 2 } }, next: { verified: hello, failed: other } }
  hello: { say: "Hello ${owner.name}.", next: rated }
  other: { subflow: { flow: sign_in, with: { account: "999" } }, next: { verified: rated, failed: bye } }
  rated: { collect: { prompt: Rate it., digits: 1 }, next: judge }
  judge: { branch: { when: [{ if: int(rated) == 4, next: bye }], else: more } }
  more: { menu: { prompt: "Press 1 for another one, or 2 to end.", options: { 1: account, 2: bye } } }
  bye: { hangup: { say: Goodbye. } }
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
  enough: { branch: { when: [{ if: count >= tries, next: bad }], else: pin } }
  good: { return: { outcome: verified, with: { name: "${caller.greeting}" } } }
  bad: { return: failed }
`
	beside := fstest.MapFS{"sign_in.yaml": {Data: []byte(entered)}}
	program, diags := flows.CompileSource("farm.yaml", []byte(caller), flows.Options{Find: flows.Beside(beside)})
	if program == nil {
		t.Fatal(diags)
	}
	g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, s := written(t, g)
	c := flowtest.NewCoverage(program)
	covered(t, program, s, c)
	_, _, missed := c.Transitions()
	// The other place allows one try only.
	want := []flowtest.Unreached{{Transition: engine.Transition{From: "other.enough", Outcome: "else", To: "other.pin"}, Reason: "shadowed: count >= tries held before it in every call that was tried"}}
	if !slices.Equal(g.Missed, want) || len(missed) != 1 {
		t.Errorf("missed %v, reported %v", missed, g.Missed)
	}
}

// TestGenerateComparesNames covers both ways out of a condition that compares what
// was entered with a value that stands elsewhere: in a variable, or given to a
// sub-flow.
func TestGenerateComparesNames(t *testing.T) {
	t.Parallel()
	const verify = `callflow: 1
flow: verify
parameters: { expected: text }
start: code
states:
  code: { collect: { prompt: Code., digits: 4 }, next: judge }
  judge: { branch: { when: [ { if: code == expected, next: passed } ], else: failed } }
  passed: { return: passed }
  failed: { return: failed }
`
	for _, expected := range []string{"1234", "8642"} {
		program, diags := flows.CompileSource("door.yaml", []byte(`callflow: 1
flow: door
variables: { word: { type: text, default: "`+expected+`" } }
start: code
states:
  code: { collect: { prompt: First., digits: 4 }, next: judge }
  judge: { branch: { when: [ { if: code == word, next: who } ], else: bye } }
  who: { subflow: { flow: verify, with: { expected: "`+expected+`" } }, next: { passed: bye, failed: no } }
  no: { hangup: { say: No. } }
  bye: { hangup: { say: Goodbye. } }
`), flows.Options{Find: flows.Beside(fstest.MapFS{"verify.yaml": {Data: []byte(verify)}})})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		g, err := flowtest.Generate(t.Context(), program, flowtest.GenerateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, s := written(t, g)
		c := flowtest.NewCoverage(program)
		covered(t, program, s, c)
		if _, _, missed := c.Transitions(); len(missed) > 0 || len(g.Missed) > 0 {
			t.Errorf("expecting %s: missed %v, reported %v", expected, missed, g.Missed)
		}
	}
}
