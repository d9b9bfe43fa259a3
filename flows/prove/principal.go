package prove

import (
	"fmt"
	"slices"

	"callflow/engine"
)

// Principal shows that a protected state asks services for the account that was
// proved (caller.account) and never for the one that a caller entered: whoever
// has signed in could enter another one, and be told somebody else's balance.
func Principal(m *Map) []Finding {
	entered := m.enteredAccounts()
	if len(entered) == 0 {
		return nil
	}
	var found []Finding
	var trick *trick
	for n := range m.spec.States {
		s := m.nodes[n].state
		if s.Requires == "" {
			continue
		}
		switch s.Kind.(type) {
		case engine.RequestState, engine.ActionState:
		default:
			continue
		}
		var reported []string
		for _, u := range usesOf(s) {
			for _, name := range u.names {
				if !entered[name] || s.Requires != engine.FactAuthenticated && !m.candidates(name) || slices.Contains(reported, u.place+name) {
					continue
				}
				reported = append(reported, u.place+name)
				if trick == nil {
					trick = m.playTrick(entered)
				}
				f := Finding{
					Code:    CodeUnboundPrincipal,
					State:   s.Name,
					Name:    name,
					Message: fmt.Sprintf("%s of %q sends %q, %s, not as it was proved", u.place, s.Name, name, m.unproved(name)),
					Hint:    "send ${caller.account}: it comes from the sign-in",
					Path:    trick.path(int32(n)),
				}
				if f.Path == nil && m.reach.reached(int32(n)) {
					f.Path = m.path(m.reach, int32(n))
				}
				found = append(found, f)
			}
		}
	}
	return found
}

// unproved says what an account is that was not proved.
func (m *Map) unproved(name string) string {
	if m.candidates(name) {
		return "an account that the number may belong to"
	}
	return "the account as the caller entered it"
}

// candidates tells a variable that holds the accounts of a number.
func (m *Map) candidates(name string) bool {
	return slices.ContainsFunc(m.spec.States, func(s engine.State) bool {
		k, ok := s.Kind.(engine.IdentifyState)
		return ok && engine.Scoped(s.Scope, k.Var) == name
	})
}

// enteredAccounts are the variables that serve as the account of a sign-in, with
// those they are made of and those made of them.
func (m *Map) enteredAccounts() map[string]bool {
	entered := make(map[string]bool)
	sources := make(map[string][]string)
	copies := make(map[string][]string)
	var accounts []string
	for i := range m.spec.States {
		s := &m.spec.States[i]
		switch k := s.Kind.(type) {
		case engine.AuthenticateState:
			accounts = append(accounts, scoped(s, k.Account.Names())...)
		case engine.IdentifyState:
			// Whose account it might be is no more proved than what was entered.
			accounts = append(accounts, engine.Scoped(s.Scope, k.Var))
		}
		for _, g := range giftsOf(s) {
			for _, name := range g.from {
				sources[g.to] = append(sources[g.to], name)
				copies[name] = append(copies[name], g.to)
			}
		}
	}
	follow := func(from []string, next map[string][]string) []string {
		var met []string
		for len(from) > 0 {
			name := from[0]
			from = from[1:]
			// What is known of the call, and who was proved, nobody can enter.
			if name == callName || name == callerName || name == phoneName || slices.Contains(met, name) {
				continue
			}
			met = append(met, name)
			from = append(from, next[name]...)
		}
		return met
	}
	made := follow(accounts, sources)
	for _, name := range follow(made, copies) {
		entered[name] = true
	}
	return entered
}

// trick is the way by which one caller reaches another's data: sign in, enter
// another account, go on. Its nodes are those of the map three times, once for
// each of the three stages.
type trick struct {
	m    *Map
	via  []int32 // by node and stage: edge, root or unreached
	from []int32 // by node and stage: the one before
}

const stages = 3

func (m *Map) playTrick(entered map[string]bool) *trick {
	t := &trick{
		m:    m,
		via:  make([]int32, len(m.nodes)*stages),
		from: make([]int32, len(m.nodes)*stages),
	}
	for i := range t.via {
		t.via[i] = unreached
	}
	if m.start < 0 {
		return t
	}
	t.via[m.start*stages] = root
	queue := []int32{m.start * stages}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		n, stage := at/stages, at%stages
		for i := m.nodes[n].first; i < m.nodes[n].last; i++ {
			e := &m.edges[i]
			if !e.class.ordinary() {
				continue
			}
			next := stage
			switch {
			case stage == 0 && m.proves(e, engine.FactAuthenticated):
				next = 1
			case stage == 1 && e.class == byKey && slices.ContainsFunc(writesOf(m.nodes[n].state, e.outcome), func(v string) bool { return entered[v] }):
				next = 2
			}
			if to := e.to*stages + next; t.via[to] == unreached {
				t.via[to], t.from[to] = i, at
				queue = append(queue, to)
			}
		}
	}
	return t
}

// path is the whole trick up to a node, or nil where it does not work.
func (t *trick) path(n int32) Path {
	at := n*stages + stages - 1
	if t.via[at] == unreached {
		return nil
	}
	var p Path
	for ; t.via[at] >= 0; at = t.from[at] {
		p = append(p, t.m.step(&t.m.edges[t.via[at]]))
	}
	slices.Reverse(p)
	return p
}
