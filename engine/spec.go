package engine

import (
	"regexp"
	"slices"
	"time"
)

// Spec is a flow as the machine sees it: what NewProgram takes. Everything in it
// is resolved: defaults are filled in, every outcome of every state has exactly
// one transition, every text stands in every language of Languages.
type Spec struct {
	Flow  string
	Title string
	// Hash is the content hash of the source, the language version and the words
	// it was compiled with.
	Hash      string
	Languages []string
	Voice     string
	Start     string
	// OnHangup names the state that runs when the caller has gone, or is "".
	OnHangup    string
	Variables   []Variable
	Globals     []Global
	Limits      Limits
	Words       []*Words // one for each language, in the order of Languages
	States      []State
	Transitions []Transition
	// Services are the names of the services that requests and actions use,
	// sorted.
	Services []string
	// Recording is set where whole calls are recorded, secret questions left out.
	Recording *Recording
	// Subflow is set for a flow that others enter, and that begins no call.
	Subflow *Subflow
}

// Recording is the recording of whole calls.
type Recording struct {
	Announce Text // said before it begins; nil: nothing
}

// Subflow is what a sub-flow takes and gives back.
type Subflow struct {
	// Parameters have a value when the sub-flow is entered; they are among the
	// Variables.
	Parameters []Parameter
	// Outputs are the fields of the record that it gives back, sorted by name.
	Outputs []Field
	// Returns are the outcomes it can end with, in the order written.
	Returns []Outcome
}

// Parameter is a variable that whoever enters a sub-flow gives a value.
type Parameter struct {
	Name string
	Type Type
	// Default is its value where the entrance gives none; nil: it must give one.
	Default Value
}

// Limits bound a call that needs keys to turn. Both are set.
type Limits struct {
	Turns    int           // questions asked, repetitions included
	Duration time.Duration // without the time a caller talked to somebody
}

// Variable is a name of the flow, its type, and its value at the start of a
// call; nil: not set.
type Variable struct {
	Name  string
	Type  Type
	Value Value
}

// Global is a key valid in every input state that has no use for it itself.
// GlobalOutcome(Keys) leads to its state.
type Global struct{ Keys string }

// Transition is one edge of the machine.
type Transition struct {
	From    string
	Outcome Outcome
	To      string
}

// State is a node: what every kind has, and the kind.
type State struct {
	Name string
	// Scope is put before the names of the state's variables: "owner." for the
	// states of the sub-flow that state "owner" enters, "" for the flow's own.
	Scope string
	// Requires is the fact without which the state is not entered, or "".
	Requires string
	// MaxVisits bounds arrivals; zero: no bound. One more is OutLimit.
	MaxVisits int
	// Milestone is noted when a call first gets to the state, or is "".
	Milestone string
	Kind      Kind
}

// Kind is what a state does. The family is closed: the *State types of the
// files state_*.go.
type Kind interface {
	// Name is the kind's word in the language.
	Name() string
	// Outcomes are the outcomes the kind can conclude besides those that hold
	// everywhere, in a fixed order.
	Outcomes() []Outcome
	// arrive enters the state: it says, asks, wants an effect, or concludes at
	// once. "" means that it waits.
	arrive(*step) Outcome
	// route reads an event. "" means that the event is not for this state.
	route(*step, Event) Outcome
}

// Text is a wording in every language of the program, in their order.
type Text []Template

// Prompt is one wording, or one for each attempt: the last repeats.
type Prompt []Text

// Asking is what the input states have in common: how long to wait, how often
// to ask.
type Asking struct {
	Prompt Prompt
	// NoInputText and NoMatchText are said before the prompt is repeated. Empty:
	// the words of the language.
	NoInputText, NoMatchText Prompt
	// Attempts is the total, at least 1. MaxNoInput and MaxNoMatch are zero where
	// the kind of mistake has no exit of its own.
	Attempts, MaxNoInput, MaxNoMatch int
	Timeout, InterDigit, MaxDuration time.Duration
	BargeIn, Flush                   bool
	// Speech is how it listens besides; nil: it does not. A question for a secret
	// never does.
	Speech *Listening
}

