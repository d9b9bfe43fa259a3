package graph

import (
	"cmp"
	"math"
	"slices"
)

// sheetWidth is how wide a picture gets, in pixels, where it can be helped: on paper
// of A4, laid across, its smallest words are then still of six points.
const sheetWidth = 1400.0

// sheetHeight is how tall a picture of that width gets: as tall as such paper is long.
// What is larger gets wider as well, and keeps these proportions.
const (
	sheetHeight = 1980.0
	tallest     = sheetHeight / sheetWidth
	// partHeight is what a part may have of it, beside the title.
	partHeight = sheetHeight - 2*margin - boxTitle - gapY
	wider      = 1.08 // than the last try
	mostTries  = 60
)

// How much of a sheet a part may fill by the widths of its rows alone, at first and
// at last: rows are rarely straight below each other. And how much room parts leave
// between them.
const (
	mostFill  = 1.0
	leastFill = 0.4
	lessFill  = 0.2

	partGap  = 2 * gapX
	partGapY = 2 * gapY
	markRoom = 90.0 // for a mark, with the gap beside it
)

// sheet lays out the whole picture: in parts, so that none is wider than the sheet.
// What nothing joins is a part anyway. Of what is too wide something is cut off, which
// becomes a part of its own and is led to by marks.
func (p *planner) sheet(es []element, links []link, order []int, inside map[string][]int) *level {
	l := &level{}
	wide, area := sheetWidth, 0.0
	for _, part := range p.parts(es, links, order, nil) {
		for _, inner := range p.fit(es, links, part, inside, mostFill) {
			wide = max(wide, inner.w)
			area += (inner.w + partGap) * (inner.h + partGapY)
			l.items = append(l.items, item{is: aBox, w: inner.w, h: inner.h, inner: inner})
		}
	}
	l.pack(wide)
	if l.h > sheetHeight && l.h > tallest*l.w {
		wide = max(wide, math.Sqrt(area/tallest))
		for range mostTries {
			if l.pack(wide); l.h <= tallest*l.w {
				break
			}
			wide *= wider
		}
	}
	return l
}

// pack puts the parts of a sheet side by side and below each other.
func (l *level) pack(wide float64) {
	sky := skyline{{0, margin + boxTitle + gapY}}
	l.w, l.h = 0, 0
	for i := range l.items {
		it := &l.items[i]
		x, y := sky.put(it.w+partGap, it.h+partGapY, wide+partGap)
		it.x, it.y = margin+x+it.w/2, y
		l.w, l.h = max(l.w, it.x+it.w/2+margin), max(l.h, it.y+it.h+margin)
	}
}

// fit lays out a part, whose elements stand before those they lead to, and cuts it
// as often as it takes.
func (p *planner) fit(es []element, links []link, part []int, inside map[string][]int, fill float64) []*level {
	whole := p.part(es, links, part, inside)
	switch {
	case len(part) == 1:
		return []*level{whole}
	case whole.w <= sheetWidth && whole.h <= partHeight:
		return []*level{whole}
	case whole.w <= sheetWidth:
		return p.columns(es, links, part, inside, fill, whole)
	}
	for ; fill >= leastFill; fill -= lessFill {
		parts := p.parts(es, links, part, p.cuts(es, links, part, fill*sheetWidth))
		if len(parts) == 1 {
			continue
		}
		var all []*level
		for _, part := range parts {
			all = append(all, p.fit(es, links, part, inside, fill)...)
		}
		return all
	}
	return []*level{whole}
}

// columns lays out a part that is too tall as several, one for each sheet's height of
// it and for what leads on from there.
func (p *planner) columns(es []element, links []link, part []int, inside map[string][]int, fill float64, whole *level) []*level {
	const high = partHeight - 2*gapY - 4*lineSpace // the marks stand below
	band := make(map[int]int, len(part))
	for n, i := range part { // the items of elements come first, in their order
		band[i] = int((whole.items[n].y + whole.items[n].h) / high)
	}
	cut := map[int]bool{}
	for i, above := range parents(es, links, part) {
		cut[i] = band[i] > band[above]
	}
	parts := p.parts(es, links, part, cut)
	if len(parts) == 1 {
		return []*level{whole}
	}
	var all []*level
	for _, part := range parts {
		all = append(all, p.fit(es, links, part, inside, fill)...)
	}
	return all
}

// part lays out some of the elements by themselves.
func (p *planner) part(es []element, links []link, part []int, inside map[string][]int) *level {
	at := make(map[int]int, len(part))
	some := make([]element, len(part))
	for n, i := range part {
		at[i] = n
		some[n] = es[i]
		some[n].out = nil
	}
	var their []link
	for _, i := range part {
		for _, k := range es[i].all {
			l := links[k]
			l.from = at[i]
			if to, here := at[l.to]; here {
				l.to = to
			} else {
				l.mark = true // it is one already
			}
			if !l.mark {
				some[l.from].out = append(some[l.from].out, len(their))
			}
			their = append(their, l)
		}
	}
	rank(some, their, all(len(part)))
	return p.lay(&level{part: true}, some, their, inside)
}

