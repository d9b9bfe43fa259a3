package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var identifyKind = kind{
	Field: Field{Key: "identify", Shape: either(nothing, aMapping(identifyFields)), Doc: "Looks for the accounts that a number may belong to, which proves nothing."},
	parse: parseIdentify,
	exits: identified,
}

// callingNumber is what an identify looks for where the flow does not say.
const callingNumber = "${call.from}"

var identifyFields = Fields{
	{Key: "number", Shape: aTemplate, Default: `"` + callingNumber + `"`, Doc: "The number to look for."},
}

// parseIdentify reads a search for who might be calling.
//
//	identify: {}
func parseIdentify(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &IdentifyDecl{}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "a mapping, which may be empty") {
		return d
	}
	p.each(n, mapping{what: "an identify", known: identifyFields}, func(key Scalar, v *yaml.Node) bool {
		if key.Value != "number" {
			return false
		}
		d.Number = p.scalar(key, v)
		return true
	})
	return d
}

func (d *IdentifyDecl) exits() []exit { return identified }

var identified = []exit{
	{outcome: engine.OutOne, own: true},
	{outcome: engine.OutMany, like: engine.OutNone},
	{outcome: engine.OutNone, own: true},
	{outcome: engine.OutUnavailable, like: engine.OutNone},
}

func (d *IdentifyDecl) compile(c *compiler, st *StateDecl) {
	number := d.Number
	if !number.IsSet() {
		number = Scalar{Value: callingNumber, Pos: st.Word.Pos}
	}
	c.state(st, st.Name.Value, engine.IdentifyState{
		Var: st.Name.Value, Number: c.template(number, use{what: "a number", want: engine.TypeText}),
	})
	c.wire(st, identified)
}
