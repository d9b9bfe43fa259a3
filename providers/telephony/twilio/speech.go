package twilio

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"callflow/providers/telephony"
)

// The longest text of one Say, in characters: the least of what the families of
// voices take (error 13521). A longer one is said in pieces.
const (
	maxSay   = 3000
	leastSay = maxSay - 400 // a piece ends at a space behind here, if there is one
)

// speech is text that is said, and nothing else. Angle brackets have no sound, and
// some voices are handed what they say as markup: they are sent as spaces.
func speech(text string) string {
	text = telephony.PlainText(text)
	if strings.ContainsAny(text, "<>") {
		text = strings.Map(func(c rune) rune {
			if c == '<' || c == '>' {
				return ' '
			}
			return c
		}, text)
	}
	return strings.TrimSpace(text)
}

// cut takes one piece off a text.
func cut(text string) (piece, rest string) {
	if utf8.RuneCountInString(text) <= maxSay {
		return text, ""
	}
	end, n, space := 0, 0, -1
	for i, c := range text {
		if n == maxSay {
			end = i
			break
		}
		if n >= leastSay && c == ' ' {
			space = i
		}
		n++
	}
	if space > 0 {
		return text[:space], strings.TrimLeft(text[space:], " ")
	}
	return text[:end], text[end:]
}

// isSpoken tells whether an element of SSML can stand in a Say.
func isSpoken(name string) bool {
	return slices.Contains([]string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}, name)
}

// ssml is what stands within a speak element, as elements of a Say: Twilio writes
// the speak around it. False where it is not well-formed, or too long: the plain
// text is said then.
func ssml(marked string) (string, bool) {
	var b []byte
	var open []string
	length := 0
	decoder := xml.NewDecoder(strings.NewReader(telephony.PlainText(marked)))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return string(b), len(open) == 0 && length > 0 && length <= maxSay
		}
		if err != nil {
			return "", false
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := tagName(t.Name)
			open = append(open, name)
			if !isSpoken(name) {
				continue
			}
			b = append(append(b, '<'), name...)
			for _, a := range t.Attr {
				b = append(append(append(b, ' '), tagName(a.Name)...), `="`...)
				b = append(appendXML(b, a.Value), '"')
			}
			b = append(b, '>')
		case xml.EndElement:
			name := tagName(t.Name)
			if len(open) == 0 || open[len(open)-1] != name {
				return "", false
			}
			open = open[:len(open)-1]
			if isSpoken(name) {
				b = append(append(append(b, "</"...), name...), '>')
			}
		case xml.CharData:
			if len(open) > 0 {
				length += utf8.RuneCount(t)
				b = appendXML(b, string(t))
			}
		}
	}
}

func tagName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}
