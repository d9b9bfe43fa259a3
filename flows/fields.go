package flows

import (
	"slices"
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
	// Inherited tells that the defaults hold where a state leaves the key out.
	Inherited bool
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

// allRequired tells whether a mapping needs all that it can have.
func (f Fields) allRequired() bool {
	return len(f) > 0 && !slices.ContainsFunc(f, func(x Field) bool { return !x.Required })
}

func (f Fields) has(key string) bool {
	for i := range f {
		if f[i].Key == key {
			return true
		}
	}
	return false
}

// without are these fields but one.
func (f Fields) without(key string) Fields {
	var rest Fields
	for _, x := range f {
		if x.Key != key {
			rest = append(rest, x)
		}
	}
	return rest
}

// and are these fields and then others.
func (f Fields) and(others ...Field) Fields { return append(f[:len(f):len(f)], others...) }

// Form is what a value looks like.
type Form string

// FormTree is any tree of values: the zero value of a Form.
const FormTree Form = ""

// The forms of single values.
const (
	FormText       Form = "text"       // written out
	FormTemplate   Form = "template"   // a text that may hold ${…}
	FormValue      Form = "value"      // a template that may be empty
	FormLanguage   Form = "language"   // a language's tag: en-AU
	FormWording    Form = "wording"    // what is said: a template, or one for each language
	FormPrompt     Form = "prompt"     // a wording that may be a list, a line for each attempt
	FormPhrases    Form = "phrases"    // what callers say: one, a list, or either for each language
	FormShare      Form = "share"      // a number from 0 to 1
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
	FormReference  Form = "reference"  // ${env:NAME}, in an installation's file
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

// Ordered are all fields of a mapping in the order in which they are best
// written.
func (s *Shape) Ordered() Fields { return slices.Concat(s.Fields[:s.Lead], s.OneOf, s.Fields[s.Lead:]) }

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
	aTree        = Shape{Form: FormTree}
	aText        = Shape{Form: FormText}
	aTemplate    = Shape{Form: FormTemplate}
	aValue       = Shape{Form: FormValue}
	aLanguage    = Shape{Form: FormLanguage}
	aWording     = Shape{Form: FormWording}
	aPrompt      = Shape{Form: FormPrompt}
	somePhrases  = Shape{Form: FormPhrases}
	aShare       = Shape{Form: FormShare}
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
	// Flow is the shape of a whole file, and State that of a state in it.
	Flow, State Shape
	// Kinds are what a state can do, in the order of the reference: the OneOf of
	// State, and what they conclude.
	Kinds []Kind
}

// Kind is what a kind of state declares of itself.
type Kind struct {
	// Field is its word, the shape of what stands there, and what it does.
	Field
	// Outcomes are what a state's next may wire, error and limit included, which
	// every state has; nil: the state has no next.
	Outcomes []Outcome
	// Open tells of a next that wires outcomes which another flow names, too.
	Open bool
}

// Outcome is what a state can conclude, and what becomes of it.
type Outcome struct {
	Name string
	// Plain marks the one that a plain next stands for.
	Plain bool
	// Own marks one that the state itself must wire.
	Own bool
	// Like is the outcome whose target it takes when neither the state nor the
	// defaults wire it, and Builtin the state that it leads to then; both "": it
	// must be wired.
	Like, Builtin string
	// With is the key that a state must have to conclude it; "": every state of
	// the kind can.
	With string
}

// Plain is the outcome that a plain next stands for, or "".
func (k *Kind) Plain() string {
	for _, o := range k.Outcomes {
		if o.Plain {
			return o.Name
		}
	}
	return ""
}

// Declared is the language as the parser reads it.
func Declared() Declaration {
	d := Declaration{Flow: aMapping(flowFields), State: stateShape}
	for _, k := range kinds {
		kind := Kind{Field: k.Field, Open: k.open}
		if k.exits != nil || k.open {
			for _, x := range slices.Concat(k.exits, commonExits) {
				kind.Outcomes = append(kind.Outcomes, Outcome{x.outcome, x.good, x.own, x.like, x.builtin, x.with})
			}
		}
		d.Kinds = append(d.Kinds, kind)
	}
	return d
}
