package flows

import "callflow/engine"

// unreachableState reports states that no call gets to. Where something else is
// wrong it goes by what was probably meant: a misspelt name leads to the nearest
// one, a missing one to the state that follows in the file, and any name in what
// could not be read leads there.
func unreachableState(c *compiler) {
	if c.doc.Start == nil || len(c.doc.States) == 0 || c.doc.unread.next {
		return // any state may be meant
	}
	r := newReach(c)
	r.meant(c.doc.Start.Value, 0)
	for _, ref := range c.doc.refs() {
		if c.states[ref.Value] == nil && !isTarget(ref.Value) {
			r.meant(ref.Value, 0)
		}
	}
	for _, name := range c.doc.unread.names {
		r.visit(name)
	}
	r.run()
	r.report()
}

// reach walks over the states that calls get to.
type reach struct {
	c     *compiler
	index map[string]int // of states in the spec
	first []int          // by state: its first transition
	order map[string]int // of states in the file
	seen  []bool
	queue []int
}

func newReach(c *compiler) *reach {
	n := len(c.spec.States)
	r := &reach{c: c, index: make(map[string]int, n), first: make([]int, n+1), order: make(map[string]int, n), seen: make([]bool, n)}
	at := 0
	for i := range c.spec.States {
		name := c.spec.States[i].Name
		r.index[name] = i
		for at < len(c.spec.Transitions) && c.spec.Transitions[at].From == name {
			at++
		}
		r.first[i+1] = at
	}
	for i, name := range c.names {
		r.order[name] = i
	}
	return r
}

func (r *reach) visit(name string) {
	if i, ok := r.index[name]; ok && !r.seen[i] {
		r.seen[i] = true
		r.queue = append(r.queue, i)
	}
}

// meant visits the state that a reference meant, which stands in the from-th
// state of the file.
func (r *reach) meant(name string, from int) {
	if r.c.states[name] != nil {
		r.visit(name)
		return
	}
	if r.c.hints++; r.c.hints <= maxHints {
		if guess, ok := nearest(name, r.c.names); ok {
			r.visit(guess)
			return
		}
	}
	r.follow(from)
}

// follow visits the state that follows in the file.
func (r *reach) follow(from int) {
	if from+1 < len(r.c.names) {
		r.visit(r.c.names[from+1])
	}
}

func (r *reach) run() {
	for len(r.queue) > 0 {
		i := r.queue[0]
		r.queue = r.queue[1:]
		if r.c.spec.States[i].Name == engine.StateBack {
			continue // a caller who goes back has been there
		}
		for _, t := range r.c.spec.Transitions[r.first[i]:r.first[i+1]] {
			r.visit(t.To)
		}
		st := r.c.states[r.c.spec.States[i].Name]
		if st == nil {
			continue
		}
		at := r.order[st.Name.Value]
		for _, ref := range st.refs {
			if isTarget(ref.Value) {
				continue
			}
			r.meant(ref.Value, at)
		}
		for _, name := range st.unread.names {
			r.visit(name)
		}
		if st.unread.next || r.c.nowhere[st] {
			r.follow(at)
		}
	}
}

// report names the states that were not met, but not those that only another
// such state leads to: they are mended with it.
func (r *reach) report() {
	var lost []int
	direct := make([]bool, len(r.seen)) // from another lost state
	for i, seen := range r.seen {
		if seen {
			continue
		}
		lost = append(lost, i)
		for _, t := range r.c.spec.Transitions[r.first[i]:r.first[i+1]] {
			if to := r.index[t.To]; to != i {
				direct[to] = true
			}
		}
	}
	for _, ring := range []bool{false, true} {
		for _, i := range lost {
			st := r.c.states[r.c.spec.States[i].Name]
			// In a ring each is led to by another; the first of them counts.
			if st == nil || r.seen[i] || direct[i] && !ring {
				continue
			}
			r.c.report(CodeUnreachableState, st.Name.Pos, "no call gets to state %q", st.Name.Value).Hint = "lead to it from another state, or take it out"
			r.visit(st.Name.Value)
			r.run()
		}
	}
}
