package lazy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"callflow/engine/lazy"
)

func TestRegexp(t *testing.T) {
	t.Parallel()
	digits := lazy.Regexp(`^[0-9]+$`)
	if first, again := digits(), digits(); first != again {
		t.Error("the expression is compiled more than once")
	}
	if !digits().MatchString("12") || digits().MatchString("1a") {
		t.Error("another expression is compiled")
	}
}

// TestExpressions compiles every expression of the source: what is wrong with one
// would otherwise be found by the first caller who needs it.
func TestExpressions(t *testing.T) {
	t.Parallel()
	found, files := 0, token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "Regexp" {
				return true
			}
			if in, ok := f.X.(*ast.Ident); !ok || in.Name != "lazy" {
				return true
			}
			text, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				return true // put together of constants that others use too
			}
			expr, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Errorf("%s: %v", files.Position(text.Pos()), err)
			}
			if _, err := regexp.Compile(expr); err != nil {
				t.Errorf("%s: %v", files.Position(text.Pos()), err)
			}
			found++
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 50 {
		t.Errorf("found %d expressions, expected 50 at least: are they looked for where they stand?", found)
	}
}
