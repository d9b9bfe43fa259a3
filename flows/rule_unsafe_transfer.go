package flows

import (
	"regexp"
	"slices"
	"strings"

	"callflow/engine"
)

// unsafeTransfer reports transfers to a number that a caller could choose: one
// made of what was typed, or of the number the call came from. Somebody would
// have our lines dial premium numbers at night.
func unsafeTransfer(c *compiler) {
	var typed map[string]bool // found when the first transfer needs it
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*TransferDecl)
		if !ok || !d.To.IsSet() {
			continue
		}
		pieces, _ := split(d.To.Value)
		if len(pieces) == 1 && !pieces[0].isExpr {
			c.number(d.To)
			continue
		}
		if typed == nil {
			typed = c.typed()
		}
		for _, p := range pieces {
			if name, at := chosen(p, typed); name != "" {
				d := c.report(CodeUnsafeTransfer, c.inside(d.To, p.offset+at), "the number to call is made of %q, which a caller can choose", name)
				d.Hint = "use a branch that leads to transfers with written-out numbers, or take the number from a service"
				break
			}
		}
	}
}

var (
	dialable = regexp.MustCompile(`^\+?[0-9*#]{2,20}$`)
	sipURI   = regexp.MustCompile(`^sips?:[^\s@<>"]+@[^\s@<>"]+$`)
)

// number checks a number that is written out.
func (c *compiler) number(s Scalar) {
	if dialable.MatchString(s.Value) || sipURI.MatchString(s.Value) {
		return
	}
	d := c.report(CodeBadValue, s.Pos, "%q cannot be called; expected a number such as +15550100, or a SIP address", clip(s.Value))
	if plain := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(s.Value); dialable.MatchString(plain) {
		d.Hint = "write " + quote(plain)
	}
}

// chosen finds what a caller can choose in an expression, and where.
func chosen(p piece, typed map[string]bool) (name string, at int) {
	if !p.isExpr {
		return "", 0
	}
	for _, m := range callPath.FindAllStringSubmatchIndex(p.expr, -1) {
		if field := p.expr[m[2]:m[3]]; field == "from" || field == "name" || field == "id" {
			return p.expr[m[0]:m[1]], m[0]
		}
	}
	for _, m := range identifiers.FindAllStringIndex(p.expr, -1) {
		if name := p.expr[m[0]:m[1]]; typed[name] && (m[0] == 0 || p.expr[m[0]-1] != '.') {
			return name, m[0]
		}
	}
	return "", 0
}

var callPath = regexp.MustCompile(`\bcall\.([a-z]+)`)

// typed are the variables that hold something a caller typed or sent, directly
// or through other variables. What a menu leaves behind is written in the flow.
func (c *compiler) typed() map[string]bool {
	typed := map[string]bool{}
	var sets []engine.Assignment
	for i := range c.spec.States {
		switch k := c.spec.States[i].Kind.(type) {
		case engine.CollectState:
			typed[k.Var] = true
		case engine.SetState:
			sets = append(sets, k.Set...)
		}
	}
	for again := true; again; {
		again = false
		sets = slices.DeleteFunc(sets, func(a engine.Assignment) bool {
			if typed[a.Var] {
				return true
			}
			for _, p := range a.Value.Template {
				if p.Expr == nil {
					continue
				}
				if name, _ := chosen(piece{expr: p.Expr.String(), isExpr: true}, typed); name != "" {
					typed[a.Var], again = true, true
					return true
				}
			}
			return false
		})
	}
	return typed
}
