package flows

import (
	"os"
	"path/filepath"
	"testing"
)

// The flows of the examples run as written.
func TestExamplesCompile(t *testing.T) {
	files, err := filepath.Glob("../examples/*/flow.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			program, diags := CompileSource(file, src, Options{})
			for _, d := range diags {
				t.Errorf("%s", d)
			}
			if program == nil {
				t.Fatal("no program")
			}
		})
	}
}
