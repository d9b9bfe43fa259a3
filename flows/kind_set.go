package flows

import (
	"strconv"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var setKind = kind{
	Field: Field{Key: "set", Shape: aMap(Names{What: "variable", Pattern: namePattern, Some: true}, either(aValue, aMapping(changeFields), aList(aTemplate))), Doc: "Gives variables values."},
	parse: parseSet,
	exits: goesOn,
}

// parseSet reads assignments.
//
//	set: { topic: billing, tries: 0, whole: "${money(balance.amount, \"USD\")}" }
//	set: { order: { add: { size: large, price: 12 } } }
func parseSet(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &SetDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to values") {
		return d
	}
	p.each(n, mapping{what: "a set", empty: true}, func(key Scalar, v *yaml.Node) bool {
		a := AssignmentDecl{Name: key}
		if v.Kind == yaml.MappingNode || v.Kind == yaml.SequenceNode {
			a.List = p.change(key, v)
		} else {
			a.Value = p.literal(key, v)
		}
		if key.Value != "call" && key.Value != "caller" {
			p.name(key, "variable")
		}
		d.Set = append(d.Set, a)
		return true
	})
	return d
}

func (d *SetDecl) exits() []exit { return goesOn }

func (d *SetDecl) compile(c *compiler, st *StateDecl) {
	k := engine.SetState{}
	for i := range d.Set {
		if a, ok := c.assignment(&d.Set[i]); ok {
			k.Set = append(k.Set, a)
		}
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, goesOn)
}

// constant is the value of a YAML number or truth value; false for text.
func constant(s Scalar) (engine.Value, engine.Type, bool) {
	switch {
	case s.Quoted:
	case s.Value == "true" || s.Value == "false":
		return s.Value == "true", engine.Type{Base: engine.TypeBool}, true
	case jsonNumber().MatchString(s.Value):
		if f, err := strconv.ParseFloat(s.Value, 64); err == nil {
			return f, engine.Type{Base: engine.TypeNumber}, true
		}
	}
	return nil, engine.Type{}, false
}
