package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// kind is a kind of state.
type kind struct {
	// Field is its word, the shape of what stands there, and what it does.
	Field
	parse func(*parser, Scalar, *yaml.Node) KindDecl
	// exits are what a next may wire; nil: there is no next.
	exits []exit
	// open tells that what a next may wire is named by another flow.
	open bool
}

// kinds are the kinds of the language, in the order of its reference.
var kinds = []kind{
	sayKind,
	playKind,
	menuKind,
	collectKind,
	confirmKind,
	authenticateKind,
	challengeKind,
	verifyKind,
	identifyKind,
	branchKind,
	setKind,
	hoursKind,
	languageKind,
	requestKind,
	actionKind,
	subflowKind,
	returnKind,
	transferKind,
	queueKind,
	recordKind,
	voicemailKind,
	callbackKind,
	hangupKind,
}

// stateFields are the keys of a state besides its kind, which stands before the
// last of them.
var stateFields = Fields{
	{Key: "note", Shape: aText, Doc: "A remark for people."},
	{Key: "requires", Shape: aWord(facts...), Doc: "A proof about the caller, without which no call may come here."},
	{Key: "milestone", Shape: aText, Doc: "What a call has reached when it first comes here."},
	{Key: "max_visits", Shape: anInteger(1, maxTurns), Doc: "How often a call may come here; one more is the outcome limit."},
	{Key: "next", Shape: either(aState, aMap(Names{What: "outcome", Some: true}, aState)), Doc: "Where it leads: one state for the good outcome, or a state for each outcome."},
}

var (
	kindFields = fieldsOf(kinds)
	kindNames  = kindFields.words()
	stateWords = stateFields.and(kindFields...) // all keys of a state
	stateShape = aMappingWith(stateFields, len(stateFields)-1, kindFields)
)

func fieldsOf(kinds []kind) Fields {
	fields := make(Fields, len(kinds))
	for i, k := range kinds {
		fields[i] = k.Field
	}
	return fields
}

func kindParser(word string) func(*parser, Scalar, *yaml.Node) KindDecl {
	for _, k := range kinds {
		if k.Key == word {
			return k.parse
		}
	}
	return nil
}

// exit is an outcome that a flow may wire.
type exit struct {
	outcome engine.Outcome
	// good marks the outcome that a plain next stands for.
	good bool
	// own marks an outcome that the state itself must wire; others may be
	// inherited from the defaults.
	own bool
	// like is the outcome whose target this one takes when nothing wires it.
	like engine.Outcome
	// builtin is where it leads when nothing does: "" makes it a missing next.
	builtin string
	// with is the key that a state must have for the outcome; "": none.
	with string
}

// asked are the exits that all input states have besides their own.
var asked = []exit{
	{outcome: engine.OutNoInput, like: engine.OutExhausted, builtin: engine.StateGoodbye},
	{outcome: engine.OutNoMatch, like: engine.OutExhausted, builtin: engine.StateGoodbye},
	{outcome: engine.OutExhausted, builtin: engine.StateGoodbye},
}

// commonExits are the exits that every state has. The flow may say where they
// lead, in on_error and limits.
var commonExits = []exit{
	{outcome: engine.OutError, builtin: engine.StateApology},
	{outcome: engine.OutLimit, builtin: engine.StateGoodbye},
}
