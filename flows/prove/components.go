package prove

// components are the strongly connected parts of a map along some of its edges:
// nodes that lead to each other, in an order in which a part comes after every
// part that it leads to.
type components struct {
	of    []int32   // by node: its part; unreached for nodes left out
	parts [][]int32 // nodes
}

// split finds the parts (Tarjan's algorithm, without recursion: flows are deep)
// among the nodes that are in, along the edges that pass.
func (m *Map) split(in func(node int32) bool, pass test) components {
	n := len(m.nodes)
	c := components{of: make([]int32, n)}
	order := make([]int32, n) // 0: not met
	low := make([]int32, n)
	next := make([]int32, n) // the edge to look at next
	var open, calls []int32
	for i := range c.of {
		c.of[i] = unreached
	}
	count := int32(0)
	enter := func(v int32) {
		count++
		order[v], low[v], next[v] = count, count, m.nodes[v].first
		open = append(open, v)
		calls = append(calls, v)
	}
	for v := range int32(n) {
		if order[v] != 0 || !in(v) {
			continue
		}
		enter(v)
		for len(calls) > 0 {
			v := calls[len(calls)-1]
			if next[v] < m.nodes[v].last {
				i := next[v]
				next[v]++
				switch to := m.edges[i].to; {
				case !in(to) || !pass(i):
				case order[to] == 0:
					enter(to)
				case c.of[to] == unreached:
					low[v] = min(low[v], order[to])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				up := calls[len(calls)-1]
				low[up] = min(low[up], low[v])
			}
			if low[v] != order[v] {
				continue
			}
			id := int32(len(c.parts))
			at := len(open) - 1
			for open[at] != v {
				at--
			}
			part := append([]int32(nil), open[at:]...)
			open = open[:at]
			for _, member := range part {
				c.of[member] = id
			}
			c.parts = append(c.parts, part)
		}
	}
	return c
}

// turns tells whether a part has a way round.
func (m *Map) turns(part []int32, pass test) bool {
	if len(part) > 1 {
		return true
	}
	n := part[0]
	for i := m.nodes[n].first; i < m.nodes[n].last; i++ {
		if m.edges[i].to == n && pass(i) {
			return true
		}
	}
	return false
}

// exits are the edges that lead from a part to other parts.
func (m *Map) exits(c components, part int32, pass test) []int32 {
	var exits []int32
	for _, n := range c.parts[part] {
		for i := m.nodes[n].first; i < m.nodes[n].last; i++ {
			if to := c.of[m.edges[i].to]; to != part && to != unreached && pass(i) {
				exits = append(exits, i)
			}
		}
	}
	return exits
}

// entrance is the node of a part that a call gets to with the least effort.
func (m *Map) entrance(part []int32) int32 {
	best := part[0]
	for _, n := range part {
		if c := m.effort[n] - m.effort[best]; c < 0 || c == 0 && n < best {
			best = n
		}
	}
	return best
}
