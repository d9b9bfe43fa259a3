package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Phrase is the form in which phrases are compared: in small letters, without
// accents and signs, its words with a blank between them. "" has no words.
func Phrase(text string) string { return strings.Join(phraseOf(text), " ") }

// phraseOf are the words of a phrase.
func phraseOf(text string) []string {
	var b strings.Builder
	// What is no text cannot be told apart from an accent by whoever reads it again.
	for _, r := range norm.NFD.String(strings.ToValidUTF8(text, " ")) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '\u2019':
			// An accent, or an apostrophe: "that's" is one word.
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// saying is a phrase that stands for keys.
type saying struct {
	keys   string
	phrase string   // as it was written
	words  []string // for comparing
}

// whole gives the keys of what was said from the first word to the last; "": of
// none, or of several.
func whole(sayings []saying, said []string) string {
	keys := ""
	for _, s := range sayings {
		if !slices.Equal(s.words, said) {
			continue
		}
		if keys != "" && keys != s.keys {
			return ""
		}
		keys = s.keys
	}
	return keys
}

// partly gives the keys of the one saying that is part of what was said. One that
// stands within a longer one does not count: who says "not right" has not said
// "right".
func partly(sayings []saying, said []string) string {
	type span struct {
		from, to int
		keys     string
	}
	var found []span
	for _, s := range sayings {
		for from := 0; from+len(s.words) <= len(said); from++ {
			if slices.Equal(s.words, said[from:from+len(s.words)]) {
				found = append(found, span{from, from + len(s.words), s.keys})
			}
		}
	}
	keys := ""
	for _, f := range found {
		inside := slices.ContainsFunc(found, func(o span) bool {
			return o.from <= f.from && f.to <= o.to && o.to-o.from > f.to-f.from
		})
		if inside {
			continue
		}
		if keys != "" && keys != f.keys {
			return ""
		}
		keys = f.keys
	}
	return keys
}

// keysOf reads keys that were said one by one, or as numbers: "four double seven
// one", "4 77 1". "": that is not all that was said.
func (w *SpeechWords) keysOf(said []string) string {
	var b strings.Builder
	times := 1
	for _, word := range said {
		keys := w.Keys[word]
		if strings.Trim(word, "0123456789") == "" {
			keys = word
		}
		switch {
		case keys != "" && (times == 1 || len(keys) == 1):
			b.WriteString(strings.Repeat(keys, times))
			times = 1
		case keys != "" || times > 1:
			return ""
		case slices.Contains(w.Double, word):
			times = 2
		case slices.Contains(w.Triple, word):
			times = 3
		case !slices.Contains(w.Fill, word):
			return ""
		}
	}
	if times > 1 {
		return ""
	}
	return b.String()
}

// ready are the words in the form in which they are compared; the error says what
// is wrong with them.
func (w SpeechWords) ready() (*SpeechWords, error) {
	keys := make(map[string]string, len(w.Keys))
	digits := map[string]bool{}
	for _, word := range slices.Sorted(maps.Keys(w.Keys)) {
		key := w.Keys[word]
		if len(key) != 1 || strings.Trim(key, "0123456789*#") != "" {
			return nil, fmt.Errorf("keys: %s: found %q, expected one of 0-9, * and #", word, key)
		}
		keys[Phrase(word)] = key
		digits[key] = true
	}
	for _, d := range "0123456789" {
		if !digits[string(d)] {
			return nil, fmt.Errorf("keys: there is no word for %c", d)
		}
	}
	if len(w.Yes) == 0 || len(w.No) == 0 {
		return nil, errors.New("there are no words for yes, or none for no")
	}
	w.Keys = keys
	for _, list := range []*[]string{&w.Double, &w.Triple, &w.Fill} {
		words := make([]string, len(*list))
		for i, word := range *list {
			words[i] = Phrase(word)
		}
		*list = words
	}
	return &w, nil
}
