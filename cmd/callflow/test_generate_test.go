package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerateTests writes what a flow's tests lack behind them, and finds the flow
// covered then.
func TestGenerateTests(t *testing.T) {
	t.Parallel()
	dir := folder(t, oneOfEach)
	file := filepath.Join(dir, "flow_test.yaml")
	status, stdout, stderr := run(t, "", "test", dir, "--generate", "--write", file, "--run", "good")
	if status != 0 || stderr != "" || !strings.Contains(stdout, " tests added; with them tests take 100% of the transitions of "+filepath.Join(dir, flowFile)) {
		t.Fatalf("status %d\n%s\n%s", status, stdout, stderr)
	}
	src, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(src), oneOfEach+"\n  - name: ") {
		t.Fatalf("%v\n%s", err, src)
	}
	status, stdout, _ = run(t, "", "test", dir, "--cover-min", "100", "-v")
	if status != 1 || !strings.Contains(stdout, ", 1 failed\n") || !strings.Contains(stdout, "100% ") { // "bad" is among them
		t.Errorf("status %d\n%s", status, stdout)
	}
	// Once they are there, nothing is added.
	status, stdout, _ = run(t, "", "test", dir, "--generate", "--write", file)
	again, err := os.ReadFile(file)
	if status != 0 || !strings.Contains(stdout, ": 0 tests added;") || err != nil || string(again) != string(src) {
		t.Errorf("status %d, %v: %s", status, err, stdout)
	}
}

func TestGenerateElsewhere(t *testing.T) {
	t.Parallel()
	dir := folder(t, oneOfEach)
	lone := filepath.Join(dir, "lone.yaml")
	const flow = "callflow: 1\nflow: lone\nstart: ask\nvariables: { vip: { type: bool, default: false } }\n" +
		"states:\n  ask: { menu: { prompt: Press 1., options: { 1: by } } }\n" +
		"  by: { branch: { when: [{ if: vip, next: bye }], else: bye } }\n  bye: { hangup: { say: Bye. } }\n"
	if err := os.WriteFile(lone, []byte(flow), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "more_test.yaml")
	braces := filepath.Join(dir, "braces_test.yaml")
	if err := os.WriteFile(braces, []byte("flow: flow.yaml\ntests: [{ name: a, steps: [] }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string
	}{
		{"a flow without tests", []string{lone, "--generate"}, 0, "flow: lone.yaml\ntests:\n  - name: ask, 1 is pressed\n    steps:\n      - press: 1\n      - hear: Bye.\n      - ended: hangup\n", "lone.yaml: not reached: by: when.1 -> bye: no values were found for which vip holds there\n"},
		{"a new file", []string{lone, "--generate", "--write", fresh}, 0, "more_test.yaml: 5 tests added; with them tests take 75% of the transitions of " + lone, "not reached"},
		{"it runs", []string{fresh}, 0, "5 passed, 0 failed", ""},
		{"in braces", []string{braces, "--generate", "--write", braces}, 2, "", "write to another file"},
		{"no tests of that name", []string{lone, "--generate", "--write", filepath.Join(dir, "more.yaml")}, 2, "", "expected a name that ends in _test.yaml"},
		{"several flows", []string{"../../examples", "--generate", "--write", fresh}, 2, "", "is for one flow; found"},
		{"alone", []string{dir, "--write", fresh}, 2, "", "--write: found it without --generate"},
	} {
		status, stdout, stderr := run(t, "", append([]string{"test"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s: status %d\n%s\n%s", c.name, status, stdout, stderr)
		}
	}
}
