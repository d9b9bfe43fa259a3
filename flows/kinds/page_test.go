package kinds_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/flows/format"
	"callflow/flows/kinds"
)

var update = flag.Bool("update", false, "rewrite the pages")

// Each kind has its page, which says what is declared. The README names it.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, k := range flows.Declared().Kinds {
		example, err := os.ReadFile("examples/" + k.Key + ".yaml")
		if err != nil {
			t.Fatal(err) // every kind has an example
		}
		want := kinds.Page(k, string(example))
		file := k.Key + ".md"
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != want {
			t.Errorf("%s is stale (%v); rewrite it with: go test ./flows/kinds -update", file, err)
		}
	}
}

// Each example is right, laid out, and shows its kind.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		program, diags := flows.CompileSource(file, src, flows.Options{Find: flows.Beside(os.DirFS("."))})
		if program == nil || len(diags) > 0 {
			t.Errorf("%s: %v", file, diags)
			continue
		}
		if out, _ := format.Source(file, src); string(out) != string(src) {
			t.Errorf("%s is not laid out; use: callflow fmt -w %s", file, file)
		}
		if program.Spec().Subflow == nil {
			// A caller who says nothing hears it, and is let go.
			silent := &flowtest.Scenario{Name: file, Steps: []flowtest.Step{}}
			if result, err := silent.Run(t.Context(), program, silent.World(nil, nil)); err != nil || result.Failure != nil || len(result.Transcript.Entries) == 0 {
				t.Errorf("%s: played as %+v, %v", file, result, err)
			}
		}
		kind := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if kind != "pick_size" && !strings.Contains(string(src), kind+":") {
			t.Errorf("%s shows no %s", file, kind)
		}
	}
}
