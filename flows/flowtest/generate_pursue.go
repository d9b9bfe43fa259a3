package flowtest

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/engine/lazy"
)

// comparedWith finds the numbers that names, and the sizes of lists and texts, are
// compared with.
var comparedWith = lazy.Regexp(`(?:\b(count|len)\(\s*)?([A-Za-z_][\w.]*)\s*\)?\s*(==|!=|<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)`)

// mark is a number that a variable has to get to, for a branch to go one way.
type mark struct {
	name     string
	operator string
	number   float64
}

// opposite are the operators that hold where others do not.
func opposite(operator string) string {
	return map[string]string{"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
}

// marksOf are those for one outcome of a branch: that its condition holds, and none
// before it.
func marksOf(scope string, k engine.BranchState, outcome engine.Outcome) []mark {
	var all []mark
	read := func(e *engine.Expr, holds bool) {
		source := quotedText().ReplaceAllString(e.String(), `""`)
		for _, m := range comparedWith().FindAllStringSubmatch(source, -1) {
			n, err := strconv.ParseFloat(m[4], 64)
			if err != nil {
				continue
			}
			found := mark{scopedPath(scope, m[2]), m[3], n}
			if !holds {
				found.operator = opposite(found.operator)
			}
			all = append(all, found)
		}
	}
	for i, when := range k.When {
		if is := engine.WhenOutcome(i+1) == outcome; is || outcome == engine.OutElse {
			read(when, is)
		}
		if engine.WhenOutcome(i+1) == outcome {
			for _, before := range k.When[:i] {
				read(before, false)
			}
		}
	}
	return all
}

// far is how much is missing of a mark.
func (m mark) far(vars []engine.Var) float64 {
	value := 0.0
	switch v := valueOf(vars, m.name).(type) {
	case float64:
		value = v
	case string:
		value = float64(len(v))
	case engine.List:
		value = float64(len(v))
	}
	gap := math.Abs(value - m.number)
	switch m.operator {
	case "==":
		return gap
	case "!=":
		if gap == 0 {
			return 1
		}
	case "<":
		if value >= m.number {
			return gap + 1
		}
	case "<=":
		if value > m.number {
			return gap
		}
	case ">":
		if value <= m.number {
			return gap + 1
		}
	case ">=":
		if value < m.number {
			return gap
		}
	}
	return 0
}

// Bounds of what is played to get counters where branches want them: for one branch,
// and for each state of the flow.
const (
	maxPursued      = 4000
	maxPursuedState = 50
	maxPursuits     = 3
	maxRounds       = 200 // places of one state
)

// pursue goes on where breadth is not enough: a counter has to get to seven, or a sum
// to sixty, and each way round has others beside it. It plays on first from where what
// a branch compares comes nearest to what it is compared with.
func (g *generator) pursue() error {
	budget := maxPursued + maxPursuedState*len(g.spec.States)
	for range maxPursuits {
		before := g.open
		for _, t := range g.missing() {
			state, ok := g.program.State(t.From)
			if !ok || g.taken[t] || !g.visited[t.From] {
				continue
			}
			k, ok := state.Kind.(engine.BranchState)
			if !ok {
				continue
			}
			marks := marksOf(state.Scope, k, t.Outcome)
			if !slices.ContainsFunc(marks, func(m mark) bool { return g.counted(m.name) }) {
				continue
			}
			if err := g.chase(t, marks, min(budget, maxPursued)); err != nil {
				return err
			}
			if budget -= g.played; budget <= 0 {
				return nil
			}
		}
		if g.open == 0 || g.open == before {
			return nil
		}
	}
	return nil
}

// counted tells that a name gets its value from its own, as counters and sums do.
func (g *generator) counted(name string) bool { return slices.Contains(g.values.feeds[name], name) }

// chase looks for a call that takes a transition, with at most so many moves.
func (g *generator) chase(aim engine.Transition, marks []mark, most int) error {
	g.most, g.played, g.queue = maxRounds, 0, nil
	g.relevant = nil
	for _, m := range marks {
		if name, _, _ := strings.Cut(m.name, "."); !slices.Contains(g.relevant, name) {
			g.relevant = append(g.relevant, name)
		}
	}
	g.marks, g.aim, g.values.extremes = marks, &aim, true
	defer func() { g.marks, g.aim, g.values.extremes = nil, nil, false }()
	for _, from := range g.roots {
		g.seen, g.variants, g.expanded = map[string]bool{}, map[string]int{}, map[string]bool{}
		root := &place{player: New(g.program, Options{Call: from.Call, At: from.at}), beginning: from}
		if err := g.try(root, trial{start: true}); err != nil {
			return err
		}
		if err := g.spreadUpTo(most); err != nil {
			return err
		}
		if g.taken[aim] || g.played >= most {
			break
		}
	}
	if !g.taken[aim] {
		return nil
	}
	// What comes behind it is as new, and breadth is enough for that.
	g.queue = slices.DeleteFunc(g.queue, func(p *place) bool { return p.edge == nil || !p.edge.takes(aim) })
	for _, p := range g.queue {
		p.far = 0
	}
	heap.Init(&g.queue)
	g.marks, g.aim, g.most = nil, nil, 6
	g.seen, g.variants = map[string]bool{}, map[string]int{}
	return g.spreadUpTo(g.played + most)
}

// takes tells whether what was played on an edge took a transition.
func (e *edge) takes(t engine.Transition) bool {
	return slices.ContainsFunc(e.player.t.Entries, func(entry Entry) bool {
		return slices.ContainsFunc(entry.Hops, func(h engine.Hop) bool {
			return h.From == t.From && h.Outcome == t.Outcome && h.To == t.To
		})
	})
}

// far is how much is missing where a call waits.
func (g *generator) far(p *Player) float64 {
	sum := 0.0
	for _, m := range g.marks {
		sum += m.far(p.session.Vars)
	}
	return sum
}

// nearer orders places: the nearest to the marks, then the shortest calls.
func (p *place) nearer(o *place) int {
	return cmp.Or(cmp.Compare(p.far, o.far), cmp.Compare(p.length, o.length), cmp.Compare(p.order, o.order))
}
