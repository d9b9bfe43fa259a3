package flows

import (
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// askingFields are the settings that all input states have.
var askingFields = Fields{
	{Key: "prompt", Shape: aPrompt, Required: true, Doc: "The question; of a list the first is said at the first attempt, and the last repeats."},
	{Key: "noinput", Shape: aPrompt, Default: "the language's own words", Doc: "What is said after silence, before the question is repeated."},
	{Key: "nomatch", Shape: aPrompt, Default: "the language's own words", Doc: "What is said after a mistake, before the question is repeated."},
	{Key: "attempts", Shape: anInteger(1, maxAttempts), Default: strconv.Itoa(defaultAttempts), Inherited: true, Doc: "How often the question is asked in all."},
	{Key: "max_noinput", Shape: anInteger(1, maxAttempts), Default: "attempts, where noinput is wired", Inherited: true, Doc: "How often silence is forgiven before the exit noinput is taken."},
	{Key: "max_nomatch", Shape: anInteger(1, maxAttempts), Default: "attempts, where nomatch is wired", Inherited: true, Doc: "How often a mistake is forgiven before the exit nomatch is taken."},
	{Key: "timeout", Shape: aDuration(minClock, maxClock), Default: short(defaultTimeout), Inherited: true, Doc: "The time from the end of the prompt to the first key."},
	{Key: "inter_digit_timeout", Shape: aDuration(minClock, maxClock), Default: short(defaultInterDigit), Inherited: true, Doc: "The time from one key to the next."},
	{Key: "max_duration", Shape: aDuration(minClock, maxClock), Inherited: true, Doc: "The time for the whole entry."},
	{Key: "barge_in", Shape: aBoolean, Default: "true", Inherited: true, Doc: "Whether a key stops the prompt."},
	{Key: "flush", Shape: aBoolean, Default: "false", Inherited: true, Doc: "Whether keys pressed ahead are dropped."},
	{Key: "speech", Shape: either(aBoolean, aMapping(speechFields)), Default: "false", Inherited: true, Doc: "Whether what is said counts beside the keys, where the platform can listen."},
}

// commonFields are those of them that make sense for all states at once.
var commonFields = askingFields[3:]

// asking reads one of the settings of input states; false: key is none of them.
func (p *parser) asking(a *AskingDecl, key Scalar, v *yaml.Node) bool {
	switch key.Value {
	case "prompt":
		a.Prompt = p.text(key, v, true)
	case "noinput":
		a.NoInput = p.text(key, v, true)
	case "nomatch":
		a.NoMatch = p.text(key, v, true)
	case "attempts":
		a.Attempts = p.integer(key, v, 1, maxAttempts)
	case "max_noinput":
		a.MaxNoInput = p.integer(key, v, 1, maxAttempts)
	case "max_nomatch":
		a.MaxNoMatch = p.integer(key, v, 1, maxAttempts)
	case "timeout":
		a.Timeout = p.duration(key, v, minClock, maxClock)
	case "inter_digit_timeout":
		a.InterDigit = p.duration(key, v, minClock, maxClock)
	case "max_duration":
		a.MaxDuration = p.duration(key, v, minClock, maxClock)
	case "barge_in":
		a.BargeIn = p.boolean(key, v)
	case "flush":
		a.Flush = p.boolean(key, v)
	case "speech":
		a.Speech = p.speech(key, v)
	default:
		return false
	}
	return true
}

// What holds where neither a state nor the defaults say otherwise.
const (
	defaultTimeout    = 5 * time.Second
	defaultInterDigit = 3 * time.Second
	defaultAttempts   = 3
)

const maxAttempts = 10

// isKeys tells 1 to 8 keys of a telephone.
func isKeys(s string) bool { return 1 <= len(s) && len(s) <= 8 && isEntry(s) }

// optionKeys tells whether a key of a menu, or a global one, can be pressed.
func (p *parser) optionKeys(key Scalar) bool {
	if isKeys(key.Value) {
		return true
	}
	p.report(CodeBadKey, key.Pos, "%q cannot be pressed; expected 1 to 8 of the keys 0-9, * and #", key.Value)
	return false
}

// phoneKey reads one key of a telephone.
func (p *parser) phoneKey(key Scalar, n *yaml.Node) Scalar {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return s
	}
	if len(s.Value) != 1 || !isKeys(s.Value) {
		p.report(CodeBadKey, s.Pos, "%q takes one key of 0-9, * and #; found %q", key.Value, s.Value)
		return Scalar{}
	}
	return s
}

// terminator reads the key that ends an entry, or "none".
func (p *parser) terminator(key Scalar, n *yaml.Node) *Setting[string] {
	s := p.scalar(key, n)
	switch s.Value {
	case "":
		return nil
	case "none":
		return &Setting[string]{s, ""}
	case "#", "*":
		return &Setting[string]{s, s.Value}
	}
	d := p.report(CodeBadKey, s.Pos, `"terminator" takes "#", "*" or none; found %q`, s.Value)
	if s.Value == "pound" || s.Value == "hash" {
		d.Hint = `write "#" in quotes`
	}
	return nil
}
