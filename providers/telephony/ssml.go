package telephony

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// SpokenXML is what stands within a speak element, for platforms that take marked-up
// text as elements of an element of their own: those that spoken names are kept, with
// their attributes, and of others what is in them. length is how many characters are
// said. False where the text is not well-formed: the plain text is said then.
func SpokenXML(marked string, spoken func(element string) bool) (inner string, length int, ok bool) {
	var b []byte
	var open []string
	decoder := xml.NewDecoder(strings.NewReader(PlainText(marked)))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return string(b), length, len(open) == 0 && length > 0
		}
		if err != nil {
			return "", 0, false
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := tagName(t.Name)
			open = append(open, name)
			if !spoken(name) {
				continue
			}
			b = append(append(b, '<'), name...)
			for _, a := range t.Attr {
				b = append(append(append(b, ' '), tagName(a.Name)...), `="`...)
				b = append(AppendXML(b, a.Value), '"')
			}
			b = append(b, '>')
		case xml.EndElement:
			name := tagName(t.Name)
			if len(open) == 0 || open[len(open)-1] != name {
				return "", 0, false
			}
			open = open[:len(open)-1]
			if spoken(name) {
				b = append(append(append(b, "</"...), name...), '>')
			}
		case xml.CharData:
			if len(open) > 0 {
				length += utf8.RuneCount(t)
				b = AppendXML(b, string(t))
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

// Untagged is text that no voice takes for markup: angle brackets have no sound, and
// are spaces.
func Untagged(text string) string {
	text = PlainText(text)
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

// CutText takes one piece of at most so many characters off a text, and where it can
// so, at a space behind the first least of them.
func CutText(text string, least, most int) (piece, rest string) {
	if utf8.RuneCountInString(text) <= most {
		return text, ""
	}
	end, n, space := 0, 0, -1
	for i, c := range text {
		if n == most {
			end = i
			break
		}
		if n >= least && c == ' ' {
			space = i
		}
		n++
	}
	if space > 0 {
		return text[:space], strings.TrimLeft(text[space:], " ")
	}
	return text[:end], text[end:]
}