// parents are the elements that others hang on: of those that lead to one the first.
func parents(es []element, links []link, order []int) map[int]int {
	parent := make(map[int]int, len(order))
	for _, i := range order {
		for _, k := range es[i].out {
			if l := &links[k]; !l.mark {
				if _, ok := parent[l.to]; !ok {
					parent[l.to] = i
				}
			}
		}
	}
	return parent
}

// parts are the elements of order by what joins them, where it is not cut: links
// between parts become marks. First comes the part in which a call begins.
func (p *planner) parts(es []element, links []link, order []int, cut map[int]bool) [][]int {
	parent := parents(es, links, order)
	root := make(map[int]int, len(order))
	for _, i := range order {
		root[i] = i
		if above, ok := parent[i]; ok && !cut[i] {
			root[i] = root[above]
		}
	}
	// What is joined and was not cut belongs together.
	drawn := func(do func(*link)) {
		for _, i := range order {
			for _, k := range es[i].out {
				if l := &links[k]; !l.mark {
					do(l)
				}
			}
		}
	}
	drawn(func(l *link) {
		if a, b := find(root, l.from), find(root, l.to); a != b && !cut[a] && !cut[b] {
			root[max(a, b)] = min(a, b)
		}
	})
	drawn(func(l *link) {
		if find(root, l.from) != find(root, l.to) {
			p.mark(l)
		}
	})
	var parts [][]int
	number := map[int]int{}
	for _, i := range order {
		r := find(root, i)
		n, ok := number[r]
		if !ok {
			n = len(parts)
			number[r] = n
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], i)
	}
	slices.SortStableFunc(parts, func(a, b []int) int {
		return cmp.Or(cmp.Compare(p.begins(es, b), p.begins(es, a)), cmp.Compare(slices.Min(a), slices.Min(b)))
	})
	return parts
}

// begins is 1 for the part in which a call begins.
func (p *planner) begins(es []element, part []int) int {
	if slices.ContainsFunc(part, func(i int) bool { return es[i].node >= 0 && p.g.Nodes[es[i].node].Start }) {
		return 1
	}
	return 0
}

// find is the element that stands for a part.
func find(root map[int]int, i int) int {
	for root[i] != i {
		root[i] = root[root[i]]
		i = root[i]
	}
	return i
}

// cuts finds the elements to begin parts with: of what hangs on an element, as much
// as does not fit beside the rest, the widest first, and last what ends there.
func (p *planner) cuts(es []element, links []link, order []int, wide float64) map[int]bool {
	parent, cut := parents(es, links, order), map[int]bool{}
	rows := map[int][]float64{} // how wide each row below an element is, its own first
	for _, i := range slices.Backward(order) {
		var below []int
		marks := 0.0
		for _, k := range es[i].all {
			l := &links[k]
			if above, ok := parent[l.to]; !l.mark && ok && above == i && !slices.Contains(below, l.to) {
				below = append(below, l.to)
			} else if l.mark {
				marks += markRoom
			}
		}
		slices.SortStableFunc(below, func(a, b int) int {
			return cmp.Or(cmp.Compare(min(len(rows[b]), 3), min(len(rows[a]), 3)), cmp.Compare(slices.Max(rows[b]), slices.Max(rows[a])))
		})
		for n := 0; ; n++ {
			rows[i] = stack(p.room(&es[i]), marks, rows, below[n:])
			if n == len(below) || slices.Max(rows[i]) <= wide {
				break
			}
			cut[below[n]] = true
			marks += markRoom
		}
	}
	return cut
}

// stack puts what hangs on an element side by side below it.
func stack(own, marks float64, rows map[int][]float64, below []int) []float64 {
	all := []float64{own, marks}
	for _, b := range below {
		for n, w := range rows[b] {
			if n+1 == len(all) {
				all = append(all, 0)
			}
			all[n+1] += w
		}
	}
	return all
}

// room is how wide an element is, or may be: boxes are not laid out yet.
func (p *planner) room(e *element) float64 {
	if e.box != "" {
		n := len(p.of[e.box])
		return min(sheetWidth/2, 180*math.Ceil(math.Sqrt(float64(n))))
	}
	return nodeItem(&p.g.Nodes[e.node], 0).w + gapX
}

// skyline is how far down a sheet is filled, from left to right.
type skyline []step

type step struct{ x, y float64 }

// put finds the highest place, and of those the leftmost, for something, and fills
// it.
func (s *skyline) put(w, h, wide float64) (x, y float64) {
	steps := *s
	best := -1
	for i := range steps {
		if steps[i].x+w > wide && i > 0 {
			break
		}
		if top := steps.top(i, w); best < 0 || top < y {
			best, y = i, top
		}
	}
	x = steps[best].x
	right := step{x + w, 0}
	next := best
	for next < len(steps) && steps[next].x <= right.x {
		right.y = steps[next].y
		next++
	}
	*s = slices.Replace(steps, best, next, step{x, y + h}, right)
	return x, y
}

// top is where something as wide as w can begin, from a step on.
func (s skyline) top(i int, w float64) (y float64) {
	for _, t := range s[i:] {
		if t.x >= s[i].x+w {
			break
		}
		y = max(y, t.y)
	}
	return y
}
