package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What people see of a file with very many mistakes is bounded; what programs see
// is not.
func TestCheckShowsSoMany(t *testing.T) {
	t.Parallel()
	var flow strings.Builder
	flow.WriteString("callflow: 1\nflow: many\nstart: s0\nstates:\n")
	const mistakes = 60
	for i := range mistakes {
		fmt.Fprintf(&flow, "  s%d: { menu: { prompt: Press 1 or 2., options: { 1: s%d, 2: nowhere%d } } }\n", i, (i+1)%mistakes, i)
	}
	file := write(t, "many.yaml", flow.String())
	for _, c := range []struct {
		args  []string
		shown int
		more  bool
	}{
		{[]string{file}, mostShown, true},
		{[]string{"--all", file}, mistakes, false},
	} {
		status, stdout, stderr := run(t, "", append([]string{"check"}, c.args...)...)
		if status != exitFound || stderr != "" {
			t.Errorf("%v: exit status %d, stderr %q", c.args, status, stderr)
		}
		if n := strings.Count(stdout, "[dangling-next]"); n != c.shown {
			t.Errorf("%v: shows %d, expected %d", c.args, n, c.shown)
		}
		if more := strings.Contains(stdout, "many.yaml: and 10 more; --all shows them\n"); more != c.more {
			t.Errorf("%v: says that there are more: %t", c.args, more)
		}
		if !strings.HasSuffix(stdout, "\n1 flow checked, 60 errors\n") {
			t.Errorf("%v: ends with %q", c.args, stdout[max(len(stdout)-60, 0):])
		}
	}
	_, stdout, _ := run(t, "", "check", "--format", "json", file)
	var all []any
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || len(all) != mistakes {
		t.Errorf("%d in JSON (%v), expected %d", len(all), err, mistakes)
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ columns, want int }{{0, 80}, {-1, 80}, {20, 40}, {40, 40}, {132, 132}} {
		if got := sensibleWidth(c.columns); got != c.want {
			t.Errorf("a terminal of %d columns: %d, expected %d", c.columns, got, c.want)
		}
	}
	var out strings.Builder
	if got := widthOf(&out); got != usualWidth {
		t.Errorf("no terminal: %d", got)
	}
	p := &page{w: &out, width: leastWidth}
	p.line(0, plain, "> ", strings.Repeat("word ", 40))
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > leastWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if n := strings.Count(out.String(), "word"); n != 40 {
		t.Errorf("%d words are left of 40", n)
	}
}
