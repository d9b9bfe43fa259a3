package server_test

import (
	"path/filepath"
	"testing"

	"callflow/flows/flowtest"
	"callflow/providers/telephony"
)

// exception is something that platforms declare, by which a call on them goes another
// way than in the simulator. It is held to the simulator all the same, whole, which is
// given what the platform tells.
//
// Beside these, four things are compared as far as they go, on every platform: how often
// words of patience are heard, and what place in a line, go by a clock that speech moves on
// in the simulator alone; who hangs up may overtake what they have just asked for; and keys
// in one burst use up no time, so that a burst of them in a call without end is only seen
// to end.
type exception struct {
	declared string // as the table of capabilities has it
	becomes  string // what the simulator is given
	// take has a platform that can do everything do this as another does. keyed: it does so
	// where keys come question by question.
	take  func(all *telephony.Capabilities, can telephony.Capabilities)
	keyed bool
}

func exceptions() []exception {
	type can = telephony.Capabilities
	return []exception{
		{"listens", "silence, for what is said", func(all *can, c can) { all.Speech = c.Speech }, false},
		{"tells words that it did not understand from silence", "silence, for what is not understood", func(all *can, c can) { all.Unclear = c.Unclear }, false},
		{"type-ahead", "the keys that each question takes: of a move no more, or all that is left of it, whatever was to be dropped", typeAhead, false},
		{"tells such a key alone from silence", "silence, for the finish key alone", func(all *can, c can) { all.FinishAlone = c.FinishAlone }, true},
		{"partial entries arrive", "silence, for an entry that a clock ends", func(all *can, c can) { all.Partial = c.Partial }, true},
		{"keys that an entry can have", "an entry without keys, for one with another key in it", func(all *can, c can) { all.EntryKeys = c.EntryKeys }, true},
		{"tells a recording of nothing as", "that, for a recording of nothing", func(all *can, c can) { all.RecordSilence = c.RecordSilence }, false},
		{"tells that a recording failed", "one that was made, for one that failed", func(all *can, c can) { all.RecordFailure = c.RecordFailure }, false},
		{"goes on with the caller after a transfer", "a caller who hangs up in it", func(all *can, c can) { all.TransferReturns = c.TransferReturns }, false},
	}
}

// typeAhead has keys come to questions as on another platform.
func typeAhead(all *telephony.Capabilities, can telephony.Capabilities) {
	all.TypeAhead, all.FinishKeys = can.TypeAhead, can.FinishKeys
}

// TestExceptionsOverHTTP counts the calls that are compared as they are written, and those
// that are compared as platforms tell of them, which are all others: each of these by an
// exception that is declared, and no exception is there for nothing.
func TestExceptionsOverHTTP(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*/flow_test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	all := capabilities(t, "generic")
	type count struct{ written, told int }
	scenarios, generated, by := map[string]*count{}, map[string]*count{}, map[string]int{}
	add := func(e example, tests []*flowtest.Scenario, counts map[string]*count) {
		platforms := able(t, e)
		for i, test := range tests {
			script := scriptOf(test)
			ideal := relayedBy(t, e, test, all, script)
			for _, platform := range someOf(platforms, i) {
				can, n := capabilities(t, platform), counts[platform]
				if n == nil {
					n = &count{}
					counts[platform] = n
				}
				if relayedBy(t, e, test, can, script).same(ideal) {
					n.written++
					continue
				}
				n.told++
				keyed := all
				typeAhead(&keyed, can)
				byKeys := relayedBy(t, e, test, keyed, script)
				explained := false
				for _, x := range exceptions() {
					one, without := all, ideal
					if x.keyed {
						one, without = keyed, byKeys
					}
					x.take(&one, can)
					if !relayedBy(t, e, test, one, script).same(without) {
						by[x.declared]++
						explained = true
					}
				}
				if !explained {
					t.Errorf("%s on %s goes another way, and no exception says why", test.Name, platform)
				}
			}
		}
	}
	for _, file := range files {
		e := openExample(t, filepath.Dir(file))
		add(e, e.suite.Tests, scenarios)
		g, err := flowtest.Generate(t.Context(), e.bundle.Flows[e.flow], flowtest.GenerateOptions{Beside: e.beside})
		if err != nil {
			t.Fatal(err)
		}
		e.beside, e.users = nil, nil // these tests bring their world with them
		add(e, g.Tests, generated)
	}
	for what, counts := range map[string]map[string]*count{"scenarios": scenarios, "generated scenarios": generated} {
		var sum count
		for _, platform := range scripted {
			n := counts[platform]
			if n == nil {
				continue
			}
			t.Logf("%s on %s: %d are compared whole as they are written, %d whole as the platform tells of them", what, platform, n.written, n.told)
			sum.written, sum.told = sum.written+n.written, sum.told+n.told
		}
		t.Logf("%s on all platforms: %d are compared whole as they are written, %d whole as the platform tells of them", what, sum.written, sum.told)
	}
	for _, x := range exceptions() {
		t.Logf("%d by %q: the simulator is given %s", by[x.declared], x.declared, x.becomes)
		if by[x.declared] == 0 && !underRace {
			t.Errorf("no scenario needs the exception %q", x.declared)
		}
	}
}
