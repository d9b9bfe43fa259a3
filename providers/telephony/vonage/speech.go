package vonage

import (
	"strings"
	"unicode"

	"callflow/engine"
	"callflow/providers/telephony"
)

// maxText is the most characters that one talk says, tags not counted. They are
// counted as JSON's own languages count them: one beyond the basic plane is two.
const maxText = 1500

// Where a text that is too long may be cut: after a sentence in the last part of a
// piece, else between two words, else anywhere.
const (
	sentencePart = 300
	wordPart     = 100
)

// pieces are what has to be said, each short enough for one talk: the marked-up text
// where it is, else the plain one.
func pieces(s engine.Say) []string {
	if s.SSML != "" && units(untagged(s.SSML)) <= maxText {
		return []string{telephony.PlainText(s.SSML)}
	}
	text := telephony.Untagged(s.Text) // Vonage takes tags for markup
	if len(text) <= maxText {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	var all []string
	for text != "" {
		n := cut(text)
		if piece := strings.TrimSpace(text[:n]); piece != "" {
			all = append(all, piece)
		}
		text = strings.TrimSpace(text[n:])
	}
	return all
}

// cut is where the first piece of a text ends, in bytes.
func cut(text string) int {
	count, word, sentence := 0, 0, 0
	var before rune
	for i, c := range text {
		if count+width(c) > maxText {
			switch {
			case sentence > 0:
				return sentence
			case word > 0:
				return word
			}
			return i
		}
		count += width(c)
		if unicode.IsSpace(c) {
			if count > maxText-sentencePart && strings.ContainsRune(".!?…", before) {
				sentence = i
			}
			if count > maxText-wordPart {
				word = i
			}
		}
		before = c
	}
	return len(text)
}

// units is how long a text is.
func units(s string) (n int) {
	for _, c := range s {
		n += width(c)
	}
	return n
}

func width(c rune) int {
	if c > 0xffff {
		return 2
	}
	return 1
}

// untagged is marked-up text without its tags.
func untagged(s string) string {
	in := false
	return strings.Map(func(c rune) rune {
		switch {
		case c == '<':
			in = true
		case c == '>' && in:
			in = false
		case !in:
			return c
		}
		return -1
	}, s)
}
