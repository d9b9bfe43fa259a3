package graph

import "math"

// rounds is how often rows are moved towards what they are joined to.
const rounds = 24

// place gives every item its place, and the level its size.
func (l *level) place() {
	for _, row := range l.rows {
		x := 0.0
		for _, i := range row {
			it := &l.items[i]
			it.x = x + it.w/2
			x += it.w + gapX
		}
	}
	l.weigh()
	both := func(it *item) [2][]end { return [2][]end{it.up, it.down} }
	up := func(it *item) [2][]end { return [2][]end{it.up} }
	down := func(it *item) [2][]end { return [2][]end{it.down} }
	for n := range rounds {
		side := down
		switch {
		case n >= rounds-6:
			side = both
		case n%2 == 1:
			side = up
		}
		for r := range l.rows {
			if n%2 == 0 {
				r = len(l.rows) - 1 - r
			}
			l.pull(l.rows[r], side)
		}
	}
	left, right := math.Inf(1), math.Inf(-1)
	for i := range l.items {
		it := &l.items[i]
		left, right = min(left, it.x-it.w/2), max(right, it.x+it.w/2)
	}
	pad, top := boxPad, boxPad+boxTitle
	if l.part {
		pad, top = 0, 0
	}
	title := 0.0
	if l.name != "" {
		title = textWidth(l.name, nameSize, true)
	}
	shift := pad - left
	if wide := title - (right - left); wide > 0 {
		shift += wide / 2
		right += wide / 2
		left -= wide / 2
	}
	for i := range l.items {
		l.items[i].x += shift
	}
	l.w = right - left + 2*pad
	l.rowY, l.rowH = make([]float64, len(l.rows)), make([]float64, len(l.rows))
	y := top
	for r, row := range l.rows {
		h := 0.0
		for _, i := range row {
			h = max(h, l.items[i].h)
		}
		l.rowY[r], l.rowH[r] = y, h
		for _, i := range row {
			l.items[i].y = y
			if it := &l.items[i]; it.is == aLabel {
				it.y = y + (h-it.h)/2
			}
		}
		y += h + gapY
		if h == 0 {
			y -= gapY / 2
		}
	}
	l.h = y - gapY + pad
	// Ports stand on the edge of the box.
	for i := range l.items {
		if it := &l.items[i]; it.is == aPort {
			it.y = l.h
			if it.rank == 0 && len(it.up) == 0 && len(it.down) > 0 {
				it.y = 0
			}
		}
	}
}

// weigh finds how much hangs below each item, so that what has most of it hangs
// straight below, and small ends stand aside.
func (l *level) weigh() {
	for r := len(l.rows) - 1; r >= 0; r-- {
		for _, i := range l.rows[r] {
			it := &l.items[i]
			switch it.is {
			case aNode:
				it.heft = 1
			case aBox:
				it.heft = float64(len(it.inner.items))
			case aMark:
				it.heft = 0.25
			}
			for _, d := range it.down {
				below := &l.items[d.item]
				it.heft += below.heft / float64(len(below.up))
			}
		}
	}
}

// pull moves a row as near as it can come to the middles of what its items are
// joined to, in the order they have, without their touching: least squares under
// an order, which is solved by putting together what would overtake.
func (l *level) pull(row []int, side func(*item) [2][]end) {
	type group struct {
		sum, weight float64
		n           int
	}
	offset := make([]float64, len(row))
	groups := make([]group, 0, len(row))
	for n, i := range row {
		it := &l.items[i]
		if n > 0 {
			before := &l.items[row[n-1]]
			offset[n] = offset[n-1] + (before.w+it.w)/2 + gap(before, it)
		}
		want, weight := l.wish(it, side(it))
		groups = append(groups, group{(want - offset[n]) * weight, weight, 1})
		for k := len(groups); k > 1 && groups[k-2].sum/groups[k-2].weight >= groups[k-1].sum/groups[k-1].weight; k = len(groups) {
			a, b := groups[k-2], groups[k-1]
			groups = append(groups[:k-2], group{a.sum + b.sum, a.weight + b.weight, a.n + b.n})
		}
	}
	n := 0
	for _, g := range groups {
		for range g.n {
			l.items[row[n]].x = g.sum/g.weight + offset[n]
			n++
		}
	}
}

// wish is where an item would like to be, and how much.
func (l *level) wish(it *item, sides [2][]end) (x, weight float64) {
	sum, n := 0.0, 0.0
	for _, ends := range sides {
		part, all := 0.0, 0.0
		for _, e := range ends {
			other := &l.items[e.item]
			heft := other.heft * other.heft
			part += heft * (other.x + e.far - e.off)
			all += heft
		}
		if all > 0 {
			sum += part / all
			n++
		}
	}
	if n == 0 {
		return it.x, 0.1
	}
	weight = max(it.heft, 1)
	if it.is == aBend || it.is == aPort {
		weight *= 3 // a long arrow that bends is hard to follow
	}
	return sum / n, weight
}

// gap is how much room two neighbours leave between them.
func gap(a, b *item) float64 {
	if a.is == aBend || b.is == aBend || a.is == aLabel || b.is == aLabel || a.is == aPort || b.is == aPort {
		return gapX / 2
	}
	return gapX
}
