package prove

import "fmt"

// Loops shows that every way round which needs no key has a bound of its own. A
// question bounds how often it asks, a sign-in how often it is refused, and
// max_visits how often a state is entered; the limits of a call bound what needs
// keys. What is left is a caller who is kept for ever by silence, by a service
// that keeps failing, or by states that go on by themselves.
//
// A way round that cannot be left at all is a dead end, and reported as that.
func Loops(m *Map) []Finding {
	ends := m.ends()
	parts := m.split(m.reach.reached, m.unbounded)
	var found []Finding
	reported := make(map[string]bool)
	w := newWalker(m)
	for id, part := range parts.parts {
		if !m.turns(part, m.unbounded) || !ends[part[0]] {
			continue
		}
		n := m.entrance(part)
		loop := m.loop(w, n, func(i int32) bool {
			return m.unbounded(i) && parts.of[m.edges[i].to] == int32(id)
		})
		if len(loop) == 0 || reported[loop.States()] {
			continue
		}
		reported[loop.States()] = true
		last := loop[len(loop)-1]
		found = append(found, Finding{
			Code:    CodeUnboundedLoop,
			State:   last.State,
			Outcome: last.Outcome,
			Other:   last.To,
			Message: fmt.Sprintf("%s, and nothing bounds it: %s", m.keptBy(loop), loop.States()),
			Hint:    "say max_visits at one of these states, or lead this outcome on to another one",
			Path:    m.path(m.reach, n),
			Second:  loop,
		})
	}
	return found
}

// unbounded are the transitions that can be taken without a key as often as one
// likes. A state with max_visits is left by its limit, in the end every time.
func (m *Map) unbounded(i int32) bool {
	e := &m.edges[i]
	if m.nodes[e.from].state.MaxVisits > 0 {
		return e.class == byVisits
	}
	return e.class.silent()
}

// keptBy says what keeps a caller in a loop.
func (m *Map) keptBy(loop Path) string {
	silence, refusal := false, ""
	for _, s := range loop {
		from := &m.spec.States[m.index[s.State]]
		switch class, _ := classify(from, false, s.Outcome); class {
		case bySilence:
			silence = true
		case byRefusal:
			refusal = s.Keys
		}
	}
	switch {
	case silence && refusal != "":
		return fmt.Sprintf("a caller who presses nothing, while %s, is kept for ever", refusal)
	case silence:
		return "a caller who presses nothing is kept for ever"
	case refusal != "":
		return fmt.Sprintf("while %s, a caller is kept for ever", refusal)
	default:
		return "the flow goes round by itself for ever"
	}
}
