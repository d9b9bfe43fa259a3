package prove

import (
	"strings"
	"time"
	"unicode"

	"callflow/engine"
)

// SpeakingPace is how long a spoken word is taken to last: 150 words a minute,
// which is slow for a voice of a telephony platform, so that a time worked out
// with it is not too short.
const SpeakingPace = 400 * time.Millisecond

// spokenItems is how many items a list that is read aloud is taken to have.
const spokenItems = 10

// valueWords is how many words a value in a text is taken to be.
const valueWords = 3

// recordingWords is how many words a recording without a text is taken to be.
const recordingWords = 25

// speaking is how long a text takes in the language in which it is longest.
func (m *Map) speaking(t engine.Text) time.Duration {
	most := 0
	for _, template := range t {
		n := 0
		if template.Audio() != "" && template.String() == "" {
			n = recordingWords
		}
		for _, part := range template {
			if part.Expr != nil {
				n += valueWords
			} else {
				n += countWords(part.Literal)
			}
		}
		most = max(most, n)
	}
	return time.Duration(most) * SpeakingPace
}

// builtInWords is how long the engine's own words after the n-th silence take.
func (m *Map) builtInWords(n int) time.Duration {
	most := 0
	for _, w := range m.spec.Words {
		if w != nil && len(w.NoInput) > 0 {
			most = max(most, countWords(w.NoInput[min(n, len(w.NoInput))-1]))
		}
	}
	return time.Duration(most) * SpeakingPace
}

// countWords counts words. Writing without spaces counts two characters as one.
func countWords(text string) int {
	words, dense := 0, 0
	for _, field := range strings.Fields(text) {
		letters := 0
		for _, r := range field {
			switch {
			case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
				dense++
			case unicode.IsLetter(r), unicode.IsDigit(r):
				letters++
			}
		}
		if letters > 0 {
			words++
		}
	}
	return words + (dense+1)/2
}
