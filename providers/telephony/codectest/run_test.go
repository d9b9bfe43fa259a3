package codectest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLeftOut: a platform that says nothing of a situation fails the suite, whichever
// one it is, and so does one that says two things of it.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	check := func(archive string) []string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "situations.txtar"), []byte(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return Fixture{Dir: dir}.LeftOut(t)
	}
	all := func(without string) string {
		var b strings.Builder
		for _, s := range situations() {
			if s.name != without && s.of == "" {
				fmt.Fprintf(&b, "-- %s.json --\n{}\n", s.name)
			}
		}
		return b.String()
	}
	if got := check(all("")); len(got) > 0 {
		t.Errorf("with all of them: %q", got)
	}
	for _, s := range situations() {
		if s.of != "" {
			continue // it borrows another one's request, and goes where that goes
		}
		got := check(all(s.name))
		if !slices.ContainsFunc(got, func(text string) bool { return strings.Contains(text, `"`+s.name+`.cannot"`) }) {
			t.Errorf("without %q: %q", s.name, got)
		}
		if got := check(all(s.name) + "-- " + s.name + ".cannot --\nno reason\n"); slices.ContainsFunc(got, func(text string) bool { return strings.Contains(text, `"`+s.name+`.json"`) }) {
			t.Errorf("with a reason for %q: %q", s.name, got)
		}
	}
	for _, more := range []string{"-- silence.cannot --\nno reason\n", "-- nosuch.json --\n{}\n"} {
		if got := check(all("") + more); len(got) != 1 {
			t.Errorf("with %q: %q", more, got)
		}
	}
}

// TestBorrowed: what borrows a request borrows from a situation that there is.
func TestBorrowed(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range situations() {
		if names[s.name] {
			t.Errorf("%q is there twice", s.name)
		}
		names[s.name] = true
	}
	for _, s := range situations() {
		if s.of != "" && !names[s.of] {
			t.Errorf("%q is of %q, which is no situation", s.name, s.of)
		}
	}
}
