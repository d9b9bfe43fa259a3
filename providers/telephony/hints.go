package telephony

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Hints bound what a question that listens is told to expect: how many phrases, how long
// one, and all of them with something between two, in characters. Zero: no bound known.
// What is beyond is left out, and a longer phrase is cut: it is understood as well as
// without.
type Hints struct {
	Most   int `json:"most"`
	Length int `json:"length"`
	Room   int `json:"room"`
}

// Of is what a platform is told of phrases, each in its own writing.
func (h Hints) Of(phrases []string, written func(string) string) (told []string) {
	room := h.Room + 1 // nothing stands before the first
	for _, p := range phrases {
		p = h.cut(written(p))
		length := utf8.RuneCountInString(p) + 1
		if p == "" || slices.Contains(told, p) || h.Most > 0 && len(told) == h.Most || h.Room > 0 && length > room {
			continue
		}
		told, room = append(told, p), room-length
	}
	return told
}

func (h Hints) cut(phrase string) string {
	if h.Length == 0 || len(phrase) <= h.Length {
		return phrase
	}
	if short := []rune(phrase); len(short) > h.Length {
		return strings.TrimSpace(string(short[:h.Length]))
	}
	return phrase
}

// Words are those of a phrase, parted by one space each: signs stand for something else
// where the platform takes a list.
func Words(phrase, signs string) string {
	between := func(c rune) bool { return c == ' ' || strings.ContainsRune(signs, c) }
	return strings.Join(strings.FieldsFunc(PlainText(phrase), between), " ")
}
