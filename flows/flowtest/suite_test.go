package flowtest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"callflow/flows"
	"callflow/flows/flowtest"
)

func suite(t testing.TB, src string) *flowtest.Suite {
	t.Helper()
	s, diags := flowtest.ParseSuite("flow_test.yaml", []byte(src))
	for _, d := range diags {
		t.Error(d)
	}
	if s == nil {
		t.FailNow()
	}
	return s
}

// TestParseSuiteErrors reports every mistake in its place.
func TestParseSuiteErrors(t *testing.T) {
	t.Parallel()
	step := func(s string) string { return "tests:\n  - name: a\n    steps:\n      - " + s + "\n" }
	for src, want := range map[string]string{
		"":                      `1:1: error: the file is empty [empty-value]`,
		"- a":                   `1:1: error: the file: expected keys with values, found a list [wrong-type]`,
		"tests: {}":             `1:8: error: tests: expected a list, found keys with values [wrong-type]`,
		"flow: x.yaml":          `1:1: error: the file has no tests; expected a list under "tests" [missing-key]`,
		"test: []":              `1:1: error: the file has no key "test"; expected one of flow, tests [unknown-key]`,
		"a: [":                  `1: error: this is not YAML: did not find expected node content [syntax-error]`,
		"tests: []\n---\na: 1":  `2:1: error: the file holds more than one document; expected one [second-document]`,
		"tests: &x []":          `1:8: error: the anchor &x is not allowed; write the value where it is needed [alias-not-allowed]`,
		"tests: !!seq []":       `1:8: error: the tag !!seq is not allowed; leave it out, or put the value in quotes [tag-not-allowed]`,
		"tests:\n  - steps: []": `2:5: error: a test needs a name [missing-key]`,
		"tests:\n  - name: a":   `2:5: error: the test "a" has no steps [missing-key]`,
		"tests:\n  - {name: a, steps: []}\n  - {name: a, steps: []}": `3:12: error: another test is called "a" too [name-taken]`,
		step("heard: x"):                                  `4:9: error: a step has no key "heard"; expected one of hear, press, say, silence, hangup, again, at, milestone, ended, called, never, never_hear, played, whispered [unknown-key]`,
		step("{ hear: a, press: 1 }"):                     `4:27: error: a step is one thing; found press beside hear; expected each in a line of its own, with a dash before it [bad-value]`,
		step("press: 1y"):                                 `4:16: error: press: character 2: 'y' is no key; expected 0-9, *, #, or one of the signs . + - x [bad-key]`,
		step("press: #"):                                  `4:15: error: YAML reads # after a space as the beginning of a comment [quote-hash]`,
		step("press: 12345 #"):                            `4:16: error: YAML reads # after a space as the beginning of a comment [quote-hash]`,
		step("silence: often"):                            `4:18: error: silence: found "often", expected a whole number from 1 to 100 [bad-value]`,
		step("hangup: no"):                                `4:17: error: hangup: found "no", expected one of true [bad-value]`,
		step("ended: bye"):                                `4:16: error: ended: found "bye", expected one of hangup, goodbye, error, caller [bad-value]`,
		step("hear:"):                                     `4:14: error: hear has no value; expected a text [empty-value]`,
		step("hear: []"):                                  `4:15: error: hear is an empty list [empty-value]`,
		step("hear: {a: b}"):                              `4:16: error: hear has no key "a"; expected one of contains, exact, pattern [unknown-key]`,
		step("hear: {}"):                                  `4:15: error: hear: expected one of contains, exact, pattern [bad-value]`,
		step("hear: {exact: a, contains: b}"):             `4:15: error: hear: expected one of contains, exact, pattern [bad-value]`,
		step("hear: [a, {pattern: '('}]"):                 "4:29: error: pattern: \"(\" is no regular expression: error parsing regexp: missing closing ): `(` [bad-pattern]",
		step("never: {}"):                                 `4:16: error: never needs one of hear, at, milestone, called [missing-key]`,
		step("never: a"):                                  `4:16: error: never: expected keys with values, found "a" [wrong-type]`,
		step("never: {called: {service: a, times: 2}}"):   `4:25: error: never: a call that must not be made has no times [bad-value]`,
		step("called: { post: /a }"):                      `4:17: error: called needs the service that must have been called [missing-key]`,
		step("called: { service: a, post: a }"):           `4:37: error: post: found "a", expected a path that begins with / [bad-request]`,
		step("called: { service: a, post: /a, get: /b }"): `4:46: error: found get beside post; expected one request [bad-value]`,
		"tests:\n  - name: a\n    call: { at: today }\n    steps: []":                                          `3:17: error: at: found "today", expected an instant such as 2026-11-21T10:00:00Z [bad-value]`,
		"tests:\n  - name: a\n    given: { sign_in: { result: authenticated } }\n    steps: []":                `3:33: error: result: found "authenticated", expected one of denied, locked, challenge, unavailable [bad-value]`,
		"tests:\n  - name: a\n    given: { services: { b: [{ get: /a, delay: 2 }] } }\n    steps: []":          `3:48: error: delay: found "2", expected a length of time up to 10m, such as 2s or 500ms [bad-duration]`,
		"tests:\n  - name: a\n    given: { services: { b: [{ status: 200 }] } }\n    steps: []":                `3:30: error: a stand-in needs the request it answers: get, post, put, patch or delete with a path [missing-key]`,
		"tests:\n  - name: a\n    given: { services: { b: { get: /a, body: 1, fail: true } } }\n    steps: []": `3:29: error: a stand-in gives one answer; found body and fail [bad-value]`,
		"tests:\n  - name: a\n    given: { users: [{ account: 1 }] }\n    steps: []":                           `3:22: error: a user needs an account and a pin [missing-key]`,
		"tests:\n  - name: a\n    given: { dial: [gone] }\n    steps: []":                                      `3:21: error: dial: found "gone", expected one of completed, busy, no_answer, failed [bad-value]`,
		"tests:\n  - name: a\n    name: b\n    steps: []":                                                      `3:5: error: "name" stands twice in a test [duplicate-key]`,
	} {
		s, diags := flowtest.ParseSuite("t.yaml", []byte(src))
		if len(diags) != 1 || diags[0].String() != "t.yaml:"+want || s != nil {
			t.Errorf("%q:\n  found    %v\n  expected t.yaml:%s", src, diags, want)
		}
	}
}

func TestSeveralMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, diags := flowtest.ParseSuite("t.yaml", []byte("flo: x\ntests:\n  - nmae: a\n    steps: [{ hear: }, { press: ! }]\n  - { name: b, steps: [{ ended: never }] }"))
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%s %s", d.Pos, d.Code))
	}
	if len(got) < 4 {
		t.Errorf("found %v", got)
	}
}

func TestCheckSuite(t *testing.T) {
	t.Parallel()
	s := suite(t, `
tests:
  - name: a
    given: { services: { hurd: [{ post: /events }] } }
    steps:
      - at: anmal
      - called: { service: bank }
`)
	var got []string
	for _, d := range s.Check(example(t, "herd")) {
		got = append(got, d.String()+" "+d.Hint)
	}
	want := []string{
		`flow_test.yaml:4:26: error: the flow "herd" has no service "hurd" [unknown-service] did you mean "herd"?`,
		`flow_test.yaml:6:9: error: the flow "herd" has no state "anmal" [dangling-next] did you mean "animal"?`,
		`flow_test.yaml:7:17: error: the flow "herd" has no service "bank" [unknown-service] `,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFailures holds what a designer reads when something is not as expected.
func TestFailures(t *testing.T) {
	t.Parallel()
	program := example(t, "herd")
	beside := given(t, herdWorld)
	for steps, want := range map[string]string{
		"[{ hear: Press 2 to }]": `1: this was not heard
expected "Press 2 to"
heard    "Press 1 to report a death, 2 for a birth, 3 for a treatment."`,
		"[{ hear: [3 for a treatment, Press 1] }]": `1: this was not heard
expected "Press 1"
heard    "."`,
		"[{ press: 1 }, { hear: Press 1 }]": `1: this was not heard
expected "Press 1"
heard    "Enter the five digit animal number."`,
		"[{ at: animal }]":                      `1: the call is in state "event", expected "animal"`,
		"[{ ended: hangup }]":                   `1: the call has not ended: it waits in state "event"`,
		"[{ hangup: true }, { ended: hangup }]": `1: the call ended by "caller" in state "$gone", expected "hangup"`,
		"[{ hangup: true }, { press: 1 }]":      `1: the caller cannot press: the call has ended (caller, in state "$gone")`,
		`[{ hear: { exact: "Press 1 to report a death, 2 for a birth, 3 for a treatment." } }, { press: 1 }, { hear: { pattern: "(five|six) digit" } }, { hear: { contains: number } }]`: "passed",
		"[{ hear: { exact: Press 1 } }]": `1: this was not heard
expected exactly "Press 1"
heard    "Press 1 to report a death, 2 for a birth, 3 for a treatment."`,
		`[{ hear: { pattern: "birth$" } }]`: `1: this was not heard
expected the pattern "birth$"
heard    "Press 1 to report a death, 2 for a birth, 3 for a treatment."`,
		"[{ never: { at: animal } }, { press: 1 }]":                                           `1: the call came to state "animal", expected never`,
		"[{ never: { called: { service: herd, post: /events } } }, { press: 1 00042 1 }]":     "1: the service \"herd\" was called so once, expected never\nnamely   POST /events",
		"[{ never: { at: [thanks, later], hear: { pattern: accept } } }, { press: 1 00042 }]": "passed",
		"[{ never_hear: a birth }]":                                                           "1: this was heard\nnever    \"a birth\"\nheard    \"Press 1 to report a death, 2 for a birth, 3 for a treatment.\"",
		"[{ never_hear: Thank you }, { press: 1 00042 1 }]":                                   "1: this was heard\nnever    \"Thank you\"\nheard    \"Recorded. Thank you.\"",
		"[{ called: { service: herd } }]":                                                     "1: the service \"herd\" was not called so\nexpected any request",
		"[{ press: 1 00042 1 }, { called: { service: herd, post: /events, body: { animal: '00043' } } }]": `1: the service "herd" was not called so
expected POST /events {"animal":"00043"}
it got   POST /events {"event":"death","animal":"00042","reporter":""}`,
		"[{ press: 1 00042 1 }, { called: { service: herd, times: 0 } }]": "1: the service \"herd\" was called so once, expected never\nnamely   any request",
		"[{ press: 1 00042 1 }, { called: { service: herd, times: 2 } }]": "1: the service \"herd\" was called so once, expected 2 times\nnamely   any request",
	} {
		s := suite(t, "tests: [{ name: a, steps: "+steps+" }]")
		result, err := s.Tests[0].Run(t.Context(), program, s.Tests[0].World(beside, nil))
		if err != nil {
			t.Fatal(err)
		}
		got := "passed"
		if f := result.Failure; f != nil {
			got = strings.Join(append([]string{fmt.Sprintf("%d: %s", f.Pos.Line, f.Message)}, f.Detail...), "\n")
		}
		if got != want {
			t.Errorf("%s:\n%s\nexpected\n%s", steps, got, want)
		}
	}
}

func TestNothingGiven(t *testing.T) {
	t.Parallel()
	s := suite(t, "tests: [{ name: a, steps: [{ press: 1 00042 1 }] }]")
	result, err := s.Tests[0].Run(t.Context(), example(t, "herd"), s.Tests[0].World(nil, nil))
	if err != nil || result.Failure == nil || !strings.HasPrefix(result.Failure.Message, `nothing is given for POST /events of service "herd"; `) {
		t.Errorf("%v, %+v", err, result.Failure)
	}
}

// What is heard behind a transfer or a recording is awaited; what is heard before
// it is not.
func TestHeardBehindATransfer(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("f.yaml", []byte(`callflow: 1
flow: f
start: agent
states:
  agent: { transfer: { to: "+15550100", say: Please hold. }, next: { completed: bye, busy: note } }
  note: { record: { prompt: Leave a note. }, next: { recorded: thanks, empty: bye, failed: bye } }
  thanks: { hangup: { say: Thank you. } }
  bye: { hangup: { say: Goodbye. } }
`), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	for steps, want := range map[string]string{
		"{ hear: [Please hold., Leave a note., Thank you.] }, { ended: hangup }": "",
		"{ hear: Please hold. }, { hangup: true }, { ended: caller }":            "",
		"{ hear: Thank you. }, { at: thanks }":                                   "",
		"{ hear: Goodbye. }":                                                     "this was not heard",
	} {
		s := suite(t, "tests: [{ name: a, given: { dial: busy, record: recorded }, steps: ["+steps+"] }]")
		result, err := s.Tests[0].Run(t.Context(), program, s.Tests[0].World(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		if f := result.Failure; f == nil && want != "" || f != nil && f.Message != want {
			t.Errorf("%s: %v, expected %q", steps, f, want)
		}
	}
}

// TestExamples runs the examples' own scenarios, and finds their flows covered.
func TestExamples(t *testing.T) {
	t.Parallel()
	const users = "users: [{ account: 12345, pin: 1234, greeting: Maria }, { account: 1234567890, pin: 4321, greeting: Ben }]"
	for name, states := range map[string]int{"authzero": 11, "herd": 7} {
		read := func(file string) []byte {
			src, err := os.ReadFile("../../examples/" + name + "/" + file)
			if err != nil {
				t.Fatal(err)
			}
			return src
		}
		program := example(t, name)
		s := suite(t, string(read("flow_test.yaml")))
		for _, d := range s.Check(program) {
			t.Error(d)
		}
		coverage := flowtest.NewCoverage(program)
		for _, test := range s.Tests {
			world := flowtest.NewStage(nil, &test.Given, given(t, string(read("standins.yaml"))), given(t, users))
			result, err := test.Run(t.Context(), program, world)
			if err != nil {
				t.Fatal(err)
			}
			if f := result.Failure; f != nil {
				t.Errorf("%s:%d: %s: %s\n%s", name, f.Pos.Line, test.Name, f.Message, strings.Join(f.Detail, "\n"))
			}
			coverage.Add(result.Transcript)
		}
		visited, all, missed := coverage.States()
		if visited != all || all != states {
			t.Errorf("%s: %d of %d states are reached; expected all %d; missing %v", name, visited, all, states, missed)
		}
	}
}

func FuzzParseSuite(f *testing.F) {
	for _, name := range []string{"authzero", "herd"} {
		src, err := os.ReadFile("../../examples/" + name + "/flow_test.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("tests: [{ name: a, given: { users: [{ account: 1, pin: 2 }] }, steps: [{ press: '*' }] }]"))
	f.Add([]byte("services: { a: [{ get: /*, body: { a: [1, null, 0x1F, 1e400] } }] }"))
	f.Fuzz(func(t *testing.T, src []byte) {
		lines := 1 // as YAML breaks them
		for _, r := range string(src) {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) {
				lines++
			}
		}
		check := func(diags flows.Diagnostics, good bool) {
			if good == diags.HasErrors() {
				t.Errorf("good %v with %v", good, diags)
			}
			for _, d := range diags {
				if d.Pos.Line < 0 || d.Pos.Line > lines+1 {
					t.Errorf("%v lies outside of %d lines", d, lines)
				}
			}
		}
		s, diags := flowtest.ParseSuite("t.yaml", src)
		check(diags, s != nil)
		_, diags = flowtest.ParseStandins("s.yaml", src)
		check(diags, !diags.HasErrors())
	})
}
