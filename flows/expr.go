package flows

import (
	"errors"
	"strings"
	"unicode/utf8"

	"callflow/engine"
	"callflow/engine/lazy"
)

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
		names := identifiers().FindAllString(source, -1)
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

var identifiers = lazy.Regexp(`[A-Za-z_][A-Za-z0-9_]*`)

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
	names := identifiers().FindAllString(string(before), -1)
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
	if e.Type().Base != engine.TypeNumber || c.counts(e) {
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
	calls := intOf().FindAllStringSubmatch(source, -1)
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

var intOf = lazy.Regexp(`\bint\(\s*([a-z][a-z0-9_]*)\s*\)`)

// mayFail warns of an expression that can fail where nobody has said what then
// happens.
func (c *compiler) mayFail(e *engine.Expr, function string, s Scalar, offset int) {
	if c.doc.OnError != nil {
		return
	}
	why := function + "() does not accept every value"
	switch function {
	case "/", "%":
		why = "what it divides by can be zero"
	case "item":
		why = "the list can have no such item"
	}
	c.report(CodeMayFail, c.inside(s, offset), "%s can fail while a call runs: %s", e, why).Hint = `lead it to a state of your own with "on_error", or check the value before`
}

// counts tells that an expression is a count of a queue: a whole number, and not a
// long one.
func (c *compiler) counts(e *engine.Expr) bool {
	path := e.Path()
	if len(path) != 2 || c.states[path[0]] == nil {
		return false
	}
	_, queue := c.states[path[0]].Kind.(*QueueDecl)
	return queue
}
