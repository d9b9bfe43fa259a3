package flowtest

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"strings"

	"callflow/engine"
)

// GenerateOptions say what is there already.
type GenerateOptions struct {
	// Beside are the stand-ins beside the flow: what they answer is what services
	// are first taken to answer.
	Beside *Given
	// Covered are the calls of the tests that exist, and Names what they are called.
	Covered []*Transcript
	Names   []string
}

// Generated are scenarios for what no test covers yet.
type Generated struct {
	// Tests are the shortest first. They pass.
	Tests []*Scenario
	// Missed are the transitions that no call was found to take.
	Missed []Unreached
}

// Unreached is a transition that no call was found to take, and why.
type Unreached struct {
	engine.Transition
	Reason string
}

// Generate plays calls until every transition of the program is taken, every
// question met with silence and with each kind of mistake, every call hung up at
// each wait, every service was down, slow, wrong, every question of digits got a key
// too many, and every hook that asks the world for something came twice. It writes a
// scenario for each thing that no test covers yet, with what is then heard and found as its
// expectations: what the flow does now is what the scenarios hold it to.
//
// It goes through the states breadth-first, with a real Player: one call is played
// on from each place where calls wait, by every move that makes a difference
// there. What a caller enters, and what services answer, are chosen by what the
// flow's conditions compare. Only for transitions that were not taken so are the
// same places tried again with other values, up to a bound. The same program gives
// the same scenarios. The error is a fault of the engine or the end of the context.
func Generate(ctx context.Context, program *engine.Program, opts GenerateOptions) (*Generated, error) {
	g := newGenerator(ctx, program, opts)
	for _, most := range [...]int{1, 6, 40} {
		if err := g.explore(most); err != nil {
			return nil, err
		}
		if g.open == 0 {
			break
		}
	}
	if g.open > 0 {
		if err := g.pursue(); err != nil {
			return nil, err
		}
	}
	if err := g.extras(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(g.tests, func(a, b *generatedTest) int { return cmp.Compare(a.length, b.length) })
	out := &Generated{Missed: g.missed()}
	for _, t := range g.tests {
		out.Tests = append(out.Tests, t.Scenario)
	}
	return out, nil
}

// goal is something that a test can cover: a transition, with what led to it
// where that makes a difference.
type goal struct {
	state   string
	outcome engine.Outcome
	variant string
}

// generator looks for tests.
type generator struct {
	ctx     context.Context
	program *engine.Program
	spec    *engine.Spec
	opts    GenerateOptions
	values  *values
	roots   []beginning

	covered map[goal]bool
	taken   map[engine.Transition]bool
	want    []engine.Transition
	wanted  map[engine.Transition]bool
	open    int // how many of them are not taken
	visited map[string]bool
	names   map[string]bool
	ways    map[engine.Transition]string // where each leads, by the rest of it
	tests   []*generatedTest

	// Of one exploration.
	most     int
	relevant []string
	seen     map[string]bool
	variants map[string]int
	expanded map[string]bool
	queue    places
	played   int
	limited  bool
	// marks are what has to be got to, and aim is why; without them breadth decides.
	marks []mark
	aim   *engine.Transition

	firsts firsts
}

// maxPlayed bounds the moves that one exploration plays, for each state of the
// flow: it is the bound on what conditions can make of it.
const maxPlayed = 400

// generatedTest is a scenario with the number of its moves.
type generatedTest struct {
	*Scenario
	length int
}

func newGenerator(ctx context.Context, program *engine.Program, opts GenerateOptions) *generator {
	g := &generator{
		ctx: ctx, program: program, spec: program.Spec(), opts: opts,
		covered: map[goal]bool{}, taken: map[engine.Transition]bool{},
		visited: map[string]bool{}, names: map[string]bool{}, ways: map[engine.Transition]string{}, firsts: firsts{known: map[string]bool{}},
	}
	g.values = newValues(g.spec)
	g.roots = g.values.beginnings(g.spec)
	g.want, g.wanted = authored(g.spec), map[engine.Transition]bool{}
	for _, t := range g.want {
		g.wanted[t] = true
	}
	g.open = len(g.want)
	for _, t := range g.spec.Transitions {
		g.ways[engine.Transition{From: t.From, Outcome: t.Outcome}] = t.To
	}
	for _, name := range opts.Names {
		g.names[name] = true
	}
	for _, t := range opts.Covered {
		for _, found := range g.goals(t.Entries) {
			g.covered[found] = true
		}
		g.take(t.Entries)
	}
	return g
}

// take notes what a call did.
func (g *generator) take(entries []Entry) {
	for _, e := range entries {
		for _, h := range e.Hops {
			t := engine.Transition{From: h.From, Outcome: h.Outcome, To: h.To}
			if !g.taken[t] && g.wanted[t] {
				g.open--
			}
			g.taken[t] = true
			g.visited[h.From], g.visited[h.To] = true, true
		}
	}
}

// goals are what a part of a call covers, in order.
func (g *generator) goals(entries []Entry) []goal {
	found := g.surplus(entries)
	for i, e := range entries {
		switch e.Kind {
		case Held:
			found = append(found, goal{state: e.State, variant: heldGoal})
		case Again:
			for _, state := range asked(entries[:i]) {
				found = append(found, goal{state: state, variant: againGoal})
			}
		}
		for _, h := range e.Hops {
			if builtIn(h.From) || h.Outcome == engine.OutRetryLost || h.Outcome == engine.OutAbort || h.Outcome == engine.OutGone {
				continue
			}
			goal := goal{state: h.From, outcome: h.Outcome, variant: variant(h)}
			if h.Outcome == engine.OutLimit && h.Reason != "max_visits" {
				goal.state = "" // a limit of the call is reached once, wherever that is
			}
			found = append(found, goal)
		}
	}
	return found
}

// variant is what led to an outcome, where one outcome has several causes that
// are worth a test each.
func variant(h engine.Hop) string {
	switch h.Outcome {
	case engine.OutRetryNoMatch:
		return h.Reason
	case engine.OutMatch, engine.OutYes, engine.OutNo, engine.OutChosen:
		return aloud(h)
	case engine.OutError, engine.OutPending, engine.OutUnavailable:
		switch {
		case strings.HasPrefix(h.Event, string(engine.AnswerOK)):
			return "garbage"
		case strings.Contains(h.Event, "timed out"), strings.Contains(h.Event, "no answer within"):
			return "slow"
		}
	case engine.OutLimit:
		return h.Reason
	}
	if strings.HasPrefix(h.Outcome, engine.OptionOutcome("")) || strings.HasPrefix(h.Outcome, engine.GlobalOutcome("")) {
		return aloud(h)
	}
	return ""
}

// aloud tells what was said from what was pressed.
func aloud(h engine.Hop) string {
	if h.Event == "speech" {
		return saidGoal
	}
	return ""
}

// place is where a call waits, and how it got there.
type place struct {
	beginning
	edge   *edge
	player *Player
	far    float64 // from the marks, where there are any
	length int     // moves up to here
	order  int
}

// places are a queue, the nearest to the marks first and then the shortest calls.
type places []*place

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i].nearer(p[j]) < 0 }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *places) Push(x any)        { *p = append(*p, x.(*place)) }
func (p *places) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}

