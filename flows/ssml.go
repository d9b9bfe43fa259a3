package flows

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"callflow/engine"
)

// ssmlElements are the elements of SSML 1.1 that speech services of telephony
// platforms have in common, with their attributes.
var ssmlElements = map[string][]string{
	"speak":    {"version", "xml:lang", "xmlns"},
	"p":        {"xml:lang"},
	"s":        {"xml:lang"},
	"break":    {"strength", "time"},
	"emphasis": {"level"},
	"prosody":  {"rate", "pitch", "volume", "contour", "range", "duration"},
	"say-as":   {"interpret-as", "format", "detail"},
	"sub":      {"alias"},
	"phoneme":  {"alphabet", "ph"},
	"lang":     {"xml:lang"},
	"w":        {"role"},
}

// ssml compiles a text that is marked up. Tags are handed on as they were written;
// values stand between them, as text.
func (c *compiler) ssml(s Scalar, u use) engine.Template {
	pieces, bad := split(s.Value)
	if bad >= 0 {
		c.report(CodeBadExpression, c.inside(s, bad), "the expression begins here and is never closed").Hint = "end it with }, or write $${ for the two characters"
		return nil
	}
	w := ssmlWriter{c: c, s: s, u: u, masked: withoutValues(s.Value)}
	for _, p := range pieces {
		if p.isExpr {
			w.values = append(w.values, p)
		}
	}
	if w.read() {
		return w.out
	}
	for _, v := range w.values { // what is named there is used all the same
		c.expr(v.expr, s, v.offset, 0, u)
	}
	return nil
}

// ssmlWriter makes a template of SSML.
type ssmlWriter struct {
	c      *compiler
	s      Scalar
	u      use
	masked string  // the text with its values blanked, byte for byte
	values []piece // that have not been passed
	out    engine.Template
	failed bool
}

func (w *ssmlWriter) report(at int, format string, args ...any) *Diagnostic {
	w.failed = true
	return w.c.report(CodeBadSSML, w.c.inside(w.s, at), format, args...)
}

// read reads the text tag by tag; false: something was reported.
func (w *ssmlWriter) read() bool {
	d := xml.NewDecoder(strings.NewReader(w.masked))
	var open []string
	sub := -1 // where an element begins whose text is not what is heard
	alias, ended := "", false
	for {
		from := int(d.InputOffset())
		t, err := d.RawToken()
		to := int(d.InputOffset())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var syntax *xml.SyntaxError
			message := err.Error()
			if errors.As(err, &syntax) {
				message = syntax.Msg
			}
			w.report(min(to, len(w.masked)), "the markup cannot be read: %s", message).Hint = "write &amp; for & and &lt; for < in a text"
			return false
		}
		switch t := t.(type) {
		case xml.StartElement:
			name := nameOf(t.Name)
			switch {
			case ended:
				w.report(from, "<%s> stands behind the end of <speak>", name)
			case len(open) == 0 && name != "speak":
				w.report(from, "the markup begins with <%s>; expected <speak>", name)
			case len(open) > 0 && name == "speak":
				w.report(from, "<speak> stands within <speak>")
			case ssmlElements[name] == nil:
				w.report(from, "<%s> is not spoken by every platform; expected one of %s", name, and(ssmlNames()))
			}
			for _, a := range t.Attr {
				if known := ssmlElements[name]; known != nil && !contains(known, nameOf(a.Name)) {
					w.report(from, "<%s> has no attribute %q; expected %s", name, nameOf(a.Name), list(known)).Hint = didYouMean(nameOf(a.Name), known)
				}
				if nameOf(a.Name) == "alias" {
					alias = a.Value
				}
			}
			w.noValues(to)
			open = append(open, name)
			if name == "sub" && sub < 0 {
				if sub = from; alias == "" {
					w.report(from, `<sub> needs an "alias", which is what is said`)
				}
			}
			// The decoder ends an element that closes itself without moving on.
			if sub < 0 {
				w.tag(name, from, to)
			}
		case xml.EndElement:
			name := nameOf(t.Name)
			if len(open) == 0 || open[len(open)-1] != name {
				expected := "none is open"
				if len(open) > 0 {
					expected = "expected </" + open[len(open)-1] + ">"
				}
				w.report(from, "</%s> closes what is not open; %s", name, expected)
				return false
			}
			open = open[:len(open)-1]
			switch {
			case name == "sub" && sub >= 0 && !contains(open, "sub"):
				w.out = append(w.out, engine.Part{Literal: alias, Markup: w.s.Value[sub:to]})
				sub, alias = -1, ""
			case sub < 0 && to > from:
				w.tag(name, from, to)
			}
			ended = len(open) == 0
		case xml.CharData:
			switch {
			case len(open) == 0 && strings.TrimSpace(string(t)) != "":
				w.report(from, "the text stands outside of <speak>").Hint = "write <speak>…</speak> around the whole text"
				return false
			case len(open) == 0:
			case sub >= 0:
				w.noValues(to)
			default:
				w.text(from, to)
			}
		case xml.Comment:
			w.noValues(to)
		default:
			w.report(from, "only elements and text can stand in SSML")
		}
	}
	if len(open) > 0 {
		w.report(len(w.masked), "<%s> is never closed", open[len(open)-1])
	} else if !ended && !w.failed {
		w.report(0, "there is no <speak> in the markup")
	}
	return !w.failed
}

