package flowtest_test

import (
	"fmt"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
)

// tree is a flow of about n states: menus that lead to eight more each, and at
// each end a question, a service and a decision.
func tree(t testing.TB, n int) *engine.Program {
	t.Helper()
	var b strings.Builder
	b.WriteString("callflow: 1\nflow: tree\nstart: m1\ndefaults: { next: { rejected: sorry, pending: sorry } }\nstates:\n")
	b.WriteString("  sorry: { hangup: { say: Sorry. } }\n  done: { hangup: { say: Done. } }\n")
	menus := max(n/29, 1) // a menu with its share of ends: 28 states
	ends := 0
	for i := 1; i <= menus; i++ {
		fmt.Fprintf(&b, "  m%d:\n    menu:\n      prompt: Press 1, 2, 3, 4, 5, 6, 7 or 8.\n      options:\n", i)
		for key := 1; key <= 8; key++ {
			child := (i-1)*8 + key + 1
			to := fmt.Sprintf("m%d", child)
			if child > menus {
				ends++
				to = fmt.Sprintf("q%d", ends)
			}
			fmt.Fprintf(&b, "        %d: %s\n", key, to)
		}
	}
	for i := 1; i <= ends; i++ {
		fmt.Fprintf(&b, `  q%[1]d: { collect: { prompt: Five digits., digits: 5 }, next: r%[1]d }
  r%[1]d: { request: { service: s, get: "/x/${q%[1]d}", returns: { n: number } }, next: { ok: b%[1]d, error: sorry } }
  b%[1]d: { branch: { when: [{ if: r%[1]d.n > 7, next: done }], else: sorry } }
`, i)
	}
	program, diags := flows.CompileSource("tree.yaml", []byte(b.String()), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	return program
}

// TestGenerateLarge covers a flow of a thousand states.
func TestGenerateLarge(t *testing.T) {
	t.Parallel()
	g, err := flowtest.Generate(t.Context(), tree(t, 1000), flowtest.GenerateOptions{})
	if err != nil || len(g.Missed) > 0 || len(g.Tests) < 1000 {
		t.Errorf("%v: %d tests, missed %v", err, len(g.Tests), g.Missed)
	}
}

// BenchmarkGenerate shows what a state costs as flows grow.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			program := tree(b, n)
			states := len(program.Spec().States)
			tests := 0
			b.ReportAllocs()
			for b.Loop() {
				g, err := flowtest.Generate(b.Context(), program, flowtest.GenerateOptions{})
				if err != nil || len(g.Missed) > 0 {
					b.Fatal(err, g.Missed)
				}
				tests = len(g.Tests)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(states), "µs/state")
			b.ReportMetric(float64(tests), "tests")
			b.ReportMetric(float64(states), "states")
		})
	}
}
