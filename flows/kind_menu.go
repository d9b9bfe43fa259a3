package flows

import (
	"cmp"
	"slices"
	"strings"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var menuKind = kind{
	Field: Field{Key: "menu", Shape: aMapping(menuFields), Doc: "Asks for one of some keys."},
	parse: parseMenu,
	exits: asked,
}

var menuFields = Fields{
	askingFields[0],
	{Key: "options", Shape: aMap(Names{What: "keys", Pattern: keysPattern, Some: true}, either(aState, aMapping(optionFields))), Required: true, Doc: "The keys that can be pressed, and where each leads."},
}.and(askingFields[1:]...)

var optionFields = Fields{
	{Key: "value", Shape: aText, Default: "the keys", Doc: "What the menu's own name becomes when the option is chosen."},
	{Key: "next", Shape: aState, Required: true, Doc: "Where the option leads."},
}

// parseMenu reads a question with keys to choose from.
//
//	menu:
//	  prompt: Press 1 for sales, or 2 for support.
//	  options:
//	    1: sales
//	    2: { value: help, next: support }
func parseMenu(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &MenuDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a prompt and options") {
		return d
	}
	seen := p.each(n, mapping{what: "a menu", known: menuFields}, func(key Scalar, v *yaml.Node) bool {
		if key.Value == "options" {
			before := len(p.diags)
			d.Options = p.options(key, v)
			d.partial = len(p.diags) > before
			return true
		}
		return p.asking(&d.AskingDecl, key, v)
	})
	p.need(seen, key, menuFields)
	return d
}

func (p *parser) options(key Scalar, n *yaml.Node) []OptionDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of keys to states") {
		return nil
	}
	hash := p.hashKeys(key)
	var options []OptionDecl
	p.each(n, mapping{what: "the options", duplicate: CodeDuplicateOption}, func(key Scalar, v *yaml.Node) bool {
		if !p.optionKeys(key) {
			p.lose(v)
			return true
		}
		o := OptionDecl{Keys: key}
		if v.Kind == yaml.MappingNode {
			seen := p.each(v, mapping{what: "an option", known: optionFields}, func(key Scalar, v *yaml.Node) bool {
				switch key.Value {
				case "value":
					if o.Value = p.scalar(key, v); strings.Contains(o.Value.Value, "${") {
						p.report(CodeBadValue, o.Value.Pos, "the value of an option is written out; it cannot hold ${ }").Hint = "use a set state for values that are not known beforehand"
					}
				case "next":
					o.To = p.keyRef(key, v)
				default:
					return false
				}
				return true
			})
			p.need(seen, key, optionFields)
		} else {
			o.To = p.keyRef(key, v)
		}
		options = append(options, o)
		return true
	})
	if len(n.Content) == 0 && !hash {
		p.report(CodeEmptyValue, key.Pos, "the menu has no options")
	}
	return options
}

func (d *MenuDecl) exits() []exit { return asked }

func (d *MenuDecl) compile(c *compiler, st *StateDecl) {
	if n := st.Next; n != nil && n.To != nil {
		c.report(CodeWrongType, n.To.Pos, "a menu's options say where they lead; its next takes outcomes: next: { exhausted: %s }", n.To.Value)
	}
	menu := engine.MenuState{
		Asking:  c.asking(st, &d.AskingDecl),
		Var:     st.Name.Value,
		Options: make([]engine.Option, 0, len(d.Options)),
	}
	for _, o := range d.Options {
		value := o.Keys.Value
		if o.Value.IsSet() {
			value = o.Value.Value
		}
		menu.Options = append(menu.Options, engine.Option{Keys: o.Keys.Value, Value: value, NoValue: o.To.moves()})
	}
	slices.SortFunc(menu.Options, func(a, b engine.Option) int { return cmp.Compare(a.Keys, b.Keys) })
	c.state(st, st.Name.Value, menu)
	for _, o := range d.Options {
		c.edge(engine.OptionOutcome(o.Keys.Value), c.to(o.To))
	}
	c.wireInput(st, asked, &menu.Asking, func(keys string) bool {
		return slices.ContainsFunc(d.Options, func(o OptionDecl) bool { return o.Keys.Value == keys })
	})
}
