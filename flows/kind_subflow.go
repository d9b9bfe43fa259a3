package flows

import (
	"slices"
	"strings"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var subflowKind = kind{
	Field: Field{Key: "subflow", Shape: either(aName, aMapping(subflowFields)), Doc: "Enters another flow, and goes on when it returns."},
	parse: parseSubflow,
	open:  true,
}

var subflowFields = Fields{
	{Key: "flow", Shape: aName, Required: true, Doc: "The name of the flow."},
	{Key: "with", Shape: aMap(Names{What: "parameter", Pattern: namePattern}, aTemplate), Doc: "What its parameters are."},
}

// parseSubflow reads the entrance of another flow.
//
//	subflow: { flow: verify_owner, with: { account: "${account_number}", pin: "${pin}" } }
func parseSubflow(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &SubflowDecl{}
	if n.Kind == yaml.ScalarNode {
		d.Flow = p.name(p.scalar(key, n), "flow")
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "the name of a flow, or a mapping with one") {
		return d
	}
	seen := p.each(n, mapping{what: "a subflow", known: subflowFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "flow":
			d.Flow = p.name(p.scalar(key, v), "flow")
		case "with":
			d.With = p.gifts(key, v, "the parameters")
		default:
			return false
		}
		return true
	})
	p.need(seen, key, subflowFields)
	return d
}

// gifts reads values by the name of what they become.
func (p *parser) gifts(key Scalar, n *yaml.Node, what string) []AssignmentDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to values") {
		return nil
	}
	var all []AssignmentDecl
	p.each(n, mapping{what: what, empty: true}, func(key Scalar, v *yaml.Node) bool {
		all = append(all, AssignmentDecl{Name: key, Value: p.literal(key, v)})
		return true
	})
	return all
}

// exits of a sub-flow are what it returns, which only the compiler knows.
func (d *SubflowDecl) exits() []exit { return nil }

func (d *SubflowDecl) compile(c *compiler, st *StateDecl) {
	sub := c.subs[st]
	if sub == nil {
		// Nobody knows where it leads, which was reported: it may lead anywhere that
		// the state says.
		c.state(st, st.Name.Value, engine.SubflowState{Site: st.Name.Value, Flow: d.Flow.Value})
		c.edge(engine.OutNext, c.lostWay())
		if st.Next != nil {
			for _, e := range st.Next.Exits {
				if !common(e.Outcome.Value) && e.Outcome.Value != engine.OutNext {
					c.edge(e.Outcome.Value, c.to(e.To))
				}
			}
		}
		c.everywhere(st)
		return
	}
	if n, exits := st.Next, subExits(sub.doc); n != nil && n.To != nil && len(exits) > 1 {
		var wired []string
		for _, x := range exits {
			wired = append(wired, x.outcome+": STATE")
		}
		c.report(CodeWrongType, n.To.Pos, "the sub-flow %q returns several outcomes: next: { %s }", d.Flow.Value, strings.Join(wired, ", "))
	}
	c.state(st, st.Name.Value, engine.SubflowState{
		Site: st.Name.Value, Flow: d.Flow.Value, Set: c.parameters(d, sub),
	})
	c.edge(engine.OutNext, st.Name.Value+"."+sub.spec.Start)
	c.everywhere(st)
	c.inline(st, sub)
}

// parameters gives a sub-flow its values: those that its own variables begin
// with, then those of its parameters.
func (c *compiler) parameters(d *SubflowDecl, sub *compiler) []engine.Assignment {
	var set []engine.Assignment
	for _, v := range sub.doc.Variables {
		if value := sub.initial(v); value != nil {
			set = append(set, engine.Assignment{Var: v.Name.Value, Constant: value})
		}
	}
	var names []string
	for _, p := range sub.doc.Parameters {
		name := p.Name.Value
		names = append(names, name)
		typ, known := sub.scope[name]
		i := slices.IndexFunc(d.With, func(a AssignmentDecl) bool { return a.Name.Value == name })
		switch {
		case !known: // which is reported there
		case i >= 0 && d.With[i].Value.IsSet():
			set = append(set, c.give(&d.With[i], typ))
		case i >= 0: // reported when it was read
			set = append(set, engine.Assignment{Var: name, Constant: ""})
		case p.Default.IsSet():
			set = append(set, engine.Assignment{Var: name, Constant: sub.initial(p)})
		default:
			diag := c.report(CodeMissingParameter, d.Flow.Pos, "the sub-flow %q needs a value for %q", d.Flow.Value, name)
			diag.Hint = "add with: { " + name + ": … }"
			diag.Related = append(diag.Related, Related{File: sub.doc.File, Pos: p.Name.Pos, Message: "the parameter is declared here"})
			set = append(set, engine.Assignment{Var: name, Constant: ""})
		}
	}
	for i := range d.With {
		a := &d.With[i]
		if contains(names, a.Name.Value) {
			continue
		}
		diag := c.report(CodeUnknownParameter, a.Name.Pos, "the sub-flow %q has no parameter %q; it has %s", d.Flow.Value, a.Name.Value, and(names))
		diag.Hint = didYouMean(a.Name.Value, names)
		for _, n := range identifiers().FindAllString(a.Value.Value, -1) {
			c.used[n] = true
		}
	}
	return set
}

// initial is the value that a variable of a flow begins with; nil: none.
func (c *compiler) initial(v *VariableDecl) engine.Value {
	value, _ := initial(v, c.scope[v.Name.Value])
	return value
}

// subExits are what a sub-flow returns, as a flow that enters it wires them. One
// that returns a single outcome needs no name for it.
func subExits(d *Document) []exit {
	exits := []exit{}
	for _, st := range d.States {
		if r, ok := st.Kind.(*ReturnDecl); ok && r.Outcome.IsSet() && !has(exits, r.Outcome.Value) {
			exits = append(exits, exit{outcome: r.Outcome.Value, own: true})
		}
	}
	if len(exits) == 1 {
		exits[0].good = true
	}
	return exits
}

// exits are the outcomes that a state may wire; nil: not known, or none.
func (c *compiler) exits(st *StateDecl) []exit {
	if _, enters := st.Kind.(*SubflowDecl); !enters {
		return st.Kind.exits()
	}
	if sub := c.subs[st]; sub != nil {
		return subExits(sub.doc)
	}
	return nil
}
