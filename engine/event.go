package engine

import "time"

// Event is what happened on the call, or what came back from an effect. The
// family is closed: the types of this file.
type Event interface{ event() }

// Input is an event and the instant at which it happened. The engine has no
// clock of its own.
type Input struct {
	At    time.Time
	Event Event
}

// Ended says how a platform knew that an entry was over.
type Ended string

// The ways in which an entry ends. Few platforms tell them apart: EndUnknown
// is a finished entry all the same.
const (
	EndUnknown    Ended = ""
	EndTerminator Ended = "terminator"
	EndLength     Ended = "length"
	EndGap        Ended = "gap"
	// EndOpen is no end: the keys were pressed before a question was asked for
	// them, or the platform hands on each key by itself.
	EndOpen Ended = "open"
)

// Digits are keys pressed: 0-9, *, #. Where a platform shows the terminator it
// stands in Keys; where it strips it, Ended is EndTerminator or EndUnknown. Keys
// may hold more than one entry ("12345#1234"). Empty Keys with an end other than
// EndOpen are a bare terminator.
type Digits struct {
	Keys  Secret
	Ended Ended
}

// Speech is what a caller said where a question listens. Without a text something
// was heard and nothing made of it.
type Speech struct {
	Text Secret
	// Confidence is how sure the platform is, 0 to 1; zero: it does not tell.
	Confidence float64
}

// NoInput is silence: the platform listened for the whole timeout and no key
// was pressed.
type NoInput struct{}

// Lost is a platform that comes back without an answer to what it was asked:
// the hook failed on its way and the safe tail of the document brought the
// caller here. It is not silence and costs no attempt.
type Lost struct{}

// Resumed is the hook that follows a Continue. The runner turns it into the
// result of the effect that is running, or holds the caller again.
type Resumed struct{}

// DialEnded ends a transfer.
type DialEnded struct {
	Result DialResult
	// CallerGone is set when the caller hung up during or after the bridge, so
	// that nobody is there to hear what follows.
	CallerGone bool
}

// DialResult is how a transfer ended.
type DialResult string

// The four ends of a transfer.
const (
	DialCompleted DialResult = "completed"
	DialBusy      DialResult = "busy"
	DialNoAnswer  DialResult = "no_answer"
	DialFailed    DialResult = "failed"
)

// RecordEnded ends a recording.
type RecordEnded struct {
	Result RecordResult
	// URL is where the recording is to be had, where the platform knows by now.
	URL    string
	Length time.Duration // zero: not known
	// CallerGone is set when the caller ended it by hanging up.
	CallerGone bool
}

// RecordResult is how a recording ended.
type RecordResult string

// The ends of a recording. Empty is one on which nothing is to be heard.
const (
	RecordDone   RecordResult = "recorded"
	RecordEmpty  RecordResult = "empty"
	RecordFailed RecordResult = "failed"
)

// RecordingReady tells where a recording is to be had. It comes as a notice, and
// answers an AwaitRecording; without a URL the recording is not ready in time.
type RecordingReady struct {
	ID, URL string
	Length  time.Duration // zero: not known
}

// QueueWaiting asks, aside from the course of the call, what a caller in a queue
// hears next.
type QueueWaiting struct {
	Position int // from 1; zero: not known
}

// QueueEnded ends the waiting in a queue, or the conversation that followed.
type QueueEnded struct {
	Result QueueResult
	// CallerGone is set when the caller hung up.
	CallerGone bool
}

// QueueResult is how the waiting in a queue ended.
type QueueResult string

// The ends of waiting: somebody took the call and the two have talked, the caller
// was told to leave, or it did not work.
const (
	QueueConnected QueueResult = "connected"
	QueueLeft      QueueResult = "left"
	QueueFailed    QueueResult = "failed"
)

// WhisperWanted asks, aside from the course of the call, what whoever takes a
// transfer hears before the caller is connected.
type WhisperWanted struct{}

// CallEnded is the end of the call as the platform reports it: the caller hung
// up, we did, or it failed. It may overtake the last key and come twice.
type CallEnded struct {
	By     string // "caller", "us", or "" where the platform does not say
	Reason string // the platform's own word, for the trace
}

