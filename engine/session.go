package engine

import "time"

// Call identifies a telephone call, as its platform does.
type Call struct {
	Platform string // the codec's name: "jambonz"
	Account  string // the platform's account, where it has one
	ID       string // the platform's id of the call
	From, To string // as the platform sent them
	Name     string // the caller's display name: hostile text
	Language string // BCP 47; empty: the flow's first

	// Outbound is set for a call that we have made: To is whom we called, and From
	// the number that they were shown.
	Outbound bool
	// AnsweredBy is who answered a call that we have made; "": nobody tells.
	AnsweredBy AnsweredBy
}

// AnsweredBy is who answers a call.
type AnsweredBy string

// Who answers: somebody, or a machine that records messages.
const (
	ByHuman   AnsweredBy = "human"
	ByMachine AnsweredBy = "machine"
	ByUnknown AnsweredBy = "unknown"
)

// Party is the number on the other side of the call, whoever began it.
func (c Call) Party() string {
	if c.Outbound {
		return c.To
	}
	return c.From
}

// direction is the call's, in the word that flows have for it.
func (c Call) direction() string {
	if c.Outbound {
		return "outbound"
	}
	return "inbound"
}

// answeredBy is never empty for flows.
func (c Call) answeredBy() string {
	if c.AnsweredBy == "" {
		return string(ByUnknown)
	}
	return string(c.AnsweredBy)
}

// Principal is who was proved by a sign-in. It comes from the identity provider
// and nothing in a flow can assign it.
type Principal struct {
	Account  string
	ID       string
	Greeting string
}

// Session is the saved state of a call. It is a plain value: Step never changes
// the one it is given, and AppendBinary and ParseSession round-trip it.
type Session struct {
	ID      string
	Flow    string
	Program string // content hash of the program it started on
	Call    Call
	Lang    string

	// State moves only through the program's machine.
	State string
	// Turn counts answers given: the first answer is turn 1.
	Turn int

	StartedAt time.Time
	Phase     Phase
	// Ended is the outcome that ended the call, once Phase is PhaseEnded.
	Ended string

	Vars   []Var
	Caller *Principal // set by a sign-in, or by a code that proved more than a number
	Phone  string     // E.164: a number whose code the caller entered, or ""
	// Challenge is what a code is sent and checked with.
	Challenge Challenge

	Entry Entry
	// Visits counts arrivals at states that need it (max_visits, actions), and
	// Denials sign-ins refused at a state. Both are sorted by name.
	Visits, Denials []Count
	// Lost counts in a row hooks that brought no answer; Errors counts error
	// outcomes of the whole call.
	Lost, Errors int
	// Asked counts questions, and Limited is how many there were when a limit of
	// the flow was reached; zero: none was.
	Asked, Limited int
	// Dialled is when a transfer began, and Bridged how long earlier ones took.
	Dialled time.Time
	Bridged time.Duration
	// CallRecording is how the recording of the whole call stands: on, paused, or "".
	CallRecording string
	// Queued is when the caller began to wait in the last queue, and Offered that they
	// were offered something else meanwhile.
	Queued  time.Time
	Offered bool
	// Recordings counts the recordings begun in this call.
	Recordings int
	// Awaiting is set while an effect of State is running.
	Awaiting bool
	// Effects counts the effects asked for in this call, so that each has a
	// position of its own.
	Effects int
	// Trail are the questions on the way to the present one, which is the last, and
	// Milestones what the call has reached, both in order.
	Trail, Milestones []string

	// Scope is where names are looked up while a step runs: that of its state. It
	// is "" between steps, and not saved.
	Scope string
}

// Challenge is what is known of a one-time code on its way. Both belong to the
// identity provider, and are saved sealed.
type Challenge struct {
	Pending Secret // of a sign-in that asks for a second factor
	Handle  Secret // of the newest code
}

// Phase is how far a call has come.
type Phase string

// The phases of a call. Ending: the caller has gone and the flow's on_hangup
// runs without prompts.
const (
	PhaseLive   Phase = ""
	PhaseEnding Phase = "ending"
	PhaseEnded  Phase = "ended"
)

// Var is a value a flow keeps, by name.
type Var struct {
	Name  string
	Value Value
}

// Value is what a variable holds: string, float64, bool, Secret, Record or List.
type Value any

// Record is several values by name, sorted: a service's answer as far as the flow
// declared it, or an item of a list. Its values are string, float64, bool, or in
// an answer List.
type Record []Var

// Count is a counter by the name of a state.
type Count struct {
	Name string
	N    int
}

// Entry is the state of the question being asked.
type Entry struct {
	NoInput, NoMatch int
	// Partial holds keys of an entry that is not finished, Queue keys pressed
	// ahead for later questions. Nobody knows yet which question they answer, so
	// both are secret.
	Partial, Queue Secret
	// Swallow is when an entry ended by its full length: a terminator that follows
	// belongs to it and is dropped. Zero: none did.
	Swallow time.Time
	// Page is which part of a long list is being offered, from 0.
	Page int
}
