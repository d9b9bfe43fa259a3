package capture

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Vocabulary are the words that may stand in what is kept of an answer.
type Vocabulary map[string]bool

// Words are all words in texts, which are the sources of flows: what callers hear of
// them is no secret. Numbers of one or two digits count as words.
func Words(texts ...[]byte) Vocabulary {
	v := Vocabulary{}
	for _, text := range append(texts, []byte("speak say as interpret break time sub lang xml version audio src prosody")) {
		for _, w := range split(string(text)) {
			if w.letters || len(w.text) <= 2 && w.digits {
				v[strings.ToLower(w.text)] = true
			}
		}
	}
	return v
}

// word is a run of letters, a run of digits, or what stands between those.
type word struct {
	text            string
	letters, digits bool
}

func split(text string) []word {
	kind := func(r rune) (letter, digit bool) {
		return unicode.IsLetter(r) || unicode.IsMark(r), unicode.IsDigit(r)
	}
	var all []word
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		letter, digit := kind(r)
		for n < len(text) {
			r, size := utf8.DecodeRuneInString(text[n:])
			if l, d := kind(r); l != letter || d != digit {
				break
			}
			n += size
		}
		all = append(all, word{text[:n], letter, digit})
		text = text[n:]
	}
	return all
}

// said is what is kept of a text that callers hear: known values replaced, the words
// of the vocabulary, and the shape of all others. A digit beside digits is part of a
// number that is read out, whatever the vocabulary has.
func (v Vocabulary) said(m *masks, text string) string {
	var b strings.Builder
	for len(text) > 0 { // from one known value to the next
		if value, other, ok := m.at(text); ok {
			b.WriteString(other)
			text = text[len(value):]
			continue
		}
		n := 1
		for n < len(text) {
			if _, _, ok := m.at(text[n:]); ok {
				break
			}
			n++
		}
		v.between(&b, text[:n])
		text = text[n:]
	}
	return b.String()
}

func (v Vocabulary) between(b *strings.Builder, text string) {
	words := split(text)
	isNumber := func(i int) bool { return 0 <= i && i < len(words) && words[i].digits }
	for i, w := range words {
		apart := func(at int) bool { return 0 <= at && at < len(words) && len(words[at].text) <= 2 }
		readOut := apart(i-1) && isNumber(i-2) || apart(i+1) && isNumber(i+2)
		switch {
		case !w.letters && !w.digits, v[strings.ToLower(w.text)] && (w.letters || !readOut):
			b.WriteString(w.text)
		default:
			for _, r := range w.text {
				b.WriteRune(blank(r, '0'))
			}
		}
	}
}

// has tells a text all of whose words are in the vocabulary, without any number.
func (v Vocabulary) has(text string) bool {
	for _, w := range split(text) {
		if w.digits || w.letters && !v[strings.ToLower(w.text)] {
			return false
		}
	}
	return true
}
