package flows

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
)

// Each folder of testdata/enter has a flow, those it enters, and what is wrong
// with them as a designer sees it: every mistake in its own file.
func TestEntering(t *testing.T) {
	t.Parallel()
	for _, dir := range glob(t, "testdata/enter/*") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			sources := map[string][]byte{}
			for _, file := range glob(t, dir+"/*.yaml") {
				sources[filepath.Base(file)] = read(t, file)
			}
			bundle, diags := Load(os.DirFS(dir), []string{"main.yaml"}, Options{})
			if bundle != nil {
				t.Error("there is a bundle")
			}
			var out bytes.Buffer
			if err := diags.Render(&out, sources, RenderOptions{}); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "out"), out.Bytes())
			// It does not matter what else is loaded.
			if _, all := Load(os.DirFS(dir), []string{"*.yaml"}, Options{}); !slices.EqualFunc(diags, all, func(a, b Diagnostic) bool { return a.String() == b.String() }) {
				t.Errorf("loaded alone it has\n%v\nand with the others\n%v", diags, all)
			}
		})
	}
}

// twice is a flow that enters another from two states.
func twice() fstest.MapFS {
	return fstest.MapFS{
		"farm/flow.yaml": {Data: []byte(`callflow: 1
flow: farm
start: first
states:
  first: { collect: { prompt: First., digits: 2 }, next: owner }
  owner: { subflow: { flow: verify_owner, with: { animal: "${first}" } }, next: { verified: tell, failed: other } }
  tell: { say: "It is ${owner.owner}.", next: other }
  other: { subflow: { flow: verify_owner, with: { animal: "77" } }, next: { verified: both, failed: bye } }
  both: { say: "It is ${other.owner}.", next: bye }
  bye: { hangup: }
`)},
		"verify_owner/flow.yaml": {Data: []byte(exampleSubflow)},
	}
}

func TestLoadFindsWhatIsEntered(t *testing.T) {
	t.Parallel()
	fsys := twice()
	bundle, diags := Load(fsys, []string{"farm/flow.yaml"}, Options{})
	if bundle == nil || len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := bundle.Names(); !slices.Equal(got, []string{"farm", "verify_owner"}) {
		t.Errorf("the bundle has %v", got)
	}
	if got := bundle.Routable(); !slices.Equal(got, []string{"farm"}) {
		t.Errorf("calls begin on %v", got)
	}
	if got := bundle.Files["verify_owner"]; got != "verify_owner/flow.yaml" || !bytes.Equal(bundle.Sources[got], []byte(exampleSubflow)) {
		t.Errorf("the sub-flow stands in %q", got)
	}
	sub := bundle.Flows["verify_owner"].Spec().Subflow
	if sub == nil || len(sub.Parameters) != 1 || sub.Parameters[0].Name != "animal" || !slices.Equal(sub.Returns, []string{"verified", "failed"}) || len(sub.Outputs) != 1 {
		t.Errorf("the sub-flow is %+v", sub)
	}
	program := bundle.Flows["farm"]
	for _, name := range []string{"owner.find", "owner.found", "other.failed"} {
		if _, ok := program.State(name); !ok {
			t.Errorf("there is no state %s", name)
		}
	}

	// What is saved of it is the same program, wherever its files stood.
	again, diags := CompileSaved("saved", bundle.Saved("farm"), Options{})
	if again == nil || again.Hash() != program.Hash() {
		t.Errorf("the saved flow is another program: %v", diags)
	}
	if got := bundle.Saved("verify_owner"); !bytes.Equal(got, []byte(exampleSubflow)) {
		t.Errorf("a flow that enters none is saved as %q", got)
	}
	for _, broken := range []string{savedMark, savedMark + "x\n", savedMark + "99\nshort", savedMark + "-1\n"} {
		if p, _ := CompileSaved("saved", []byte(broken), Options{}); p != nil {
			t.Errorf("%q is a program", broken)
		}
	}

	// The hash covers what is entered.
	fsys["verify_owner/flow.yaml"] = &fstest.MapFile{Data: []byte(exampleSubflow + "# changed\n")}
	changed, _ := Load(fsys, []string{"farm/flow.yaml"}, Options{})
	if changed.Flows["farm"].Hash() == program.Hash() {
		t.Error("a change of the sub-flow leaves the hash as it was")
	}
}

