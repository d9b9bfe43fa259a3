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

// Channel is how a one-time code travels.
type Channel string

// The channels. A spoken code never goes to the line that is calling: it is busy.
const (
	ChannelSMS   Channel = "sms"
	ChannelVoice Channel = "voice"
)

// SendCode sends a one-time code; CodeSent answers it.
type SendCode struct {
	// Number is where the code goes, as the flow has it; "": to the second factor
	// of Pending, which a sign-in left behind.
	Number  string
	Pending Secret
	Channel Channel
	Lang    string // of the call
	// From, To and Trunk are as in Authenticate.
	From, To, Trunk string
	// Key is the same however often this step is repeated, and another for the next
	// code.
	Key string
}

// CheckCode checks the code that a caller entered; CodeChecked answers it.
type CheckCode struct {
	Handle Secret // of the code that was sent
	Code   Secret
	// From, To and Trunk are as in Authenticate.
	From, To, Trunk string
}

// Identify looks for who might be calling; Identified answers it.
type Identify struct{ Number string }

func (Authenticate) effect()   {}
func (SendCode) effect()       {}
func (CheckCode) effect()      {}
func (Identify) effect()       {}
func (AwaitRecording) effect() {}
func (Request) effect()        {}
func (Action) effect()         {}
