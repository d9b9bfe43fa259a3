package flowtest

import (
	"fmt"
	"reflect"
	"strings"

	"callflow/engine"
)

// stepped is a step of the engine: what it was given, and what it gave.
type stepped struct {
	from engine.Session
	in   engine.Input // without an event: the call began
	turn engine.Turn
}

// Again has the platform deliver its last hook again, as platforms do whose
// connection broke before they had the answer. A server has kept the answer and what
// effects came to. So has a player: it takes the same steps again, from the session as
// it was then and with what the world answered then, which is not asked again.
//
// The call stays as it is. Each difference is a line of differs: the second answer
// would not have been the first. The error is ErrOver where no hook has been
// delivered yet, or a fault of the engine.
func (p *Player) Again() (differs []string, err error) {
	if len(p.last) == 0 {
		return nil, ErrOver
	}
	for _, s := range p.last {
		turn, err := p.replay(s)
		if err != nil {
			return nil, fmt.Errorf("deliver the last hook again: %w", err)
		}
		differs = append(differs, difference(&s.turn, &turn)...)
	}
	p.record(Entry{Kind: Again, State: p.session.State})
	return differs, nil
}

func (p *Player) replay(s stepped) (engine.Turn, error) {
	if s.in.Event == nil {
		return p.program.Start(p.opts.Call, p.opts.ID, s.in.At)
	}
	return p.program.Step(s.from, s.in)
}

// difference tells two answers to one hook apart, a line for each thing that is
// another.
func difference(first, second *engine.Turn) []string {
	var lines []string
	add := func(what string, a, b any) {
		lines = append(lines, fmt.Sprintf("%s: first %v, then %v", what, a, b))
	}
	if a, b := first.Session.State, second.Session.State; a != b {
		add("state", a, b)
	}
	if !reflect.DeepEqual(first.Verbs, second.Verbs) {
		add("heard", quoted(spoken(first.Verbs)), quoted(spoken(second.Verbs)))
	}
	if !reflect.DeepEqual(first.Await, second.Await) {
		add("asked of the world", wanted(first.Await), wanted(second.Await))
	}
	if len(lines) == 0 && !reflect.DeepEqual(first, second) {
		lines = append(lines, "what the call remembers is not the same")
	}
	return lines
}

// spoken are the words of verbs.
func spoken(verbs []engine.Verb) string {
	var all []string
	for _, v := range verbs {
		switch v := v.(type) {
		case engine.Say:
			all = append(all, words(v))
		case engine.Gather:
			for _, say := range v.Prompts {
				all = append(all, words(say))
			}
		}
	}
	return strings.Join(all, " ")
}

// wanted names an effect.
func wanted(e engine.Effect) string {
	if e == nil {
		return "nothing"
	}
	return reflect.TypeOf(e).Name()
}