// tag hands on the tag at a place. One that parts words leaves a blank.
func (w *ssmlWriter) tag(name string, from, to int) {
	plain := ""
	if name == "break" || name == "p" || name == "s" {
		plain = " "
	}
	w.out = append(w.out, engine.Part{Literal: plain, Markup: w.s.Value[from:to]})
}

// text hands on the text at a place, with the values in it.
func (w *ssmlWriter) text(from, to int) {
	literal := func(from, to int) {
		text := strings.ReplaceAll(unescape(w.masked[from:to]), "$${", "${")
		if text = squeeze(text); text != "" {
			w.out = append(w.out, engine.Part{Literal: text})
		}
	}
	for len(w.values) > 0 && w.values[0].offset < to {
		v := w.values[0]
		w.values = w.values[1:]
		literal(from, v.offset-2)
		from = v.offset + len(v.expr) + 1
		e := w.c.expr(v.expr, w.s, v.offset, 0, w.u)
		if e == nil {
			w.failed = true
			continue
		}
		if w.u.spoken {
			w.c.bareNumber(e, w.s, v.offset)
		}
		w.out = append(w.out, engine.Part{Expr: e})
	}
	literal(from, to)
}

// noValues reports values in the tag that ends at a place, and passes them.
func (w *ssmlWriter) noValues(to int) {
	for len(w.values) > 0 && w.values[0].offset < to {
		w.report(w.values[0].offset-2, "a value can stand between tags, and not in one").Hint = "write it as text: <say-as interpret-as=\"digits\">${…}</say-as>"
		w.c.expr(w.values[0].expr, w.s, w.values[0].offset, 0, w.u)
		w.values = w.values[1:]
	}
}

// unescape reads the references in a piece of text that the decoder has read
// already.
func unescape(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	t, err := xml.NewDecoder(strings.NewReader(text)).RawToken()
	if data, ok := t.(xml.CharData); ok && err == nil {
		return string(data)
	}
	return text
}

func nameOf(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func ssmlNames() []string {
	names := make([]string, 0, len(ssmlElements))
	for name := range ssmlElements {
		names = append(names, name)
	}
	return sortedCopy(names)
}

// withoutTags is the text of a line with its tags blanked, byte for byte.
func (l Line) withoutTags() string {
	if !l.SSML {
		return l.Value
	}
	b := []byte(withoutValues(l.Value))
	inside := false
	for i, ch := range b {
		if ch == '<' {
			inside = true
		}
		if inside {
			b[i] = ' '
		}
		if ch == '>' {
			inside = false
		}
	}
	return string(b)
}
