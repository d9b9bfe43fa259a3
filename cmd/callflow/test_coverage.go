package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"callflow/engine"
	"callflow/flows"
	"callflow/flows/flowtest"
)

// flowCover is what all suites of one flow cover together.
type flowCover struct {
	*flowtest.Coverage
	flow *openedFlow
	doc  *flows.Document
}

// coverOf gives the coverage of each flow that has tests which ran, in the order
// of their suites.
func coverOf(suites []*suite) []*flowCover {
	var all []*flowCover
	for _, s := range suites {
		if len(s.results) == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(f *flowCover) bool { return filepath.Clean(f.flow.file) == filepath.Clean(s.flow.file) })
		if i < 0 {
			i = len(all)
			doc, _ := flows.Parse(s.flow.file, s.flow.source) // it compiled: nothing is wrong with it
			all = append(all, &flowCover{flowtest.NewCoverage(s.flow.program), s.flow, doc})
		}
		for _, r := range s.results {
			all[i].Add(r.Transcript)
		}
	}
	return all
}

// cover says what the tests of a flow cover, and where that matters what they do
// not, line by line.
func (p *page) cover(f *flowCover, t testFlags) {
	visited, states, _ := f.States()
	taken, ways, _ := f.Transitions()
	low := f.Percent() < t.min
	line := fmt.Sprintf("%3d%% %s: %d of %d states, %d of %d transitions", f.Percent(), f.flow.file, visited, states, taken, ways)
	reached, milestones, unreached := f.Milestones()
	if milestones > 0 {
		line += fmt.Sprintf(", %d of %s", reached, plural(milestones, "milestone"))
	}
	if low {
		p.print("%s\n", p.paint(alarm, fmt.Sprintf("%s; expected %d%%", line, t.min)))
	} else {
		p.print("%s\n", p.paint(faint, line))
	}
	if !low && !t.verbose {
		return
	}
	for _, m := range f.missed() {
		p.print("     %s\n", p.paint(faint, fmt.Sprintf("%s:%d: %s", f.flow.file, m.Line, m.text())))
	}
	for _, name := range unreached {
		p.print("     %s\n", p.paint(faint, fmt.Sprintf("%s: milestone never reached: %s", f.flow.file, name)))
	}
}

// coverReport is the coverage of a flow as --format json prints it.
type coverReport struct {
	File    string `json:"file"`
	Flow    string `json:"flow"`
	Percent int    `json:"percent"`
	States  struct {
		Reached int `json:"reached"`
		All     int `json:"all"`
	} `json:"states"`
	Transitions struct {
		Taken int `json:"taken"`
		All   int `json:"all"`
	} `json:"transitions"`
	// Milestones are there for flows that have some.
	Milestones        *milestoneCover `json:"milestones,omitempty"`
	MissedStates      []missedLine    `json:"missed_states"`
	MissedTransitions []missedLine    `json:"missed_transitions"`
}

type milestoneCover struct {
	Reached int      `json:"reached"`
	All     int      `json:"all"`
	Missed  []string `json:"missed"`
}

// missedLine is a state that no test reaches, or a transition that none takes,
// where the flow has it.
type missedLine struct {
	Line    int            `json:"line"`
	Column  int            `json:"column"`
	State   string         `json:"state"`
	Outcome engine.Outcome `json:"outcome,omitempty"`
	To      string         `json:"to,omitempty"`
}

func (m missedLine) text() string {
	if m.Outcome == "" {
		return "never reached: " + m.State
	}
	return fmt.Sprintf("never taken: %s: %s -> %s", m.State, m.Outcome, m.To)
}

// missed are the lines that never ran, in the order of the file. Of a state that
// is never reached, its transitions go without saying.
func (f *flowCover) missed() []missedLine {
	_, _, states := f.States()
	_, _, ways := f.Transitions()
	var all []missedLine
	for _, s := range states {
		all = append(all, f.at(s, "", ""))
	}
	for _, t := range ways {
		if !slices.Contains(states, t.From) {
			all = append(all, f.at(t.From, t.Outcome, t.To))
		}
	}
	slices.SortStableFunc(all, func(a, b missedLine) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	return all
}

func (f *flowCover) at(state string, o engine.Outcome, to string) missedLine {
	pos := f.doc.Place(state, o)
	return missedLine{pos.Line, pos.Col, state, o, to}
}

func (f *flowCover) report() coverReport {
	r := coverReport{File: f.flow.file, Flow: f.flow.program.Flow(), Percent: f.Percent(), MissedStates: []missedLine{}, MissedTransitions: []missedLine{}}
	r.States.Reached, r.States.All, _ = f.States()
	if reached, all, missed := f.Milestones(); all > 0 {
		r.Milestones = &milestoneCover{reached, all, append([]string{}, missed...)}
	}
	var ways []engine.Transition
	r.Transitions.Taken, r.Transitions.All, ways = f.Transitions()
	for _, m := range f.missed() {
		if m.Outcome == "" {
			r.MissedStates = append(r.MissedStates, m)
		}
	}
	for _, t := range ways {
		r.MissedTransitions = append(r.MissedTransitions, f.at(t.From, t.Outcome, t.To))
	}
	return r
}
