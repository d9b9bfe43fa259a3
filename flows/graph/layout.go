package graph

import (
	"cmp"
	"slices"
	"strings"
)

// The sizes of the picture, in pixels at 96 to the inch.
const (
	nameSize  = 13.0
	textSize  = 10.5
	labelSize = 11.0
	lineSpace = 14.0
	padX      = 10.0
	padY      = 8.0
	gapX      = 22.0 // between neighbours of a row
	gapY      = 18.0 // between rows
	boxPad    = 16.0 // between a box and what is in it
	boxTitle  = 18.0
	margin    = 24.0
	textChars = 34 // of a line within a state
	labelChar = 36
)

// farthest is how many rows an arrow may go down, and busiest how many arrows may
// come in at a state. What is farther, or goes back up, is a mark.
const (
	farthest = 2
	busiest  = 5
)

// what an item is.
type what uint8

const (
	aNode  what = iota
	aBox        // a sub-flow, laid out by itself
	aLabel      // the words on an arrow
	aBend       // where an arrow passes a row
	aPort       // where an arrow passes the edge of a box
	aMark       // the name of a state to go to, in the place of an arrow
)

// item is a thing that takes room in a row. x is its middle, y its top.
type item struct {
	is     what
	w, h   float64
	x, y   float64
	rank   int
	heft   float64 // how much hangs below it, itself too
	node   *Node
	inner  *level   // of a box
	lines  []string // of a label or mark
	missed bool     // no test goes this way
	up     []end    // what leads here, in the row above
	down   []end    // where it leads, in the row below
}

// end is one end of a piece of an arrow: an item of the next row, and how far from
// the middles of the two it begins and ends.
type end struct {
	item     int
	off, far float64
}

// level is one box laid out, or the whole picture.
type level struct {
	name  string
	part  bool // of a sheet
	items []item
	rows  [][]int
	rowY  []float64
	rowH  []float64
	w, h  float64
	wires []wire
	// ins and outs are the ports, by the state that is led to.
	ins, outs map[string]int
}

// wire is an arrow, or a part of one: the items it passes.
type wire struct {
	path   []int
	head   bool
	missed bool
}

// flowEdge is an edge on its way through the boxes.
type flowEdge struct {
	Edge
	from, to int // nodes
}

// planner lays out a graph, box by box.
type planner struct {
	g      *Graph
	of     map[string][]int // nodes by box
	box    []string         // of each node
	around map[string]string
	edges  []flowEdge
	// marked are the edges that end in a mark beside their source.
	marked []bool
	depth  map[string]int
}

func plan(g *Graph) *level {
	p := &planner{g: g, of: g.byBox(), around: map[string]string{}, depth: map[string]int{"": 0}}
	index := make(map[string]int, len(g.Nodes))
	p.box = make([]string, len(g.Nodes))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		index[n.Name] = i
		p.box[i] = n.Box
		if n.Box == n.Name && n.Name != "" {
			p.around[n.Name] = n.Around
		}
	}
	for _, e := range g.Edges {
		from, ok1 := index[e.From]
		to, ok2 := index[e.To]
		if ok1 && ok2 {
			p.edges = append(p.edges, flowEdge{e, from, to})
		}
	}
	p.marked = make([]bool, len(p.edges))
	return p.level("", all(len(p.edges)))
}

