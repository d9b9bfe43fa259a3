package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/looplab/fsm"
)

// maxSpares bounds how many machines a program owns. A step holds one for about a
// microsecond, so few serve many calls; a machine per call would cost more memory
// than everything else of it. With fewer, steps of a busy server wait for each
// other, and waiting costs more than stepping.
const maxSpares = 4

// spares is how many machines can be in use at once, as no step waits for anything:
// of a large flow, each is megabytes for a garbage collector to go through.
func spares() int { return min(maxSpares, runtime.GOMAXPROCS(0)) }

// machine moves sessions from state to state, and nothing else does. It owns a
// fixed free list of looplab machines: building one copies every transition, and
// a sync.Pool would lose them at each garbage collection. A place in the list that
// is nil is a machine still to be built: flows are checked more often than run.
type machine struct {
	start string
	all   []Transition
	out   map[string][]Transition // by the state they leave
	free  chan *fsm.FSM
}

// newMachine checks what the library accepts silently: states that are not
// defined, and two edges for one outcome.
func newMachine(start string, transitions []Transition, states map[string]*State) (*machine, error) {
	m := &machine{start: start, all: transitions, out: make(map[string][]Transition, len(states)), free: make(chan *fsm.FSM, spares())}
	for len(transitions) > 0 {
		from := transitions[0].From
		end := 1
		for end < len(transitions) && transitions[end].From == from {
			end++
		}
		group := transitions[:end:end]
		transitions = transitions[end:]
		if states[from] == nil {
			return nil, &SpecError{State: from, Message: "transitions leave a state that is not defined"}
		}
		for _, t := range group {
			if states[t.To] == nil {
				return nil, &SpecError{State: from, Message: fmt.Sprintf("outcome %s leads to a state that is not defined: %q", t.Outcome, t.To)}
			}
		}
		if before := m.out[from]; before != nil {
			group = append(slices.Clip(before), group...)
		}
		m.out[from] = group
		if err := twice(from, group); err != nil {
			return nil, err
		}
	}
	for range cap(m.free) {
		m.free <- nil
	}
	return m, nil
}

// warm builds the machines that are not built yet.
func (m *machine) warm() {
	for range cap(m.free) {
		f := <-m.free
		if f == nil {
			f = m.build()
		}
		m.free <- f
	}
}

// twice finds an outcome of a state that leads to two.
func twice(from string, group []Transition) error {
	if len(group) > 32 {
		sorted := slices.Clone(group)
		slices.SortStableFunc(sorted, func(a, b Transition) int { return strings.Compare(a.Outcome, b.Outcome) })
		group = sorted
	}
	for i := range group {
		// Of many, equal ones are neighbours.
		for j := i + 1; j < len(group) && (len(group) <= 32 || j == i+1); j++ {
			if group[i].Outcome == group[j].Outcome {
				return &SpecError{State: from, Message: fmt.Sprintf("outcome %s leads to both %q and %q", group[i].Outcome, group[i].To, group[j].To)}
			}
		}
	}
	return nil
}

// build makes a machine: each transition is an event of the library's. What they
// are told by is not kept.
func (m *machine) build() *fsm.FSM {
	events := make([]fsm.EventDesc, len(m.all))
	from := make([]string, len(m.all))
	for i, t := range m.all {
		from[i] = t.From
		events[i] = fsm.EventDesc{Name: t.Outcome, Src: from[i : i+1], Dst: t.To}
	}
	return fsm.NewFSM(m.start, events, nil)
}

// leads is where an outcome of a state leads; "": nowhere.
func (m *machine) leads(from string, o Outcome) string {
	for _, t := range m.out[from] {
		if t.Outcome == o {
			return t.To
		}
	}
	return ""
}

func (m *machine) has(from string, o Outcome) bool { return m.leads(from, o) != "" }

// next is where outcome o leads from a state. A state that leads to itself is
// asked again: the library reports that as an error, we do not.
func (m *machine) next(from string, o Outcome) (string, error) {
	// The library searches every edge to word an error, so an impossible event is
	// not even tried.
	if !m.has(from, o) {
		return "", fmt.Errorf("%w: %q from %q", ErrNoTransition, o, from)
	}
	f := <-m.free
	var back *fsm.FSM // one that fails is never trusted again, and built anew
	defer func() { m.free <- back }()
	if f == nil {
		f = m.build()
	}
	f.SetState(from)
	// A cancelled context leaves a machine stuck for good: it gets one that never is.
	if err := f.Event(context.Background(), o); err != nil && !stays(err) {
		return "", fmt.Errorf("%q from %q: %w", o, from, err)
	}
	back = f
	return f.Current(), nil
}

// stays tells that a machine stayed where it was, as it was told to.
func stays(err error) bool {
	var same fsm.NoTransitionError
	return errors.As(err, &same) && same.Err == nil
}
