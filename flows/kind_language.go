package flows

import (
	"cmp"
	"slices"
	"strings"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// LanguageDecl makes a language the call's.
type LanguageDecl struct {
	By     Scalar // the language itself, or what chooses it
	Choose []LanguageChoiceDecl
	Else   Scalar
	chosen bool // by a mapping
}

// LanguageChoiceDecl is the language that goes with a value.
type LanguageChoiceDecl struct{ Value, Lang Scalar }

// maxChoices bounds the values that choose a language.
const maxChoices = 1000

var languageKind = kind{
	Field: Field{Key: "language", Shape: either(aTemplate, aMapping(languageFields)), Doc: "Changes the language of the call."},
	parse: parseLanguage,
	exits: goesOn,
}

var languageFields = Fields{
	{Key: "by", Shape: aTemplate, Required: true, Doc: "The value that chooses the language."},
	{Key: "choose", Shape: aMap(Names{What: "value", Some: true}, aText), Required: true, Doc: "The language for each value."},
	{Key: "else", Shape: aText, Default: "the call's", Doc: "The language for all other values."},
}

// parseLanguage reads a change of language.
//
//	language: es
//	language: ${profile.language}
//	language: { by: "${call.to}", choose: { "+61255500101": es }, else: en }
func parseLanguage(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &LanguageDecl{}
	if n.Kind == yaml.ScalarNode {
		d.By = p.scalar(key, n)
		return d
	}
	if !p.is(key, n, yaml.MappingNode, "a language, or a mapping with by and choose") {
		return d
	}
	d.chosen = true
	seen := p.each(n, mapping{what: "a language", known: languageFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "by":
			d.By = p.scalar(key, v)
		case "choose":
			d.Choose = p.languageChoices(key, v)
		case "else":
			d.Else = p.scalar(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, languageFields)
	return d
}

func (p *parser) languageChoices(key Scalar, n *yaml.Node) []LanguageChoiceDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of values to languages") {
		return nil
	}
	if len(n.Content)/2 > maxChoices {
		p.report(CodeTooLarge, key.Pos, "%d values choose a language; at most %d are read", len(n.Content)/2, maxChoices)
		return nil
	}
	var all []LanguageChoiceDecl
	p.each(n, mapping{what: quote("choose"), empty: true}, func(key Scalar, v *yaml.Node) bool {
		all = append(all, LanguageChoiceDecl{Value: key, Lang: p.scalar(key, v)})
		return true
	})
	return all
}

func (d *LanguageDecl) exits() []exit { return goesOn }

func (d *LanguageDecl) compile(c *compiler, st *StateDecl) {
	k := engine.LanguageState{By: c.template(d.By, use{what: "a language", want: engine.TypeText})}
	if !d.chosen && d.By.IsSet() && !strings.Contains(d.By.Value, "${") {
		k.By = engine.Literal(c.spoken(d.By))
	}
	if d.chosen {
		k.Choose = make([]engine.LanguageChoice, 0, len(d.Choose))
		for _, choice := range d.Choose {
			if choice.Lang.IsSet() {
				k.Choose = append(k.Choose, engine.LanguageChoice{Value: choice.Value.Value, Lang: c.spoken(choice.Lang)})
			}
		}
		slices.SortFunc(k.Choose, func(a, b engine.LanguageChoice) int { return cmp.Compare(a.Value, b.Value) })
		if d.Else.IsSet() {
			k.Else = c.spoken(d.Else)
		}
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, goesOn)
}

// spoken is the flow's language that a tag means. Another one is reported.
func (c *compiler) spoken(s Scalar) string {
	for _, same := range []func(l string) bool{
		func(l string) bool { return strings.EqualFold(l, s.Value) },
		func(l string) bool { return strings.EqualFold(baseOf(l), s.Value) },
	} {
		if i := slices.IndexFunc(c.langs, same); i >= 0 {
			return c.langs[i]
		}
	}
	if !c.deaf[s.Value] && !c.doc.lostLanguages {
		d := c.report(CodeUnknownLanguage, s.Pos, "the flow does not speak %q; it speaks %s", s.Value, and(c.langs))
		if d.Hint = c.nearest(s.Value, c.langs); d.Hint == "" {
			d.Hint = `add it to "languages"`
		}
	}
	return s.Value // which changes nothing
}
