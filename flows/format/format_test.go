package format

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
	"callflow/flows"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// sources are all flows there are, right and wrong, and every piece of one that
// the documentation shows.
func sources(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"../testdata/*/*.yaml", "../../examples/*/*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			all[file] = read(t, file)
		}
	}
	pages, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, more...) {
		for i, m := range yamlBlock.FindAllSubmatch(read(t, page), -1) {
			all[fmt.Sprintf("%s, block %d", page, i+1)] = m[1]
		}
	}
	for _, d := range flows.Codes() {
		all["example of "+string(d.Code)] = []byte(d.Example)
		all["fixed "+string(d.Code)] = []byte(d.Fixed)
	}
	return all
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// Whatever can be read is laid out, keeps its meaning, and is laid out for good.
func TestEverySource(t *testing.T) {
	t.Parallel()
	for name, src := range sources(t) {
		out, diags := Source(name, src)
		if out == nil {
			if doc, _ := flows.Parse(name, src); len(diags) == 0 || doc != nil && !diags.HasErrors() {
				t.Errorf("%s: not laid out, and no reason: %v", name, diags)
			}
			continue
		}
		if _, err := layOut(src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		holds(t, name, src, out)
	}
}

// holds checks what is true of everything that was laid out.
func holds(t *testing.T, name string, src, out []byte) {
	t.Helper()
	again, diags := Source(name, out)
	if diff := cmp.Diff(string(out), string(again)); diff != "" || len(diags) > 0 {
		t.Errorf("%s: laid out twice (-once +twice) %v:\n%s", name, diags, diff)
	}
	below, opts := name, flows.Options{}
	if strings.HasPrefix(filepath.ToSlash(name), "../../examples/") { // with the flows they enter
		below, opts.Find = strings.TrimPrefix(filepath.ToSlash(name), "../../"), flows.Beside(os.DirFS("../.."))
	}
	before, was := flows.CompileSource(below, src, opts)
	after, is := flows.CompileSource(below, out, opts)
	if before == nil && filepath.Base(below) == "flow.yaml" {
		t.Errorf("%s: an example is not compiled: %v", name, was)
	}
	if (before == nil) != (after == nil) {
		t.Fatalf("%s: a program %v before, %v after\n%v\n%v", name, before != nil, after != nil, was, is)
	}
	if before == nil {
		return
	}
	if diff := cmp.Diff(before.Spec(), after.Spec(), sameProgram...); diff != "" {
		t.Errorf("%s: another program (-before +after):\n%s", name, diff)
	}
}

// sameProgram compares programs apart from their hashes, which are those of the
// source.
var sameProgram = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Comparer(func(a, b *engine.Expr) bool { return a == b || a != nil && b != nil && a.String() == b.String() }),
	cmp.Comparer(func(a, b *engine.Words) bool { return a.Lang == b.Lang }), // those of the program
	cmp.Comparer(func(a, b *regexp.Regexp) bool { return a == b || a != nil && b != nil && a.String() == b.String() }),
	cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Hash" }, cmp.Ignore()),
}

// Each file of testdata becomes the one beside it.
func TestLayout(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		out, diags := Source(file, read(t, file))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		want := strings.TrimSuffix(file, ".yaml") + ".out"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(want, out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(read(t, want)), string(out)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestWhatIsNotYAMLIsRefused(t *testing.T) {
	t.Parallel()
	for src, code := range map[string]flows.Code{
		"callflow: 1\n a: b\n  c: [": flows.CodeSyntaxError,
		"a: &x 1\nb: *x\n":           flows.CodeAliasNotAllowed,
		"a: !!str 1\n":               flows.CodeTagNotAllowed,
		"a: 1\n---\nb: 2\n":          flows.CodeSecondDocument,
		"":                           flows.CodeMissingKey,
		"- a\n":                      flows.CodeWrongType,
		"\xff":                       flows.CodeSyntaxError,
	} {
		out, diags := Source("x.yaml", []byte(src))
		if out != nil || len(diags) == 0 || diags[0].Code != code {
			t.Errorf("%q: %q, %v; want %s", src, out, diags, code)
		}
	}
}

func FuzzSource(f *testing.F) {
	for _, src := range sources(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 8<<10 || !utf8.Valid(src) {
			return
		}
		out, diags := Source("f.yaml", src)
		if (out == nil) != (len(diags) > 0) {
			t.Fatalf("%q, %v", out, diags)
		}
		if out == nil || bytes.Equal(out, src) {
			return
		}
		holds(t, "f.yaml", src, out)
	})
}
