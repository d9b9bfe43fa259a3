package engine

import "errors"

// What a caller of the engine can tell apart.
var (
	// ErrUnknownState: the session is in a state that the program has not.
	ErrUnknownState = errors.New("unknown state")
	// ErrNoTransition: the machine has no edge for an outcome.
	ErrNoTransition = errors.New("no transition")
	// ErrEnded: the session has ended; nothing steps it any more.
	ErrEnded = errors.New("session has ended")
	// ErrWrongProgram: the session started on another program.
	ErrWrongProgram = errors.New("session belongs to another program")
	// ErrSession: bytes that are not a saved session, or not one of this version.
	ErrSession = errors.New("not a saved session")
)

// SpecError is a fault of a Spec: a mistake in what compiled it, not in a flow.
type SpecError struct{ State, Message string }

func (e *SpecError) Error() string {
	if e.State == "" {
		return "program: " + e.Message
	}
	return "program: state " + e.State + ": " + e.Message
}
