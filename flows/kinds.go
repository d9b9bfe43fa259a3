package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// kind is a kind of state: its word, and how it is read.
type kind struct {
	word  string
	parse func(*parser, Scalar, *yaml.Node) KindDecl
}

// kinds are the kinds of the language, in the order of its reference.
var kinds = []kind{
	{"say", parseSay},
	{"menu", parseMenu},
	{"collect", parseCollect},
	{"confirm", parseConfirm},
	{"authenticate", parseAuthenticate},
	{"branch", parseBranch},
	{"set", parseSet},
	{"request", parseRequest},
	{"action", parseAction},
	{"transfer", parseTransfer},
	{"hangup", parseHangup},
}

// kindNames are their words, and stateWords all keys of a state.
var (
	kindNames  = wordsOf(kinds)
	stateKeys  = []string{"next", "requires", "max_visits", "note"}
	stateWords = append(append([]string{}, stateKeys...), kindNames...)
)

func wordsOf(kinds []kind) []string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = k.word
	}
	return words
}

// laterKinds are kinds, and keys of states, that are not built yet.
var laterKinds = []string{
	"identify", "challenge", "verify", "hours", "language", "subflow", "return",
	"queue", "record", "voicemail", "callback", "milestone",
}

func kindParser(word string) func(*parser, Scalar, *yaml.Node) KindDecl {
	for _, k := range kinds {
		if k.word == word {
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
}

// asked are the exits that all input states have besides their own.
var asked = []exit{
	{outcome: engine.OutNoInput, like: engine.OutExhausted, builtin: engine.StateGoodbye},
	{outcome: engine.OutNoMatch, like: engine.OutExhausted, builtin: engine.StateGoodbye},
	{outcome: engine.OutExhausted, builtin: engine.StateGoodbye},
}
