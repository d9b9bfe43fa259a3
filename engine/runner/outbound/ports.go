package outbound

import (
	"context"
	"errors"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Platform asks a telephony platform for calls.
type Platform interface {
	// Name is that of the platform's codec.
	Name() string
	// Idempotent tells that two requests under one key make one call.
	Idempotent() bool
	// Place asks for a call. The error is a *Failure.
	Place(ctx context.Context, p Placement) (Placed, error)
}

// Placement is a call that a platform is asked for.
type Placement struct {
	Key      string // the same when the same call is asked for again
	From, To string // E.164
	// AnswerURL is asked for a document when somebody has answered, and StatusURL is
	// told how the call gets on.
	AnswerURL, StatusURL string
	// Token is what they say, for platforms that have one address for everything and hand
	// back a few words of ours: letters, digits and a dot, shorter than 128 bytes.
	Token string
	// Ring is how long it rings, and Longest how long the call may last.
	Ring, Longest time.Duration
	Detect        Detection
}

// Bounded is a platform that makes other times of some that it is asked for.
type Bounded interface {
	Bounds() Bounds
}

// Bounds are the times that a platform takes, in whole seconds: what is no whole one is
// rounded up, shorter ones become the least and longer ones the most. Zero: no bound.
type Bounds struct {
	LeastRing, MostRing       time.Duration
	LeastLongest, MostLongest time.Duration
}

// Of is what becomes of the times of a call; of one that nobody has asked for it is the
// least.
func (b Bounds) Of(ring, longest time.Duration) (becomesRing, becomesLongest time.Duration) {
	return within(ring, b.LeastRing, b.MostRing), within(longest, b.LeastLongest, b.MostLongest)
}

func within(t, least, most time.Duration) time.Duration {
	if over := t % time.Second; over > 0 {
		t += time.Second - over
	}
	if most > 0 {
		t = min(t, most)
	}
	return max(t, least, time.Second)
}

// Detection is what the platform is to find out about who answers.
type Detection string

// What is found out: nothing; whether it is a machine; and when the machine has said
// what it says, besides.
const (
	DetectNone    Detection = ""
	DetectMachine Detection = "machine"
	DetectBeep    Detection = "beep"
)

// Placed is a call that a platform makes.
type Placed struct {
	ID string // as its webhooks name it; "": they will
}

// Failure says why a call was not made.
type Failure struct {
	Kind   error
	Reason string // in our words
	// Code is the platform's, or "HTTP 503".
	Code string
	// After is how long the platform wants to be left alone; zero: it does not say.
	After time.Duration
	// Maybe is set where the call may be made all the same.
	Maybe bool
}

// What a Failure is, besides runner.ErrCredentials and runner.ErrSetup.
var (
	// ErrRefused is a decision about the number: it is none, it is blocked, it may not
	// be called. Nobody tries again.
	ErrRefused = errors.New("the call is refused")
	// ErrOutage is no decision: nothing answered, or not now.
	ErrOutage = errors.New("the platform is not available")
)

func (f *Failure) Error() string {
	text := f.Kind.Error()
	if f.Code != "" {
		text += " (" + f.Code + ")"
	}
	if f.Reason != "" {
		text += ": " + f.Reason
	}
	return text
}

func (f *Failure) Unwrap() error { return f.Kind }

// Store is what is needed of a runner.Store.
type Store interface {
	runner.Sessions
	runner.Outbox
	runner.Counters
}

// Promiser makes promises of actions: a *runner.Runner.
type Promiser interface {
	Promised(line string, a engine.Action, at time.Time) (runner.Promise, error)
}

// Programs finds the live program of a flow, as a runner.Catalog does.
type Programs interface {
	Program(flow string) (p *engine.Program, source []byte, ok bool)
}

// Tolls bounds what calls may cost. An error is an outage of whatever it counts in.
type Tolls interface {
	// Place lets a call be made, or refuses it. Asked about the same key again it
	// answers as before and counts once.
	Place(ctx context.Context, t Toll) (Passage, error)
	// Ended is told when a call is over. It may hear so several times, and of calls
	// that it refused.
	Ended(ctx context.Context, t Toll) error
	// Withdrawn is told instead that a call was not made at all: it counts for nothing.
	Withdrawn(ctx context.Context, t Toll) error
}

// Toll is a call that is to be paid for.
type Toll struct {
	Key string // one for each attempt
	// By is whose order it is.
	By, To  string
	Longest time.Duration
}

// Passage is what becomes of it.
type Passage struct {
	// Refused says why the call is not made; "": it is.
	Refused string
	// Again is when it may be asked for again; zero where the answer is final.
	Again time.Time
	// Longest is how long it may last.
	Longest time.Duration
}
