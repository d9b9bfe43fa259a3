package engine

import "fmt"

// asides are kinds that are asked for words beside the course of the call.
type asides interface {
	aside(*step, Event) error
}

// Aside gives what is to be played beside the course of the call, where a
// platform asks for it while it does what a verb told it: to whoever takes a
// transfer, to a caller in a queue. It moves nothing: nobody needs to save anything. An event that
// the session's state has no words for gives none.
func (p *Program) Aside(s Session, in Input) ([]Verb, error) {
	switch {
	case s.Program != p.spec.Hash:
		return nil, fmt.Errorf("%w: %.12s, not %.12s", ErrWrongProgram, s.Program, p.spec.Hash)
	case s.Phase != PhaseLive:
		return nil, nil
	case p.states[s.State] == nil:
		return nil, fmt.Errorf("%w: %q", ErrUnknownState, s.State)
	}
	kind, ok := p.states[s.State].Kind.(asides)
	if !ok {
		return nil, nil
	}
	st := p.begin(&s, in.At)
	defer st.done()
	if err := kind.aside(st, in.Event); err != nil {
		return nil, fmt.Errorf("state %q: %w", s.State, err)
	}
	return st.verbs, nil
}

// IsAside tells an event that is answered by Aside from one that is stepped.
func IsAside(ev Event) bool {
	switch ev.(type) {
	case WhisperWanted, QueueWaiting:
		return true
	}
	return false
}
