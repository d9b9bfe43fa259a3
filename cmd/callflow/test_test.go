package main

import (
	"encoding/json"
	"encoding/xml"
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
	mixed, alone, several, bare := folder(t, oneOfEach), folder(t, oneOfEach), folder(t, oneOfEach), t.TempDir()
	if err := os.Remove(filepath.Join(alone, "flow_test.yaml")); err != nil {
		t.Fatal(err)
	}
	for file, src := range map[string]string{
		filepath.Join(several, "more_test.yaml"):  "flow: flow.yaml\ntests: [{ name: more, steps: [{ hear: Press 1 }] }]\n",
		filepath.Join(several, "other_test.yaml"): "tests: [{ name: of another flow, steps: [{ press: 1 }] }]\n",
		filepath.Join(several, "sub.yaml"):        "callflow: 1\nflow: sub\nstart: a\nstates: { a: { return: done } }\n",
		filepath.Join(alone, "slip_test.yaml"):    "flow: folw.yaml\ntests: [{ name: a, steps: [{ press: 1 }] }]\n",
	} {
		if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	toWrite := "To have them written: callflow test " + alone + "/flow.yaml --generate --write " + alone + "/flow_test.yaml\n"
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout []string
		stderr string
	}{
		{name: "examples", args: []string{"../../examples"}, stdout: []string{"ok   ../../examples/authzero/flow_test.yaml (", "ok   ../../examples/herd/flow_test.yaml (", " passed, 0 failed\n"}},
		{name: "one file", args: []string{herd + "/flow_test.yaml", "--run", "Spanish", "-v"}, stdout: []string{"(1 test)", "in Spanish", "flow.yaml: 5 of 7 states, 4 of 13 transitions", "flow.yaml:14: never taken: event: option.1 -> animal", "flow.yaml:39: never reached: not_recorded", "1 passed, 0 failed"}},
		{
			name: "a failure", args: []string{mixed}, status: 1,
			stdout: []string{"FAIL " + mixed, "  bad\n", "flow_test.yaml:10: this was not heard\n", `expected "Enter the six digit"`, `heard    "Enter the five digit animal number."`, "the call up to there:\n", " 0:00  Press 1 to report", "> 1\n", "1 passed, 1 failed\n"},
		},
		{name: "beside a flow", args: []string{mixed + "/flow.yaml", "--run", "^good$"}, stdout: []string{"ok   " + mixed + "/flow_test.yaml (1 test)", "1 passed, 0 failed"}},
		{name: "the good one", args: []string{mixed, "--run", "^good$"}, stdout: []string{"1 passed, 0 failed"}},
		{name: "none of them", args: []string{mixed, "--run", "ugly"}, status: 2, stderr: `--run: no test has a name that matches "ugly"`},
		{name: "enough covered", args: []string{herd, "--cover-min", "100"}, stdout: []string{"100% " + herd + "/flow.yaml: 7 of 7 states", "13 passed, 0 failed"}},
		{name: "too little covered", args: []string{mixed, "--run", "^good$", "--cover-min", "60"}, status: 1, stdout: []string{"; expected 60%\n", "flow.yaml:8: never taken: event: exhausted -> $goodbye", "1 passed, 0 failed"}},
		{name: "bad percentage", args: []string{herd, "--cover-min", "101"}, status: 2, stderr: "--cover-min: found 101, expected a percentage from 0 to 100"},
		{name: "no percentage", args: []string{herd, "--cover-min", "abc"}, status: 2, stderr: "--cover-min: found \"abc\", expected a whole number; see \"callflow test --help\""},
		{name: "generation and a report", args: []string{herd, "--generate", "--junit", "report.xml"}, status: 2, stderr: "--generate and --junit do not go together"},
		{name: "generation and a watch", args: []string{herd, "--watch", "--generate"}, status: 2, stderr: "--generate and --watch do not go together"},
		{name: "an empty step", args: []string{folder(t, "tests: [{ name: a, steps: [{}] }]")}, status: 2, stderr: "the step says nothing; expected one thing, such as press: 1"},
		{name: "no place for JUnit", args: []string{herd, "--junit", "nowhere/report.xml"}, status: 2, stderr: "--junit: nowhere/report.xml cannot be written"},
		{name: "bad pattern", args: []string{mixed, "--run", "("}, status: 2, stderr: "--run: error parsing regexp"},
		{name: "bad format", args: []string{mixed, "--format", "xml"}, status: 2, stderr: "--format"},
		{name: "every file beside a flow", args: []string{several + "/flow.yaml", "--run", "good|more"}, stdout: []string{several + "/flow_test.yaml (1 test)", several + "/more_test.yaml (1 test)", "2 passed, 0 failed"}},
		{name: "a flow without tests", args: []string{alone + "/flow.yaml"}, status: 2, stderr: "callflow: the flow " + alone + "/flow.yaml has no tests: there is no flow_test.yaml beside it. " + toWrite},
		{name: "tests that a flow has not got", args: []string{alone + "/flow_test.yaml"}, status: 2, stderr: "callflow: there is no " + alone + "/flow_test.yaml. " + toWrite},
		{name: "a sub-flow", args: []string{several + "/sub.yaml"}, status: 2, stderr: "sub.yaml is a sub-flow: other flows enter it, and their tests test it\n"},
		{name: "a sub-flow to cover", args: []string{several + "/sub.yaml", "--generate"}, status: 2, stderr: "sub.yaml is a sub-flow"},
		{name: "nothing there", args: []string{bare}, status: 2, stderr: "there is neither a flow nor a test in " + bare + " or below: tests are files named *_test.yaml; \"callflow new\" begins"},
		{name: "nothing there to cover", args: []string{bare, "--generate"}, status: 2, stderr: "there is neither a flow nor a test in " + bare},
		{name: "no such folder", args: []string{"nowhere"}, status: 2, stderr: "there is no nowhere: expected a flow, a file of tests (*_test.yaml), or a folder with some\n"},
		{name: "no such file", args: []string{alone + "/flwo.yaml"}, status: 2, stderr: "flwo.yaml: expected a flow, a file of tests (*_test.yaml), or a folder with some; did you mean \"flow.yaml\"?\n"},
		{name: "a slip in the flow's name", args: []string{alone}, status: 2, stderr: "slip_test.yaml:1:7: error: there is no flow " + alone + "/folw.yaml; expected the file of a flow, from the folder of these tests [unreadable-file]\n    1 | flow: folw.yaml\n      |       ^\n      = hint: did you mean \"flow.yaml\"?\n"},
		{name: "no flow is named", args: []string{several + "/other_test.yaml"}, status: 2, stderr: "other_test.yaml:1: error: these tests name no flow, and there is no flow other.yaml beside them [unreadable-file]"},
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
			if status == 2 && stdout != "" {
				t.Errorf("nothing ran, and this was printed:\n%s", stdout)
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
		Coverage []struct {
			Percent      int
			MissedStates []struct {
				Line  int
				State string
			} `json:"missed_states"`
			MissedTransitions []struct {
				Line               int
				State, Outcome, To string
			} `json:"missed_transitions"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if status != 1 || report.Passed != 1 || report.Failed != 1 || len(report.Tests) != 2 {
		t.Fatalf("status %d, %+v", status, report)
	}
	if len(report.Coverage) != 1 || report.Coverage[0].Percent != 30 || len(report.Coverage[0].MissedTransitions) != 9 || report.Coverage[0].MissedStates[0].State != "not_recorded" || report.Coverage[0].MissedStates[0].Line != 39 {
		t.Errorf("%+v", report.Coverage)
	}
	good, bad := report.Tests[0], report.Tests[1]
	if !good.Passed || good.Line != 2 || good.Failure != nil || good.Call != nil || good.Flow != "herd" {
		t.Errorf("%+v", good)
	}
	if bad.Passed || bad.Failure == nil || bad.Failure.Line != 10 || bad.Failure.Message != "this was not heard" || len(bad.Failure.Detail) != 2 || bad.Call["flow"] != "herd" {
		t.Errorf("%+v", bad)
	}
}

func TestTestJUnit(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.xml")
	if status, _, stderr := run(t, "", "test", folder(t, oneOfEach), "--junit", file); status != 1 || stderr != "" {
		t.Errorf("status %d, %s", status, stderr)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report junitReport
	if err := xml.Unmarshal(src, &report); err != nil {
		t.Fatal(err)
	}
	if report.Tests != 2 || report.Failures != 1 || len(report.Suites) != 1 || len(report.Suites[0].Cases) != 2 {
		t.Fatalf("%+v", report)
	}
	good, bad := report.Suites[0].Cases[0], report.Suites[0].Cases[1]
	if good.Name != "good" || good.Class != "herd" || good.Line != 2 || good.Failure != nil {
		t.Errorf("%+v", good)
	}
	if bad.Failure == nil || bad.Failure.Message != "this was not heard" || !strings.Contains(bad.Failure.Text, "flow_test.yaml:10: this was not heard\n    expected \"Enter the six digit\"") {
		t.Errorf("%+v", bad.Failure)
	}
}

// What a flow's tests reach of its milestones is told beside states and transitions.
func TestTestTellsMilestones(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, src := range map[string]string{
		"shop.yaml": `callflow: 1
flow: shop
start: ask
states:
  ask: { milestone: greeted, menu: { prompt: Press 1 to order., options: { 1: order } } }
  order: { milestone: ordered, hangup: { say: Thank you. } }
`,
		"shop_test.yaml": "tests:\n  - { name: hung up, steps: [ { hangup: true } ] }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := run(t, "", "test", dir, "-v")
	if status != 0 || !strings.Contains(stdout, "transitions, 1 of 2 milestones\n") || !strings.Contains(stdout, "shop.yaml: milestone never reached: ordered\n") {
		t.Errorf("%d\n%s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(t, "", "test", dir, "--format", "json")
	if status != 0 || !strings.Contains(strings.Join(strings.Fields(stdout), ""), `"milestones":{"reached":1,"all":2,"missed":["ordered"]}`) {
		t.Errorf("%d\n%s%s", status, stdout, stderr)
	}
}
