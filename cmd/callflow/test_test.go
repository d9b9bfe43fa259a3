package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes a folder with the herd flow and a file of tests.
func folder(t *testing.T, tests string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{flowFile, standinsFile} {
		src, err := os.ReadFile(filepath.Join(herd, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "flow_test.yaml"), []byte(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const oneOfEach = `tests:
  - name: good
    steps:
      - press: 1 00042 1
      - ended: hangup
  - name: bad
    steps:
      - hear: Press 1
      - press: 1
      - hear: Enter the six digit
`

func TestTest(t *testing.T) {
	t.Parallel()
	mixed := folder(t, oneOfEach)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout []string
		stderr string
	}{
		{name: "examples", args: []string{"../../examples"}, stdout: []string{"ok   ../../examples/authzero/flow_test.yaml (", "ok   ../../examples/herd/flow_test.yaml (", " passed, 0 failed\n"}},
		{name: "one file", args: []string{herd + "/flow_test.yaml", "--run", "Spanish", "-v"}, stdout: []string{"(1 test)", "in Spanish", "reached 5 of 7 states", "never reached: not_recorded", "never taken: event: option.1 -> animal", "1 passed, 0 failed"}},
		{
			name: "a failure", args: []string{mixed}, status: 1,
			stdout: []string{"FAIL " + mixed, "  bad\n", "flow_test.yaml:10: this was not heard\n", `expected "Enter the six digit"`, `heard    "Enter the five digit animal number."`, "the call up to there:\n", " 0:00  Press 1 to report", "> 1\n", "1 passed, 1 failed\n"},
		},
		{name: "the good one", args: []string{mixed, "--run", "^good$"}, stdout: []string{"1 passed, 0 failed"}},
		{name: "none of them", args: []string{mixed, "--run", "ugly"}, status: 2, stderr: `--run: no test has a name that matches "ugly"`},
		{name: "bad pattern", args: []string{mixed, "--run", "("}, status: 2, stderr: "--run: error parsing regexp"},
		{name: "bad format", args: []string{mixed, "--format", "xml"}, status: 2, stderr: "--format"},
		{name: "nothing there", args: []string{t.TempDir()}, status: 2, stderr: "there is no *_test.yaml in"},
		{name: "no such folder", args: []string{"nowhere"}, status: 2, stderr: "there is no nowhere: no such file or directory"},
		{name: "bad tests", args: []string{folder(t, "tests: [{ name: a, steps: [{ hera: b }] }]")}, status: 2, stderr: `did you mean "hear"?`},
		{name: "bad state", args: []string{folder(t, "tests: [{ name: a, steps: [{ at: evnt }] }]")}, status: 2, stderr: `did you mean "event"?`},
		{name: "no flow", args: []string{folder(t, "flow: other.yaml\ntests: [{ name: a, steps: [] }]")}, status: 2, stderr: "there is no flow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := run(t, "", append([]string{"test"}, c.args...)...)
			if status != c.status {
				t.Errorf("status %d, expected %d", status, c.status)
			}
			rest := stdout
			for _, part := range c.stdout {
				i := strings.Index(rest, part)
				if i < 0 {
					t.Errorf("%q is missing, or not in order, in\n%s", part, stdout)
					break
				}
				rest = rest[i+len(part):]
			}
			if !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
				t.Errorf("stderr %q, expected %q", stderr, c.stderr)
			}
		})
	}
}

func TestTestJSON(t *testing.T) {
	t.Parallel()
	status, stdout, _ := run(t, "", "test", folder(t, oneOfEach), "--format", "json")
	var report struct {
		Passed, Failed int
		Tests          []struct {
			Name, Flow string
			Line       int
			Passed     bool
			Failure    *struct {
				Line, Column int
				Message      string
				Detail       []string
			}
			Call map[string]any
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if status != 1 || report.Passed != 1 || report.Failed != 1 || len(report.Tests) != 2 {
		t.Fatalf("status %d, %+v", status, report)
	}
	good, bad := report.Tests[0], report.Tests[1]
	if !good.Passed || good.Line != 2 || good.Failure != nil || good.Call != nil || good.Flow != "herd" {
		t.Errorf("%+v", good)
	}
	if bad.Passed || bad.Failure == nil || bad.Failure.Line != 10 || bad.Failure.Message != "this was not heard" || len(bad.Failure.Detail) != 2 || bad.Call["flow"] != "herd" {
		t.Errorf("%+v", bad)
	}
}
