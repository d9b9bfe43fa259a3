package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
		stdout []string // each is in it
		stderr string   // is in it
	}{
		{args: []string{"explain", "dead-end"}, stdout: []string{"dead-end (error)\n", "For example:\n", "[dead-end]\n", "Put right:\n"}},
		{args: []string{"explain", "[dead-end]"}, stdout: []string{"dead-end (error)\n"}},
		{args: []string{"explain"}, stdout: []string{"dangling-next", "may-fail", "warning"}},
		{args: []string{"explain", "dead-ned"}, status: exitUsage, stderr: `did you mean "dead-end"?`},
		{args: []string{"explain", "zzz"}, status: exitUsage, stderr: `"callflow explain" lists them`},
		{args: []string{"explain", "dead-end", "loop"}, status: exitUsage, stderr: "at most 1"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := Command{Stdout: &stdout, Stderr: &stderr}.Main(t.Context(), c.args)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, stderr.String())
			}
			for _, part := range c.stdout {
				if !strings.Contains(stdout.String(), part) {
					t.Errorf("%q is missing in\n%s", part, stdout.String())
				}
			}
			if !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q", stderr.String(), c.stderr)
			}
		})
	}
}
