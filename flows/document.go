package flows

import (
	"fmt"
	"regexp"
	"time"
)

// Pos is a place in a flow's source: lines and columns from 1, columns in
// characters. The zero value is "nowhere".
type Pos struct{ Line, Col int }

func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// Before tells whether p stands earlier in the file than q.
func (p Pos) Before(q Pos) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Col < q.Col
}

// Scalar is a value as it was written, with its place.
type Scalar struct {
	Value  string
	Pos    Pos
	Quoted bool // written in quotes, or as a block
}

// IsSet tells a value that was written from one that was left out.
func (s Scalar) IsSet() bool { return s.Pos.Line != 0 }

// Setting is a value that was read as more than text. A nil setting was left
// out, or was reported as wrong: what it means by default holds.
type Setting[T any] struct {
	Scalar
	V T
}

// Document is a parsed flow. Everything in it knows where it stands; nothing is
// resolved yet.
type Document struct {
	File   string
	Source []byte

	Version   Scalar
	Flow      Scalar
	Title     Scalar
	Languages []Scalar
	// lostLanguages is set when the list of languages could not be read.
	lostLanguages bool
	Voice         Scalar
	// TimeZone is the place whose clocks the schedules go by.
	TimeZone  *Setting[*time.Location]
	Schedules []*ScheduleDecl
	// zone is set when a time zone was written, and lostSchedules when the schedules
	// were and could not be read.
	zone, lostSchedules bool
	Start               *Ref

	Defaults  *Defaults
	Globals   []GlobalKey
	Variables []*VariableDecl
	// Prompts are texts with a name, in the order written.
	Prompts []*PromptDecl
	// Parameters and Outputs are what a sub-flow takes and gives back.
	Parameters []*VariableDecl
	Outputs    []FieldDecl
	OnHangup   *Ref
	OnError    *Ref
	Limits     *LimitsDecl
	Recording  *CallsDecl
	// Services are the names a flow lists of its own accord; nil: it lists none,
	// and uses what it likes.
	Services []Scalar

	States []*StateDecl // in the order written

	shape Diagnostics // what Parse reported
	said  []*Text     // those that stand for a prompt with a name
	files []Scalar    // of audio
	unread
}

// Ref names a state.
type Ref struct {
	Scalar
	// key is set where a key leads there, and not an outcome.
	key bool
}

// Where a key can lead besides states: to the question that is asked, from its
// first wording, and to the one before it.
const (
	targetRepeat = "repeat"
	targetBack   = "back"
)

var targets = []string{targetRepeat, targetBack}

func isTarget(name string) bool { return contains(targets, name) }

// moves tells a reference that leads to no state of its own.
func (r *Ref) moves() bool { return r != nil && r.key && isTarget(r.Value) }

// StateDecl is a state as it was written.
type StateDecl struct {
	Name Scalar
	// Kind is what the state does; nil where the file does not say so in a way
	// that could be understood.
	Kind KindDecl
	// Word is the kind's key.
	Word      Scalar
	Next      *Next
	Requires  Scalar
	MaxVisits *Setting[int]
	Milestone Scalar
	Note      Scalar

	// refs are all states named in this one, in the order written.
	refs []*Ref
	unread
}

// unread is what could not be understood of a state or a flow, and was reported.
// It keeps what follows from it from being reported as well.
type unread struct {
	// names are the words in it: one of them may name a state.
	names []string
	// next is set when it does not even say where it leads.
	next bool
}

// KindDecl is what a state does. The family is closed: the *Decl types of the
// files kind_*.go.
type KindDecl interface {
	// exits are the outcomes a flow may wire, with what they lead to when it
	// does not.
	exits() []exit
	// compile makes the engine's state of it, with its transitions.
	compile(*compiler, *StateDecl)
}

// Next says where a state leads: to one state for its good outcome, or by
// outcome. One with neither could not be read.
type Next struct {
	Key   Scalar // the word "next"
	To    *Ref
	Exits []Exit
}

// broken tells that it was written and could not be read.
func (n *Next) broken() bool { return n != nil && n.To == nil && len(n.Exits) == 0 }

