package flows

import (
	"strconv"
	"time"
)

// Field declares a key of a mapping. What the parser knows, what the schema
// describes, the order in which the formatter writes and the pages of the
// reference are all made from these declarations.
type Field struct {
	Key      string
	Shape    Shape
	Required bool
	// Default is what holds where the key is left out, as a flow would write it
	// or in a few words; "": nothing does.
	Default string
	// Doc says in a sentence what the key is for.
	Doc string
}

// Fields are the keys of a mapping, in the order in which they are best written.
type Fields []Field

// words are the keys alone.
func (f Fields) words() []string {
	words := make([]string, len(f))
	for i := range f {
		words[i] = f[i].Key
	}
	return words
}

func (f Fields) has(key string) bool {
	for i := range f {
		if f[i].Key == key {
			return true
		}
	}
	return false
}

// and are these fields and then others.
func (f Fields) and(others ...Field) Fields { return append(f[:len(f):len(f)], others...) }

// Form is what a value looks like. The zero value is any tree of values.
type Form string

// The forms of single values.
const (
	FormText       Form = "text"       // written out
	FormTemplate   Form = "template"   // a text that may hold ${…}
	FormWording    Form = "wording"    // what is said: a template, or one for each language
	FormPrompt     Form = "prompt"     // a wording that may be a list, a line for each attempt
	FormName       Form = "name"       // of a flow
	FormService    Form = "service"    // the name of a service
	FormState      Form = "state"      // the name of a state
	FormDuration   Form = "duration"   // a length of time: 5s
	FormInteger    Form = "integer"    // a whole number
	FormBoolean    Form = "boolean"    // true or false
	FormWord       Form = "word"       // one of some words
	FormExpression Form = "expression" // without ${ }
	FormDigits     Form = "digits"     // how many: 5, or 1-10
	FormKey        Form = "key"        // one key of a telephone
	FormPattern    Form = "pattern"    // a regular expression
	FormNothing    Form = "nothing"    // no value at all
)

// The forms that hold others.
const (
	FormMapping Form = "mapping" // of declared keys: Fields, and one of OneOf
	FormNames   Form = "names"   // a mapping of names that the flow chooses
	FormList    Form = "list"
	FormEither  Form = "either" // one of several shapes
)

// Shape is what may stand as a value.
type Shape struct {
	Form Form
	// Words are what a FormWord can be.
	Words []string
	// Low and High bound a FormInteger or a FormDuration, as they are written.
	Low, High string
	// Names are the keys of a FormNames.
	Names Names
	// Of is what a FormList holds, and what stands under each name of a FormNames.
	Of *Shape
	// Fields are the keys of a FormMapping, and OneOf those of which exactly one
	// must be there besides. It is best written after the first Lead of Fields.
	Fields, OneOf Fields
	Lead          int
	// Any are the shapes of a FormEither.
	Any []Shape
}

// Names are keys that a flow chooses.
type Names struct {
	// What one of them is: "state", "keys", "outcome".
	What string
	// Pattern is a regular expression that they match as a whole; "": any.
	Pattern string
	// Words are the only ones there can be; nil: any.
	Words []string
	// Some tells that there must be at least one.
	Some bool
}

// Shapes of single values.
var (
	aTree        = Shape{}
	aText        = Shape{Form: FormText}
	aTemplate    = Shape{Form: FormTemplate}
	aWording     = Shape{Form: FormWording}
	aPrompt      = Shape{Form: FormPrompt}
	aName        = Shape{Form: FormName}
	aService     = Shape{Form: FormService}
	aState       = Shape{Form: FormState}
	aBoolean     = Shape{Form: FormBoolean}
	anExpression = Shape{Form: FormExpression}
	aDigitRange  = Shape{Form: FormDigits}
	aPhoneKey    = Shape{Form: FormKey}
	aPattern     = Shape{Form: FormPattern}
	nothing      = Shape{Form: FormNothing}
)

func aWord(words ...string) Shape { return Shape{Form: FormWord, Words: words} }

func anInteger(low, high int) Shape {
	return Shape{Form: FormInteger, Low: strconv.Itoa(low), High: strconv.Itoa(high)}
}

func aDuration(low, high time.Duration) Shape {
	return Shape{Form: FormDuration, Low: short(low), High: short(high)}
}

func aMapping(fields Fields) Shape { return Shape{Form: FormMapping, Fields: fields} }

// aMappingWith is a mapping that has exactly one of some keys after its first
// lead fields.
func aMappingWith(fields Fields, lead int, oneOf Fields) Shape {
	return Shape{Form: FormMapping, Fields: fields, OneOf: oneOf, Lead: lead}
}

// aMap is a mapping of names that a flow chooses.
func aMap(names Names, of Shape) Shape { return Shape{Form: FormNames, Names: names, Of: &of} }

func aList(of Shape) Shape { return Shape{Form: FormList, Of: &of} }

func either(shapes ...Shape) Shape { return Shape{Form: FormEither, Any: shapes} }

// Patterns of names, as isName and its like check them.
const (
	namePattern    = `[a-z][a-z0-9_]{0,63}`
	servicePattern = `[a-z][a-z0-9_-]{0,63}`
	fieldPattern   = `[A-Za-z_][A-Za-z0-9_]{0,63}`
	keysPattern    = `[0-9*#]{1,8}`
)

// Declaration is what the language declares of itself.
type Declaration struct {
	// Flow is the shape of a whole file. A state's shape is the same wherever one
	// stands: its kinds are the OneOf of what stands under each name of "states".
	Flow  Shape
	Kinds []Kind
}

// Kind is what a kind of state declares of itself.
type Kind struct {
	// Field is its word, the shape of what stands there, and what it does.
	Field
	// Outcomes are what a state's next may wire, without error and limit, which
	// every state has; nil: the state has no next.
	Outcomes []string
	// Plain is the outcome that a plain next stands for, or "".
	Plain string
}

// Declared is the language as the parser reads it.
func Declared() Declaration {
	d := Declaration{Flow: aMapping(flowFields)}
	for _, k := range kinds {
		kind := Kind{Field: k.Field}
		for _, x := range k.exits {
			kind.Outcomes = append(kind.Outcomes, x.outcome)
			if x.good {
				kind.Plain = x.outcome
			}
		}
		d.Kinds = append(d.Kinds, kind)
	}
	return d
}
