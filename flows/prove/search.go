package prove

// tree holds the cheapest way from one node to every other one: the edge by
// which each was reached, or one of the two marks.
type tree []int32

// test picks transitions, by their index.
type test func(i int32) bool

func every(int32) bool { return true }

const (
	unreached int32 = -1
	root      int32 = -2
)

func (t tree) reached(n int32) bool { return t[n] != unreached }

// survey finds the cheapest way from the start to every node, and what it costs.
func (m *Map) survey() {
	w := newWalker(m)
	w.run(m.start, every, every)
	m.reach, m.effort = make(tree, len(m.nodes)), w.cost
	for n := range m.reach {
		m.reach[n] = unreached
		if w.seen(int32(n)) {
			m.reach[n] = w.via[n]
		}
	}
}

// walker finds cheapest ways (Dijkstra's algorithm with a bucket for each cost,
// since costs are small). It can be used again without clearing, so that a walk
// costs what it visits.
type walker struct {
	m       *Map
	round   uint32
	marks   []uint32 // round in which a node was met
	settled []uint32 // round in which its way was final
	cost    []int32
	via     []int32
	buckets [maxEffort + 1][]int32
}

func newWalker(m *Map) *walker {
	n := len(m.nodes)
	return &walker{
		m:       m,
		marks:   make([]uint32, n),
		settled: make([]uint32, n),
		cost:    make([]int32, n),
		via:     make([]int32, n),
	}
}

// seen tells whether the last run reached a node.
func (w *walker) seen(n int32) bool { return w.marks[n] == w.round }

// run visits nodes by rising cost, along the edges that pass. Where visit says
// false the way ends.
func (w *walker) run(from int32, pass test, visit func(node int32) bool) {
	w.round++
	if from < 0 {
		return
	}
	w.marks[from], w.cost[from], w.via[from] = w.round, 0, root
	for i := range w.buckets {
		w.buckets[i] = w.buckets[i][:0]
	}
	w.buckets[0] = append(w.buckets[0], from)
	empty := 0
	for at := int32(0); empty <= maxEffort; at++ {
		bucket := at % (maxEffort + 1)
		if len(w.buckets[bucket]) == 0 {
			empty++
			continue
		}
		empty = 0
		// Nothing is added to the bucket at hand: every edge costs something, and
		// no more than there are other buckets.
		for _, n := range w.buckets[bucket] {
			if w.settled[n] == w.round {
				continue
			}
			w.settled[n] = w.round
			if !visit(n) {
				continue
			}
			for i := w.m.nodes[n].first; i < w.m.nodes[n].last; i++ {
				if !pass(i) {
					continue
				}
				e := &w.m.edges[i]
				cost := at + effort[e.class]
				if w.seen(e.to) && w.cost[e.to] <= cost {
					continue
				}
				w.marks[e.to], w.cost[e.to], w.via[e.to] = w.round, cost, i
				b := cost % (maxEffort + 1)
				w.buckets[b] = append(w.buckets[b], e.to)
			}
		}
		w.buckets[bucket] = w.buckets[bucket][:0]
	}
}

// path is the way of the last run to a node that it reached.
func (w *walker) path(to int32) Path { return w.m.path(tree(w.via), to) }

// path is the way of a tree to a node that it reaches.
func (m *Map) path(t tree, to int32) Path {
	n := 0
	for at := to; t[at] >= 0; at = m.edges[t[at]].from {
		n++
	}
	p := make(Path, n)
	for at := to; t[at] >= 0; at = m.edges[t[at]].from {
		n--
		p[n] = m.step(&m.edges[t[at]])
	}
	return p
}

// loop is the cheapest way from a node back to itself along the edges that pass.
func (m *Map) loop(w *walker, n int32, pass test) Path {
	back, total := int32(-1), int32(0)
	w.run(n, pass, func(at int32) bool {
		for i := m.nodes[at].first; i < m.nodes[at].last; i++ {
			e := &m.edges[i]
			if e.to != n || !pass(i) {
				continue
			}
			if cost := w.cost[at] + effort[e.class]; back < 0 || cost < total {
				back, total = i, cost
			}
		}
		return true
	})
	if back < 0 {
		return nil
	}
	return append(w.path(m.edges[back].from), m.step(&m.edges[back]))
}
