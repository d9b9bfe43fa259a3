package telephony

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"callflow/engine"
)

// Codec translates between one platform and the engine. It is bytes in, bytes
// out: it keeps no state of a call, opens no connection and reads no clock.
type Codec interface {
	// Name is the platform's word in configuration and URLs.
	Name() string
	// Capabilities says what the platform can do.
	Capabilities() Capabilities
	// Verify checks that the platform sent the request, on the raw bytes. It
	// returns ErrUnsigned, ErrSignature or ErrStale, wrapped with what was wrong.
	// at is the instant of arrival.
	Verify(r Request, at time.Time) error
	// Decode reads a verified request. It returns ErrMalformed, wrapped, for a
	// body that is not the platform's.
	Decode(r Request) (Inbound, error)
	// Encode writes the answer. The same Outbound gives the same bytes. It fails
	// only for a verb that the platform cannot do.
	Encode(o Outbound) (Reply, error)
}

// Errors of Verify and Decode.
var (
	ErrUnsigned    = errors.New("request carries no signature")
	ErrSignature   = errors.New("signature does not match")
	ErrStale       = errors.New("signature is too old or from the future")
	ErrMalformed   = errors.New("request is not understood")
	ErrUnsupported = errors.New("the platform cannot do this")
)

// Route says which of our URLs a request came to.
type Route string

// The routes. A start hook begins a call, a turn hook's answer steers it, a
// notice hook is only acknowledged.
const (
	RouteStart  Route = "start"
	RouteTurn   Route = "turn"
	RouteNotice Route = "notice"
)

// Request is a webhook as it arrived.
type Request struct {
	Route  Route
	Method string
	// URL is the public one, as the platform saw it: some platforms sign it.
	URL    *url.URL
	Header http.Header
	Body   []byte
}

// Inbound is a decoded request.
type Inbound struct {
	// Call is complete on RouteStart; elsewhere Platform, Account and ID are set
	// and the rest where the platform repeats it.
	Call engine.Call
	// Event is nil on RouteStart, and on RouteNotice where the notice says
	// nothing about the course of the call ("ringing").
	Event engine.Event
	// Alarm is what an operator should hear of, or "": the platform refused a
	// document of ours, say. It never holds a caller's keys.
	Alarm string
}

// Outbound is an answer before it is encoded.
type Outbound struct {
	// Verbs may be empty: the answer then changes nothing about the call.
	Verbs []engine.Verb
	// TurnURL is where the answer to a Gather, a Dial or a Continue goes; LostURL
	// is the same turn's URL for a platform that comes back without one;
	// NoticeURL is for the end of the call. All are absolute.
	TurnURL, LostURL, NoticeURL string
	// Apology is said, in the caller's language, when the platform can no longer
	// reach us.
	Apology engine.Say
}

// Reply is an encoded answer: a body, or commands for platforms that ignore it.
type Reply struct {
	Status      int // HTTP
	ContentType string
	Body        []byte
	// Commands are delivered in order to the platform's API by a sender, each
	// idempotent under its key. None of the codecs here needs them yet.
	Commands []Command
}

// Command is an instruction for a platform that takes no documents.
type Command struct {
	Key    string // idempotency key
	Method string
	Path   string
	Body   []byte
}

// Capabilities are what a platform can do. Zero durations and counts mean: no
// bound known.
type Capabilities struct {
	MaxDigits                              int           `json:"max_digits"`
	MaxTimeout, MaxInterDigit, MaxDuration time.Duration `json:"-"`
	Timeouts                               Clocks        `json:"clocks"`
	TerminatorVisible                      bool          `json:"terminator_visible"`
	BargeIn                                bool          `json:"barge_in"`
	TypeAhead                              TypeAhead     `json:"type_ahead"`
	Partial                                bool          `json:"partial"` // an entry cut short by a clock arrives
	Hold                                   Hold          `json:"hold"`
	Transfer                               bool          `json:"transfer"`
	HangupNotice                           bool          `json:"hangup_notice"`
	SSML                                   bool          `json:"ssml"`
	AnswerWithin                           time.Duration `json:"answer_within"`
}

// Clocks tells which of the three clocks a platform has.
type Clocks struct {
	FirstDigit bool `json:"first_digit"`
	InterDigit bool `json:"inter_digit"`
	Total      bool `json:"total"`
}

// TypeAhead is what becomes of keys pressed before they are asked for.
type TypeAhead string

// Kept keys always arrive; lossy ones are dropped while a hook is being
// answered; none means that only keys pressed during a gather count.
const (
	TypeAheadKept  TypeAhead = "kept"
	TypeAheadLossy TypeAhead = "lossy"
	TypeAheadNone  TypeAhead = "none"
)

// Hold is how a caller is kept while an effect runs.
type Hold string

// HoldRedirect: the document ends in a redirect to us. HoldNone: the answer has
// to wait for the effect.
const (
	HoldRedirect Hold = "redirect"
	HoldNone     Hold = "none"
)
