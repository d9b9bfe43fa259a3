package plivo

import (
	"slices"

	"callflow/providers/telephony"
)

// The longest text of one Speak, in characters, tags not counted. A longer one is
// said in pieces.
const (
	maxSpeak   = 3000
	leastSpeak = maxSpeak - 400 // a piece ends at a space behind here, if there is one
)

// isSpoken tells whether an element of SSML can stand in a Speak.
func isSpoken(name string) bool {
	return slices.Contains([]string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}, name)
}

// ssml is what stands within a speak element, as elements of a Speak. False where it
// is not well-formed, or too long: the plain text is said then.
func ssml(marked string) (string, bool) {
	inner, length, ok := telephony.SpokenXML(marked, isSpoken)
	return inner, ok && length <= maxSpeak
}

// hints are what a GetInput takes, and hint is one: they stand in one list, whose commas
// part them.
func hints() telephony.Hints { return telephony.Hints{Most: 500, Length: 100, Room: 10_000} }

func hint(text string) string { return telephony.Words(text, ",") }
