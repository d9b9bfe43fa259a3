package engine

import "time"

// Effect is a request to the outside world. The engine only asks; the runner
// performs, and answers with an event. The family is closed: the types of this
// file.
type Effect interface{ effect() }

// Authenticate signs a caller in; SignedIn answers it.
type Authenticate struct {
	Account string
	PIN     Secret
	// From and To are the calling and the called number, for throttling. They
	// prove nothing.
	From, To string
	// Trunk is the platform and its account that the call came through.
	Trunk string
}

// Fetch is the HTTP request of a request or an action state, ready to send to
// a service known by name; Answered answers it.
type Fetch struct {
	Service string
	Method  string
	// Path is escaped and begins with "/"; it may carry a query.
	Path    string
	Headers []Header
	Body    []byte        // JSON, or nil
	Timeout time.Duration // zero: the service's own
}

// Header is one HTTP header field.
type Header struct{ Name, Value string }

// Request reads from a service. It may be repeated freely.
type Request struct{ Fetch }

// Action changes something at a service. It is promised in the outbox before
// it is sent and repeated only under the same key.
type Action struct {
	Fetch
	// Key is the idempotency key: session, state and visit. It is the same
	// however often this step is repeated.
	Key string
	// Calls is the number, in the form of E.164, that the action asks to be called;
	// "": none. Only a number that the installation allows may leave.
	Calls string
}

// AwaitRecording waits until a recording is to be had; RecordingReady answers it.
type AwaitRecording struct{ ID string }

func (Authenticate) effect()   {}
func (AwaitRecording) effect() {}
func (Request) effect()        {}
func (Action) effect()         {}
