package graph

import (
	"cmp"
	"slices"
	"strings"

	"callflow/engine"
)

// Graph is a flow as it is drawn.
type Graph struct {
	Title string
	Nodes []Node // in the flow's order, what starts by itself first
	Edges []Edge // grouped by From, in the order of Nodes
	// Covered is set when the nodes and edges say what tests reached.
	Covered bool
}

// Node is a state, or something that leads to one without having been asked.
type Node struct {
	Name string
	// Kind is the state's kind, or "" for what is no state: Event then says what
	// happens.
	Kind  string
	Event string
	// Text is what is said there, in the flow's first language, or what the state
	// asks for or tests.
	Text string
	// Box is the state that calls the sub-flow which this one stands in, itself
	// included: "owner" or "owner.ask"; "": none.
	Box string
	// Around is, of a node that calls a sub-flow, the box in which its own stands.
	Around string
	// Secret marks a question whose answer is secret, Requires what must be proved
	// before.
	Secret    bool
	Requires  string
	Milestone string
	Start     bool
	End       bool
	Shape     Shape
	Reached   bool
}

// Shape is what sort of thing a node is.
type Shape int

// The shapes: what speaks or computes, what asks the caller, what asks the world
// or somebody else, what ends the call, and what happens by itself.
const (
	Plain Shape = iota
	Question
	Effect
	End
	Event
)

// Edge leads from one node to another, by one or more outcomes.
type Edge struct {
	From, To string
	// Labels say by what, in the order of the flow: keys, or outcomes. A plain
	// next has none.
	Labels []string
	// Taken is set when tests took it.
	Taken bool
}

// Options say what to draw.
type Options struct {
	// All adds what every state has: failures, limits, hanging up, asking again,
	// and the built-in ends.
	All bool
	// Reached and Taken tell what tests did; nil: nobody asked.
	Reached func(state string) bool
	Taken   func(engine.Transition) bool
}

// Of makes the graph of a flow.
func Of(spec *engine.Spec, o Options) *Graph {
	b := builder{spec: spec, opts: o, g: &Graph{Title: spec.Title, Covered: o.Taken != nil}, edge: map[ends]int{}}
	if b.g.Title == "" {
		b.g.Title = spec.Flow
	}
	b.ownWays()
	for i := range spec.States {
		switch s := &spec.States[i]; {
		case o.All || !builtIn(s.Name):
			b.g.Nodes = append(b.g.Nodes, b.node(s))
		case s.Name == engine.StateBack:
			b.g.Nodes = append(b.g.Nodes, Node{Name: s.Name, Event: "back to the question before", Shape: Event})
		}
	}
	b.events()
	b.edges()
	return b.g
}

type builder struct {
	spec *engine.Spec
	opts Options
	g    *Graph
	edge map[ends]int // of an edge
	// usual is where an outcome that every state has leads from most states.
	usual map[engine.Outcome]string
	own   map[string][]engine.Outcome // the outcomes of a state's kind
	calls map[string]bool             // states that call a sub-flow
}

// ends are what transitions have in common that are drawn as one arrow.
type ends struct {
	from, to string
	taken    bool
}

// subflow is the kind that calls another flow.
const subflow = "subflow"

func builtIn(state string) bool { return strings.HasPrefix(state, "$") }

// common tells an outcome that every state has.
func common(o engine.Outcome) bool {
	switch o {
	case engine.OutHangup, engine.OutError, engine.OutLimit, engine.OutAbort, engine.OutGone:
		return true
	}
	return false
}

// ownWays finds out what each state decides by itself, and what is the same for
// most.
func (b *builder) ownWays() {
	b.own = make(map[string][]engine.Outcome, len(b.spec.States))
	b.calls = make(map[string]bool, len(b.spec.States))
	for i := range b.spec.States {
		s := &b.spec.States[i]
		b.own[s.Name] = s.Kind.Outcomes()
		b.calls[s.Name] = s.Kind.Name() == subflow
	}
	votes := map[engine.Outcome]map[string]int{}
	for _, t := range b.spec.Transitions {
		if !common(t.Outcome) || builtIn(t.From) {
			continue
		}
		if votes[t.Outcome] == nil {
			votes[t.Outcome] = map[string]int{}
		}
		votes[t.Outcome][t.To]++
	}
	b.usual = map[engine.Outcome]string{}
	for o, to := range votes {
		for name, n := range to {
			if best := b.usual[o]; best == "" || n > to[best] || n == to[best] && name < best {
				b.usual[o] = name
			}
		}
	}
}

