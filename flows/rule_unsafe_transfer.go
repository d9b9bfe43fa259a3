package flows

import (
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/lazy"
)

// unsafeTransfer reports transfers to a number that a caller could choose: one
// made of what was typed, or of the number the call came from. Somebody would
// have our lines dial premium numbers at night. An installation may let them, within
// the numbers it allows.
func unsafeTransfer(c *compiler) {
	var typed map[string]bool // found when the first transfer needs it
	if len(c.sites) > 0 && !c.opts.ChosenNumbers {
		typed = c.typed()
		c.enteredTransfers(typed)
	}
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
		if c.opts.ChosenNumbers {
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
	dialable = lazy.Regexp(`^\+?[0-9*#]{2,20}$`)
	sipURI   = lazy.Regexp(`^sips?:[^\s@<>"]+@[^\s@<>"]+$`)
)

// number checks a number that is written out.
func (c *compiler) number(s Scalar) {
	if dialable().MatchString(s.Value) || sipURI().MatchString(s.Value) {
		return
	}
	d := c.report(CodeBadValue, s.Pos, "%q cannot be called; expected a number such as +15550100, or a SIP address", clip(s.Value))
	if plain := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(s.Value); dialable().MatchString(plain) {
		d.Hint = "write " + quote(plain)
	}
}

// ownNumber is the field of call that is the number of whoever calls.
const ownNumber = "from"

// chosen finds what a caller can choose in an expression, and where. safe are the
// fields of call that do not count.
func chosen(p piece, typed map[string]bool, safe ...string) (name string, at int) {
	if !p.isExpr {
		return "", 0
	}
	for _, m := range callPath().FindAllStringSubmatchIndex(p.expr, -1) {
		if field := p.expr[m[2]:m[3]]; !slices.Contains(safe, field) && (field == "from" || field == "name" || field == "id") {
			return p.expr[m[0]:m[1]], m[0]
		}
	}
	for _, m := range identifiers().FindAllStringIndex(p.expr, -1) {
		if name := p.expr[m[0]:m[1]]; typed[name] && (m[0] == 0 || p.expr[m[0]-1] != '.') {
			return name, m[0]
		}
	}
	return "", 0
}

var callPath = lazy.Regexp(`\bcall\.([a-z]+)`)

// enteredTransfers reports flows that are entered with a number which a caller
// can choose, and call it.
func (c *compiler) enteredTransfers(typed map[string]bool) {
	for i := range c.spec.States {
		s := &c.spec.States[i]
		k, ok := s.Kind.(engine.TransferState)
		if !ok || s.Scope == "" {
			continue
		}
		site, _, _ := strings.Cut(s.Name, ".")
		for _, name := range k.To.Names() {
			if full := engine.Scoped(s.Scope, name); typed[full] && !c.sites[site].member.alone.typed()[strings.TrimPrefix(full, site+".")] {
				pos := c.states[site].Kind.(*SubflowDecl).Flow.Pos
				d := c.report(CodeUnsafeTransfer, pos, "the number that %q calls is made of %q, which a caller can choose", s.Name, full)
				d.Hint = "enter the flow with a number that is written out, or that comes from a service"
				break
			}
		}
	}
}

// typed are the variables that hold something a caller typed or sent, directly
// or through other variables. What a menu leaves behind is written in the flow.
// safe is as in chosen.
func (c *compiler) typed(safe ...string) map[string]bool {
	type gift struct {
		to, scope string
		value     engine.Template
	}
	typed := map[string]bool{}
	var gifts []gift
	for i := range c.spec.States {
		s := &c.spec.States[i]
		switch k := s.Kind.(type) {
		case engine.CollectState:
			typed[s.Scope+k.Var] = true
		case engine.SetState:
			for _, a := range k.Set {
				gifts = append(gifts, gift{s.Scope + a.Var, s.Scope, templateOf(a)})
			}
		case engine.SubflowState:
			for _, a := range k.Set {
				gifts = append(gifts, gift{s.Scope + k.Site + "." + a.Var, s.Scope, templateOf(a)})
			}
		case engine.ReturnState:
			for _, a := range k.With {
				gifts = append(gifts, gift{engine.Site(s.Scope), s.Scope, templateOf(a)})
			}
		case engine.MenuState:
			// An item is as good as the list it comes from.
			if k.Each != nil {
				gifts = append(gifts, gift{s.Scope + k.Var, s.Scope, engine.Template{{Expr: k.Each.List}}})
			}
		}
	}
	for again := true; again; {
		again = false
		gifts = slices.DeleteFunc(gifts, func(g gift) bool {
			if typed[g.to] {
				return true
			}
			for _, p := range g.value {
				if p.Expr == nil {
					continue
				}
				if name, _ := chosen(piece{expr: p.Expr.String(), isExpr: true}, nil, safe...); name != "" || slices.ContainsFunc(p.Expr.Names(), func(n string) bool { return typed[engine.Scoped(g.scope, n)] }) {
					typed[g.to], again = true, true
					return true
				}
			}
			return false
		})
	}
	return typed
}

// templateOf is what an assignment's value is made of, all of it.
func templateOf(a engine.Assignment) engine.Template {
	if a.List == nil {
		return a.Value.Template
	}
	var all engine.Template
	for i := range a.List.Add {
		n := &a.List.Add[i]
		all = append(all, n.Template...)
		for j := range n.Object {
			all = append(all, n.Object[j].Value.Template...)
		}
	}
	return all
}