// AskingOf is what an input state has in common with others; nil for other kinds.
func AskingOf(k Kind) *Asking {
	switch k := k.(type) {
	case MenuState:
		return &k.Asking
	case CollectState:
		return &k.Asking
	case ConfirmState:
		return &k.Asking
	}
	return nil
}

// Option is a choice of a menu. Value is what the menu's variable becomes; the
// keys themselves where the flow names none.
type Option struct {
	Keys, Value string
	// NoValue is set for an option that chooses nothing: it asks again, or goes
	// back. The variable stays as it is.
	NoValue bool
	// Say is what chooses the option where the menu listens.
	Say Phrases
}

// MenuState asks for one of some keys.
type MenuState struct {
	Asking
	Var     string   // its own name
	Options []Option // sorted by Keys
	// Each offers the items of a list beside the options; nil: none. The variable
	// is then the item that was chosen, and options leave it alone.
	Each *Each
}

// Each is the part of a menu that is made from a list. The items are numbered
// from 1 on each page.
type Each struct {
	List *Expr
	// Say is said of each item; it may read LocalItem, LocalKey and LocalPosition.
	Say Text
	// Page is how many items are offered at once, 1 to 9. More is the key for the
	// next ones, from the last page the first, and SayMore tells of it.
	Page    int
	More    string
	SayMore Text
}

// The names that stand for an item of a list while it is being said: the item,
// the key that chooses it, and which one it is, from 1, as text.
const (
	LocalItem     = "item"
	LocalKey      = "key"
	LocalPosition = "position"
)

// CollectState asks for an entry of digits.
type CollectState struct {
	Asking
	Var        string // its own name
	Min, Max   int
	Terminator string // "" : none
	Secret     bool
	Pattern    *regexp.Regexp // anchored; nil: none
	Luhn       bool
}

// ConfirmState asks yes or no.
type ConfirmState struct {
	Asking
	Yes, No string // keys
}

// SayState speaks and goes on. With Each, a list, it says Text of each item, which
// may read LocalItem and LocalPosition.
type SayState struct {
	Text    Text
	Each    *Expr
	BargeIn bool
}

// PlayState plays a recording and goes on.
type PlayState struct {
	Text    Text // that begins with audio
	BargeIn bool
}

// HangupState speaks and ends the call.
type HangupState struct {
	Text Text // nil: nothing
	// Ended is what the session's end is called: "hangup", or the reason of a
	// built-in exit.
	Ended string
}

// BranchState goes where the first true condition leads: WhenOutcome(i+1), or
// OutElse.
type BranchState struct{ When []*Expr }

// HoursState goes by what holds at the instant of the step: OutOpen, OutClosed or
// OutHoliday, by the clocks of Zone.
type HoursState struct {
	Schedule *Schedule
	Zone     *time.Location
}

// LanguageState makes a language the call's. One that the program does not speak
// changes nothing.
type LanguageState struct {
	// By is the tag of the language, or what chooses it.
	By Template
	// Choose gives languages for values of By, sorted by value; nil: By is a tag.
	Choose []LanguageChoice
	// Else is the language where no value fits; "": the call's stays.
	Else string
}

// LanguageChoice is the language that goes with a value.
type LanguageChoice struct{ Value, Lang string }

// BackState goes back to the question asked before. StateBack is one, in programs
// with a key that leads there.
type BackState struct{ Questions []string }

// SetState gives variables values, in order.
type SetState struct{ Set []Assignment }

// Assignment gives Var the value of one of them.
type Assignment struct {
	Var      string
	Value    Operand
	Constant Value // used when Value is empty, and List nil
	List     *ListChange
}

// ListChange adds to the list that the variable holds, or where Anew is set to an
// empty one.
type ListChange struct {
	Anew bool
	Add  []Node // each an object, a template, or a JSON literal
}

