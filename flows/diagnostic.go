package flows

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says what a diagnostic does: an error keeps a flow from running, a
// warning does not.
type Severity int

// The two severities.
const (
	Error Severity = iota
	Warning
)

// String is the severity's word: "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText is the severity's word, which is what JSON shows.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one thing wrong with a flow, at the exact character.
type Diagnostic struct {
	File string
	// Pos is where the mistake stands. A position without a column means the
	// whole line, one without a line the whole file.
	Pos      Pos
	Severity Severity
	Code     Code
	// Message says what was found and what was expected: one sentence, without a
	// capital at its start or a full stop at its end.
	Message string
	// Hint says what to do: "did you mean \"verify\"?". It may be empty.
	Hint string
	// Related are other places concerned, in the order they are to be read.
	Related []Related
	// Keys are what a caller presses, or what happens to one, for a proof that
	// fails: the shortest way there.
	Keys string
}

// Related is another place that a diagnostic is about.
type Related struct {
	File    string // "": the diagnostic's own
	Pos     Pos
	Message string
}

// String is the diagnostic in one line: "file:line:col: severity: message [code]".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s [%s]", place(d.File, d.Pos), d.Severity, d.Message, d.Code)
}

// Report makes a diagnostic of code, with the severity that the code has.
func Report(code Code, file string, pos Pos, format string, args ...any) Diagnostic {
	return Diagnostic{
		File:     file,
		Pos:      pos,
		Severity: code.Severity(),
		Code:     code,
		Message:  fmt.Sprintf(format, args...),
	}
}

// Diagnostics are all that is wrong at once.
type Diagnostics []Diagnostic

// Sort puts diagnostics in the order in which they are read, by file, line,
// column and code, and drops those that say the same at the same place.
func (ds *Diagnostics) Sort() {
	slices.SortStableFunc(*ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
	*ds = slices.CompactFunc(*ds, func(a, b Diagnostic) bool {
		return a.File == b.File && a.Pos == b.Pos && a.Code == b.Code && a.Message == b.Message
	})
}

// HasErrors tells whether anything of severity Error is among them.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Count gives the number of errors and of warnings.
func (ds Diagnostics) Count() (errors, warnings int) {
	for _, d := range ds {
		if d.Severity == Error {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

// Err is nil when there is no error among the diagnostics, and a *CheckError
// that carries them all when there is.
func (ds Diagnostics) Err() error {
	if !ds.HasErrors() {
		return nil
	}
	return &CheckError{Diagnostics: ds}
}

// CheckError is a flow that must not run, and why.
type CheckError struct{ Diagnostics Diagnostics }

// Error is the first error, and how many more there are.
func (e *CheckError) Error() string {
	first := slices.IndexFunc(e.Diagnostics, func(d Diagnostic) bool { return d.Severity == Error })
	if first < 0 {
		return "no error"
	}
	text := e.Diagnostics[first].String()
	switch n, _ := e.Diagnostics.Count(); n {
	case 1:
		return text
	case 2:
		return text + " (and 1 more error)"
	default:
		return fmt.Sprintf("%s (and %d more errors)", text, n-1)
	}
}

// place is "file:line:col", as far as each is known.
func place(file string, pos Pos) string {
	switch {
	case pos.Line == 0:
		return file
	case pos.Col == 0:
		return fmt.Sprintf("%s:%d", file, pos.Line)
	default:
		return fmt.Sprintf("%s:%s", file, pos)
	}
}
