package codectest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"callflow/providers/telephony"
)

// XML is how a platform that is answered in XML speaks, for Fixture.Speech.
type XML struct {
	// Say is the element that speaks what is in it, and Markup tells of the elements
	// that may stand there; nil: none may.
	Say    string
	Markup func(name string) bool
	// Most is how many characters one element speaks. A text goes on in the next one
	// if the first has at least Least.
	Least, Most int
	// Elements are all that may be written.
	Elements map[string]Element
}

// Element is where an element may stand, "" being the root's place, and which
// attributes it may have.
type Element struct {
	In         []string
	Attributes []string
}

// Speech takes a document apart into what is said and the rest. The pieces of a long
// text are one text.
func (x XML) Speech(r telephony.Reply) (said []string, rest string, err error) {
	if !utf8.Valid(r.Body) {
		return nil, "", errors.New("the reply is not UTF-8")
	}
	if !strings.HasPrefix(string(r.Body), "<?xml") {
		return nil, "", errors.New("something stands before the XML declaration")
	}
	var b strings.Builder
	var open []string
	text, continued := "", false
	decoder := xml.NewDecoder(strings.NewReader(string(r.Body)))
	for {
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return said, b.String(), nil
		}
		if err != nil {
			return nil, "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := x.known(t, open); err != nil {
				return nil, "", err
			}
			open = append(open, t.Name.Local)
			if t.Name.Local == x.Say {
				text = ""
				continue
			}
			continued = false
			fmt.Fprintf(&b, "<%s %v>", t.Name.Local, t.Attr)
		case xml.EndElement:
			open = open[:len(open)-1]
			if t.Name.Local != x.Say {
				fmt.Fprintf(&b, "</%s>", t.Name.Local)
				continue
			}
			n := utf8.RuneCountInString(text)
			if n > x.Most {
				return nil, "", fmt.Errorf("a %s of %d characters", x.Say, n)
			}
			if continued {
				said[len(said)-1] += " " + text
			} else {
				said = append(said, text)
				fmt.Fprintf(&b, "<%s/>", x.Say)
			}
			continued = n >= x.Least
		case xml.CharData:
			if slices.Contains(open, x.Say) {
				text += string(t)
			} else {
				b.Write(t)
			}
		}
	}
}

// known refuses what the platform's pages do not have.
func (x XML) known(t xml.StartElement, open []string) error {
	parent := ""
	if len(open) > 0 {
		parent = open[len(open)-1]
	}
	if x.Markup != nil && slices.Contains(open, x.Say) && x.Markup(t.Name.Local) {
		return nil
	}
	e, ok := x.Elements[t.Name.Local]
	if !ok || !slices.Contains(e.In, parent) {
		return fmt.Errorf("<%s> in <%s>", t.Name.Local, parent)
	}
	for _, a := range t.Attr {
		if !slices.Contains(e.Attributes, a.Name.Local) {
			return fmt.Errorf("<%s> has no attribute %s", t.Name.Local, a.Name.Local)
		}
	}
	return nil
}
