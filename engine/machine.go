package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"
)

// spare is how many machines a program owns. A step holds one for about a
// microsecond, so few serve many calls; a machine per call would cost more
// memory than everything else of it.
const spare = 2

// machine moves sessions from state to state, and nothing else does. It owns a
// fixed free list of looplab machines: building one copies every transition, and
// a sync.Pool would lose them at each garbage collection.
type machine struct {
	start  string
	events []fsm.EventDesc
	edges  map[edge]string
	free   chan *fsm.FSM
}

type edge struct {
	from    string
	outcome Outcome
}

// newMachine checks what the library accepts silently: states that are not
// defined, and two edges for one outcome.
func newMachine(start string, transitions []Transition, states map[string]*State) (*machine, error) {
	m := &machine{start: start, edges: make(map[edge]string, len(transitions)), free: make(chan *fsm.FSM, spare)}
	type target struct {
		outcome Outcome
		to      string
	}
	index := make(map[target]int)
	for _, t := range transitions {
		if states[t.From] == nil || states[t.To] == nil {
			return nil, &SpecError{State: t.From, Message: fmt.Sprintf("outcome %s leads from or to a state that is not defined: %q", t.Outcome, t.To)}
		}
		e := edge{t.From, t.Outcome}
		if to, twice := m.edges[e]; twice {
			return nil, &SpecError{State: t.From, Message: fmt.Sprintf("outcome %s leads to both %q and %q", t.Outcome, to, t.To)}
		}
		m.edges[e] = t.To
		// Edges of one name to one target are one event with many sources.
		k := target{t.Outcome, t.To}
		i, ok := index[k]
		if !ok {
			i = len(m.events)
			index[k] = i
			m.events = append(m.events, fsm.EventDesc{Name: t.Outcome, Dst: t.To})
		}
		m.events[i].Src = append(m.events[i].Src, t.From)
	}
	for range spare {
		m.free <- m.build()
	}
	return m, nil
}

func (m *machine) build() *fsm.FSM { return fsm.NewFSM(m.start, m.events, nil) }

func (m *machine) has(from string, o Outcome) bool {
	_, ok := m.edges[edge{from, o}]
	return ok
}

// next is where outcome o leads from a state. A state that leads to itself is
// asked again: the library reports that as an error, we do not.
func (m *machine) next(from string, o Outcome) (string, error) {
	f := <-m.free
	f.SetState(from)
	// The library searches every edge to word an error, so an impossible event is
	// not even tried.
	if f.Cannot(o) {
		m.free <- f
		return "", fmt.Errorf("%w: %q from %q", ErrNoTransition, o, from)
	}
	// A cancelled context leaves a machine stuck for good: it gets one that never is.
	err := f.Event(context.Background(), o)
	var same fsm.NoTransitionError
	if err != nil && (!errors.As(err, &same) || same.Err != nil) {
		m.free <- m.build() // never trust that one again
		return "", fmt.Errorf("%q from %q: %w", o, from, err)
	}
	to := f.Current()
	m.free <- f
	return to, nil
}
