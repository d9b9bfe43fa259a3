package flows

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnosticsSort(t *testing.T) {
	t.Parallel()
	at := func(file string, line, col int, code Code, message string) Diagnostic {
		return Diagnostic{File: file, Pos: Pos{line, col}, Code: code, Message: message}
	}
	ds := Diagnostics{
		at("b.yaml", 1, 1, CodeBadName, "x"),
		at("a.yaml", 9, 4, CodeUnknownKey, "x"),
		at("a.yaml", 9, 4, CodeBadKey, "x"),
		at("a.yaml", 9, 3, CodeUnknownKey, "x"),
		at("a.yaml", 10, 1, CodeUnknownKey, "x"),
		at("a.yaml", 9, 4, CodeUnknownKey, "x"),
		at("a.yaml", 9, 4, CodeUnknownKey, "w"),
		at("a.yaml", 0, 0, CodeNoStates, "x"),
	}
	ds.Sort()
	want := Diagnostics{
		at("a.yaml", 0, 0, CodeNoStates, "x"),
		at("a.yaml", 9, 3, CodeUnknownKey, "x"),
		at("a.yaml", 9, 4, CodeBadKey, "x"),
		at("a.yaml", 9, 4, CodeUnknownKey, "w"),
		at("a.yaml", 9, 4, CodeUnknownKey, "x"),
		at("a.yaml", 10, 1, CodeUnknownKey, "x"),
		at("b.yaml", 1, 1, CodeBadName, "x"),
	}
	if diff := cmp.Diff(want, ds); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
}

func TestDiagnosticsErr(t *testing.T) {
	t.Parallel()
	warning := Report(CodeBareNumber, "a.yaml", Pos{2, 1}, "a number")
	mistake := Report(CodeBadName, "a.yaml", Pos{3, 5}, "name %q", "9a")
	for _, c := range []struct {
		name string
		ds   Diagnostics
		want string
	}{
		{"nothing", nil, ""},
		{"a warning alone", Diagnostics{warning}, ""},
		{"one error", Diagnostics{warning, mistake}, `a.yaml:3:5: error: name "9a" [bad-name]`},
		{"two errors", Diagnostics{mistake, mistake}, `a.yaml:3:5: error: name "9a" [bad-name] (and 1 more error)`},
		{"three errors", Diagnostics{mistake, mistake, mistake}, `a.yaml:3:5: error: name "9a" [bad-name] (and 2 more errors)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.ds.Err()
			if (err != nil) != c.ds.HasErrors() {
				t.Fatalf("Err() = %v but HasErrors() = %t", err, c.ds.HasErrors())
			}
			got := ""
			if err != nil {
				got = err.Error()
				var check *CheckError
				if !errors.As(err, &check) || len(check.Diagnostics) != len(c.ds) {
					t.Errorf("the error does not carry the diagnostics: %#v", err)
				}
			}
			if got != c.want {
				t.Errorf("Err() = %q, want %q", got, c.want)
			}
		})
	}
}

func TestDiagnosticPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pos  Pos
		want string
	}{
		{Pos{}, "a.yaml: error: m [no-states]"},
		{Pos{Line: 3}, "a.yaml:3: error: m [no-states]"},
		{Pos{3, 7}, "a.yaml:3:7: error: m [no-states]"},
	} {
		if got := Report(CodeNoStates, "a.yaml", c.pos, "m").String(); got != c.want {
			t.Errorf("at %v: %q, want %q", c.pos, got, c.want)
		}
	}
}
