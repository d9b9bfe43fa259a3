package flows

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

// Whatever a file holds: nothing panics, every place that is reported is inside
// the file, reports are sorted, and are the same the second time.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml", "../examples/*/flow.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte("0p\r\x86"))
	f.Add([]byte("---"))
	for _, example := range Codes() {
		f.Add([]byte(example.Example))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 16<<10 {
			return // size is bounded elsewhere
		}
		program, diags := CompileSource("f.yaml", src, Options{})
		if (program == nil) != diags.HasErrors() {
			t.Fatalf("program %v with %v", program != nil, diags)
		}
		source := splitLines(src)
		for _, d := range diags {
			inFile(t, src, source, d.Pos, d)
			for _, r := range d.Related {
				inFile(t, src, source, r.Pos, d)
			}
			if d.Message == "" || !utf8.ValidString(d.Message) || d.Code == "" {
				t.Fatalf("%s: the message is empty or not text", d)
			}
		}
		sorted := slices.Clone(diags)
		sorted.Sort()
		same := func(a, b Diagnostic) bool { return a.String() == b.String() && a.Hint == b.Hint && a.Keys == b.Keys }
		if !slices.EqualFunc(diags, sorted, same) {
			t.Fatalf("not sorted: %v", diags)
		}
		if _, again := CompileSource("f.yaml", src, Options{}); !slices.EqualFunc(diags, again, same) {
			t.Fatalf("first %v, then %v", diags, again)
		}
		var out bytes.Buffer
		if err := diags.Render(&out, map[string][]byte{"f.yaml": src}, RenderOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

func inFile(t *testing.T, src []byte, source lines, pos Pos, d Diagnostic) {
	t.Helper()
	if pos.Line == 0 && pos.Col == 0 {
		return // the whole file
	}
	line, ok := source.line(src, pos.Line)
	if !ok && pos.Line != 1 {
		t.Fatalf("%s: the file has %d lines", d, len(source))
	}
	if n := len([]rune(line)); pos.Col > n+1 {
		t.Fatalf("%s: line %d has %d characters, the place is %s", d, pos.Line, n, pos)
	}
}