// SignIn is what an identity provider answered.
type SignIn string

// The answers to a sign-in. Denied is an answer; unavailable is an outage.
const (
	SignInAuthenticated SignIn = "authenticated"
	SignInDenied        SignIn = "denied"
	SignInLocked        SignIn = "locked"
	SignInChallenge     SignIn = "challenge"
	SignInUnavailable   SignIn = "unavailable"
)

// SignedIn answers an Authenticate effect. Principal is set when Result is
// SignInAuthenticated, and only then.
type SignedIn struct {
	Result    SignIn
	Principal Principal
	// Pending is what a second factor is asked with, where Result is
	// SignInChallenge. It is the provider's, and "" where it can ask for none.
	Pending Secret
}

// CodeSending is what became of a one-time code.
type CodeSending string

// The ends of sending a code. Rejected is a decision about this number or this
// caller, unavailable an outage.
const (
	CodeSentOn          CodeSending = "sent"
	CodeSentRejected    CodeSending = "rejected"
	CodeSentUnavailable CodeSending = "unavailable"
)

// CodeSent answers a SendCode.
type CodeSent struct {
	Result CodeSending
	// Handle is what the code is checked by later: the provider's, set where Result
	// is CodeSentOn.
	Handle Secret
	// Ending is how the number ends that the code went to: "67", or "" where nobody
	// knows.
	Ending string
}

// CodeResult is what a one-time code came to.
type CodeResult string

// The answers to a check. Expired is a code that cannot be entered any more:
// another must be sent.
const (
	CodeVerified    CodeResult = "verified"
	CodeDenied      CodeResult = "denied"
	CodeExpired     CodeResult = "expired"
	CodeLocked      CodeResult = "locked"
	CodeUnavailable CodeResult = "unavailable"
)

// CodeChecked answers a CheckCode. A verified one has proved Phone, E.164, or a
// Principal, or both.
type CodeChecked struct {
	Result    CodeResult
	Phone     string
	Principal *Principal
}

// Identification is what is known of who might be calling.
type Identification string

// The answers to an Identify.
const (
	IdentifiedOne         Identification = "one"
	IdentifiedMany        Identification = "many"
	IdentifiedNone        Identification = "none"
	IdentifiedUnavailable Identification = "unavailable"
)

// Identified answers an Identify. The accounts prove nothing.
type Identified struct {
	Result   Identification
	Accounts []Candidate // one, or several, sorted by account
}

// Candidate is an account whose user has the number.
type Candidate struct {
	Account string
	// Kind is what the number is to the user: passwordless, identifier or mfa.
	Kind string
}

// Answer is what became of a request or an action, after the table of HTTP
// answers was applied (design, section 3).
type Answer string

// The answers of services: the first three of requests, the rest of actions.
const (
	AnswerOK       Answer = "ok"
	AnswerNotFound Answer = "not_found"
	AnswerError    Answer = "error"
	AnswerDone     Answer = "done"
	AnswerRejected Answer = "rejected"
	AnswerPending  Answer = "pending"
	AnswerUnknown  Answer = "unknown"
)

// Answered answers a Request or an Action. Body is the JSON the service sent,
// unchecked: the engine reads from it what the flow declared and nothing else.
type Answered struct {
	Result Answer
	Body   []byte
	Detail string // for the trace: "HTTP 503", "timed out after 3s"
}

func (Digits) event()         {}
func (Speech) event()         {}
func (NoInput) event()        {}
func (Lost) event()           {}
func (Resumed) event()        {}
func (DialEnded) event()      {}
func (WhisperWanted) event()  {}
func (QueueWaiting) event()   {}
func (QueueEnded) event()     {}
func (RecordEnded) event()    {}
func (RecordingReady) event() {}
func (CallEnded) event()      {}
func (SignedIn) event()       {}
func (CodeSent) event()       {}
func (CodeChecked) event()    {}
func (Identified) event()     {}
func (Answered) event()       {}
