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
	for _, ref := range c.doc.refs() {
		if guesses[ref.Value] != "" {
			visit(ref.Value)
		}
	}
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
	}
	c.lost(seen, first, index)
}

// lost reports the states not seen, but not those that only another lost state
// leads to: they are mended with it.
func (c *compiler) lost(seen []bool, first []int, index map[string]int) {
	led := make([]bool, len(seen)) // to from another lost state
	walk := func(from int) {
		for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
			for _, t := range c.spec.Transitions[first[queue[0]]:first[queue[0]+1]] {
				if to := index[t.To]; !seen[to] && !led[to] && to != from {
					led[to] = true
					queue = append(queue, to)
				}
			}
		}
	}
	var lost []int
	for i := range seen {
		if !seen[i] {
			lost = append(lost, i)
		}
	}
	// The first pass finds the heads; a ring has none, and its first state counts.
	direct := make([]bool, len(seen))
	for _, i := range lost {
		for _, t := range c.spec.Transitions[first[i]:first[i+1]] {
			if to := index[t.To]; to != i {
				direct[to] = true
			}
		}
	}
	report := func(i int) {
		st := c.states[c.spec.States[i].Name]
		if st == nil {
			return // built in, or part of another
		}
		c.report(CodeUnreachableState, st.Name.Pos, "no call gets to state %q", st.Name.Value).Hint = "lead to it from another state, or take it out"
		led[i] = true
		walk(i)
	}
	for _, i := range lost {
		if !direct[i] {
			report(i)
		}
	}
	for _, i := range lost {
		if !led[i] {
			report(i)
		}
	}
}

func (c *compiler) allRefs() []*Ref {
	refs := c.doc.refs()
	for _, st := range c.doc.States {
		refs = append(refs, st.refs...)
	}
	return refs
}
