package prove

import "callflow/engine"

// scoped are names of a state as the whole call knows them: the states of a
// sub-flow have names of their own.
func scoped(s *engine.State, names []string) []string {
	if s.Scope == "" {
		return names
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = engine.Scoped(s.Scope, name)
	}
	return all
}

// usesOf are the places of a state that read variables, by their names in the
// whole call.
func usesOf(s *engine.State) []use {
	all := uses(s.Kind)
	for i := range all {
		all[i].names = scoped(s, all[i].names)
	}
	return all
}

// needsOf are the variables that must have a value before a state is entered.
func needsOf(s *engine.State, ending bool) []string { return scoped(s, needs(s.Kind, ending)) }

// writesOf are the variables that an outcome of a state gives a value to.
func writesOf(s *engine.State, o engine.Outcome) []string {
	if k, ok := s.Kind.(engine.ReturnState); ok {
		if site := engine.Site(s.Scope); site != "" && len(k.With) > 0 && o == k.Outcome {
			return []string{site}
		}
		return nil
	}
	return scoped(s, writes(s.Kind, o))
}

// gift is a variable that is given a value made of others.
type gift struct {
	to     string
	from   []string
	secret string // the secret that it becomes, or ""
}

// giftsOf are what a state gives values to.
func giftsOf(s *engine.State) []gift {
	var gifts []gift
	add := func(to string, a engine.Assignment) {
		g := gift{to: to, from: scoped(s, a.Names())}
		if a.Value.Secret != "" {
			g.secret = engine.Scoped(s.Scope, a.Value.Secret)
		}
		gifts = append(gifts, g)
	}
	switch k := s.Kind.(type) {
	case engine.MenuState:
		// Who chooses an item of a list that was entered has entered it.
		if k.Each != nil {
			gifts = append(gifts, gift{to: s.Scope + k.Var, from: scoped(s, k.Each.List.Names())})
		}
	case engine.SetState:
		for _, a := range k.Set {
			add(s.Scope+a.Var, a)
		}
	case engine.SubflowState:
		for _, a := range k.Set {
			add(s.Scope+k.Site+"."+a.Var, a)
		}
	case engine.ReturnState:
		if site := engine.Site(s.Scope); site != "" {
			for _, a := range k.With {
				add(site, a)
			}
		}
	}
	return gifts
}

// assumed tells of a sub-flow that whoever enters it has proved a fact: its first
// state requires it.
func (m *Map) assumed(fact string) bool {
	return m.spec.Subflow != nil && m.start >= 0 && m.spec.States[m.start].Requires == fact
}
