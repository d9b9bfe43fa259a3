package config

import (
	"strings"
	"time"

	"callflow/flows"
	"callflow/providers"
)

// Shape declares what an installation's file may hold, as a flow declares itself.
func Shape(c Catalog) flows.Shape { return newTree(Settings(c)).shape() }

// shape is that of a section, or of the value that may stand in its place.
func (s *section) shape() flows.Shape {
	var shapes []flows.Shape
	if s.self != nil {
		shapes = append(shapes, shapeOf(*s.self))
	}
	if s.any != nil {
		of := s.any.shape()
		shapes = append(shapes, flows.Shape{Form: flows.FormNames, Of: &of})
	}
	if len(s.keys) > 0 {
		m := flows.Shape{Form: flows.FormMapping}
		for _, key := range s.keys {
			m.Fields = append(m.Fields, s.sub[key].field(key))
		}
		shapes = append(shapes, m)
	}
	if len(shapes) == 1 {
		return shapes[0]
	}
	return flows.Shape{Form: flows.FormEither, Any: shapes}
}

func (s *section) field(key string) flows.Field {
	f := flows.Field{Key: key, Shape: s.shape()}
	if s.self != nil && !s.isSection() {
		f.Doc = strings.ToUpper(s.self.Doc[:1]) + s.self.Doc[1:] + "."
		f.Default = s.self.Default
	}
	return f
}

// shapeOf is the shape of a setting's value. Any value may come from the
// environment instead.
func shapeOf(s providers.Setting) flows.Shape {
	text := flows.Shape{Form: flows.FormText}
	fromEnv := flows.Shape{Form: flows.FormReference}
	either := func(shapes ...flows.Shape) flows.Shape {
		return flows.Shape{Form: flows.FormEither, Any: shapes}
	}
	switch s.Kind {
	case providers.Secrets, providers.Paths, providers.Words:
		return either(text, flows.Shape{Form: flows.FormList, Of: &text})
	case providers.Bool:
		return either(flows.Shape{Form: flows.FormBoolean}, flows.Shape{Form: flows.FormWord, Words: []string{"yes", "no"}}, fromEnv)
	case providers.Duration:
		longest := s.Longest
		if longest == 0 {
			longest = time.Hour
		}
		return either(flows.Shape{Form: flows.FormDuration, High: longest.String()}, fromEnv)
	case providers.Count:
		return either(flows.Shape{Form: flows.FormInteger, Low: "1", High: "1000000"}, fromEnv)
	}
	return text
}
