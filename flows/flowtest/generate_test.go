package flowtest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
		"judge: when.2: shadowed: balance.frozen or vip holds before it whenever a call gets there",
		`judge: when.3: shadowed: balance.frozen or vip holds before it whenever a call gets there`,
		"judge: else: shadowed: balance.frozen or vip holds before it whenever a call gets there",
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
			program, _ := flows.CompileSource(file, src, flows.Options{})
			if program == nil {
				t.Skip("it does not compile alone")
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
