package flowtest

import (
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// key is a key that a mapping knows: what is declared of it, for editors and for
// people, and what reads its value.
type key struct {
	flows.Field
	read func(v *yaml.Node)
}

// required is a key that must be there.
func (k key) required() key {
	k.Required = true
	return k
}

func keyOf(name, doc string, shape flows.Shape, read func(v *yaml.Node)) key {
	return key{flows.Field{Key: name, Doc: doc, Shape: shape}, read}
}

func (r *reader) textKey(name, doc string, into *string) key {
	return keyOf(name, doc, aText(), func(v *yaml.Node) { r.text(v, name, into) })
}

func (r *reader) lineKey(name, doc string, into *string) key {
	return keyOf(name, doc, aText(), func(v *yaml.Node) { r.line(v, name, into) })
}

func (r *reader) textsKey(name, doc string, into *[]string) key {
	return keyOf(name, doc, oneOrMore(aText()), func(v *yaml.Node) { *into = r.texts(v, name) })
}

// wordKey is a key whose value is one of a few words.
func wordKey[T ~string](r *reader, name, doc string, into *T, words ...string) key {
	return keyOf(name, doc, oneOf(words...), func(v *yaml.Node) {
		var w string
		r.word(v, name, &w, words...)
		*into = T(w)
	})
}

func (r *reader) booleanKey(name, doc string, into *bool) key {
	return keyOf(name, doc, flows.Shape{Form: flows.FormBoolean}, func(v *yaml.Node) { r.boolean(v, name, into) })
}

func (r *reader) integerKey(name, doc string, low, high int, into *int) key {
	return keyOf(name, doc, aNumber(low, high), func(v *yaml.Node) { r.integer(v, name, low, high, into) })
}

func (r *reader) durationKey(name, doc string, into *time.Duration) key {
	return keyOf(name, doc, flows.Shape{Form: flows.FormDuration}, func(v *yaml.Node) { r.duration(v, name, into) })
}

// delayKey and timesKey are what all stand-ins have.
func (r *reader) delayKey(into *time.Duration) key {
	return r.durationKey("delay", "How long the caller waits for the answer, up to 10m.", into)
}

func (r *reader) timesKey(into *int) key {
	return r.integerKey("times", "How often it answers before the next one does; left out, always.", 1, 1000, into)
}

// The shapes of values.

func aText() flows.Shape { return flows.Shape{Form: flows.FormText} }

func aNumber(low, high int) flows.Shape {
	return flows.Shape{Form: flows.FormInteger, Low: strconv.Itoa(low), High: strconv.Itoa(high)}
}

func oneOf(words ...string) flows.Shape { return flows.Shape{Form: flows.FormWord, Words: words} }

func listOf(s flows.Shape) flows.Shape { return flows.Shape{Form: flows.FormList, Of: &s} }

func either(shapes ...flows.Shape) flows.Shape {
	return flows.Shape{Form: flows.FormEither, Any: shapes}
}

// oneOrMore is a value, or a list of such.
func oneOrMore(s flows.Shape) flows.Shape { return either(s, listOf(s)) }

// anything is a value of any shape.
func anything() flows.Shape { return flows.Shape{} }

// keyed is a mapping of keys.
func keyed(keys []key) flows.Shape {
	s := flows.Shape{Form: flows.FormMapping}
	for _, k := range keys {
		s.Fields = append(s.Fields, k.Field)
	}
	return s
}

// keyedOne is a mapping of keys of which exactly one of some must be there. The others
// come behind it.
func keyedOne(one, others []key) flows.Shape {
	s := keyed(others)
	s.OneOf = keyed(one).Fields
	return s
}

// SuiteShape declares what a file of scenarios may hold, as it is read.
func SuiteShape() flows.Shape { return keyed(new(reader).fileKeys(&Suite{}, new(bool))) }

// StandinsShape declares what a file of stand-ins may hold, as it is read.
func StandinsShape() flows.Shape { return keyed(new(reader).givenKeys(&Given{})) }
