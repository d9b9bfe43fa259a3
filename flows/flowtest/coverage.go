package flowtest

import (
	"slices"
	"strings"

	"callflow/engine"
)

// Coverage counts which states and transitions of a flow were taken.
type Coverage struct {
	program *engine.Program
	taken   map[engine.Transition]bool
	visited map[string]bool
}

// NewCoverage makes an empty one.
func NewCoverage(program *engine.Program) *Coverage {
	return &Coverage{program: program, taken: map[engine.Transition]bool{}, visited: map[string]bool{}}
}

// Add counts what a call did.
func (c *Coverage) Add(t *Transcript) {
	for _, e := range t.Entries {
		c.visited[e.State] = true
		for _, h := range e.Hops {
			c.visited[h.From], c.visited[h.To] = true, true
			c.taken[engine.Transition{From: h.From, Outcome: h.Outcome, To: h.To}] = true
		}
	}
}

// Reached tells whether a call came to a state.
func (c *Coverage) Reached(state string) bool { return c.visited[state] }

// Took tells whether a call took a transition.
func (c *Coverage) Took(t engine.Transition) bool { return c.taken[t] }

// States gives how many of the flow's own states were visited, how many there
// are, and the names of the others in the flow's order.
func (c *Coverage) States() (visited, all int, missed []string) {
	for _, s := range c.program.Spec().States {
		switch {
		case builtIn(s.Name):
			continue
		case c.visited[s.Name]:
			visited++
		default:
			missed = append(missed, s.Name)
		}
		all++
	}
	return visited, all, missed
}

// Milestones gives how many of the flow's milestones were reached, how many there
// are, and the others in the flow's order.
func (c *Coverage) Milestones() (reached, all int, missed []string) {
	spec := c.program.Spec()
	for _, name := range milestonesOf(spec) {
		if slices.ContainsFunc(spec.States, func(s engine.State) bool { return s.Milestone == name && c.visited[s.Name] }) {
			reached++
		} else {
			missed = append(missed, name)
		}
		all++
	}
	return reached, all, missed
}

// milestonesOf are the milestones of a flow, in its order.
func milestonesOf(spec *engine.Spec) []string {
	var names []string
	for i := range spec.States {
		if m := spec.States[i].Milestone; m != "" && !contains(names, m) {
			names = append(names, m)
		}
	}
	return names
}

// Transitions gives how many of the ways that a flow's author thinks of were
// taken, how many there are, and the others in the flow's order. Ways that every
// state has, and asking again, are not counted.
func (c *Coverage) Transitions() (taken, all int, missed []engine.Transition) {
	for _, t := range authored(c.program.Spec()) {
		if c.taken[t] {
			taken++
		} else {
			missed = append(missed, t)
		}
		all++
	}
	return taken, all, missed
}

// Percent is how many of a hundred transitions were taken, rounded down: 100 are
// all. A flow without any is covered.
func (c *Coverage) Percent() int {
	taken, all, _ := c.Transitions()
	if all == 0 {
		return 100
	}
	return 100 * taken / all
}

// authored are the transitions that an author thinks of: the outcomes of each
// state's kind, and the keys that are valid everywhere.
func authored(spec *engine.Spec) []engine.Transition {
	outcomes := make(map[string][]engine.Outcome, len(spec.States))
	for _, s := range spec.States {
		outcomes[s.Name] = s.Kind.Outcomes()
	}
	var all []engine.Transition
	for _, t := range spec.Transitions {
		global := strings.HasPrefix(t.Outcome, engine.GlobalOutcome(""))
		again := strings.HasPrefix(t.Outcome, "retry.") && t.Outcome != engine.OutRetryDenied
		if !builtIn(t.From) && !again && (global || slices.Contains(outcomes[t.From], t.Outcome)) {
			all = append(all, t)
		}
	}
	return all
}

func builtIn(state string) bool { return strings.HasPrefix(state, "$") }
