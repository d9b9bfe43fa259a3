package flows

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEveryExampleGivesItsCode(t *testing.T) {
	t.Parallel()
	for _, d := range Codes() {
		t.Run(string(d.Code), func(t *testing.T) {
			t.Parallel()
			if d.Code == CodeUnreadableFile {
				_, diags := Load(fstest.MapFS{}, []string{"brnk/flow.yaml"}, Options{})
				if len(diags) != 1 || diags[0].Code != d.Code {
					t.Errorf("a file that is not there gives %v", diags)
				}
				return
			}
			diags := d.Diagnose()
			if len(diags) == 0 {
				t.Error("nothing is wrong with the example")
			}
			for _, got := range diags {
				if got.Code != d.Code {
					t.Errorf("the example gives %s; want %s alone", got, d.Code)
					continue
				}
				if got.Severity != d.Severity {
					t.Errorf("the severity of %s is %s here, and documented as %s", got.Code, got.Severity, d.Severity)
				}
				if lines := strings.Count(d.Example, "\n"); got.Pos.Line < 1 || got.Pos.Line > lines {
					t.Errorf("%s stands in line %d of %d", got.Code, got.Pos.Line, lines)
				}
			}
			if d.Fixed != "" {
				for _, got := range diagnoseExample(d.Fixed) {
					t.Errorf("the example put right gives %s", got)
				}
			}
		})
	}
}

// TestEveryCodeIsDocumented reads the constants from the source, so that no code
// is forgotten.
func TestEveryCodeIsDocumented(t *testing.T) {
	t.Parallel()
	file, err := goparser.ParseFile(token.NewFileSet(), "code.go", nil, goparser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[Code]bool)
	for _, d := range Codes() {
		if documented[d.Code] {
			t.Errorf("%s is documented twice", d.Code)
		}
		documented[d.Code] = true
		if d.Summary == "" || d.Explanation == "" {
			t.Errorf("%s says nothing", d.Code)
		}
		if !strings.HasSuffix(d.Summary, ".") || strings.Contains(d.Summary, "\n") {
			t.Errorf("%s: the summary is not one sentence: %q", d.Code, d.Summary)
		}
		if got, ok := Explain(d.Code); !ok || got != d {
			t.Errorf("Explain(%s) is another text", d.Code)
		}
	}
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		constants++
		if spec.Doc == nil || !strings.HasPrefix(spec.Doc.Text(), spec.Names[0].Name+" is") {
			t.Errorf("%s has no comment that says what it is", spec.Names[0].Name)
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !word.MatchString(value) {
			t.Errorf("%s is %q, not words with hyphens", spec.Names[0].Name, value)
		}
		if !documented[Code(value)] {
			t.Errorf("%s is not documented", value)
		}
		return true
	})
	if constants != len(documented) {
		t.Errorf("%d constants and %d codes documented", constants, len(documented))
	}
	if _, ok := Explain("no-such-code"); ok {
		t.Error("a code that is none is explained")
	}
}

func TestCodeDocOutput(t *testing.T) {
	t.Parallel()
	doc, _ := Explain(CodeDeadEnd)
	want := `flow.yaml:6:3: error: from "hello" no way leads to an end of the call [dead-end]
    6 |   hello:
      |   ^
`
	if got := doc.Output(); !strings.HasPrefix(got, want) {
		t.Errorf("the output is\n%s\nwant it to begin\n%s", got, want)
	}
	doc, _ = Explain(CodeUnreadableFile)
	if got := doc.Output(); got != "" {
		t.Errorf("a code without an example shows %q", got)
	}
}