// explore plays calls from their beginning, and on from each place where one
// waits that is new: another state, or the same with other values of the variables
// that matter, most times at most.
func (g *generator) explore(most int) error {
	g.most, g.played, g.queue = most, 0, nil
	g.relevant = nil
	if most > 1 {
		g.relevant = g.values.relevant(g.spec, g.missing())
	}
	for i, from := range g.roots {
		// Other callers are tried for what the first one left open.
		if i > 0 && g.open == 0 {
			break
		}
		// Who calls, and when, makes every place another one: what is open at ten leads
		// on from a question that was seen at night.
		g.seen, g.variants, g.expanded = map[string]bool{}, map[string]int{}, map[string]bool{}
		root := &place{player: New(g.program, Options{Call: from.Call, At: from.at}), beginning: from}
		if err := g.try(root, trial{start: true}); err != nil {
			return err
		}
		if err := g.spread(); err != nil {
			return err
		}
	}
	return nil
}

// spread plays on from every place in the queue.
func (g *generator) spread() error { return g.spreadUpTo(maxPlayed * (len(g.spec.States) + 10)) }

// spreadUpTo is spread with at most so many moves.
func (g *generator) spreadUpTo(bound int) error {
	for g.queue.Len() > 0 && g.played < bound {
		if g.most > 1 && g.open == 0 || g.aim != nil && g.taken[*g.aim] {
			return nil
		}
		p := heap.Pop(&g.queue).(*place)
		g.firsts.waits(g, p)
		trials := g.trials(p.player)
		if g.most > 1 && g.aim == nil {
			trials = append(trials, leaving(trials)...)
		}
		for _, t := range trials {
			if err := g.try(p, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *generator) missing() []engine.Transition {
	var all []engine.Transition
	for _, t := range g.want {
		if !g.taken[t] {
			all = append(all, t)
		}
	}
	return all
}

// try plays a trial from a place, and again for each other answer that the world
// can give on the way.
func (g *generator) try(from *place, t trial) error {
	plans := [][]int{nil}
	for len(plans) > 0 {
		plan := plans[0]
		plans = plans[1:]
		if err := g.ctx.Err(); err != nil {
			return err
		}
		e, err := g.play(from, t, plan)
		if err != nil {
			return err
		}
		if e == nil {
			return nil
		}
		for i := len(plan); i < len(e.world.points); i++ {
			point := e.world.points[i]
			if g.expanded[point.key] {
				continue
			}
			g.expanded[point.key] = true
			for a := 1; a < point.options; a++ {
				other := make([]int, i+1)
				copy(other, e.world.chosen[:i])
				other[i] = a
				plans = append(plans, other)
			}
		}
		if err := g.learn(e); err != nil {
			return err
		}
	}
	return nil
}

// edge is a trial that was played: from a place to where it led.
type edge struct {
	from  *place
	moves Script
	dials []engine.DialResult
	// records are the ends of recordings.
	records []engine.RecordResult
	// queues are what becomes of waiting.
	queues []QueueEnd
	world  *oracle
	player *Player
}

// play plays a trial with the world's answers chosen by a plan; beyond it, the
// first of each. It is nil where the trial is impossible.
func (g *generator) play(from *place, t trial, plan []int) (*edge, error) {
	g.played++
	w := &oracle{g: g, plan: plan, done: map[string]bool{}}
	if n := len(t.moves); n > 0 {
		w.leaving = t.moves[n-1].Hangup && t.moves[n-1].Keys.Len() > 0
	}
	for at := from; at.edge != nil; at = at.edge.from {
		for key := range at.edge.world.done {
			w.done[key] = true
		}
	}
	p := from.player.fork(w)
	w.player = p
	e := &edge{from: from, world: w, player: p}
	if t.start {
		if err := p.Start(g.ctx); err != nil {
			return nil, err
		}
		return e, p.Settle(g.ctx)
	}
	for n := 0; n < max(t.times, 1); n++ {
		q, waits := p.Question()
		switch {
		case !waits:
			return nil, nil
		case q.Dial != nil && t.dial != "":
			p.opts.Dials = []engine.DialResult{t.dial}
			e.dials = append(e.dials, t.dial)
			if err := p.EndDial(g.ctx, false); err != nil {
				return nil, err
			}
		case q.Queue != nil && t.queue != "":
			end := QueueEnd{Result: t.queue}
			p.opts.Queues = []QueueEnd{end}
			e.queues = append(e.queues, end)
			if err := p.EndBusy(g.ctx, false); err != nil {
				return nil, err
			}
		case q.Record != nil && t.record != "":
			p.opts.Records = []engine.RecordResult{t.record}
			e.records = append(e.records, t.record)
			if err := p.EndBusy(g.ctx, false); err != nil {
				return nil, err
			}
		case q.Busy() && !t.moves[n%len(t.moves)].Hangup:
			// Round a circle that leads through it, as it went before.
			if err := p.EndBusy(g.ctx, false); err != nil {
				return nil, err
			}
		default:
			m := t.moves[n%len(t.moves)]
			e.moves = append(e.moves, m)
			if err := p.Move(g.ctx, m); err != nil {
				return nil, err
			}
		}
		if err := p.Settle(g.ctx); err != nil {
			return nil, err
		}
		if _, waits := p.Question(); !waits || !t.on && left(p.t.Entries) || t.on && limited(p.t.Entries) {
			break
		}
	}
	return e, nil
}

// left tells that a question was not only asked again.
func left(entries []Entry) bool {
	for _, e := range entries {
		for _, h := range e.Hops {
			switch h.Outcome {
			case engine.OutRetryLost, engine.OutRetryNoInput, engine.OutRetryNoMatch:
			default:
				return true
			}
		}
	}
	return false
}

// limited tells that a limit of the call was reached.
func limited(entries []Entry) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool {
		return slices.ContainsFunc(e.Hops, func(h engine.Hop) bool { return h.Outcome == engine.OutLimit })
	})
}

// learn writes a test where a trial covered something new, and goes on from where
// it led.
func (g *generator) learn(e *edge) error {
	g.firsts.asks(e)
	var news []goal
	for _, goal := range g.goals(e.player.t.Entries) {
		if !g.covered[goal] {
			news = append(news, goal)
		}
	}
	if len(news) > 0 {
		if err := g.write(e, news); err != nil {
			return err
		}
	}
	if _, waits := e.player.Question(); !waits {
		return nil
	}
	key := g.key(e.player)
	if g.seen[key] {
		return g.exhaust(e, key)
	}
	state := e.player.session.State
	if g.variants[state] >= g.most {
		return nil
	}
	g.seen[key] = true
	g.variants[state]++
	length := e.from.length + max(len(e.moves), 1)
	heap.Push(&g.queue, &place{beginning: e.from.beginning, edge: e, player: e.player, far: g.far(e.player), length: length, order: g.played})
	return nil
}

// key tells places apart: by the state and whether somebody is signed in, and by
// the values that matter for what was not taken yet.
func (g *generator) key(p *Player) string {
	s := &p.session
	var b strings.Builder
	b.WriteString(s.State)
	if s.Caller != nil {
		b.WriteString("\x00signed in")
	}
	if p.queue != nil && s.Offered {
		b.WriteString("\x00offered")
	}
	if g.most == 1 {
		return b.String()
	}
	b.WriteString("\x00" + s.Lang)
	for _, c := range s.Denials {
		b.WriteString("\x00" + c.Name + " " + number(float64(c.N)))
	}
	for _, c := range s.Visits {
		if state, ok := g.program.State(c.Name); ok && state.MaxVisits > 0 {
			b.WriteString("\x00" + c.Name + " " + number(float64(c.N)))
		}
	}
	for _, name := range g.relevant {
		b.WriteString("\x00" + valueText(valueOf(s.Vars, name)))
	}
	return b.String()
}

// valueOf is the value of a variable by the name that sessions know it by.
func valueOf(vars []engine.Var, name string) engine.Value {
	i := slices.IndexFunc(vars, func(v engine.Var) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return vars[i].Value
}

// fork is a player that goes on from where p is, in another world and with an
// empty transcript.
func (p *Player) fork(w World) *Player {
	q := *p
	q.opts.World = w
	q.outbox = slices.Clone(p.outbox)
	q.late = slices.Clone(p.late)
	q.last = slices.Clone(p.last)
	q.t = Transcript{Entries: []Entry{{Kind: Started, State: p.session.State}}}
	q.cause, q.heard = 0, -1
	return &q
}

// maxRound is how many turns a limit may have for a test to reach it.
const maxRound = 300

// exhaust goes round in a circle that a trial closed, until the call has reached
// its limit of turns: once, and where no test does.
func (g *generator) exhaust(e *edge, key string) error {
	turns := g.spec.Limits.Turns
	limit := goal{outcome: engine.OutLimit, variant: "turns"}
	if g.limited || g.covered[limit] || turns > maxRound || e.from.edge == nil {
		return nil
	}
	// The shortest circle is a key that leads back to its own question.
	if g.key(e.from.player) != key || !left(e.player.t.Entries) || len(e.moves) == 0 || len(e.world.points) > 0 {
		return nil
	}
	g.limited = true
	round, err := g.play(e.from, trial{moves: e.moves, times: (turns + 10) * len(e.moves), on: true}, nil)
	if err != nil || round == nil {
		return err
	}
	return g.learn(round)
}
