package telephony

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
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
	// only for a verb that the platform cannot do (ErrUnsupported) or that nobody
	// could (ErrOutbound), both wrapped.
	Encode(o Outbound) (Reply, error)
}

// Errors of Verify, Decode and Encode.
var (
	ErrUnsigned    = errors.New("request carries no signature")
	ErrSignature   = errors.New("signature does not match")
	ErrStale       = errors.New("signature is too old or from the future")
	ErrMalformed   = errors.New("request is not understood")
	ErrUnsupported = errors.New("the platform cannot do this")
	ErrOutbound    = errors.New("answer cannot be given")
	// ErrAgain stands beside an error of Verify where the platform should send the
	// request again: what it nearly always signs came without a signature.
	ErrAgain = errors.New("it should be sent again")
)

// MaxBody is the longest body that Decode reads, in bytes: longer ones are
// ErrMalformed. The first hooks of jambonz carry a whole SIP invitation three
// times over and stay far below. A server should refuse more before it reads it.
const MaxBody = 128 << 10

// MaxSaid is the longest text that a caller is taken to have said, in bytes: what
// stands behind it is cut off.
const MaxSaid = 1000

// Said is the event of what a platform understood. A confidence beyond its bounds
// is brought within them, and what is no number is none.
func Said(text string, confidence float64) engine.Speech {
	text = strings.TrimSpace(Truncate(PlainText(text), MaxSaid))
	if math.IsNaN(confidence) {
		confidence = 0
	}
	return engine.Speech{Text: engine.NewSecret(text), Confidence: min(max(confidence, 0), 1)}
}

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
	// Event is nil on RouteNotice where the notice says nothing about the course
	// of the call ("ringing"), and on RouteStart, unless the platform came back to
	// the start by the tail of a document (Lost).
	Event engine.Event
	// Route and Token are set where the platform has one URL for everything and hands
	// back what it was given: they say what the request is about, in place of its URL.
	// An empty Route is the request's own. Token is that of the Outbound, with what
	// the codec put into its query; it may be empty on RouteStart and RouteNotice.
	Route Route
	Token string
	// Order is the token of the order that the call was made for, where the platform has
	// one URL for everything and hands it back: what its URLs would say elsewhere.
	Order string
	// Early: a call that we have made was answered, and the answer to this hook cannot
	// be everything that a flow may begin with. It begins when the platform comes back.
	Early bool
	// Offered: the call rings, and begins once it is taken (Outbound.Take).
	Offered bool
	// Over: what was said last was the end, and the call is to be hung up.
	Over bool
	// Part, above zero, asks for that part of the commands of the answer that asked for
	// this turn (Reply.Commands): the one before has been carried out.
	Part int
	// Stage is how far a call that we have made has come, as this webhook tells, or "".
	// Codecs of platforms that make calls read it on RouteStart and RouteNotice.
	Stage Stage
	// Headers are those of the invitation that callers' telephone systems add for
	// us, on RouteStart: names that begin with "x-", in small letters. They choose
	// the flow and prove nothing.
	Headers map[string]string
	// Ready stands beside the end of a recording, on a turn hook, where the platform tells
	// of it once, even of one that its caller ended by hanging up: it is for whoever waits
	// for such a recording.
	Ready *engine.RecordingReady
	// Progress marks a turn hook without an event: it tells how far what was asked
	// has come. It steps nothing and is answered with no verbs.
	Progress bool
	// Alarm is what an operator should hear of, or "": the platform refused a
	// document of ours, say. It never holds a caller's keys.
	Alarm string
	// Delivery is the platform's own word for this delivery, the same when it comes
	// again, or "". Nobody has signed it: it is for logs.
	Delivery string
}

// Outbound is an answer before it is encoded.
type Outbound struct {
	// Call is the call, for codecs whose platform does not repeat in every hook what
	// we need: its ID and account where they are known, and all of it where TurnURL leads back to
	// where calls begin.
	Call engine.Call
	// Verbs may be empty: the answer then changes nothing about the call.
	Verbs []engine.Verb
	// TurnURL is where the answer to a Gather, a Dial or a Continue goes; LostURL
	// is the same turn's URL for a platform that comes back without one;
	// NoticeURL is for the end of the call. All are absolute.
	TurnURL, LostURL, NoticeURL string
	// Token is what TurnURL says, for platforms that have one URL and carry a few
	// words of ours: "SESSION/TURN/NONCE", or nothing where TurnURL leads back to
	// where calls begin, with a query behind either (WithParam adds to it). It is made
	// of letters, digits and - / ? & = . _ ~ and shorter than 256 bytes.
	Token string
	// Order is Inbound.Order, for platforms that hand back only what they were given last.
	Order string
	// Take takes a call that is offered; there are no verbs.
	Take bool
	// Apology is said, in the caller's language, when the platform can no longer
	// reach us.
	Apology engine.Say
	// Problem is what was wrong with the request that this answers, for whoever
	// writes the platform's side; "": nothing. It never holds a caller's keys. A
	// codec whose platform shows it to nobody leaves it out.
	Problem string
}

// Reply is an encoded answer: a body, or commands for platforms that ignore it.
type Reply struct {
	Status      int // HTTP
	ContentType string
	Body        []byte
	// Commands are the parts of what the platform's API is to be told. The first goes
	// out with the answer; each other one when the platform has told that it has carried
	// out the one before (Inbound.Part).
	Commands []Command
	// Last ends the call. It is sent when a command cannot be delivered.
	Last Command
}
