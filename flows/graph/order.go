package graph

import (
	"cmp"
	"slices"
)

// sweeps is how often the rows are put in order, down and up in turn. After these,
// what still crosses hardly gets fewer.
const sweeps = 12

// order puts items into rows, and each row into an order in which few arrows
// cross: every item near the middle of those it is joined to, row after row.
func (l *level) order() {
	lowest := 0
	for i := range l.items {
		lowest = min(lowest, l.items[i].rank)
	}
	highest := 0
	for i := range l.items {
		l.items[i].rank -= lowest
		highest = max(highest, l.items[i].rank)
	}
	l.rows = make([][]int, highest+1)
	seen := make([]bool, len(l.items))
	// Depth first: what belongs together comes to stand together.
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		r := l.items[i].rank
		l.rows[r] = append(l.rows[r], i)
		for _, d := range l.items[i].down {
			visit(d.item)
		}
	}
	byRank := all(len(l.items))
	slices.SortStableFunc(byRank, func(a, b int) int { return cmp.Compare(l.items[a].rank, l.items[b].rank) })
	for _, i := range byRank {
		visit(i)
	}
	pos := make([]float64, len(l.items))
	number := func(row []int) {
		for n, i := range row {
			pos[i] = float64(n)
		}
	}
	for _, row := range l.rows {
		number(row)
	}
	best, fewest := clone(l.rows), l.crossings(pos)
	for s := 0; s < sweeps && fewest > 0; s++ {
		for n := range l.rows {
			r, side := n, func(it *item) []end { return it.up }
			if s%2 == 1 {
				r, side = len(l.rows)-1-n, func(it *item) []end { return it.down }
			}
			l.arrange(l.rows[r], pos, side)
			number(l.rows[r])
		}
		if c := l.crossings(pos); c < fewest {
			best, fewest = clone(l.rows), c
		}
	}
	l.rows = best
}

// arrange sorts a row by the middle of what its items are joined to. Those that
// are joined to nothing stay where they are.
func (l *level) arrange(row []int, pos []float64, side func(*item) []end) {
	middle := make(map[int]float64, len(row))
	for _, i := range row {
		ends := side(&l.items[i])
		if len(ends) == 0 {
			middle[i] = pos[i]
			continue
		}
		sum := 0.0
		for _, e := range ends {
			// The end within a box counts too: it tells its left from its right.
			sum += pos[e.item] + e.far/(l.items[e.item].w+1)
		}
		middle[i] = sum / float64(len(ends))
	}
	slices.SortStableFunc(row, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
}

// crossings counts how often arrows cross between rows.
func (l *level) crossings(pos []float64) int {
	type piece struct{ a, b float64 }
	n := 0
	for _, row := range l.rows {
		var pieces []piece
		for _, i := range row {
			for _, d := range l.items[i].down {
				pieces = append(pieces, piece{pos[i] + d.off/(l.items[i].w+1), pos[d.item] + d.far/(l.items[d.item].w+1)})
			}
		}
		slices.SortFunc(pieces, func(x, y piece) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
		ends := make([]float64, len(pieces))
		for i, p := range pieces {
			ends[i] = p.b
		}
		n += inversions(ends, make([]float64, len(ends)))
	}
	return n
}

// inversions counts pairs that stand the wrong way round, and sorts s.
func inversions(s, spare []float64) int {
	if len(s) < 2 {
		return 0
	}
	half := len(s) / 2
	n := inversions(s[:half], spare) + inversions(s[half:], spare)
	i, j, out := 0, half, spare[:0]
	for i < half || j < len(s) {
		if j == len(s) || i < half && s[i] <= s[j] {
			out = append(out, s[i])
			i++
		} else {
			out = append(out, s[j])
			n += half - i
			j++
		}
	}
	copy(s, out)
	return n
}

func clone(rows [][]int) [][]int {
	c := make([][]int, len(rows))
	for i, r := range rows {
		c[i] = slices.Clone(r)
	}
	return c
}