// Exit is where one outcome leads.
type Exit struct {
	Outcome Scalar
	To      *Ref
	// meant is the outcome that Outcome misspells, or "".
	meant string
}

// Text is a wording: in one language for all, or in several; or the name of a
// prompt of the flow.
type Text struct {
	Pos      Pos
	Wordings []Wording
	// Prompt is the name, where there is one. The wordings are the prompt's then.
	Prompt Scalar
	prompt *PromptDecl
}

// Wording is a text in one language, or in no particular one. Prompts may have
// several lines: one for each attempt, the last repeats.
type Wording struct {
	Lang  Scalar // not set: whatever the call's language is
	Lines []Line
}

// Line is what is said at a time: a text, a recording, or a recording with a text
// for where it cannot be played.
type Line struct {
	Scalar // the text; not set: there is a recording only
	// Audio is the recording: a file beside the flow, or an https address.
	Audio Scalar
	// SSML tells that the text is marked up.
	SSML bool
}

// PromptDecl is a text with a name.
type PromptDecl struct {
	Name Scalar
	Text *Text
}

// AskingDecl is what the input states have in common.
type AskingDecl struct {
	Prompt                           *Text
	NoInput, NoMatch                 *Text
	Attempts, MaxNoInput, MaxNoMatch *Setting[int]
	Timeout, InterDigit, MaxDuration *Setting[time.Duration]
	BargeIn, Flush                   *Setting[bool]
	Speech                           *SpeechDecl
}

// SpeechDecl says whether and how a question listens.
type SpeechDecl struct {
	Pos        Pos
	Listens    bool
	Hints      *Text // a line for each phrase
	Confidence *Setting[float64]
}

// Defaults are settings for all states that do not say otherwise.
type Defaults struct {
	AskingDecl
	Terminator *Setting[string]
	Next       *Next
}

// GlobalKey is a key valid in every input state.
type GlobalKey struct {
	Keys Scalar
	Say  *Text // what stands for the keys where a question listens: a line for each phrase
	To   *Ref
}

// VariableDecl declares a variable.
type VariableDecl struct {
	Name    Scalar
	Type    Scalar
	Items   *ItemsDecl // of a list that says what it holds
	Default Scalar
	// broken is set when the type was reported as wrong.
	broken bool
}

// LimitsDecl bounds a call.
type LimitsDecl struct {
	Turns    *Setting[int]
	Duration *Setting[time.Duration]
	Exit     *Ref
}

// SayDecl speaks and goes on.
type SayDecl struct {
	Text    *Text
	Each    Scalar // a list, of each item of which Text is said
	BargeIn *Setting[bool]
}

// PlayDecl plays a recording and goes on.
type PlayDecl struct {
	Text    *Text
	BargeIn *Setting[bool]
}

// MenuDecl asks for one of some keys.
type MenuDecl struct {
	AskingDecl
	Options []OptionDecl
	Each    *EachDecl // nil: no choices from a list
	// partial is set when some options could not be read.
	partial bool
}

// OptionDecl is a choice of a menu.
type OptionDecl struct {
	Keys  Scalar
	Value Scalar // not set: the keys themselves
	Say   *Text  // what chooses it where the menu listens: a line for each phrase
	To    *Ref
}

// CollectDecl asks for an entry of digits.
type CollectDecl struct {
	AskingDecl
	Digits     *Setting[DigitRange]
	Terminator *Setting[string] // "": none
	Secret     *Setting[bool]
	Pattern    *Setting[*regexp.Regexp]
	Check      *Setting[string]
	Confirm    *ConfirmDecl
}

// DigitRange is how many digits an entry has.
type DigitRange struct{ Min, Max int }

// ConfirmDecl asks yes or no.
type ConfirmDecl struct {
	AskingDecl
	Pos     Pos
	Yes, No Scalar // keys; not set: 1 and 2
}

// AuthenticateDecl signs the caller in.
type AuthenticateDecl struct {
	Account, PIN Scalar
	RetryingDecl
}

// RetryingDecl says how often a caller may try.
type RetryingDecl struct {
	Attempts *Setting[int]
	Retry    *Ref
	Sorry    *Text
}

