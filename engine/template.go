package engine

import (
	"slices"
	"strconv"
	"strings"
)

// Template is text with values in it: literal parts and expressions. Nil is
// empty text.
type Template []Part

// Part is one of the two, or the recording that a text begins with.
type Part struct {
	Literal string
	Expr    *Expr
	// Markup is what stands in SSML instead of Literal, which is what remains of it
	// for a platform that speaks none: mostly nothing.
	Markup string
	// Audio is a recording of the text that follows: a part of its own, and the
	// first.
	Audio string
}

// Literal is a template without values.
func Literal(text string) Template {
	if text == "" {
		return nil
	}
	return Template{{Literal: text}}
}

// Names are the variables the template reads, sorted.
func (t Template) Names() []string {
	var names []string
	for _, p := range t {
		if p.Expr != nil {
			names = append(names, p.Expr.Names()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Audio is the recording that the text begins with, or "".
func (t Template) Audio() string {
	if len(t) == 0 {
		return ""
	}
	return t[0].Audio
}

// String is the text of the template as it was written, without markup.
func (t Template) String() string {
	var b strings.Builder
	for _, p := range t {
		if p.Expr != nil {
			b.WriteString("${" + p.Expr.source + "}")
		} else {
			b.WriteString(p.Literal)
		}
	}
	return b.String()
}

// Operand is a value handed to a sign-in or an assignment: the name of a secret
// variable, or a template.
type Operand struct {
	Secret   string
	Template Template
}

// Names are the variables the operand reads, the secret included.
func (o Operand) Names() []string {
	if o.Secret != "" {
		return []string{o.Secret}
	}
	return o.Template.Names()
}

// IsZero tells an operand that is not there.
func (o Operand) IsZero() bool { return o.Secret == "" && len(o.Template) == 0 }

// render fills in the values, each passed through encode.
func (t Template) render(s *Session, w *Words, encode func(string) (string, error)) (string, error) {
	if len(t) == 1 && t[0].Expr == nil {
		return t[0].Literal, nil
	}
	var b strings.Builder
	for _, p := range t {
		if p.Expr == nil {
			b.WriteString(p.Literal)
			continue
		}
		v, err := p.Expr.eval(s, w)
		if err != nil {
			return "", err
		}
		text := textOf(v)
		if encode != nil {
			if text, err = encode(text); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// textOf writes a value as text.
func textOf(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// maxSpoken bounds one value in a prompt, in bytes.
const maxSpoken = 500

// spoken makes a value fit to be spoken: one line of plain text without the
// characters that mark up speech. A greeting or a display name is hostile input.
func spoken(text string) (string, error) {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '<' || r == '>' || r == '\uFFFD':
			return -1
		case r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029':
			return ' '
		}
		return r
	}, text)
	if len(clean) > maxSpoken {
		clean = strings.ToValidUTF8(clean[:maxSpoken], "")
	}
	return clean, nil
}
