package flowtest_test

import (
	"strings"
	"testing"

	"callflow/flows"
	"callflow/flows/flowtest"
)

// A test asks whether a call has reached a milestone, and at which hour it calls.
func TestMilestoneStep(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("flow.yaml", []byte(`callflow: 1
flow: desk
time_zone: Pacific/Auckland
schedules: { office: { open: { mon-fri: 09:00-17:00 } } }
globals: { "*": back }
start: now
states:
  now: { hours: office, next: { open: main, closed: later } }
  main: { milestone: greeted, menu: { prompt: Press 1 or 9., options: { 1: order, 9: repeat } } }
  order: { milestone: ordering, menu: { prompt: Press 1 to end., options: { 1: done } } }
  done: { milestone: ordered, hangup: { say: Thank you. } }
  later: { milestone: turned_away, hangup: { say: Call later. } }
`), flows.Options{})
	for _, d := range diags {
		t.Error(d)
	}
	s := suite(t, `tests:
  - name: there and back
    call: { at: "2026-11-22T22:30:00Z" }
    steps:
      - milestone: greeted
      - press: 9
      - hear: Press 1 or 9.
      - press: 1
      - hear: Press 1 to end.
      - press: "*"
      - at: main
      - press: "11"
      - milestone: ordered
      - never: { milestone: turned_away }
      - ended: hangup
  - name: on another side of the date line
    call: { at: "2026-11-21T22:30:00Z" }
    steps:
      - milestone: turned_away
      - milestone: greeted
  - name: turned away all the same
    call: { at: "2026-11-21T22:30:00Z" }
    steps:
      - never: { milestone: [ordered, turned_away] }
`)
	for _, d := range s.Check(program) {
		t.Error(d)
	}
	coverage := flowtest.NewCoverage(program)
	for i, test := range s.Tests {
		result, err := test.Run(t.Context(), program, test.World(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		coverage.Add(result.Transcript)
		switch f := result.Failure; {
		case i == 0 && f != nil:
			t.Errorf("%v: %v %q", f.Pos, f, f.Detail)
		case i == 1 && (f == nil || f.Message != `the call has not reached the milestone "greeted"` || f.Detail[0] != "reached  turned_away"),
			i == 2 && (f == nil || f.Message != `the call reached the milestone "turned_away", expected never`):
			t.Errorf("found %+v", f)
		}
	}
	if reached, all, missed := coverage.Milestones(); reached != 4 || all != 4 || missed != nil {
		t.Errorf("%d of %d reached, not %q", reached, all, missed)
	}
	unknown := suite(t, "tests:\n  - name: a\n    steps: [{ milestone: orderd }]\n")
	if found := unknown.Check(program); len(found) != 1 || !strings.Contains(found[0].String(), `has no milestone "orderd"`) {
		t.Errorf("found %v", found)
	}
}
