package capture

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Vocabulary is what may stand in what is kept of an answer: words, and short numbers
// between the words that they stand between in a flow, such as in "press 1 for". Use Words.
type Vocabulary struct {
	words   map[string]bool
	numbers map[place]bool
}

// place is a number of one or two digits and the words before and behind it.
type place struct{ before, number, after string }

// What may stand beside a number that is no word.
const (
	nothing  = ""  // it begins or ends what is said
	another  = "#" // another number
	anything = "*" // what a flow puts in
)

// filled stands for an expression.
const filled = "\x00"

// Words are all words in texts, which are the sources of flows: what callers hear of
// them is no secret.
func Words(texts ...[]byte) Vocabulary {
	v := Vocabulary{map[string]bool{}, map[place]bool{}}
	for _, text := range append(texts, []byte("speak say as interpret break time sub lang xml version audio src prosody")) {
		for _, w := range split(string(text)) {
			if w.letters {
				v.words[strings.ToLower(w.text)] = true
			}
		}
		v.places(split(expressions(string(text))))
	}
	return v
}

// expressions replaces what a flow puts into its texts.
func expressions(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		_, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		b.WriteString(filled)
		text = after
	}
}

// places notes where numbers stand in a source. A line of it may end in the middle of
// what is said.
func (v Vocabulary) places(words []word) {
	beside := func(i, step int) []string {
		between, next := neighbour(words, i, step)
		switch {
		case strings.Contains(between, filled):
			return []string{anything}
		case strings.ContainsAny(between, ".!?<>\"'{}[]:"):
			return []string{nothing}
		case strings.Contains(between, "\n"):
			return []string{nothing, next}
		}
		return []string{next}
	}
	for i, w := range words {
		if !w.isShort() {
			continue
		}
		for _, before := range beside(i, -1) {
			for _, after := range beside(i, 1) {
				v.numbers[place{before, w.text, after}] = true
			}
		}
	}
}

// neighbour is the word beside another one, and what stands between them.
func neighbour(words []word, i, step int) (between, next string) {
	i += step
	if 0 <= i && i < len(words) && !words[i].letters && !words[i].digits {
		between = words[i].text
		i += step
	}
	switch {
	case i < 0 || i >= len(words):
		return between, nothing
	case words[i].digits:
		return between, another
	}
	return between, strings.ToLower(words[i].text)
}

// hasNumber tells a number that stands where it does in a flow. One with no word beside it
// might be anything.
func (v Vocabulary) hasNumber(words []word, i int) bool {
	beside := func(step int) string {
		between, next := neighbour(words, i, step)
		if strings.ContainsAny(between, ".!?<>\n") {
			return nothing
		}
		return next
	}
	isWord := func(s string) bool { return s != nothing && s != another && s != anything }
	before, after := beside(-1), beside(1)
	for _, b := range [...]string{before, anything} {
		for _, a := range [...]string{after, anything} {
			if (isWord(b) || isWord(a)) && v.numbers[place{b, words[i].text, a}] {
				return true
			}
		}
	}
	return false
}

// word is a run of letters, a run of digits, or what stands between those.
type word struct {
	text            string
	letters, digits bool
}

// isShort tells a number such as that of an option.
func (w word) isShort() bool { return w.digits && len(w.text) <= 2 }

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
		case !w.letters && !w.digits, w.letters && v.words[strings.ToLower(w.text)], w.isShort() && !readOut && v.hasNumber(words, i):
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
		if w.digits || w.letters && !v.words[strings.ToLower(w.text)] {
			return false
		}
	}
	return true
}
