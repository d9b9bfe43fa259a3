package format

import (
	"math"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// resolve is the one of several shapes that a mapping or a list has; the zero
// shape, which has no order, where none is certain.
func resolve(s flows.Shape, n *yaml.Node) flows.Shape {
	if s.Form != flows.FormEither {
		return s
	}
	var found flows.Shape
	for _, one := range s.Any {
		switch {
		case n.Kind == yaml.SequenceNode && one.Form == flows.FormList:
			return one
		case n.Kind == yaml.MappingNode && one.Form == flows.FormMapping && hasKeyOf(n, one):
			return one
		case n.Kind == yaml.MappingNode && one.Form == flows.FormNames:
			found = one
		}
	}
	return found
}

func hasKeyOf(n *yaml.Node, s flows.Shape) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if rank(s, n.Content[i].Value) < math.MaxInt {
			return true
		}
	}
	return false
}

// rank is where a key stands among those that are declared; what is not declared
// stands last.
func rank(s flows.Shape, key string) int {
	if s.Form != flows.FormMapping {
		return math.MaxInt
	}
	for i, f := range s.Fields {
		if f.Key != key {
			continue
		}
		if i >= s.Lead {
			i += len(s.OneOf)
		}
		return i
	}
	for i, f := range s.OneOf {
		if f.Key == key {
			return s.Lead + i
		}
	}
	return math.MaxInt
}

// under is the shape of what stands under a key.
func under(s flows.Shape, key string) flows.Shape {
	switch s.Form {
	case flows.FormNames:
		return *s.Of
	case flows.FormMapping:
		for _, fields := range []flows.Fields{s.Fields, s.OneOf} {
			for i := range fields {
				if fields[i].Key == key {
					return fields[i].Shape
				}
			}
		}
	}
	return flows.Shape{}
}

// within is the shape of what a list holds.
func within(s flows.Shape) flows.Shape {
	if s.Form == flows.FormList {
		return *s.Of
	}
	return flows.Shape{}
}