// Two flows of one name are a mistake, also where each stands beside the one that
// enters it.
func TestTwoFlowsOfOneName(t *testing.T) {
	t.Parallel()
	const enters = "callflow: 1\nflow: %s\nstart: a\nstates:\n  a: { subflow: part, next: z }\n  z: { hangup: }\n"
	const part = "callflow: 1\nflow: part\nstart: a\nstates:\n  a: { say: Hello., next: z }\n  z: { return: done }\n"
	fsys := fstest.MapFS{}
	for _, dir := range []string{"one", "two"} {
		fsys[dir+"/flow.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, enters, dir)}
		fsys[dir+"/part.yaml"] = &fstest.MapFile{Data: []byte(part)}
	}
	_, diags := Load(fsys, []string{"*/flow.yaml"}, Options{})
	if len(diags) != 1 || diags[0].Code != CodeNameTaken || diags[0].File != "two/flow.yaml" {
		t.Errorf("found %v", diags)
	}
}

// Flows may stand within one another eight deep and no deeper.
func TestDepth(t *testing.T) {
	t.Parallel()
	for _, deep := range []int{maxEntered, maxEntered + 1, maxEntered + 2} {
		fsys := fstest.MapFS{}
		for i := range deep + 1 {
			text := fmt.Sprintf("callflow: 1\nflow: f%d\nstart: a\nstates:\n", i)
			if i < deep {
				text += fmt.Sprintf("  a: { subflow: f%d, next: z }\n", i+1)
			} else {
				text += "  a: { say: Deep., next: z }\n"
			}
			if i > 0 {
				text += "  z: { return: done }\n"
			} else {
				text += "  z: { hangup: }\n"
			}
			fsys[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
		}
		bundle, diags := Load(fsys, []string{"f0.yaml"}, Options{})
		switch {
		case deep == maxEntered && bundle == nil:
			t.Errorf("%d deep: %v", deep, diags)
		case deep == maxEntered:
			if _, ok := bundle.Flows["f0"].State(strings.Repeat("a.", deep) + "a"); !ok {
				t.Errorf("%d deep: the deepest state is missing", deep)
			}
		case len(diags) != 1 || diags[0].Code != CodeTooLarge:
			t.Errorf("%d deep: %v", deep, diags)
		}
	}
}

// Each flow of a chain enters the next one several times: the states multiply,
// and are bounded.
func TestTooManyStates(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	const deep, wide = 6, 12
	for i := range deep {
		var b strings.Builder
		fmt.Fprintf(&b, "callflow: 1\nflow: f%d\nstart: a0\nstates:\n", i)
		for j := range wide {
			kind := "say: Hello."
			if i+1 < deep {
				kind = fmt.Sprintf("subflow: f%d", i+1)
			}
			fmt.Fprintf(&b, "  a%d: { %s, next: a%d }\n", j, kind, j+1)
		}
		end := "return: done"
		if i == 0 {
			end = "hangup: "
		}
		fmt.Fprintf(&b, "  a%d: { %s }\n", wide, end)
		fsys[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	bundle, diags := Load(fsys, []string{"f0.yaml"}, Options{})
	if bundle != nil || !slices.ContainsFunc(diags, func(d Diagnostic) bool { return d.Code == CodeTooLarge }) {
		t.Errorf("%d problems", len(diags))
	}
}

// Where a sub-flow says nothing, errors, hang-ups and limits lead where they do
// for the state that entered it.
func TestWaysOutOfASubflow(t *testing.T) {
	t.Parallel()
	fsys := twice()
	src := string(fsys["farm/flow.yaml"].Data)
	src = strings.Replace(src, "start: first\n", "start: first\non_error: sorry\non_hangup: note\nlimits: { exit: sorry }\n", 1)
	src = strings.Replace(src, "failed: other }", "failed: other, error: bye }", 1)
	src += "  sorry: { hangup: { say: Sorry. } }\n  note: { set: { gone: true }, next: told }\n  told: { branch: { when: [ { if: gone, next: bye } ], else: sorry } }\n"
	fsys["farm/flow.yaml"] = &fstest.MapFile{Data: []byte(src)}
	bundle, diags := Load(fsys, []string{"farm/flow.yaml"}, Options{})
	if bundle == nil {
		t.Fatal(diags)
	}
	want := map[engine.Transition]bool{
		{From: "owner.found", Outcome: engine.OutError, To: "bye"}:     true, // as the entrance says
		{From: "other.found", Outcome: engine.OutError, To: "sorry"}:   true,
		{From: "other.find", Outcome: engine.OutHangup, To: "note"}:    true,
		{From: "other.find", Outcome: engine.OutLimit, To: "sorry"}:    true,
		{From: "owner.failed", Outcome: "failed", To: "other"}:         true,
		{From: "other.found", Outcome: "verified", To: "both"}:         true,
		{From: "other", Outcome: engine.OutNext, To: "other.find"}:     true,
		{From: "owner.find", Outcome: engine.OutOK, To: "owner.found"}: true,
	}
	for _, tr := range bundle.Flows["farm"].Spec().Transitions {
		delete(want, tr)
	}
	for tr := range want {
		t.Errorf("%s does not lead to %s on %s", tr.From, tr.To, tr.Outcome)
	}
}

// A sub-flow may speak more languages than the flow that enters it: what it says in
// the others, and where it changes to them, is then never heard.
func TestEnteredInFewerLanguages(t *testing.T) {
	t.Parallel()
	bundle, diags := Load(fstest.MapFS{
		"door.yaml": {Data: []byte(`callflow: 1
flow: door
start: ask
states:
  ask: { subflow: code, next: bye }
  bye: { hangup: { say: Goodbye. } }
`)},
		"code.yaml": {Data: []byte(`callflow: 1
flow: code
languages: [es, en]
start: by_number
states:
  by_number: { language: { by: "${call.to}", choose: { "1": es, "2": en } }, next: spanish }
  spanish: { language: es, next: code }
  code:
    menu:
      prompt: { en: [Press 1., Do press 1.], es: Oprima 1. }
      options: { 1: { say: { en: one, es: uno }, next: done } }
      speech: true
  done: { return: passed }
`)},
	}, []string{"door.yaml"}, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	spec := bundle.Flows["door"].Spec()
	if !slices.Equal(spec.Languages, []string{"en"}) {
		t.Errorf("the program speaks %v, expected en", spec.Languages)
	}
	for _, s := range spec.States {
		if k, ok := s.Kind.(engine.MenuState); ok && (len(k.Prompt) != 2 || len(k.Prompt[0]) != 1 || k.Prompt[0][0][0].Literal != "Press 1.") {
			t.Errorf("%s asks %v, expected to in English only", s.Name, k.Prompt)
		}
	}
}
