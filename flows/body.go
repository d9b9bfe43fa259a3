package flows

import (
	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

// jsonNumber is a number as JSON writes one. Other things that YAML takes for
// numbers (0123, 1_000, .5) stay the text they are.
var jsonNumber = lazy.Regexp(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// body reads what is sent as JSON: any tree, with values in its texts.
func (p *parser) body(n *yaml.Node) BodyDecl {
	b := BodyDecl{Pos: at(n)}
	switch n.Kind {
	case yaml.MappingNode:
		p.each(n, mapping{what: "the body"}, func(key Scalar, v *yaml.Node) bool {
			b.Fields = append(b.Fields, BodyField{key, p.body(v)})
			return true
		})
		if len(b.Fields) == 0 {
			b.Raw = "{}"
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			b.Items = append(b.Items, p.body(c))
		}
		if len(b.Items) == 0 {
			b.Raw = "[]"
		}
	case yaml.ScalarNode:
		b.Scalar = scalarOf(n)
		switch v := b.Scalar; {
		case v.Quoted:
		case n.Tag == "!!null":
			b.Raw = "null"
		case v.Value == "true" || v.Value == "false" || jsonNumber().MatchString(v.Value):
			b.Raw = v.Value
		}
		if b.Raw == "" && b.Scalar.Value == "" {
			b.Raw = `""`
		}
	default:
		b.Raw = "null"
	}
	return b
}

func (c *compiler) node(b *BodyDecl) engine.Node {
	switch {
	case b.Raw != "":
		return engine.Node{Raw: b.Raw}
	case b.Fields != nil:
		n := engine.Node{Object: make([]engine.NodeField, 0, len(b.Fields))}
		for i := range b.Fields {
			n.Object = append(n.Object, engine.NodeField{Name: b.Fields[i].Name.Value, Value: c.node(&b.Fields[i].Value)})
		}
		return n
	case b.Items != nil:
		n := engine.Node{Array: make([]engine.Node, 0, len(b.Items))}
		for i := range b.Items {
			n.Array = append(n.Array, c.node(&b.Items[i]))
		}
		return n
	}
	t := c.template(b.Scalar, use{what: "a body", want: engine.TypeAny})
	if len(t) == 0 {
		return engine.Node{Raw: "null"} // it was reported
	}
	return engine.Node{Template: t}
}
