package schema

import (
	"slices"

	"callflow/engine"
	"callflow/flows"
)

const draft = "http://json-schema.org/draft-07/schema#"

// Flow is the schema of a flow.
func Flow(d flows.Declaration) ([]byte, error) {
	properties := object{}
	var required []string
	for _, f := range d.Flow.Ordered() {
		value := shape(f.Shape)
		if f.Key == "states" {
			value = names(f.Shape.Names, reference("state"))
		}
		properties = properties.with(f.Key, field(f, value))
		if f.Required {
			required = append(required, f.Key)
		}
	}
	definitions := object{{"wording", wording()}, {"prompt", prompt()}, {"state", state(d)}}
	for _, k := range d.Kinds {
		definitions = definitions.with("kind_"+k.Key, field(k.Field, shape(k.Shape)))
		for _, v := range variants(k) {
			if v.Outcomes != nil {
				definitions = definitions.with("next_"+v.name, next(v.Kind))
			}
		}
	}
	return document("callflow flow", closed(properties, required, nil), definitions)
}

// Of is the schema of any other file, of which the shape is declared.
func Of(title string, s flows.Shape) ([]byte, error) {
	return document(title, shape(s), object{{"wording", wording()}, {"prompt", prompt()}})
}

func document(title string, top, definitions object) ([]byte, error) {
	o := append(object{{"$schema", draft}, {"title", title}}, top...)
	return o.with("definitions", definitions).write()
}

// state is a state of any kind. What its next may be depends on the kind.
func state(d flows.Declaration) object {
	kinds := map[string]bool{}
	var cases []object
	for _, k := range d.Kinds {
		kinds[k.Key] = true
		for _, v := range variants(k) {
			then := object{{"properties", object{{"next", false}}}}
			if v.Outcomes != nil {
				then = object{{"properties", object{{"next", reference("next_" + v.name)}}}}
				if mustWire(v.Kind) != nil || v.Open {
					then = then.with("required", []string{"next"})
				}
			}
			cases = append(cases, object{{"if", v.when}, {"then", then}})
		}
	}
	properties := object{}
	for _, f := range d.State.Ordered() {
		value := reference("kind_" + f.Key)
		if !kinds[f.Key] {
			value = field(f, shape(f.Shape))
		}
		properties = properties.with(f.Key, value)
	}
	return closed(properties, nil, d.State.OneOf).with("allOf", cases)
}

// variant is a kind as a state is of it: with a key that gives it more outcomes,
// or without.
type variant struct {
	flows.Kind
	name string
	when object
}

func variants(k flows.Kind) []variant {
	is := object{{"required", []string{k.Key}}}
	with := ""
	for _, o := range k.Outcomes {
		with = max(with, o.With)
	}
	if with == "" {
		return []variant{{k, k.Key, is}}
	}
	has := object{{"required", []string{k.Key}}, {"properties", object{{k.Key, object{{"type", "object"}, {"required", []string{with}}}}}}}
	without := k
	without.Outcomes = slices.DeleteFunc(slices.Clone(k.Outcomes), func(o flows.Outcome) bool { return o.With != "" })
	return []variant{{without, k.Key, is.with("not", has)}, {k, k.Key + "_" + with, has}}
}

// next is where a state of a kind leads.
func next(k flows.Kind) object {
	properties := object{}
	for _, o := range k.Outcomes {
		properties = properties.with(o.Name, append(object{{"description", unwired(o)}}, single(flows.Shape{Form: flows.FormState})...))
	}
	byOutcome := closed(properties, mustWire(k), nil).with("minProperties", 1)
	if k.Open {
		// What else another flow returns, it says itself.
		byOutcome = object{{"type", "object"}, {"properties", properties}, {"additionalProperties", single(flows.Shape{Form: flows.FormState})}, {"minProperties", 1}}
	}
	if k.Plain() == "" && !k.Open {
		return byOutcome
	}
	return object{{"anyOf", []object{single(flows.Shape{Form: flows.FormState}), byOutcome}}}
}

// mustWire are the outcomes that a state must wire itself.
func mustWire(k flows.Kind) []string {
	var own []string
	for _, o := range k.Outcomes {
		if o.Own && o.Like == "" {
			own = append(own, o.Name)
		}
	}
	return own
}

// unwired says what becomes of an outcome that is not wired.
func unwired(o flows.Outcome) string {
	const doc = "Where it leads when the outcome is "
	without := ". Without it the defaults must say so."
	switch {
	case o.Own && o.Like != "":
		without = ". Without it: as " + o.Like + "."
	case o.Own:
		without = ". The state itself must say so."
	case o.Like != "":
		without = ". Without it, and without a default: as " + o.Like + "."
	case o.Builtin == engine.StateApology:
		without = ". Without it, and without a default: an apology."
	case o.Builtin != "":
		without = ". Without it, and without a default: a goodbye."
	}
	return doc + o.Name + without
}