func all(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// child is the part of box in which a node stands: "" when it stands there itself,
// else a box within. ok is false when it is somewhere else.
func (p *planner) child(box string, node int) (name string, ok bool) {
	for at := p.box[node]; ; at = p.around[at] {
		if at == box {
			return name, true
		}
		if at == "" {
			return "", false
		}
		name = at
	}
}

// element is a node or a box within a level, before it has a size.
type element struct {
	node int // or -1
	box  string
	rank int
	out  []int // links to draw
	all  []int // and those that end in a mark, or outside
	in   int   // how many lead here that are drawn
}

// link is an edge between elements of one level.
type link struct {
	edge     int
	from, to int // elements; -1: outside
	mark     bool
}

// level lays out a box. edges are those that have an end in it.
func (p *planner) level(box string, edges []int) *level {
	elements, links, inside := p.elements(box, edges)
	order := p.choose(elements, links)
	if box == "" {
		return p.sheet(elements, links, order, inside)
	}
	return p.lay(&level{name: box}, elements, links, inside)
}

// lay gives what stands in a level its places.
func (p *planner) lay(l *level, elements []element, links []link, inside map[string][]int) *level {
	l.ins, l.outs = map[string]int{}, map[string]int{}
	at := make([]int, len(elements)) // the item of an element
	for i, e := range elements {
		at[i] = len(l.items)
		if e.box != "" {
			inner := p.level(e.box, inside[e.box])
			l.items = append(l.items, item{is: aBox, w: inner.w, h: inner.h, rank: 2 * e.rank, inner: inner})
			continue
		}
		l.items = append(l.items, nodeItem(&p.g.Nodes[e.node], 2*e.rank))
	}
	p.wires(l, elements, links, at)
	l.order()
	l.place()
	return l
}

// elements finds what stands in a box, and the edges between: links within it, and
// by inner box those that concern it.
func (p *planner) elements(box string, edges []int) (es []element, links []link, inside map[string][]int) {
	inside = map[string][]int{}
	nodeAt, boxAt := map[int]int{}, map[string]int{}
	for _, i := range p.of[box] {
		n := &p.g.Nodes[i]
		if n.Box == n.Name && n.Name != box && n.Name != "" {
			boxAt[n.Name] = len(es)
			es = append(es, element{node: -1, box: n.Name})
			continue
		}
		nodeAt[i] = len(es)
		es = append(es, element{node: i})
	}
	find := func(node int) (int, string) {
		name, ok := p.child(box, node)
		switch {
		case !ok:
			return -1, ""
		case name != "":
			return boxAt[name], name
		}
		return nodeAt[node], ""
	}
	for _, i := range edges {
		e := &p.edges[i]
		from, inFrom := find(e.from)
		to, inTo := find(e.to)
		if inFrom != "" {
			inside[inFrom] = append(inside[inFrom], i)
		}
		if inTo != "" && inTo != inFrom {
			inside[inTo] = append(inside[inTo], i)
		}
		if from == to && inFrom != "" || p.marked[i] && inFrom != "" {
			continue // a matter of the box within
		}
		if p.marked[i] && from < 0 {
			continue // it ends before it comes here
		}
		links = append(links, link{edge: i, from: from, to: to, mark: p.marked[i]})
	}
	return es, links, inside
}

// choose gives each element its row, and decides which links are drawn as marks:
// those that lead back, far down, or to where many lead already. It returns the
// elements, each before those it leads to.
func (p *planner) choose(es []element, links []link) []int {
	for i := range links {
		if k := &links[i]; k.from >= 0 {
			es[k.from].all = append(es[k.from].all, i)
		}
		if k := &links[i]; k.from >= 0 && k.to >= 0 && !k.mark {
			es[k.from].out = append(es[k.from].out, i)
		}
	}
	const (
		fresh = iota
		open
		done
	)
	state := make([]uint8, len(es))
	var sorted []int // sources last
	var visit func(i int)
	visit = func(i int) {
		state[i] = open
		for _, k := range es[i].out {
			switch state[links[k].to] {
			case fresh:
				visit(links[k].to)
			case open:
				p.mark(&links[k])
			}
		}
		state[i] = done
		sorted = append(sorted, i)
	}
	for i := range es {
		if state[i] == fresh {
			visit(i)
		}
	}
	slices.Reverse(sorted)
	rank(es, links, sorted)
	// The nearest come first: every element keeps what put it in its row.
	for _, i := range sorted {
		slices.SortStableFunc(es[i].out, func(a, b int) int { return cmp.Compare(es[links[a].to].rank, es[links[b].to].rank) })
	}
	for near := 1; near <= farthest; near++ {
		for _, i := range sorted {
			for _, k := range es[i].out {
				l := &links[k]
				if l.mark || es[l.to].rank-es[i].rank != near {
					continue
				}
				if es[l.to].in++; es[l.to].in > busiest {
					p.mark(l)
				}
			}
		}
	}
	for i := range links {
		l := &links[i]
		if !l.mark && l.from >= 0 && l.to >= 0 && es[l.to].rank-es[l.from].rank > farthest {
			p.mark(l)
		}
	}
	return sorted
}

// rank gives each element the first row that is below all that lead to it.
func rank(es []element, links []link, order []int) {
	for i := range es {
		es[i].rank = 0
	}
	for _, i := range order {
		for _, k := range es[i].out {
			if l := &links[k]; !l.mark {
				es[l.to].rank = max(es[l.to].rank, es[i].rank+1)
			}
		}
	}
}

// mark makes a link a mark beside the state it comes from, in whatever box that
// stands.
func (p *planner) mark(l *link) {
	l.mark = true
	p.marked[l.edge] = true
}

// wires adds the items that arrows need: labels, bends, ports and marks.
func (p *planner) wires(l *level, es []element, links []link, at []int) {
	last := 0
	for _, e := range es {
		last = max(last, e.rank)
	}
	for _, k := range links {
		if k.mark && k.from >= 0 {
			last = max(last, es[k.from].rank+1)
		}
	}
	shared := map[[2]int]int{} // wires from a box's port, which several edges share
	for _, k := range links {
		e := &p.edges[k.edge]
		missed := p.g.Covered && !e.Taken
		switch {
		case k.from >= 0 && es[k.from].box != "" && k.mark:
			continue // drawn within
		case k.from < 0:
			if _, again := l.ins[e.Edge.To]; !again {
				port := l.add(item{is: aPort, rank: -2})
				l.ins[e.Edge.To] = port
				to, far := l.goal(at[k.to], e.Edge.To)
				l.run(port, to, 0, far, nil, l.items[at[k.to]].is == aNode, missed)
			}
			continue
		}
		from := at[k.from]
		off, labels := 0.0, e.Labels
		if inner := l.items[from].inner; inner != nil {
			off, labels = inner.portOffset(inner.outs[e.Edge.To]), nil
		}
		switch {
		case k.mark:
			to := l.add(markItem(e, l.items[from].rank+2, missed))
			l.run(from, to, off, 0, labels, false, missed)
		case k.to < 0:
			port, again := l.outs[e.Edge.To]
			if !again {
				port = l.add(item{is: aPort, rank: 2 * (last + 1)})
				l.outs[e.Edge.To] = port
			}
			l.run(from, port, off, 0, labels, false, missed)
		default:
			to, far := l.goal(at[k.to], e.Edge.To)
			if l.items[from].inner != nil {
				key := [2]int{l.items[from].inner.outs[e.Edge.To], from}
				if _, again := shared[key]; again {
					continue
				}
				shared[key] = to
			}
			l.run(from, to, off, far, labels, l.items[to].is == aNode, missed)
		}
	}
}

// goal is the item that an arrow to a state ends at, and where.
func (l *level) goal(at int, state string) (to int, far float64) {
	if inner := l.items[at].inner; inner != nil {
		return at, inner.portOffset(inner.ins[state])
	}
	return at, 0
}

func (l *level) portOffset(port int) float64 { return l.items[port].x - l.w/2 }

func (l *level) add(it item) int {
	l.items = append(l.items, it)
	return len(l.items) - 1
}

// run leads an arrow from one item to another, row by row. Its words come first.
func (l *level) run(from, to int, off, far float64, labels []string, head, missed bool) {
	path := []int{from}
	for r := l.items[from].rank + 1; r < l.items[to].rank; r++ {
		it := item{is: aBend, rank: r, w: 4}
		if r == l.items[from].rank+1 && len(labels) > 0 {
			it = labelItem(labels, r, missed)
		}
		path = append(path, l.add(it))
	}
	path = append(path, to)
	for i := 1; i < len(path); i++ {
		a, b := path[i-1], path[i]
		here, there := 0.0, 0.0
		if i == 1 {
			here = off
		}
		if i == len(path)-1 {
			there = far
		}
		l.items[a].down = append(l.items[a].down, end{b, here, there})
		l.items[b].up = append(l.items[b].up, end{a, there, here})
	}
	l.wires = append(l.wires, wire{path, head, missed})
}

func nodeItem(n *Node, rank int) item {
	it := item{is: aNode, node: n, rank: rank}
	if n.Shape == Event {
		it.lines = []string{n.Event}
		it.w = textWidth(n.Event, textSize, false) + 2*padX
		it.h = lineSpace + padY
		return it
	}
	it.w = textWidth(n.name(), nameSize, true)
	second := n.Kind
	for _, b := range n.badges() {
		second += " · " + b
	}
	it.lines = append([]string{second}, wrap(n.Text, textChars, 2)...)
	for _, line := range it.lines {
		it.w = max(it.w, textWidth(line, textSize, false))
	}
	it.w += 2 * padX
	it.h = 2*padY + float64(1+len(it.lines))*lineSpace
	return it
}

// labelItem makes the words on an arrow: short ones share a line.
func labelItem(labels []string, rank int, missed bool) item {
	var lines []string
	for _, l := range labels {
		l = short(l, labelChar)
		if n := len(lines); n > 0 && len([]rune(lines[n-1]))+2+len([]rune(l)) <= labelChar/2 {
			lines[n-1] += ", " + l
			continue
		}
		lines = append(lines, l)
	}
	const most = 6
	if len(lines) > most {
		lines = append(lines[:most-1], "…")
	}
	return textItem(aLabel, lines, rank, missed, 6)
}

func markItem(e *flowEdge, rank int, missed bool) item {
	word := "→ " + strings.TrimPrefix(e.Edge.To, "$")
	if e.from == e.to {
		word = "again"
	}
	it := textItem(aMark, []string{word}, rank, missed, 2*padX)
	it.h += 6
	return it
}

func textItem(is what, lines []string, rank int, missed bool, pad float64) item {
	it := item{is: is, lines: lines, rank: rank, missed: missed, h: float64(len(lines)) * lineSpace}
	for _, line := range lines {
		it.w = max(it.w, textWidth(line, labelSize, false))
	}
	it.w += pad
	return it
}
