package schema

import (
	"strconv"
	"strings"

	"callflow/flows"
)

// shape is the schema of any shape.
func shape(s flows.Shape) object {
	switch s.Form {
	case flows.FormMapping:
		return mapping(s)
	case flows.FormNames:
		return names(s.Names, shape(*s.Of))
	case flows.FormList:
		return object{{"type", "array"}, {"items", shape(*s.Of)}, {"minItems", 1}}
	case flows.FormEither:
		any := make([]object, len(s.Any))
		for i := range s.Any {
			any[i] = shape(s.Any[i])
		}
		return object{{"anyOf", any}}
	}
	return single(s)
}

// mapping is one of declared keys.
func mapping(s flows.Shape) object {
	properties := object{}
	var required []string
	for _, f := range s.Ordered() {
		properties = properties.with(f.Key, field(f, shape(f.Shape)))
		if f.Required {
			required = append(required, f.Key)
		}
	}
	return closed(properties, required, s.OneOf)
}

// closed is a mapping of these properties and no others.
func closed(properties object, required []string, oneOf flows.Fields) object {
	o := object{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}}
	if len(required) > 0 {
		o = o.with("required", required)
	}
	if len(oneOf) > 0 {
		all := make([]object, len(oneOf))
		for i := range oneOf {
			all[i] = object{{"required", []string{oneOf[i].Key}}}
		}
		o = o.with("oneOf", all)
	}
	return o
}

// names is a mapping of names that a flow chooses.
func names(n flows.Names, of object) object {
	if n.Words != nil {
		properties := object{}
		for _, w := range n.Words {
			properties = properties.with(w, of)
		}
		return some(closed(properties, nil, nil), n)
	}
	o := object{{"type", "object"}, {"additionalProperties", of}}
	if n.Pattern != "" {
		o = o.with("propertyNames", object{{"pattern", "^(" + n.Pattern + ")$"}})
	}
	return some(o, n)
}

func some(o object, n flows.Names) object {
	if n.Some {
		return o.with("minProperties", 1)
	}
	return o
}

// field adds what is declared of a key to the schema of its value.
func field(f flows.Field, value object) object {
	o := append(object{{"description", describe(f)}}, beside(value)...)
	if d, ok := defaultOf(f); ok {
		o = o.with("default", d)
	}
	return o
}

// beside makes a schema fit to stand with others: a reference is all that is
// read of its object.
func beside(value object) object {
	if len(value) == 1 && value[0].name == "$ref" {
		return object{{"allOf", []object{value}}}
	}
	return value
}

// describe is what an editor shows of a key.
func describe(f flows.Field) string {
	parts := []string{f.Doc}
	if f.Shape.Low != "" {
		parts = append(parts, "From "+f.Shape.Low+" to "+f.Shape.High+".")
	}
	if f.Default != "" {
		parts = append(parts, "Default: "+f.Default+".")
	}
	return strings.Join(parts, " ")
}

// defaultOf is a default that could be written as it is.
func defaultOf(f flows.Field) (any, bool) {
	switch f.Shape.Form {
	case flows.FormBoolean:
		return f.Default == "true", f.Default != ""
	case flows.FormInteger:
		n, err := strconv.Atoi(f.Default)
		return n, err == nil
	}
	return nil, false
}
