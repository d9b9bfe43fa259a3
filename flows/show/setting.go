package show

import (
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/flows"
)

// source is where values are looked for: a mapping, what to call it, and its
// file.
type source struct {
	by   string
	file string
	node *yaml.Node // nil: not there
}

func (s source) value(key string) (*yaml.Node, bool) { return valueOf(s.node, key) }

// valueOf is what stands under a key of a mapping.
func valueOf(n *yaml.Node, key string) (*yaml.Node, bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1], true
		}
	}
	return nil, false
}

// settings are those of a state that have a value: its own, then what its kind
// takes, in the order of the reference.
func settings(doc *flows.Document, decl *flows.StateDecl, state engine.State) []Setting {
	var root yaml.Node
	if err := yaml.Unmarshal(doc.Source, &root); err != nil || len(root.Content) == 0 {
		return []Setting{} // it was read before
	}
	top := root.Content[0]
	states, _ := valueOf(top, "states")
	body, _ := valueOf(states, decl.Name.Value)
	defaults, _ := valueOf(top, "defaults")
	inherited := source{"defaults", doc.File, defaults}

	d := flows.Declared()
	all := []Setting{}
	for _, f := range d.State.Fields {
		if v, ok := valueOf(body, f.Key); ok && f.Key != "next" {
			all = append(all, written("state", doc.File, f, v))
		}
	}
	kind, ok := valueOf(body, decl.Word.Value)
	if !ok {
		return all
	}
	shape := shapeOf(d, decl.Word.Value, kind)
	if kind.Kind != yaml.MappingNode || shape.Form != flows.FormMapping {
		f := flows.Field{Key: decl.Word.Value, Shape: shape}
		if kind.Tag != "!!null" {
			all = append(all, written("state", doc.File, f, kind))
		}
		shape = mappingOf(d, decl.Word.Value) // what holds besides
		kind = nil
	}
	own := source{"state", doc.File, kind}
	for _, f := range shape.Ordered() {
		if s, ok := setting(f, own, inherited, state); ok {
			all = append(all, s)
		}
	}
	return all
}

// setting is the value of a key, and where it comes from.
func setting(f flows.Field, own, inherited source, state engine.State) (Setting, bool) {
	if v, ok := own.value(f.Key); ok {
		return written(own.by, own.file, f, v), true
	}
	collect, _ := state.Kind.(engine.CollectState)
	fixed := f.Key == "terminator" && collect.Min == collect.Max
	if f.Key == "speech" && collect.Secret {
		return Setting{}, false // a secret is never listened for
	}
	if v, ok := inherited.value(f.Key); ok && f.Inherited && !fixed {
		return written(inherited.by, inherited.file, f, v), true
	}
	value := f.Default
	if f.Key == "terminator" && value != "" {
		value = map[bool]string{true: "none", false: "#"}[fixed]
	}
	return Setting{Key: f.Key, Value: value, By: builtin}, value != ""
}

// written is a value that stands in a file.
func written(by, file string, f flows.Field, v *yaml.Node) Setting {
	s := Setting{Key: f.Key, By: by, At: &Place{file, v.Line, v.Column}}
	if isSaid(f.Shape, v) {
		s.Texts = texts(v)
	} else {
		s.Value = inline(v)
	}
	return s
}

// isSaid tells a value that is words to say.
func isSaid(s flows.Shape, v *yaml.Node) bool {
	switch s.Form {
	case flows.FormWording, flows.FormPrompt:
		return true
	case flows.FormEither:
		for _, one := range s.Any {
			if one.Form == flows.FormMapping && v.Kind == yaml.MappingNode && hasKeyOf(v, one) {
				return false
			}
		}
		for _, one := range s.Any {
			if isSaid(one, v) {
				return true
			}
		}
	}
	return false
}

func hasKeyOf(v *yaml.Node, s flows.Shape) bool {
	for _, f := range s.Ordered() {
		if _, ok := valueOf(v, f.Key); ok {
			return true
		}
	}
	return false
}

// texts are what is said, by language.
func texts(v *yaml.Node) []Text {
	if v.Kind != yaml.MappingNode {
		return []Text{{Lines: lines(v)}}
	}
	var all []Text
	for i := 0; i+1 < len(v.Content); i += 2 {
		all = append(all, Text{v.Content[i].Value, lines(v.Content[i+1])})
	}
	return all
}

func lines(v *yaml.Node) []string {
	if v.Kind != yaml.SequenceNode {
		return []string{inline(v)}
	}
	all := make([]string, len(v.Content))
	for i, c := range v.Content {
		all[i] = inline(c)
	}
	return all
}

// inline is a value on one line, as a flow would write it.
func inline(v *yaml.Node) string {
	var parts []string
	switch v.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(v.Content); i += 2 {
			parts = append(parts, v.Content[i].Value+": "+inline(v.Content[i+1]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case yaml.SequenceNode:
		for _, c := range v.Content {
			parts = append(parts, inline(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return strings.Join(strings.Fields(v.Value), " ")
}

// shapeOf is the shape that a kind's value has here.
func shapeOf(d flows.Declaration, word string, v *yaml.Node) flows.Shape {
	for _, k := range d.Kinds {
		if k.Key != word {
			continue
		}
		if k.Shape.Form == flows.FormEither && v.Kind == yaml.MappingNode {
			if m := mappingOf(d, word); hasKeyOf(v, m) {
				return m
			}
		}
		return k.Shape
	}
	return flows.Shape{}
}

// mappingOf is the mapping that a kind can be written as.
func mappingOf(d flows.Declaration, word string) flows.Shape {
	for _, k := range d.Kinds {
		if k.Key != word {
			continue
		}
		for _, one := range append([]flows.Shape{k.Shape}, k.Shape.Any...) {
			if one.Form == flows.FormMapping {
				return one
			}
		}
	}
	return flows.Shape{}
}
