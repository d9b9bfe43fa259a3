package prove

import (
	"fmt"
	"slices"

	"callflow/engine"
)

// Authentication shows that a state which requires a fact is reached only with
// it. A fact, once proved, holds for the rest of the call, so that whoever
// arrives without it came by ways that never prove it; those are searched. A way
// ends at the first state that it may not enter.
func Authentication(m *Map) []Finding {
	var facts []string
	for i := range m.spec.States {
		if f := m.spec.States[i].Requires; f != "" && !m.assumed(f) && !slices.Contains(facts, f) {
			facts = append(facts, f)
		}
	}
	var found []Finding
	w := newWalker(m)
	for _, fact := range facts {
		reported := make(map[string]bool)
		w.run(m.start,
			func(i int32) bool { return !m.proves(&m.edges[i], fact) },
			func(n int32) bool {
				s := m.nodes[n].state
				if s.Requires != fact {
					return true
				}
				if !reported[s.Name] {
					reported[s.Name] = true
					found = append(found, Finding{
						Code:    CodeRequiresUnproved,
						State:   s.Name,
						Name:    fact,
						Message: fmt.Sprintf("%q requires %s, but a caller gets there without it", s.Name, fact),
						Hint:    hintProve(fact),
						Path:    w.path(n),
					})
				}
				return false
			})
	}
	return found
}

// proves tells whether a transition proves a fact.
func (m *Map) proves(e *edge, fact string) bool {
	switch m.nodes[e.from].state.Kind.(type) {
	case engine.AuthenticateState:
		return fact == engine.FactAuthenticated && e.outcome == engine.OutAuthenticated
	case engine.VerifyState:
		switch fact {
		case engine.FactAuthenticated:
			return e.outcome == engine.OutAuthenticated
		case engine.FactPhoneVerified:
			// A second factor proves who it is, and not which number.
			return e.outcome == engine.OutVerified || e.outcome == engine.OutAuthenticated && !m.second[e.from]
		}
	}
	return false
}

// seconds finds where the code of a second factor may be checked: on the ways from
// its sending, as far as no other code is sent.
func (m *Map) seconds() {
	m.second = make(map[int32]bool)
	var queue []int32
	follow := func(n int32, sent bool) {
		for i := m.nodes[n].first; i < m.nodes[n].last; i++ {
			e := &m.edges[i]
			if sends := e.outcome == engine.OutSent; sends != sent && isChallenge(m.nodes[n].state) || m.second[e.to] {
				continue
			}
			m.second[e.to] = true
			queue = append(queue, e.to)
		}
	}
	for n := range m.nodes {
		if k, ok := m.nodes[n].state.Kind.(engine.ChallengeState); ok && k.Factor {
			follow(int32(n), true)
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		follow(n, false)
	}
}

func isChallenge(s *engine.State) bool {
	_, ok := s.Kind.(engine.ChallengeState)
	return ok
}

func hintProve(fact string) string {
	if fact == engine.FactAuthenticated {
		return "lead there only from the authenticated exit of an authenticate state, or from states that require it too"
	}
	if fact == engine.FactPhoneVerified {
		return "lead there only from the verified exit of a verify state, or from states that require it too"
	}
	return fmt.Sprintf("lead there only from the exit that proves %s", fact)
}
