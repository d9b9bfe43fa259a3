package prove

import (
	"fmt"
	"slices"

	"callflow/engine"
)

// Secrets shows that a secret is handed to sign-ins and to nothing else. The
// engine's types allow nothing more than that: an expression cannot name a
// secret, and an operand can. This proof does not rely on them.
func Secrets(m *Map) []Finding {
	origins := m.secretOrigins()
	if len(origins) == 0 {
		return nil
	}
	var found []Finding
	w := newWalker(m)
	for n := range m.spec.States {
		s := m.nodes[n].state
		var reported []string
		for _, u := range usesOf(s) {
			for _, name := range u.names {
				origin, secret := origins[name]
				if !secret || slices.Contains(reported, u.place+name) {
					continue
				}
				reported = append(reported, u.place+name)
				f := Finding{
					Code:    CodeSecretExposed,
					State:   s.Name,
					Other:   origin,
					Name:    name,
					Message: fmt.Sprintf("%s of %q names %q, which is secret", u.place, s.Name, name),
					Hint:    "a secret is handed to a sign-in and to nothing else",
				}
				if m.reach.reached(int32(n)) {
					f.Path = m.path(m.reach, int32(n))
				}
				if from, ok := m.index[origin]; ok && from != int32(n) {
					w.run(from, every, every)
					if w.seen(int32(n)) {
						f.Second = w.path(int32(n))
					}
				}
				found = append(found, f)
			}
		}
	}
	return found
}

// secretOrigins are the secret variables and the state that each comes from, or
// "". A variable that is set to a secret is one.
func (m *Map) secretOrigins() map[string]string {
	origins := make(map[string]string)
	for _, v := range m.spec.Variables {
		if v.Type.Base == engine.TypeSecret {
			origins[v.Name] = ""
		}
	}
	copies := make(map[string][]string) // secret operand: variables set to it
	var queue []string
	for i := range m.spec.States {
		s := &m.spec.States[i]
		if k, ok := s.Kind.(engine.CollectState); ok && k.Secret {
			origins[engine.Scoped(s.Scope, k.Var)] = s.Name
		}
		for _, g := range giftsOf(s) {
			if g.secret != "" {
				copies[g.secret] = append(copies[g.secret], g.to)
			}
		}
	}
	for name := range copies {
		if _, secret := origins[name]; secret {
			queue = append(queue, name)
		}
	}
	slices.Sort(queue)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, to := range copies[name] {
			if _, known := origins[to]; !known || origins[to] == "" && origins[name] != "" {
				origins[to] = origins[name]
				queue = append(queue, to)
			}
		}
	}
	return origins
}
