package flows

import (
	"strings"

	"callflow/engine"
)

// use says what a value is for.
type use struct {
	what    string      // as messages call it: "a prompt"
	spoken  bool        // it is read aloud
	secrets bool        // it may be a secret
	want    engine.Base // the type that a value alone must have; 0: any
}

var spoken = use{what: "a prompt", spoken: true}

// piece is a part of a text: literal, or an expression.
type piece struct {
	literal string
	expr    string
	isExpr  bool
	offset  int // of the expression in the text, in bytes
}

// split cuts a text into literal parts and expressions. $${ is a literal ${. bad
// is the offset of a ${ that is never closed, or -1.
func split(text string) (pieces []piece, bad int) {
	rest, at := text, 0
	var literal strings.Builder
	for {
		i := strings.Index(rest, "${")
		if i < 0 {
			literal.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '$' {
			literal.WriteString(rest[:i-1] + "${")
			rest, at = rest[i+2:], at+i+2
			continue
		}
		literal.WriteString(rest[:i])
		end := closing(rest[i+2:])
		if end < 0 {
			return nil, at + i
		}
		if literal.Len() > 0 {
			pieces = append(pieces, piece{literal: literal.String()})
			literal.Reset()
		}
		pieces = append(pieces, piece{expr: rest[i+2 : i+2+end], isExpr: true, offset: at + i + 2})
		rest, at = rest[i+3+end:], at+i+3+end
	}
	if literal.Len() > 0 {
		pieces = append(pieces, piece{literal: literal.String()})
	}
	return pieces, -1
}

// closing finds the } that ends an expression, past quotes and braces in it.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case quote != 0:
			if ch == '\\' && quote != '`' {
				i++
			} else if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'' || ch == '`':
			quote = ch
		case ch == '{':
			depth++
		case ch == '}' && depth == 0:
			return i
		case ch == '}':
			depth--
		}
	}
	return -1
}

// template compiles a text with values in it. Where an expression is wrong the
// template is nil: it was reported.
func (c *compiler) template(s Scalar, u use) engine.Template {
	if !strings.Contains(s.Value, "${") {
		return engine.Literal(s.Value)
	}
	pieces, bad := split(s.Value)
	if bad >= 0 {
		c.report(CodeBadExpression, c.inside(s, bad), "the expression begins here and is never closed").Hint = "end it with }, or write $${ for the two characters"
		return nil
	}
	t := make(engine.Template, 0, len(pieces))
	broken := false
	for _, p := range pieces {
		if !p.isExpr {
			t = append(t, engine.Part{Literal: p.literal})
			continue
		}
		want := u.want
		if len(pieces) > 1 {
			want = 0 // values are written into the text
		}
		e := c.expr(p.expr, s, p.offset, want, u)
		if e == nil {
			broken = true
			continue
		}
		if u.spoken {
			c.bareNumber(e, s, p.offset)
		}
		t = append(t, engine.Part{Expr: e})
	}
	if broken {
		return nil
	}
	return t
}

// operand compiles a value that may be a secret.
func (c *compiler) operand(s Scalar, u use) engine.Operand {
	if name, ok := c.secretName(s); ok {
		return engine.Operand{Secret: name}
	}
	return engine.Operand{Template: c.template(s, u)}
}

// secretName is the name of the secret that a value is, if it is one.
func (c *compiler) secretName(s Scalar) (string, bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(s.Value), "${")
	text, closed := strings.CutSuffix(text, "}")
	name := strings.TrimSpace(text)
	if !ok || !closed || c.scope[name].Base != engine.TypeSecret {
		return "", false
	}
	c.used[name] = true
	return name, true
}
