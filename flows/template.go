package flows

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

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

// condition compiles what stands after "if".
func (c *compiler) condition(s Scalar) *engine.Expr {
	if !s.IsSet() {
		return anything
	}
	if i := strings.Index(s.Value, "${"); i >= 0 {
		c.report(CodeBadExpression, c.inside(s, i), "a condition is written without ${ }")
		return anything
	}
	if e := c.expr(s.Value, s, 0, engine.TypeBool, use{what: "a condition"}); e != nil {
		return e
	}
	return anything
}

// anything stands in for a condition that was wrong.
var anything = func() *engine.Expr {
	e, _ := engine.CompileExpr("true", nil, engine.TypeBool)
	return e
}()

// expr compiles an expression that stands in s, offset bytes from its beginning.
// A broken one is nil, and reported unless a name in it was.
func (c *compiler) expr(source string, s Scalar, offset int, want engine.Base, u use) *engine.Expr {
	key := exprKey{source, want}
	e, err := c.exprs[key], error(nil)
	if e == nil {
		if c.hints > maxHints && c.missingName("${"+source+"}") != "" {
			return c.unknown(source, s, offset)
		}
		e, err = engine.CompileExpr(source, c.scope, want)
	}
	if err != nil {
		names := identifiers.FindAllString(source, -1)
		loose := false
		for _, n := range names {
			c.used[n] = true
			loose = loose || c.loose[n]
		}
		if !loose {
			c.exprError(source, s, offset, u, err)
		}
		return nil
	}
	c.exprs[key] = e
	for _, n := range e.Names() {
		c.used[n] = true
	}
	if f := e.MayFail(); f != "" && !c.wholeNumbers(f, source) {
		c.mayFail(e, f, s, offset)
	}
	return e
}

// unknown reports an unknown name where there were so many already that the
// search for what was meant is given up.
func (c *compiler) unknown(source string, s Scalar, offset int) *engine.Expr {
	name := c.missingName("${" + source + "}")
	if !c.loose[name] {
		c.report(CodeUnknownName, c.inside(s, offset+max(naming(source, name), 0)), "nothing is called %q", name)
	}
	return nil
}

// exprKey is what an expression is compiled from, besides the names of the flow.
type exprKey struct {
	source string
	want   engine.Base
}

var identifiers = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

func (c *compiler) exprError(source string, s Scalar, offset int, u use, err error) {
	var fault *engine.ExprError
	if !errors.As(err, &fault) {
		c.report(CodeBadExpression, c.inside(s, offset), "%s", err)
		return
	}
	pos := c.inside(s, offset+byteOffset(source, fault.Offset))
	switch fault.Fault {
	case engine.FaultUnknown:
		d := c.report(CodeUnknownName, pos, "%s", fault.Message)
		if c.hints++; c.hints <= maxHints {
			if meant, ok := nearest(fault.Name, fault.Known); ok {
				d.Hint = "did you mean " + quote(meant) + "?"
				c.used[meant] = true
			}
		}
		c.noFields(source, fault, d)
	case engine.FaultType:
		d := c.report(CodeWrongExpressionType, pos, "%s", fault.Message)
		if strings.Contains(fault.Message, "cannot be compared") && strings.Contains(fault.Message, "text") && strings.Contains(fault.Message, "number") {
			d.Hint = "put the number in quotes, or write int(…) around the text"
		}
	case engine.FaultSecret:
		d := c.report(CodeSecretExposed, pos, "%q is secret and must not be part of %s", fault.Name, u.what)
		d.Hint = "a secret can be handed to a sign-in and to nothing else"
	default:
		c.report(CodeBadExpression, pos, "%s", fault.Message)
	}
}

// noFields says what is the matter with a field of an answer of which the flow
// reads none, and keeps further ones from being reported as well.
func (c *compiler) noFields(source string, fault *engine.ExprError, d *Diagnostic) {
	before := []rune(source)[:min(fault.Offset, utf8.RuneCountInString(source))]
	names := identifiers.FindAllString(string(before), -1)
	if len(names) == 0 || len(fault.Known) > 0 {
		return
	}
	owner := names[len(names)-1]
	if typ := c.scope[owner]; typ.Base == engine.TypeRecord && len(typ.Fields) == 0 {
		d.Hint = "add returns: { " + fault.Name + ": text } to " + quote(owner)
		c.loose[owner] = true
	}
}

// byteOffset is where the n-th character of s begins.
func byteOffset(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// maxHints bounds the search for nearest names, which looks at all of them.
const maxHints = 200

func (c *compiler) nearest(name string, candidates []string) string {
	if c.hints++; c.hints > maxHints {
		return ""
	}
	return didYouMean(name, candidates)
}

// bareNumber warns of a number in a prompt that nothing says how to read.
func (c *compiler) bareNumber(e *engine.Expr, s Scalar, offset int) {
	if e.Type().Base != engine.TypeNumber {
		return
	}
	c.report(CodeBareNumber, c.inside(s, offset), "%s is a number, and the prompt does not say how to read it aloud", e).Hint =
		"use money(" + e.String() + ", \"USD\") for an amount, or digits(text(" + e.String() + ")) for one digit after another"
}

// wholeNumbers tells whether int is only applied to entries, which are digits
// and nothing else, and not too many of them.
func (c *compiler) wholeNumbers(function, source string) bool {
	if function != "int" {
		return false
	}
	calls := intOf.FindAllStringSubmatch(source, -1)
	for _, m := range calls {
		st := c.states[m[1]]
		if st == nil {
			return false
		}
		d, ok := st.Kind.(*CollectDecl)
		if !ok || d.Digits == nil || d.Digits.V.Max > 15 {
			return false
		}
	}
	return len(calls) == strings.Count(source, "int(") && !strings.Contains(source, "date(") && !strings.Contains(source, "time(")
}

var intOf = regexp.MustCompile(`\bint\(\s*([a-z][a-z0-9_]*)\s*\)`)

func (c *compiler) mayFail(e *engine.Expr, function string, s Scalar, offset int) {
	c.report(CodeMayFail, c.inside(s, offset), "%s can fail while a call runs: %s() does not accept every value", e, function).Hint = `lead it to a state of your own with "on_error", or check the value before`
}
