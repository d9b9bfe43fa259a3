package plivo

import (
	"slices"
	"strings"

	"callflow/providers/telephony"
)

// The longest text of one Speak, in characters, tags not counted. A longer one is
// said in pieces.
const (
	maxSpeak   = 3000
	leastSpeak = maxSpeak - 400 // a piece ends at a space behind here, if there is one
)

// What a GetInput takes of hints.
const (
	maxHints  = 500
	maxHint   = 100    // characters of one
	hintsRoom = 10_000 // characters of all
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

// hints are phrases as a GetInput takes them: in one list, whose commas part them.
func hints(phrases []string) string {
	var all []string
	room := hintsRoom
	for _, p := range phrases {
		p = strings.Join(strings.FieldsFunc(telephony.PlainText(p), func(c rune) bool { return c == ' ' || c == ',' }), " ")
		if short := []rune(p); len(short) > maxHint {
			p = strings.TrimSpace(string(short[:maxHint]))
		}
		if room -= len(p) + 1; p == "" || room < 0 || len(all) == maxHints {
			continue
		}
		all = append(all, p)
	}
	return strings.Join(all, ",")
}
