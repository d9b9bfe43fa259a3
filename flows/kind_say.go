package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var sayKind = kind{
	Field: Field{Key: "say", Shape: either(aWording, aMapping(sayFields)), Doc: "Speaks, and goes on."},
	parse: parseSay,
	exits: goesOn,
}

var sayFields = Fields{
	{Key: "text", Shape: aWording, Doc: "What is said."},
	{Key: "audio", Shape: aText, Doc: "A recording of it, which is played instead."},
	{Key: "ssml", Shape: aTemplate, Doc: "What is said, marked up: a whole <speak> element."},
	{Key: "prompt", Shape: aName, Doc: "The name of the text under prompts."},
	{Key: "each", Shape: aTemplate, Doc: "A list, as in ${order}: the text is said of each of its items, with ${item} and ${position}."},
	{Key: "barge_in", Shape: aBoolean, Default: "true", Inherited: true, Doc: "Whether a key stops it."},
}

// parseSay reads what is spoken before the flow goes on.
//
//	say: Welcome.
//	say: { text: Welcome., barge_in: false }
//	say: { each: "${order}", text: "${item.size} ${item.topping}." }
func parseSay(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &SayDecl{}
	if n.Kind != yaml.MappingNode || isWording(n) {
		d.Text = p.text(key, n, false)
		return d
	}
	// What is not plain is read as it is wherever a text stands.
	special := holds(n, "audio") || holds(n, "ssml") || holds(n, "prompt")
	said := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Style: n.Style, Line: n.Line, Column: n.Column}
	seen := p.each(n, mapping{what: "a say", known: sayFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "text", "audio", "ssml", "prompt":
			if special {
				said.Content = append(said.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key.Value, Line: key.Pos.Line, Column: key.Pos.Col}, v)
			} else {
				d.Text = p.text(key, v, false)
			}
		case "each":
			d.Each = p.scalar(key, v)
		case "barge_in":
			d.BargeIn = p.boolean(key, v)
		default:
			return false
		}
		return true
	})
	switch {
	case special:
		d.Text = p.text(key, said, false)
	case !seen.has("text"):
		p.report(CodeMissingKey, key.Pos, "%q needs %q", key.Value, "text")
	}
	return d
}

// isWording tells a text in several languages from a mapping of settings: its
// first key looks like a language and is not one of the settings.
func isWording(n *yaml.Node) bool {
	return len(n.Content) > 0 && tag().MatchString(n.Content[0].Value) && !contains(settings, n.Content[0].Value)
}

// settings are keys that look like a language and are none.
var settings = []string{"yes", "no", "say", "to"}

// need reports keys that a mapping must have and has not.
func (p *parser) need(seen keys, owner Scalar, fields Fields) {
	for i := range fields {
		if f := &fields[i]; f.Required && !seen.has(f.Key) {
			p.report(CodeMissingKey, owner.Pos, "%q needs %q", owner.Value, f.Key)
		}
	}
}

// localOfSay are the names that stand for an item of a list.
var localOfSay = []string{engine.LocalItem, engine.LocalPosition}

func (d *SayDecl) exits() []exit { return goesOn }

// goesOn are the exits of a state that only goes on.
var goesOn = []exit{{outcome: engine.OutNext, good: true, own: true}}

func (d *SayDecl) compile(c *compiler, st *StateDecl) {
	barge := first(d.BargeIn, c.defaults.BargeIn, true)
	k := engine.SayState{BargeIn: barge}
	if d.Each.IsSet() {
		list := c.listOf(d.Each, "each")
		c.ofEach(list, localOfSay, func() { k.Text = c.text(d.Text, spoken) })
		k.Each = list
	} else {
		k.Text = c.text(d.Text, spoken)
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, d.exits())
}