// Names are the variables that the assignment reads, secrets included.
func (a Assignment) Names() []string {
	if a.List == nil {
		return a.Value.Names()
	}
	var names []string
	if !a.List.Anew {
		names = append(names, a.Var)
	}
	for i := range a.List.Add {
		names = append(names, a.List.Add[i].Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SubflowState enters a sub-flow, whose states follow as SITE.STATE: it forgets
// what an earlier visit left behind and gives the sub-flow its values.
type SubflowState struct {
	Site string // its own name, within its scope
	Flow string // of the sub-flow
	// Set gives values to names of the sub-flow; they are read in the state's own
	// scope.
	Set []Assignment
}

// ReturnState leaves a sub-flow. Its outcome leads back to the flow that entered.
type ReturnState struct {
	Outcome Outcome
	// With is the record that the entering state's name becomes, sorted by name;
	// empty: nothing.
	With []Assignment
}

// AuthenticateState signs the caller in.
type AuthenticateState struct {
	Account, PIN Operand
	// Attempts bounds refusals; with more than one, OutRetryDenied leads back
	// after Sorry has been said.
	Attempts int
	Sorry    Text
}

// ChallengeState sends a one-time code: to Number, or, with Factor, to the second
// factor that a sign-in asked for.
type ChallengeState struct {
	Var     string // its own name
	Number  Template
	Factor  bool
	Channel Channel
}

// VerifyState checks the code that the caller entered.
type VerifyState struct {
	Code Operand
	// Attempts bounds refusals; with more than one, OutRetryDenied leads back
	// after Sorry has been said.
	Attempts int
	Sorry    Text
}

// IdentifyState looks for who might be calling. What it finds proves nothing.
type IdentifyState struct {
	Var    string // its own name
	Number Template
}

// RequestState reads from a service into the variable of its own name.
type RequestState struct {
	Var     string
	Fetch   FetchSpec
	Returns []Field // sorted by name
}

// ActionState changes something at a service.
type ActionState struct {
	Var     string
	Fetch   FetchSpec
	Returns []Field
	// Idempotent is false for a service that must never be sent a thing twice.
	Idempotent bool
	// Callback asks for a call; nil: the action is any other.
	Callback *Callback
}

// TransferState connects the caller to somebody.
type TransferState struct {
	To, From Template
	Say      Text
	Timeout  time.Duration
	// Refer hands the call over, so that it leaves us: OutCompleted is that it was
	// taken. Otherwise we stay between the two.
	Refer bool
	// Limit bounds the conversation; zero: no bound.
	Limit time.Duration
	// Whisper is heard by whoever takes the call, before the caller hears them.
	Whisper Text
	// Context travels to their side, by names such as "account".
	Context []NamedTemplate
}

// RecordState records what the caller says.
type RecordState struct {
	Var               string // its own name: a record of RecordingType
	Prompt            Text
	Min, Max, Silence time.Duration // a shorter one than Min is empty
	Terminator        string        // "": none
	Beep              bool
}

// QueueState has the caller wait for somebody.
type QueueState struct {
	Var   string // its own name: a record of QueueType
	Queue string // the platform's name of the queue
	// Say are announcements, said in turn, one Every so often.
	Say   Prompt
	Every time.Duration
	Music string // between them, as Say.Audio; "": silence
	// MaxWait bounds the waiting. Both it and Every are set.
	MaxWait time.Duration
	// OfferAfter is when the caller is asked something else, once, by the state
	// Offer, from which the waiting may go on; zero: never.
	OfferAfter time.Duration
	Offer      string
}

// ReplayState plays the recording of the variable Var, if there is one.
type ReplayState struct{ Var string }

// FetchSpec is a request before its values are filled in.
type FetchSpec struct {
	Service string
	Method  string
	// Path is the escaped literal path with a template for each value: a value
	// never adds a segment.
	Path    Template
	Query   []NamedTemplate
	Headers []NamedTemplate
	Body    *Node // nil: none
	Timeout time.Duration
}

// NamedTemplate is a query argument or a header field.
type NamedTemplate struct {
	Name  string
	Value Template
}

// Node is a JSON body with templates in it: exactly one of the members is used.
type Node struct {
	Object []NodeField
	Array  []Node
	// Template is a string with values in it. One that is a single expression
	// keeps the expression's type.
	Template Template
	// Raw is a JSON literal: a number, true, false, null, or an empty container.
	Raw string
}

// Names are the variables the body reads, sorted.
func (n *Node) Names() []string {
	names := n.Template.Names()
	for i := range n.Object {
		names = append(names, n.Object[i].Value.Names()...)
	}
	for i := range n.Array {
		names = append(names, n.Array[i].Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// NodeField is a member of an object.
type NodeField struct {
	Name  string
	Value Node
}

// Field is a value that a service answers with.
type Field struct {
	Name string
	Type Type
}
