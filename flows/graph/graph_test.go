package graph_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/graph"
)

var update = flag.Bool("update", false, "write what is drawn to testdata")

func compile(t testing.TB, file string) *engine.Spec {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	program, diags := flows.CompileSource(filepath.Base(file), src, flows.Options{})
	if program == nil {
		t.Fatal(diags.Err())
	}
	return program.Spec()
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; go test ./flows/graph -update writes it):\n%s", file, diff)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	spec := compile(t, "../../examples/authzero/flow.yaml")
	g := graph.Of(spec, graph.Options{})
	var dot, mermaid bytes.Buffer
	if err := g.DOT(&dot); err != nil {
		t.Fatal(err)
	}
	if err := g.Mermaid(&mermaid); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/authzero.dot", dot.Bytes())
	golden(t, "testdata/authzero.mmd", mermaid.Bytes())
}

// TestCoverage draws what tests have not reached.
func TestCoverage(t *testing.T) {
	t.Parallel()
	spec := compile(t, "../../examples/authzero/flow.yaml")
	g := graph.Of(spec, graph.Options{
		Reached: func(state string) bool { return state != "payments" },
		Taken:   func(tr engine.Transition) bool { return tr.To != "payments" && tr.From != "payments" },
	})
	for _, n := range g.Nodes {
		if n.Reached == (n.Name == "payments") {
			t.Errorf("%s: reached %t", n.Name, n.Reached)
		}
	}
	var svg bytes.Buffer
	if err := g.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	if want := "tests reach 10 of 11 states and take 11 of 13 arrows"; !strings.Contains(svg.String(), want) {
		t.Errorf("the picture does not say %q", want)
	}
	if n := strings.Count(svg.String(), `class="node missed"`); n != 1 {
		t.Errorf("%d states are marked as not reached", n)
	}
}

// TestAll draws the ways that every state has, too.
func TestAll(t *testing.T) {
	t.Parallel()
	spec := compile(t, "../../examples/authzero/flow.yaml")
	g := graph.Of(spec, graph.Options{All: true})
	found := map[string]bool{}
	for _, e := range g.Edges {
		for _, l := range e.Labels {
			found[e.From+" "+l+" "+e.To] = true
		}
	}
	for _, want := range []string{
		"pin retry.noinput pin", "pin exhausted $goodbye", "balance hangup $gone", "trouble error $apology",
	} {
		if !found[want] {
			t.Errorf("there is no arrow %q", want)
		}
	}
}

// TestEveryKind draws all flows there are to learn from, and finds nothing that is
// neither described nor named.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/ok/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	more, err := filepath.Glob("../../examples/*/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, more...) {
		bundle, diags := flows.Load(os.DirFS(filepath.Dir(file)), []string{filepath.Base(file)}, flows.Options{})
		specs := map[string]*engine.Spec{}
		if bundle != nil {
			for _, name := range bundle.Names() {
				specs[name] = bundle.Flows[name].Spec()
			}
		} else if onlyAudio(diags) { // which a fixture names and nobody has
			spec := compile(t, file)
			specs[spec.Flow] = spec
		} else {
			t.Fatal(file, diags)
		}
		for name, spec := range specs {
			g := graph.Of(spec, graph.Options{})
			drawn := map[string]bool{}
			for _, n := range g.Nodes {
				drawn[n.Name] = true
			}
			for _, e := range g.Edges {
				if !drawn[e.From] || !drawn[e.To] {
					t.Errorf("%s: an arrow from %s to %s, and one of them is not drawn", file, e.From, e.To)
				}
			}
			var svg bytes.Buffer
			if err := g.SVG(&svg); err != nil {
				t.Error(file, err)
			}
			if dir := os.Getenv("CALLFLOW_PICTURES"); dir != "" {
				to := filepath.Join(dir, filepath.Base(filepath.Dir(file))+"_"+name+".svg")
				if err := os.WriteFile(to, svg.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func onlyAudio(diags flows.Diagnostics) bool {
	return !slices.ContainsFunc(diags, func(d flows.Diagnostic) bool {
		return d.Severity == flows.Error && d.Code != flows.CodeBadAudio
	})
}

// TestGlobals draws keys and events that lead somewhere from everywhere, once.
func TestGlobals(t *testing.T) {
	t.Parallel()
	spec := compile(t, "../testdata/ok/kinds.yaml")
	g := graph.Of(spec, graph.Options{})
	var events []string
	for _, n := range g.Nodes {
		if n.Shape == graph.Event {
			events = append(events, n.Event)
		}
	}
	want := []string{"# at any question", "0 at any question", "the caller hangs up", "something fails", "the call lasts too long"}
	for _, w := range want {
		if !strings.Contains(strings.Join(events, ";"), w) {
			t.Errorf("nothing says %q; there is %q", w, events)
		}
	}
}

// TestRepeatEverywhere draws a key that asks any question again, and no arrow from it:
// it leads to no question more than to another.
func TestRepeatEverywhere(t *testing.T) {
	t.Parallel()
	g := graph.Of(compile(t, "../../examples/reception/flow.yaml"), graph.Options{})
	found := false
	for _, n := range g.Nodes {
		if n.Event == "* at any question: the same again" {
			found = true
			for _, e := range g.Edges {
				if e.From == n.Name {
					t.Errorf("it leads to %q", e.To)
				}
			}
		}
	}
	if !found {
		t.Error("the key that repeats is not drawn")
	}
}
