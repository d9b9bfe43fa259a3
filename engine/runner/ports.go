package runner

import (
	"context"
	"errors"
	"time"

	"callflow/engine"
)

// Authenticator signs callers in. Denied, locked and challenge are answers; an
// error, or SignInUnavailable, is an outage and never uses up an attempt. It
// must give up when its context does, and must not tell an unknown account from
// a wrong PIN, neither by its answer nor by the time it takes.
type Authenticator interface {
	Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error)
}

// Codes sends one-time codes and checks them. An error, or unavailable, is an
// outage. It must give up when its context does. By its answers and by the time it
// takes it must not tell a number that somebody has from one that nobody has.
type Codes interface {
	// SendCode sends a code, once: a caller would rather ask for another than get
	// three.
	SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, error)
	// SentCode is what is to be assumed of a code of which nobody knows whether it
	// was sent: that it was, if it can be checked then.
	SentCode(e engine.SendCode) engine.CodeSent
	// CheckCode checks a code. One that was checked before is checked again only
	// when the caller enters it again.
	CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error)
}

// Finder finds who might be calling. An error is an outage.
type Finder interface {
	// Identify finds the accounts of a number, sorted, and at most a few of them. A
	// number that is withheld, or is none, has no accounts.
	Identify(ctx context.Context, e engine.Identify) (engine.Identified, error)
}

// ErrCredentials means that a service answered 401 or 403. The fault is in our credentials,
// not in the caller: operators are alarmed, and an action is retried slowly.
var ErrCredentials = errors.New("the service refuses our credentials")

// ErrSetup means that a service answered, and cannot do its work until somebody has changed
// how it is set up. Operators are alarmed, as with ErrCredentials.
var ErrSetup = errors.New("the service is not set up for this")

// ErrLater means that a service was not asked, or answered that it is asked too much: the
// error says nothing of what it was to be asked.
var ErrLater = errors.New("the service is left alone for a while")

// Services sends requests and actions to services known by name. The answer has
// gone through the table of HTTP answers already; an error is an outage, and one
// that wraps ErrCredentials an alarm besides.
type Services interface {
	// Request performs a request: AnswerOK, AnswerNotFound or AnswerError.
	Request(ctx context.Context, f engine.Request) (engine.Answered, error)
	// Action performs an action once, with its key in the Idempotency-Key
	// header: AnswerDone, AnswerRejected, or AnswerPending when it should be
	// tried again. sent says whether bytes have left, so that a service that is
	// not idempotent is never sent the action twice.
	Action(ctx context.Context, a engine.Action) (answer engine.Answered, sent bool, err error)
	// Idempotent tells whether the named service may be sent an action again.
	Idempotent(service string) bool
}

// Catalog finds programs.
type Catalog interface {
	// Program returns the live program of a flow, for a new call.
	Program(flow string) (p *engine.Program, source []byte, ok bool)
	// Compile builds the program of a saved source, for a call that started on
	// it. Its hash is compared by the caller.
	Compile(source []byte) (*engine.Program, error)
}

// Token travels in a turn hook's URL: it says which turn the hook answers.
type Token struct {
	Session string
	Turn    int
	Nonce   string
}

// Out is an answer before it is encoded.
type Out struct {
	Token Token // of the turn that this answer asks for
	Verbs []engine.Verb
	Lang  string
	// Apology is what a platform says when it can no longer reach us.
	Apology engine.Say
	Ended   bool
	// Held is how often in a row the caller has been held because the store was
	// down, this time included. It travels in the hook's URL and comes back as
	// Holds. With a zero Token the way back is the first hook's own URL.
	Held int
	// Performed are the effects whose results led to this answer, in order. They hold
	// secrets.
	Performed []Performed
}

// Performed is an effect that a session went on from.
type Performed struct {
	Effect engine.Effect
	Result engine.Event
	// Reads are the fields that the flow reads from the answer of a service.
	Reads []engine.Field
}

// Encode turns an answer into a reply. It is called before the turn commits, so
// that what is saved is what was sent, byte for byte.
type Encode func(Out) (Reply, error)

// Reply is an encoded answer.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
	// Commands are what a platform is told that takes nothing from an answer. Those of
	// a turn that is saved are delivered by the runner, and are not in what it
	// returns; all others are for whoever asked, before the hook is answered.
	Commands Commands
}

// Commands are instructions in a form of the Commander's.
type Commands struct {
	// Parts are delivered one after the other: the first with the answer, each other
	// once the platform has told that it has carried out the one before (Runner.Part).
	Parts [][]byte
	// Last ends the call. It is delivered in place of a part that cannot be, and when
	// nothing is heard of the call any more.
	Last []byte
}

// Commander delivers commands to platforms.
type Commander interface {
	// Deliver makes one attempt at a command, which changes nothing when it is
	// delivered again within a minute. The error wraps ErrCallOver or ErrRefused where
	// there is no use in another attempt.
	Deliver(ctx context.Context, command []byte) error
}

// Errors of a Commander.
var (
	// ErrCallOver: the call has ended, so that there is nothing to be told.
	ErrCallOver = errors.New("the call is over")
	// ErrRefused: the platform will never take this command.
	ErrRefused = errors.New("the platform refuses the command")
)

// Start is a first hook.
type Start struct {
	Flow string
	Call engine.Call
	// Lost is set when the platform came back to the start by its document's tail,
	// after an outage, or fell back to it because a later hook failed.
	Lost bool
	// Holds is the Held of the answer that led here, zero where there was none.
	Holds int
	// Patience replaces Timing.Patience, for a platform whose callers cannot be
	// held: its answer has to wait for the effect.
	Patience time.Duration
	// With is what a call that we have made is given.
	With   engine.Opening
	Encode Encode
}

// Hook is a turn hook.
type Hook struct {
	Token Token
	Call  engine.Call // what the platform says: it must be the session's own
	Event engine.Event
	// Holds and Patience are as in Start.
	Holds    int
	Patience time.Duration
	Encode   Encode
}

// Notice is a notice hook.
type Notice struct {
	Call  engine.Call
	Event engine.Event
}

// Outcome of a hook, for logs and metrics.
type Outcome string

// How a hook was answered.
const (
	Stepped   Outcome = "stepped"
	Repeated  Outcome = "repeated"  // a redelivery: the saved reply
	Held      Outcome = "held"      // an effect is running
	Stale     Outcome = "stale"     // a late, foreign or future turn: nothing changed
	Finished  Outcome = "finished"  // the call has ended already
	Failed    Outcome = "failed"    // apology
	StoreDown Outcome = "storedown" // hold, then apology
)

// Timing is how long things may take. Zero values get the defaults.
type Timing struct {
	Patience  time.Duration // 1.5s: then the caller is held
	Deadline  time.Duration // 20s: then an effect is unavailable
	Grace     time.Duration // 3s: a hangup may overtake the last key
	Idle      time.Duration // 5m: a call without an end notice, after its last hook
	Bridge    time.Duration // 4h: the same while the caller is connected to somebody
	Tombstone time.Duration // 24h: how long the end of a call is remembered
	Lease     time.Duration // 30s: of promises being sent
	GiveUp    time.Duration // 24h: then an action that nobody took is parked
	Tick      time.Duration // 1s: how often Run looks for work
}
