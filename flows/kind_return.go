package flows

import (
	"cmp"
	"slices"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var returnKind = kind{
	Field: Field{Key: "return", Shape: either(aName, aMapping(returnFields)), Doc: "Leaves a sub-flow, with an outcome for the flow that entered it."},
	parse: parseReturn,
}

var returnFields = Fields{
	{Key: "outcome", Shape: aName, Required: true, Doc: "What the sub-flow concluded."},
	{Key: "with", Shape: aMap(Names{What: "output", Pattern: namePattern}, aTemplate), Doc: "What its outputs are: all of them, or none."},
}

// notReturned are outcomes that every state has, or that mean something else.
var notReturned = []string{
	engine.OutNext, engine.OutHangup, engine.OutError, engine.OutLimit, engine.OutAbort, engine.OutGone,
}

// parseReturn reads the end of a sub-flow.
//
//	return: { outcome: verified, with: { owner: "${owner}" } }
func parseReturn(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &ReturnDecl{}
	if n.Kind == yaml.ScalarNode {
		d.Outcome = p.outcome(p.scalar(key, n))
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "an outcome, or a mapping with one") {
		return d
	}
	seen := p.each(n, mapping{what: "a return", known: returnFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "outcome":
			d.Outcome = p.outcome(p.scalar(key, v))
		case "with":
			d.With = p.gifts(key, v, "the outputs")
		default:
			return false
		}
		return true
	})
	p.need(seen, key, returnFields)
	return d
}

// outcome checks that a value can be what a sub-flow concludes.
func (p *parser) outcome(s Scalar) Scalar {
	switch {
	case !s.IsSet():
		return s
	case !isName(s.Value):
		p.report(CodeBadName, s.Pos, "%q is no name for an outcome; expected a small letter, then small letters, digits and _, at most 64", s.Value)
		return Scalar{}
	case contains(notReturned, s.Value):
		p.report(CodeBadName, s.Pos, "%q is an outcome that states have anyway, and cannot be what a sub-flow returns", s.Value)
		return Scalar{}
	}
	return s
}

func (d *ReturnDecl) exits() []exit { return nil }

func (d *ReturnDecl) compile(c *compiler, st *StateDecl) {
	if st.Next != nil {
		c.report(CodeUnknownKey, st.Next.Key.Pos, `a return has no "next": the flow that entered says where its outcome leads`)
	}
	k := engine.ReturnState{Outcome: d.Outcome.Value, With: c.outputs(d)}
	c.state(st, st.Name.Value, k)
	c.edge(k.Outcome, stateReturned)
	c.everywhere(st)
}

// outputs are what a return gives back: everything that the flow declares, or
// nothing, so that whoever reads one of them knows that it is there.
func (c *compiler) outputs(d *ReturnDecl) []engine.Assignment {
	var names []string
	var given []engine.Assignment
	for _, o := range c.doc.Outputs {
		names = append(names, o.Name.Value)
	}
	for i := range d.With {
		a := &d.With[i]
		o := slices.IndexFunc(c.doc.Outputs, func(o FieldDecl) bool { return o.Name.Value == a.Name.Value })
		if o < 0 {
			diag := c.report(CodeUnknownOutput, a.Name.Pos, "the flow has no output %q; it has %s", a.Name.Value, and(names))
			if diag.Hint = didYouMean(a.Name.Value, names); diag.Hint == "" {
				diag.Hint = `declare it under "outputs", with its type`
			}
			continue
		}
		if typ := typeNamed(c.doc.Outputs[o].Type.Value); typ.Base != 0 && a.Value.IsSet() {
			given = append(given, c.give(a, typ))
		}
	}
	if len(d.With) > 0 {
		for _, o := range c.doc.Outputs {
			if !slices.ContainsFunc(d.With, func(a AssignmentDecl) bool { return a.Name.Value == o.Name.Value }) {
				diag := c.report(CodeMissingOutput, d.Outcome.Pos, "the return gives no value for the output %q; it gives all of them, or none", o.Name.Value)
				diag.Related = append(diag.Related, Related{Pos: o.Name.Pos, Message: "the output is declared here"})
			}
		}
	}
	slices.SortStableFunc(given, func(a, b engine.Assignment) int { return cmp.Compare(a.Var, b.Var) })
	return given
}

// record is the type of what a sub-flow gives back; zero: nothing.
func (d *Document) record() engine.Type {
	t := engine.Type{Base: engine.TypeRecord}
	for _, f := range d.Outputs {
		if typ := typeNamed(f.Type.Value); typ.Base != 0 {
			t.Fields = append(t.Fields, engine.Field{Name: f.Name.Value, Type: typ})
		}
	}
	if len(t.Fields) == 0 {
		return engine.Type{}
	}
	slices.SortFunc(t.Fields, func(a, b engine.Field) int { return cmp.Compare(a.Name, b.Name) })
	return t
}
