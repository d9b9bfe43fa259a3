package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var hangupKind = kind{
	Field: Field{Key: "hangup", Shape: either(nothing, aMapping(hangupFields)), Doc: "Ends the call."},
	parse: parseHangup,
}

var hangupFields = Fields{
	{Key: "say", Shape: aWording, Doc: "What is said before the call ends."},
}

// parseHangup reads the end of a call.
//
//	hangup: { say: Goodbye. }
func parseHangup(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &HangupDecl{}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return d
	}
	if n.Kind == yaml.ScalarNode {
		p.report(CodeWrongType, at(n), `"hangup" takes a mapping; found %s`, describe(n)).Hint = "write hangup: { say: " + quote(clip(n.Value)) + " }"
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "a mapping") {
		return d
	}
	p.each(n, mapping{what: "a hangup", known: hangupFields}, func(key Scalar, v *yaml.Node) bool {
		if key.Value != "say" {
			return false
		}
		d.Say = p.text(key, v, false)
		return true
	})
	return d
}

func (d *HangupDecl) exits() []exit { return nil }

func (d *HangupDecl) compile(c *compiler, st *StateDecl) {
	if st.Next != nil {
		c.report(CodeUnknownKey, st.Next.Key.Pos, `a hangup has no "next": the call ends here`)
	}
	c.state(st, st.Name.Value, engine.HangupState{Text: c.text(d.Say, spoken), Ended: "hangup"})
	c.everywhere(st)
}
