package prove

import (
	"fmt"

	"callflow/engine"
)

// Unreachable lists the states that no call gets to.
func Unreachable(m *Map) []Finding {
	met := make([]bool, len(m.spec.States))
	for n := range m.nodes {
		if m.reach.reached(int32(n)) {
			met[m.index[m.name(int32(n))]] = true
		}
	}
	var found []Finding
	for i, s := range m.spec.States {
		if met[i] || builtIn(s.Name) {
			continue
		}
		f := Finding{
			Code:    CodeUnreachableState,
			State:   s.Name,
			Message: fmt.Sprintf("no call gets to %q", s.Name),
			Hint:    "lead to it from another state, or take it out",
		}
		// One that only other unreachable states lead to is mended with them.
		for _, i := range m.before(int32(i)) {
			if from := m.name(m.edges[i].from); from != s.Name && m.edges[i].class.ordinary() {
				f.Other = from
				f.Hint = fmt.Sprintf("only %q leads to it, and no call gets there either", from)
				break
			}
		}
		found = append(found, f)
	}
	return found
}

// DeadEnds shows that a call gets to an end from every state it gets to, in the
// way that calls go and not only because it fails, lasts too long, or the caller
// gives up. A dead end is reported once, where a caller enters it.
func DeadEnds(m *Map) []Finding {
	ends := m.ends()
	dead := func(n int32) bool { return m.reach.reached(n) && !ends[n] }
	pass := func(i int32) bool { return m.edges[i].class.ordinary() }

	parts := m.split(dead, pass)
	var found []Finding
	reported := make(map[string]bool)
	w := newWalker(m)
	for id, part := range parts.parts {
		if len(m.exits(parts, int32(id), pass)) > 0 {
			continue // what it leads to is reported
		}
		n := m.entrance(part)
		state := m.name(n)
		if reported[state] {
			continue
		}
		reported[state] = true
		inside := func(i int32) bool { return pass(i) && parts.of[m.edges[i].to] == int32(id) }
		f := Finding{
			Code:    CodeDeadEnd,
			State:   state,
			Message: fmt.Sprintf("from %q no way leads to an end of the call", state),
			Hint:    "lead one of its outcomes to a hangup",
			Path:    m.path(m.reach, n),
			Second:  m.loop(w, n, inside),
		}
		if len(f.Second) > 1 {
			f.Hint = "lead one of the outcomes of " + f.Second.States() + " to a hangup"
		}
		found = append(found, f)
	}
	return found
}

// ends tells of every node whether an ordinary way leads from it to an end.
func (m *Map) ends() []bool {
	ends := make([]bool, len(m.nodes))
	var queue []int32
	for n := range m.nodes {
		switch m.nodes[n].state.Kind.(type) {
		case engine.HangupState, engine.BackState:
			ends[n] = true
			queue = append(queue, int32(n))
		}
	}
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, i := range m.before(n) {
			e := &m.edges[i]
			if !ends[e.from] && e.class.ordinary() {
				ends[e.from] = true
				queue = append(queue, e.from)
			}
		}
	}
	return ends
}