// ChallengeDecl sends a one-time code.
type ChallengeDecl struct {
	To      Scalar
	Factor  bool
	Channel Scalar // not set: sms
	broken  bool   // where it goes could not be read
}

// VerifyDecl checks a one-time code.
type VerifyDecl struct {
	Code Scalar
	RetryingDecl
}

// IdentifyDecl looks for who might be calling.
type IdentifyDecl struct {
	Number Scalar // not set: the number that the call came from
}

// BranchDecl goes where the first true condition leads.
type BranchDecl struct {
	Arms []ArmDecl
	Else *Ref
}

// ArmDecl is a condition and where it leads.
type ArmDecl struct {
	If Scalar
	To *Ref
}

// SetDecl gives variables values, in the order written.
type SetDecl struct{ Set []AssignmentDecl }

// AssignmentDecl gives a variable a value, or changes a list.
type AssignmentDecl struct {
	Name, Value Scalar
	List        *ListDecl
	// item is set where the name is a menu's, and becomes an item of the list
	// that the value is.
	item bool
}

// SubflowDecl enters another flow.
type SubflowDecl struct {
	Flow Scalar
	With []AssignmentDecl
}

// ReturnDecl leaves a sub-flow.
type ReturnDecl struct {
	Outcome Scalar
	With    []AssignmentDecl
}

// FetchDecl is what a request and an action have in common.
type FetchDecl struct {
	Service Scalar
	Method  Scalar // the key: get, post, put, patch, delete
	Path    Scalar
	Query   []PairDecl
	Headers []PairDecl
	Body    *BodyDecl
	Returns []FieldDecl
	Timeout *Setting[time.Duration]
	// broken is set when a declared field could not be read, so that uses of it
	// are not reported as well.
	broken bool
}

// PairDecl is a query argument or a header field.
type PairDecl struct{ Name, Value Scalar }

// FieldDecl is a value that a service answers with.
type FieldDecl struct {
	Name, Type Scalar
	Items      *ItemsDecl // of a list
}

// BodyDecl is a JSON body: exactly one of the members is used.
type BodyDecl struct {
	Pos    Pos
	Fields []BodyField // an object's
	Items  []BodyDecl  // an array's
	// Scalar is a text with values in it, or a literal where Raw is set.
	Scalar Scalar
	Raw    string
}

// BodyField is a member of an object.
type BodyField struct {
	Name  Scalar
	Value BodyDecl
}

// RequestDecl reads from a service.
type RequestDecl struct{ FetchDecl }

// ActionDecl changes something at a service.
type ActionDecl struct{ FetchDecl }

// CallbackDecl asks a service to call somebody back.
type CallbackDecl struct {
	FetchDecl
	Number, Country, At Scalar
}

// TransferDecl connects the caller to somebody.
type TransferDecl struct {
	To, From Scalar
	Say      *Text
	Timeout  *Setting[time.Duration]
	Mode     Scalar
	Limit    *Setting[time.Duration]
	Whisper  *Text
	Context  []PairDecl
}

// CallsDecl says whether whole calls are recorded.
type CallsDecl struct {
	Pos      Pos
	Calls    *Setting[bool]
	Announce *Text
}

// QueueDecl has the caller wait for somebody.
type QueueDecl struct {
	Name, Music    Scalar
	Say            *Text
	Every, MaxWait *Setting[time.Duration]
	Offer          *OfferDecl // nil: none
}

// OfferDecl is what a waiting caller is offered.
type OfferDecl struct {
	After  *Setting[time.Duration]
	Prompt *Text
	Key    Scalar // not set: 1
}

// RecordingDecl is how a caller is recorded.
type RecordingDecl struct {
	Prompt            *Text
	Min, Max, Silence *Setting[time.Duration]
	Terminator        *Setting[string]
	Beep              *Setting[bool]
}

// RecordDecl records what the caller says.
type RecordDecl struct{ RecordingDecl }

// VoicemailDecl takes a message.
type VoicemailDecl struct {
	RecordingDecl
	Review     *Text // nil: in the language's words
	Unreviewed bool
	Deliver    *FetchDecl // nil: nowhere
}

// HangupDecl speaks and ends the call.
type HangupDecl struct{ Say *Text }
