package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var confirmKind = kind{
	Field: Field{Key: "confirm", Shape: aMapping(confirmFields), Doc: "Asks yes or no."},
	parse: parseConfirm,
	exits: confirmed,
}

var confirmFields = Fields{
	askingFields[0],
	{Key: "yes", Shape: aPhoneKey, Default: `"1"`, Doc: "The key that means yes."},
	{Key: "no", Shape: aPhoneKey, Default: `"2"`, Doc: "The key that means no."},
}.and(askingFields[1:]...)

// parseConfirm reads a question to be answered with yes or no.
//
//	confirm: { prompt: Press 1 for yes or 2 for no. }
func parseConfirm(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &ConfirmDecl{}
	if p.is(key, n, yaml.MappingNode, "a mapping with a prompt") {
		p.confirm(d, key, n)
	}
	return d
}

// confirmation reads what a collect asks about its entry: a prompt, or a mapping
// as of a confirm.
func (p *parser) confirmation(key Scalar, n *yaml.Node) *ConfirmDecl {
	if !p.usable(key, n) {
		return nil
	}
	d := &ConfirmDecl{}
	if n.Kind != yaml.MappingNode || !hasKey(n, confirmFields) {
		d.Pos = at(n)
		d.Prompt = p.text(key, n, true)
		return d
	}
	p.confirm(d, key, n)
	return d
}

func (p *parser) confirm(d *ConfirmDecl, key Scalar, n *yaml.Node) {
	d.Pos = at(n)
	seen := p.each(n, mapping{what: "a confirm", known: confirmFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "yes":
			d.Yes = p.phoneKey(key, v)
		case "no":
			d.No = p.phoneKey(key, v)
		default:
			return p.asking(&d.AskingDecl, key, v)
		}
		return true
	})
	p.need(seen, key, confirmFields)
	if yes, no := d.keys(); yes == no {
		p.report(CodeDuplicateOption, d.No.Pos.or(d.Yes.Pos), "the key %s means both yes and no", quote(yes))
	}
}

// or is p, or q where p is nowhere.
func (p Pos) or(q Pos) Pos {
	if p.Line == 0 {
		return q
	}
	return p
}

// hasKey tells whether a mapping has one of some keys, and is therefore not a
// text in several languages. "no" is a language as well, and decides nothing.
func hasKey(n *yaml.Node, fields Fields) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i].Value; k != "no" && fields.has(k) {
			return true
		}
	}
	return false
}

func (d *ConfirmDecl) keys() (yes, no string) {
	yes, no = "1", "2"
	if d.Yes.IsSet() {
		yes = d.Yes.Value
	}
	if d.No.IsSet() {
		no = d.No.Value
	}
	return yes, no
}

func (d *ConfirmDecl) exits() []exit { return confirmed }

var confirmed = append([]exit{{outcome: engine.OutYes, own: true}, {outcome: engine.OutNo, own: true}}, asked...)

// uses tells whether the question has a use for keys itself.
func (d *ConfirmDecl) uses(keys string) bool {
	yes, no := d.keys()
	return keys == yes || keys == no
}

func (d *ConfirmDecl) build(c *compiler, st *StateDecl) engine.ConfirmState {
	yes, no := d.keys()
	return engine.ConfirmState{Asking: c.asking(st, &d.AskingDecl), Yes: yes, No: no}
}

func (d *ConfirmDecl) compile(c *compiler, st *StateDecl) {
	if n := st.Next; n != nil && n.To != nil {
		c.report(CodeWrongType, n.To.Pos, "a confirm leads to two states: next: { yes: %s, no: STATE }", n.To.Value)
	}
	confirm := d.build(c, st)
	c.state(st, st.Name.Value, confirm)
	for _, o := range []string{engine.OutYes, engine.OutNo} {
		to, _ := c.target(st, confirmed, o)
		c.edge(o, to)
	}
	c.wireInput(st, confirmed, &confirm.Asking, d.uses)
}
