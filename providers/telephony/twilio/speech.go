package twilio

import (
	"slices"

	"callflow/providers/telephony"
)

// The longest text of one Say, in characters: the least of what the families of
// voices take (error 13521). A longer one is said in pieces.
const (
	maxSay   = 3000
	leastSay = maxSay - 400 // a piece ends at a space behind here, if there is one
)

// isSpoken tells whether an element of SSML can stand in a Say.
func isSpoken(name string) bool {
	return slices.Contains([]string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}, name)
}

// ssml is what stands within a speak element, as elements of a Say: Twilio writes
// the speak around it. False where it is not well-formed, or too long: the plain
// text is said then.
func ssml(marked string) (string, bool) {
	inner, length, ok := telephony.SpokenXML(marked, isSpoken)
	return inner, ok && length <= maxSay
}
