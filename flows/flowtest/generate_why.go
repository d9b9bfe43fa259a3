package flowtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
)

// missed are the transitions that no call was found to take, each with the reason.
func (g *generator) missed() []Unreached {
	missing := g.missing()
	if len(missing) == 0 {
		return nil
	}
	ordinary := g.reach(func(o engine.Outcome) bool {
		return o != engine.OutError && o != engine.OutLimit && o != engine.OutAbort
	})
	any := g.reach(func(engine.Outcome) bool { return true })
	into := map[string]engine.Transition{}
	for _, t := range missing {
		if _, ok := into[t.To]; !ok && t.From != t.To {
			into[t.To] = t
		}
	}
	var all []Unreached
	for _, t := range missing {
		all = append(all, Unreached{t, g.why(t, ordinary, any, into)})
	}
	return all
}

// reach are the states that transitions of some outcomes lead to.
func (g *generator) reach(pass func(engine.Outcome) bool) map[string]bool {
	out := map[string][]string{}
	for _, t := range g.spec.Transitions {
		if pass(t.Outcome) {
			out[t.From] = append(out[t.From], t.To)
		}
	}
	found := map[string]bool{g.spec.Start: true}
	queue := []string{g.spec.Start}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, to := range out[at] {
			if !found[to] {
				found[to] = true
				queue = append(queue, to)
			}
		}
	}
	return found
}

func (g *generator) why(t engine.Transition, ordinary, any map[string]bool, into map[string]engine.Transition) string {
	if !g.visited[t.From] {
		before, ok := into[t.From]
		switch {
		case !any[t.From]:
			return fmt.Sprintf("nothing leads to %q", t.From)
		case !ordinary[t.From]:
			return fmt.Sprintf("%q comes only after a failure, or when a limit is reached", t.From)
		case ok:
			return fmt.Sprintf("%q comes after %s: %s, which was not reached either", t.From, before.From, before.Outcome)
		}
		return fmt.Sprintf("no call was found that gets to %q", t.From)
	}
	state, _ := g.program.State(t.From)
	a := engine.AskingOf(state.Kind)
	switch k := state.Kind.(type) {
	case engine.BranchState:
		i := -1
		for n := range k.When {
			if engine.WhenOutcome(n+1) == t.Outcome {
				i = n
			}
		}
		if before, all := g.arms(t.From, k, i); all && len(before) > 0 {
			return fmt.Sprintf("shadowed: %s held before it in every call that was tried", strings.Join(before, ", or "))
		}
		if i > 0 {
			return fmt.Sprintf("no values were found for which %s holds there, and nothing before it", k.When[i])
		}
		if i == 0 {
			return fmt.Sprintf("no values were found for which %s holds there", k.When[i])
		}
		return "no values were found for which none of the conditions holds"
	case engine.HoursState:
		if !slices.ContainsFunc(g.roots, func(b beginning) bool {
			at := b.at
			if at.IsZero() {
				at = usual()
			}
			return k.Schedule.At(at, k.Zone) == t.Outcome
		}) {
			return fmt.Sprintf("the schedule %q is never %s within a year from %s", k.Schedule.Name, map[string]string{
				engine.OutOpen: "open", engine.OutClosed: "closed", engine.OutHoliday: "on holiday",
			}[t.Outcome], usual().Format(time.DateOnly))
		}
		return "what leads there is never so at the same time"
	case engine.MenuState, engine.ConfirmState:
		if t.Outcome == engine.OutNoMatch && noOption(keysOf(k, g.spec)) == nil {
			return "every key is an option"
		}
	}
	switch {
	case strings.HasPrefix(t.Outcome, engine.GlobalOutcome("")):
		return "no entry can begin with that key there"
	case a == nil:
	case t.Outcome == engine.OutExhausted && a.MaxNoInput+a.MaxNoMatch > 0 && (a.MaxNoInput <= 1 || a.MaxNoMatch <= 1 || a.MaxNoInput+a.MaxNoMatch-1 <= a.Attempts):
		return "silence and mistakes reach their own exits before the attempts are used up"
	}
	if k, ok := state.Kind.(engine.CollectState); ok && t.Outcome == engine.OutMatch {
		return fmt.Sprintf("no entry was found that %q takes: its pattern is too particular", k.Var)
	}
	return "nothing was found that leads there"
}

// arms are the conditions before the i-th of a branch that held in some call, all of
// them before its else, which is -1; and whether one of them did in every call.
func (g *generator) arms(state string, k engine.BranchState, i int) (held []string, all bool) {
	took := func(o engine.Outcome) bool {
		return g.taken[engine.Transition{From: state, Outcome: o, To: g.target(state, o)}]
	}
	all = i < 0 || !took(engine.OutElse)
	for n, when := range k.When {
		switch {
		case !took(engine.WhenOutcome(n + 1)):
		case n < i || i < 0:
			held = append(held, when.String())
		default:
			all = false
		}
	}
	return held, all
}

// target is where an outcome of a state leads.
func (g *generator) target(state string, o engine.Outcome) string {
	return g.ways[engine.Transition{From: state, Outcome: o}]
}

// keysOf are the keys that a question with options knows.
func keysOf(k engine.Kind, spec *engine.Spec) []string {
	var keys []string
	switch k := k.(type) {
	case engine.MenuState:
		for _, o := range k.Options {
			keys = append(keys, o.Keys)
		}
	case engine.ConfirmState:
		keys = append(keys, k.Yes, k.No)
	}
	for _, g := range spec.Globals {
		keys = append(keys, g.Keys)
	}
	return keys
}
