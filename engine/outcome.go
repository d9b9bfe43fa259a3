package engine

// Outcome is what a state concluded from an event. It is the name of the FSM's
// event, and the same word in YAML, traces, reports and metrics.
type Outcome = string

// The outcomes of the kinds (design, section 3). The retry outcomes lead from a
// question back to itself; they are never written in a flow.
const (
	OutNext          Outcome = "next"
	OutMatch         Outcome = "match"
	OutNoInput       Outcome = "noinput"
	OutNoMatch       Outcome = "nomatch"
	OutExhausted     Outcome = "exhausted"
	OutYes           Outcome = "yes"
	OutNo            Outcome = "no"
	OutAuthenticated Outcome = "authenticated"
	OutDenied        Outcome = "denied"
	OutLocked        Outcome = "locked"
	OutChallenge     Outcome = "challenge"
	OutUnavailable   Outcome = "unavailable"
	OutOK            Outcome = "ok"
	OutNotFound      Outcome = "not_found"
	OutDone          Outcome = "done"
	OutRejected      Outcome = "rejected"
	OutPending       Outcome = "pending"
	OutUnknown       Outcome = "unknown"
	OutCompleted     Outcome = "completed"
	OutBusy          Outcome = "busy"
	OutNoAnswer      Outcome = "no_answer"
	OutFailed        Outcome = "failed"
	OutElse          Outcome = "else"
	OutOpen          Outcome = "open"
	OutClosed        Outcome = "closed"
	OutHoliday       Outcome = "holiday"
	OutRecorded      Outcome = "recorded"
	OutChosen        Outcome = "chosen"
	OutEmpty         Outcome = "empty"
	OutSent          Outcome = "sent"
	OutVerified      Outcome = "verified"
	OutExpired       Outcome = "expired"
	OutOne           Outcome = "one"
	OutMany          Outcome = "many"
	OutNone          Outcome = "none"
	OutConnected     Outcome = "connected"
	OutTimeout       Outcome = "timeout"
	OutCallback      Outcome = "callback"

	// Everywhere.
	OutHangup Outcome = "hangup"
	OutError  Outcome = "error"
	OutLimit  Outcome = "limit"

	// OutOffer leads from a queue to its offer of a call, for a while.
	OutOffer Outcome = "offer"

	// Of the engine's own: asking again, and leaving handlers that went wrong.
	OutRetryNoInput Outcome = "retry.noinput"
	OutRetryNoMatch Outcome = "retry.nomatch"
	OutRetryLost    Outcome = "retry.lost"
	OutRetryDenied  Outcome = "retry.denied"
	// OutRetryMore offers the next part of a long list. It costs no attempt.
	OutRetryMore Outcome = "retry.more"
	// OutAbort leaves a handler of errors or limits that failed itself; OutGone
	// ends a call whose caller has gone.
	OutAbort Outcome = "abort"
	OutGone  Outcome = "gone"
)

// OptionOutcome is the outcome of a menu in which KEYS were pressed.
func OptionOutcome(keys string) Outcome { return optionPrefix + keys }

// WhenOutcome is the outcome of a branch whose n-th condition held, from 1.
func WhenOutcome(n int) Outcome { return "when." + itoa(n) }

// GlobalOutcome is the outcome of an input state in which a key was pressed
// that is valid everywhere.
func GlobalOutcome(keys string) Outcome { return globalPrefix + keys }

// BackOutcome is the outcome of going back to a question.
func BackOutcome(question string) Outcome { return backPrefix + question }

// What the outcomes of keys, and of going back, begin with.
const (
	optionPrefix = "option."
	globalPrefix = "global."
	backPrefix   = "back."
)

// The states every program has besides its own. Their names cannot be written
// in a flow. StateGone is the end of a call whose caller left.
// StateBack is there where a key goes back to the question before.
const (
	StateBack    = "$back"
	StateGoodbye = "$goodbye"
	StateApology = "$apology"
	StateGone    = "$gone"
)

// The facts a state can require.
const (
	FactAuthenticated = "authenticated"
	FactPhoneVerified = "phone_verified"
)
