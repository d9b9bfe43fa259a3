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
	exits: listed,
}

var menuFields = Fields{
	askingFields[0],
	{Key: "options", Shape: aMap(Names{What: "keys", Pattern: keysPattern, Some: true}, either(aState, aMapping(optionFields))), Doc: "The keys that can be pressed, and where each leads."},
	{Key: "each", Shape: aMapping(eachFields), Doc: "Choices that are made from a list, beside the options or instead of them."},
}.and(askingFields[1:]...)

var optionFields = Fields{
	{Key: "value", Shape: aText, Default: "the keys", Doc: "What the menu's own name becomes when the option is chosen."},
	{Key: "say", Shape: somePhrases, Default: "the value", Doc: "What chooses the option where the menu listens, besides its keys."},
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
		switch key.Value {
		case "each":
			d.Each = p.eachOf(key, v)
			return true
		case "options":
			before := len(p.diags)
			d.Options = p.options(key, v)
			d.partial = len(p.diags) > before
			return true
		}
		return p.asking(&d.AskingDecl, key, v)
	})
	p.need(seen, key, menuFields)
	if !seen.has("options") && !seen.has("each") {
		p.report(CodeMissingKey, key.Pos, "%q needs %q", key.Value, "options")
	}
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
				case "say":
					o.Say = p.phrases(key, v)
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

func (d *MenuDecl) exits() []exit {
	if d.Each != nil {
		return listed
	}
	return asked
}

// listed are the exits of a menu that is made from a list.
var listed = append([]exit{
	{outcome: engine.OutChosen, good: true, own: true, with: "each"},
	{outcome: engine.OutEmpty, own: true, with: "each"},
}, asked...)

func (d *MenuDecl) compile(c *compiler, st *StateDecl) {
	if n := st.Next; n != nil && n.To != nil && d.Each == nil {
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
		option := engine.Option{Keys: o.Keys.Value, Value: value, NoValue: o.To.moves()}
		if menu.Speech != nil {
			option.Say = c.saidOf(&o)
		}
		menu.Options = append(menu.Options, option)
	}
	c.sayable(d, &menu)
	slices.SortFunc(menu.Options, func(a, b engine.Option) int { return cmp.Compare(a.Keys, b.Keys) })
	if d.Each != nil {
		menu.Each = c.each(d)
	}
	c.state(st, st.Name.Value, menu)
	for _, o := range d.Options {
		c.edge(engine.OptionOutcome(o.Keys.Value), c.to(o.To))
	}
	if d.Each != nil {
		for _, o := range []engine.Outcome{engine.OutChosen, engine.OutEmpty} {
			to, _ := c.target(st, listed, o)
			c.edge(o, to)
		}
		c.edge(engine.OutRetryMore, c.from)
	}
	c.wireInput(st, d.exits(), &menu.Asking, func(keys string) bool {
		if d.Each != nil && slices.ContainsFunc(d.Each.keys(), func(k Scalar) bool { return k.Value == keys }) {
			return true
		}
		return slices.ContainsFunc(d.Options, func(o OptionDecl) bool { return o.Keys.Value == keys })
	})
}
