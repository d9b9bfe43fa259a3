package flowtest

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// Never is what must not happen in the whole call, before or after the step.
type Never struct {
	Hear   []Words
	At     []string // states
	Called *Called
	// Milestones must not be reached.
	Milestones []string
}

func (r *reader) neverKeys(never *Never, s *Scenario) []key {
	return []key{
		keyOf("hear", "Words that are not heard.", wordsShape(r), func(v *yaml.Node) { never.Hear = r.words(v, "hear") }),
		keyOf("at", "States that the call does not come to.", oneOrMore(aText()), func(v *yaml.Node) {
			for _, item := range r.items(v, "at") {
				var state string
				if r.text(item, "at", &state) {
					never.At = append(never.At, state)
					s.states = append(s.states, named{state, at(item)})
				}
			}
		}),
		keyOf("milestone", "Milestones that the call does not reach.", oneOrMore(aText()), func(v *yaml.Node) {
			for _, item := range r.items(v, "milestone") {
				var name string
				if r.text(item, "milestone", &name) {
					never.Milestones = append(never.Milestones, name)
					s.milestones = append(s.milestones, named{name, at(item)})
				}
			}
		}),
		keyOf("called", "A request or an action that a service does not get.", keyed(r.requestKeys(&Called{})), func(v *yaml.Node) {
			never.Called = r.called(v)
			if never.Called.Times != nil {
				r.report(flows.CodeBadValue, v, "never: a call that must not be made has no times")
			}
			s.services = append(s.services, named{never.Called.Service, at(v)})
		}),
	}
}

func (r *reader) never(n *yaml.Node, s *Scenario) *Never {
	never := &Never{}
	before := len(r.diags)
	r.mapping(n, "never", r.neverKeys(never, s)...)
	if len(r.diags) == before && never.Hear == nil && never.At == nil && never.Milestones == nil && never.Called == nil {
		r.report(flows.CodeMissingKey, n, "never needs one of hear, at, milestone, called")
	}
	return never
}

// never finds what happened although it must not.
func (r *running) never(step *Step) *Failure {
	never := step.Never
	if never == nil {
		return nil
	}
	for _, e := range r.player.t.Entries {
		heard := heardIn([]Entry{e})
		for _, words := range never.Hear {
			if words.In(heard) >= 0 {
				return &Failure{Pos: step.Pos, Message: "this was heard", Detail: []string{"never    " + words.String(), "heard    " + quoted(heard)}}
			}
		}
		for _, state := range never.At {
			if passes(e, state) {
				return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call came to state %q, expected never", state)}
			}
		}
	}
	for _, m := range never.Milestones {
		if contains(r.player.session.Milestones, m) {
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the call reached the milestone %q, expected never", m)}
		}
	}
	if c := never.Called; c != nil {
		if n, _ := r.count(c); n > 0 {
			return &Failure{Pos: step.Pos, Message: fmt.Sprintf("the service %q was called so %s, expected never", c.Service, times(n)), Detail: []string{"namely   " + c.describe()}}
		}
	}
	return nil
}

// passes tells whether an entry stands in a state or goes through it.
func passes(e Entry, state string) bool {
	if e.State == state {
		return true
	}
	for _, h := range e.Hops {
		if h.From == state || h.To == state {
			return true
		}
	}
	return false
}
