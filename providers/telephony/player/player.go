package player

import (
	"context"
	"errors"
	"net/http"
	"time"

	"callflow/engine"
)

// Move is what the caller does when a question is asked. The zero value is
// silence.
type Move struct {
	// Keys are pressed in one go. Those that the question does not take are
	// pressed ahead, for the questions after it.
	Keys engine.Secret
	// Say is said instead, where the question listens; elsewhere it is silence.
	// Unclear tells that the platform does not understand it.
	Say     engine.Secret
	Unclear bool
	// Masked shows none of it in the conversation. Of a secret question that is so where the
	// platform is told that it is one, which only the generic platform is.
	Masked bool
	// Hangup hangs up: right after the keys, or instead of an answer.
	Hangup bool
	// Before, where there is one, is called when the turn of the move has come.
	Before func()
}

// Call is what the platform says of a call.
type Call struct {
	ID, Account    string
	From, To, Name string
	Language       string // the generic platform's alone
}

// Options say which call is played, and where.
type Options struct {
	// URL is where a call begins: https://HOST/v1/PLATFORM/calls/FLOW.
	URL string
	// StatusURL is where the platform was told to post the course of calls, where
	// it is told so beforehand; empty: nowhere.
	StatusURL string
	// FallbackURL is where Twilio was told to go when a hook fails; empty: nowhere.
	FallbackURL string
	// Secret signs what is posted; empty: nothing is signed.
	Secret engine.Secret
	// Get has platforms that can ask for the first document by GET.
	Get  bool
	Call Call
	// Placed is a call that the server has asked the platform for: it has been answered
	// when it begins. AnsweredBy is the platform's word for who did, where it tells so in
	// its hooks; empty: it does not. Order is what the server gave the platform to hand
	// back, where there is one URL for everything: client_state, custom.
	Placed     bool
	AnsweredBy string
	Order      string
	// Script is what the caller does, a move for each question. When it is used
	// up and another question is asked, the caller hangs up.
	Script []Move
	// More, where there is one, gives further moves when the script is used up and
	// another question is asked; heard is all that was said until then. No moves:
	// there are none left.
	More func(heard []string) []Move
	// Dials are the ends of transfers in the platform's words, in order; the last
	// repeats. None: completed.
	Dials []string

	// Records are the ends of recordings, in order; the last repeats: recorded,
	// empty, failed, and hangup for a caller who ends theirs by hanging up. None:
	// recorded.
	Records []string

	// Queues are what becomes of those who wait in a queue, in order; the last
	// repeats. None: connected.
	Queues []Waiting

	// KeysOnly is a platform whose ear is out of order: what is said is silence.
	KeysOnly bool

	// API is where the server sends its commands, for Telnyx' Call Control.
	API *TelnyxAPI

	Client *http.Client
	Now    func() time.Time
	// Wait lets time pass: pauses, and the time before a hook is posted again. Nil:
	// no time passes.
	Wait func(context.Context, time.Duration) error
	// Observe, where there is one, is told of every hook.
	Observe func(Exchange)
}

// Exchange is one hook and its answer.
type Exchange struct {
	Kind    Kind
	URL     string
	Status  int // HTTP; zero where there was no answer
	Latency time.Duration
	Err     error // no answer, or one that the platform cannot use
}

// Kind says what a hook is for.
type Kind string

// The kinds of hooks.
const (
	Start  Kind = "start"
	Turn   Kind = "turn"
	Notice Kind = "notice"
)

// End is how a call ended.
type End string

// The ends of a call. HungUp is the flow's doing, Left the caller's, by the script
// or because it was used up. Refused calls never began; Broken ones came to an
// end because the platform was left without a document it could carry out.
const (
	HungUp  End = "hung_up"
	Left    End = "left"
	Refused End = "refused"
	Broken  End = "broken"
)

// Result is what became of a call.
type Result struct {
	End    End
	Unused int // moves of the script that no question was asked for
	// Heard is what was said, in order; of a recording "recording" and its
	// address.
	Heard []string
	// Conversation is what was heard, and what the caller did, in order.
	Conversation []Line
	// Whispered is what those heard who took a transfer.
	Whispered []string
	// Recordings is what became of the recording of the whole call: start, pause,
	// resume, and secret where a secret question was asked.
	Recordings []string
	// Waited is what callers heard in queues, the music too. What was said there is
	// among what was heard as well.
	Waited []string
	// Hooks are the start and turn hooks that were answered, Faults those that
	// failed.
	Hooks, Faults int
	// Err says what went wrong where End is Refused or Broken, and the last fault
	// where the call went on all the same.
	Err error
}

// The bounds of a call: a server that goes beyond them would keep a caller for
// ever.
const (
	maxHooks = 1000
	maxReply = 1 << 20
)

var errEndless = errors.New("the call has not ended after 1000 hooks")

func (o *Options) complete() {
	if o.Client == nil {
		// Of its own: whoever closes idle connections of the one that all share could end
		// a webhook in its middle.
		o.Client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
}

// recorded is what is told of a recording that was played.
func recorded(address string) string { return "recording " + address }
