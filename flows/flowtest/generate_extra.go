package flowtest

import (
	"slices"
	"strings"

	"callflow/engine"
	"callflow/flows/prove"
)

// The variants of goals that are no outcomes of their own.
const (
	saidGoal    = "said"             // in words, beside keys
	heldGoal    = "held"             // the caller was held while an effect ran
	againGoal   = "again"            // the hook that asked for an effect was delivered again
	keptGoal    = "a key too many"   // which the next question takes
	droppedGoal = "a key for nobody" // one too many, which no question takes
)

// firsts are where the shortest calls came to what extras are made of, each in the
// order in which it was found.
type firsts struct {
	// questions are the first places in which each question of digits waited, and
	// asking the first calls in which each state asked the world for something.
	questions []*place
	asking    []asking
	known     map[string]bool // states of questions
}

// asking is a call in which a state asks the world for something.
type asking struct {
	state string
	edge  *edge
}

// waits notes a place where a call waits.
func (f *firsts) waits(g *generator, p *place) {
	name := p.player.session.State
	if f.known[name] {
		return
	}
	if state, ok := g.program.State(name); ok {
		if _, digits := state.Kind.(engine.CollectState); digits {
			f.known[name] = true
			f.questions = append(f.questions, p)
		}
	}
}

// asks notes a trial in which states asked the world for something. One that is not
// about a caller who hangs up is the better one.
func (f *firsts) asks(e *edge) {
	for _, state := range asked(e.player.t.Entries) {
		i := slices.IndexFunc(f.asking, func(a asking) bool { return a.state == state })
		switch {
		case i < 0:
			f.asking = append(f.asking, asking{state, e})
		case f.asking[i].edge.hangsUp() && !e.hangsUp():
			f.asking[i].edge = e
		}
	}
}

// hangsUp tells whether the caller hangs up in a trial.
func (e *edge) hangsUp() bool {
	return slices.ContainsFunc(e.moves, func(m Move) bool { return m.Hangup })
}

// asked are the states that asked the world for something because of the hook that
// came last.
func asked(entries []Entry) []string {
	var states []string
	for _, e := range slices.Backward(entries) {
		switch e.Kind {
		case Service:
			if !e.After && !slices.Contains(states, e.State) {
				states = append(states, e.State)
			}
		case Pressed:
			if !e.Dropped {
				slices.Reverse(states)
				return states
			}
		case Started, Said, Silence, HungUp, Dialled, Recorded, Queued:
			slices.Reverse(states)
			return states
		}
	}
	slices.Reverse(states)
	return states
}

// surplus finds the keys that were pressed behind an entry of full length, and tells
// what became of them: a goal of the state whose entry it was.
func (g *generator) surplus(entries []Entry) []goal {
	var found []goal
	full := ""
	for _, e := range entries {
		switch {
		case e.Kind == Pressed && full != "" && e.ahead && e.Text != "#": // that ends an entry that is complete
			found = append(found, goal{state: full, variant: map[bool]string{true: droppedGoal, false: keptGoal}[e.Dropped]})
			full = ""
		case e.Kind == Pressed && !e.Dropped:
			full = ""
			if state, ok := g.program.State(e.State); ok {
				if k, ok := state.Kind.(engine.CollectState); ok && len(e.Text) == k.Max {
					full = e.State
				}
			}
		case e.Kind == Said || e.Kind == Silence || e.Kind == HungUp:
			full = ""
		}
	}
	return found
}

// extras writes tests of what platforms and callers do that is no transition: a key
// too many, and a hook that is delivered again.
func (g *generator) extras() error {
	for _, p := range g.firsts.questions {
		if err := g.tooMany(p); err != nil {
			return err
		}
	}
	for _, a := range g.firsts.asking {
		again := goal{state: a.state, variant: againGoal}
		if g.covered[again] {
			continue
		}
		s := g.scenario(a.edge)
		if len(a.edge.dials)+len(a.edge.records)+len(a.edge.queues) > 0 {
			// What ran by itself has come to its end before.
			s.Steps = append(s.Steps, whereIs(a.edge.player))
		}
		s.Steps = append(s.Steps, Step{Word: stepAgain, Times: 1})
		if err := g.keep(s, a.edge, []goal{again}); err != nil {
			return err
		}
	}
	return nil
}

// whereIs is the step that says where a call is.
func whereIs(p *Player) Step {
	if how := p.how(); how != Waiting {
		return Step{Word: stepEnded, How: how}
	}
	return Step{Word: stepAt, State: p.session.State}
}

// tooMany presses one key more than a question takes.
func (g *generator) tooMany(p *place) error {
	name := p.player.session.State
	if g.covered[goal{state: name, variant: keptGoal}] || g.covered[goal{state: name, variant: droppedGoal}] {
		return nil
	}
	state, _ := g.program.State(name)
	k, _ := state.Kind.(engine.CollectState)
	e, err := g.play(p, trial{moves: press(g.fullEntry(state, k) + "1")}, nil)
	if err != nil || e == nil {
		return err
	}
	surplus := slices.DeleteFunc(g.surplus(e.player.t.Entries), func(found goal) bool { return found.state != name })
	if len(surplus) == 0 {
		return nil
	}
	return g.write(e, surplus)
}

// fullEntry is an entry as long as a question takes, if there is one it likes.
func (g *generator) fullEntry(state *engine.State, k engine.CollectState) string {
	likely := g.values.entries(state.Scope, k)
	if entry, ok := prove.Entry(k); ok {
		likely = append(likely, entry)
	}
	for _, entry := range likely {
		entry += strings.Repeat("1", k.Max-len(entry))
		if prove.Takes(k, entry) && !strings.ContainsAny(entry, "*#") {
			return entry
		}
	}
	return strings.Repeat("1", k.Max)
}
