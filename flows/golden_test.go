package flows

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// Each file of testdata/err shows what is wrong with it, as a designer sees it.
func TestErr(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/err/*.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			src := read(t, file)
			diags := checkSource(filepath.Base(file), src)
			if len(diags) == 0 {
				t.Fatal("nothing is wrong with it")
			}
			var out bytes.Buffer
			if err := diags.Render(&out, map[string][]byte{filepath.Base(file): src}, RenderOptions{}); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".out", out.Bytes())
		})
	}
}

// warned are the warnings that an example is about.
var warned = map[string]Code{"example_directory": CodePrefixOption}

// Each file of testdata/ok has nothing wrong with it, and compiles to the
// program beside it.
func TestOK(t *testing.T) {
	t.Parallel()
	for _, file := range append(glob(t, "testdata/ok/*.yaml"), glob(t, "../examples/*/flow.yaml")...) {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if name == "flow" {
			name = "example_" + filepath.Base(filepath.Dir(file))
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, diags := CompileSource(filepath.Base(file), read(t, file), Options{Find: Beside(os.DirFS(filepath.Dir(file)))})
			for _, d := range diags {
				if d.Code != warned[name] {
					t.Errorf("%s", d)
				}
			}
			if program == nil {
				t.Fatal("no program")
			}
			golden(t, filepath.Join("testdata/ok", name+".out"), dump(program.Spec()))
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden compares what came out with a file, or writes the file.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
