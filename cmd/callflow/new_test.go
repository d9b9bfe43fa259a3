package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/cmd/callflow/newflow"
)

// Whatever can be begun passes check, fmt --check and its own test.
func TestNew(t *testing.T) {
	t.Parallel()
	for _, template := range newflow.Templates() {
		for _, languages := range []string{"en", "es", "en,es", "es,en"} {
			t.Run(template.Name+" "+languages, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "line")
				run := func(want int, args ...string) string {
					t.Helper()
					var out bytes.Buffer
					c := Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now}
					if got := c.Main(t.Context(), args); got != want {
						t.Fatalf("%v: status %d\n%s", args, got, out.String())
					}
					return out.String()
				}
				run(0, "new", dir, "--template", template.Name, "--language", languages, "--yes")
				if out := run(0, "check", dir); !strings.Contains(out, "no problems") {
					t.Error(out)
				}
				run(0, "fmt", "--check", filepath.Join(dir, "flow.yaml"))
				run(0, "test", dir)
				run(2, "new", dir, "--yes") // it is there
			})
		}
	}
}

func TestNewAsks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	c := Command{Stdin: strings.NewReader("survey\nes\n"), Stdout: &out, Stderr: &out, Now: time.Now}
	if got := c.Main(t.Context(), []string{"new", filepath.Join(dir, "line")}); got != 0 || !strings.Contains(out.String(), "What kind of line (menu, pin, survey) [menu]: ") {
		t.Fatalf("status %d\n%s", got, out.String())
	}
	if want := "What kind of line (menu, pin, survey) [menu]: survey\nLanguages (en, es) [en]: es\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("found %q, expected each question with its answer on a line: %q", out.String(), want)
	}
	out.Reset()
	if got := c.Main(t.Context(), []string{"new", filepath.Join(dir, "line")}); got != 2 || strings.Contains(out.String(), "What kind") {
		t.Errorf("what is there already: status %d, expected 2 and no question\n%s", got, out.String())
	}
	for _, wrong := range [][]string{{"new"}, {"new", dir + "/Bad-Name", "--yes"}, {"new", dir + "/x", "--template", "men"}, {"new", dir + "/x", "--yes", "--language", "xx"}} {
		if got := c.Main(t.Context(), wrong); got != 2 {
			t.Errorf("%v: status %d", wrong, got)
		}
	}
	left, err := filepath.Glob(dir + "/.*.part")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
