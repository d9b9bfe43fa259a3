package flows

// unreachableState reports states that no call gets to. A state whose only way
// in is misspelt is not reported: the misspelling was.
func unreachableState(c *compiler) {
	if c.spec.Start == "" {
		return
	}
	index := make(map[string]int, len(c.spec.States))
	for i := range c.spec.States {
		index[c.spec.States[i].Name] = i
	}
	// What is meant by a reference that leads nowhere is the nearest name; without
	// one, any state could be.
	guesses := map[string]string{}
	for _, ref := range c.allRefs() {
		if c.states[ref.Value] != nil {
			continue
		}
		guess, ok := nearest(ref.Value, c.names)
		if !ok {
			return
		}
		guesses[ref.Value] = guess
		if c.hints++; c.hints > maxHints {
			return
		}
	}
	seen := make([]bool, len(c.spec.States))
	var queue []int
	visit := func(name string) {
		if g, ok := guesses[name]; ok {
			name = g
		}
		if i, ok := index[name]; ok && !seen[i] {
			seen[i] = true
			queue = append(queue, i)
		}
	}
	first := make([]int, len(c.spec.States)+1) // where the edges of a state begin
	for at, i := 0, 0; i < len(c.spec.States); i++ {
		for at < len(c.spec.Transitions) && c.spec.Transitions[at].From == c.spec.States[i].Name {
			at++
		}
		first[i+1] = at
	}
	visit(c.spec.Start)
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, t := range c.spec.Transitions[first[i]:first[i+1]] {
			visit(t.To)
		}
		if st := c.states[c.spec.States[i].Name]; st != nil {
			for _, ref := range st.refs {
				visit(ref.Value)
			}
		}
		for _, ref := range c.doc.refs() {
			if guesses[ref.Value] != "" {
				visit(ref.Value)
			}
		}
	}
	for i := range c.spec.States {
		st := c.states[c.spec.States[i].Name]
		if st == nil || seen[i] {
			continue
		}
		c.report(CodeUnreachableState, st.Name.Pos, "no call gets to state %q", st.Name.Value).Hint = "lead to it from another state, or take it out"
	}
}

func (c *compiler) allRefs() []*Ref {
	refs := c.doc.refs()
	for _, st := range c.doc.States {
		refs = append(refs, st.refs...)
	}
	return refs
}