func (b *builder) node(s *engine.State) Node {
	n := Node{
		Name: s.Name, Kind: s.Kind.Name(), Requires: s.Requires, Milestone: s.Milestone,
		Start: s.Name == b.spec.Start, Shape: Plain,
	}
	n.Box = b.boxOf(s.Name)
	if n.Box == n.Name {
		if i := strings.LastIndexByte(n.Name, '.'); i >= 0 {
			n.Around = b.boxOf(n.Name[:i])
		}
	}
	n.Text, n.Shape, n.Secret = about(s.Kind)
	n.End = n.Shape == End
	n.Reached = b.opts.Reached != nil && b.opts.Reached(s.Name)
	return n
}

// events adds what leads to a state without anybody's having chosen it: keys that
// are valid everywhere, and what befalls a call.
func (b *builder) events() {
	var found []Node
	var edges []Edge
	lead := func(name, what, to string) {
		found = append(found, Node{Name: name, Event: what, Shape: Event})
		edges = append(edges, Edge{From: name, To: to})
	}
	if !b.opts.All {
		for _, key := range b.spec.Globals {
			switch to, again := b.everywhere(engine.GlobalOutcome(key.Keys)); {
			case to != "":
				lead("$key "+key.Keys, key.Keys+" at any question", to)
			case again:
				found = append(found, Node{Name: "$key " + key.Keys, Event: key.Keys + " at any question: the same again", Shape: Event})
			}
		}
		for _, e := range []struct {
			outcome engine.Outcome
			what    string
		}{
			{engine.OutHangup, "the caller hangs up"},
			{engine.OutError, "something fails"},
			{engine.OutLimit, "the call lasts too long"},
		} {
			if to := b.usual[e.outcome]; to != "" && !builtIn(to) {
				lead("$on "+e.outcome, e.what, to)
			}
		}
	}
	b.g.Nodes = append(b.g.Nodes, found...)
	for _, e := range edges {
		e.Taken = true
		b.g.Edges = append(b.g.Edges, e)
	}
}

// everywhere is where an outcome leads from wherever it is known; again tells that
// it asks each question again instead.
func (b *builder) everywhere(o engine.Outcome) (to string, again bool) {
	for _, t := range b.spec.Transitions {
		switch {
		case t.Outcome != o:
		case t.To != t.From:
			return t.To, false
		default:
			again = true
		}
	}
	return "", again
}

func (b *builder) edges() {
	labels := map[string]func(engine.Outcome) string{}
	for i := range b.spec.States {
		labels[b.spec.States[i].Name] = labeller(b.spec.States[i].Kind)
	}
	for _, t := range b.spec.Transitions {
		if !b.drawn(t) {
			continue
		}
		// What tests took and what they did not are different arrows.
		key := ends{t.From, t.To, b.opts.Taken == nil || b.opts.Taken(t)}
		i, again := b.edge[key]
		if !again {
			i = len(b.g.Edges)
			b.edge[key] = i
			b.g.Edges = append(b.g.Edges, Edge{From: t.From, To: t.To, Taken: key.taken})
		}
		e := &b.g.Edges[i]
		if l := labels[t.From](t.Outcome); l != "" && !slices.Contains(e.Labels, l) {
			e.Labels = append(e.Labels, l)
		}
	}
	order := make(map[string]int, len(b.g.Nodes))
	for i, n := range b.g.Nodes {
		order[n.Name] = i
	}
	slices.SortStableFunc(b.g.Edges, func(x, y Edge) int { return cmp.Compare(order[x.From], order[y.From]) })
}

// drawn tells whether a transition is worth an arrow.
func (b *builder) drawn(t engine.Transition) bool {
	switch {
	case b.opts.All:
		return true
	case builtIn(t.From), builtIn(t.To) && t.To != engine.StateBack, strings.HasPrefix(t.Outcome, "global."):
		return false
	case common(t.Outcome):
		// Of what every state has, only what differs is told.
		return t.To != b.usual[t.Outcome]
	case t.From == t.To && strings.HasPrefix(t.Outcome, "retry."):
		return false
	}
	return slices.Contains(b.own[t.From], t.Outcome)
}
