package show

import (
	"errors"
	"fmt"
	"strings"

	"callflow/engine"
	"callflow/flows"
)

// State is what there is to know of a state.
type State struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Does says in a sentence what the kind does.
	Does     string    `json:"does"`
	At       *Place    `json:"at,omitempty"` // nil: the program has it by itself
	Settings []Setting `json:"settings"`
	Outcomes []Outcome `json:"outcomes"`
	// From are the states that lead here, and the words of the flow that do:
	// start, on_hangup.
	From []Arrival `json:"from"`
}

// Place is where something is written.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Setting is a key of the state that has a value.
type Setting struct {
	Key string `json:"key"`
	// Value is the value on one line; "" where there are Texts.
	Value string `json:"value,omitempty"`
	// Texts are what is said.
	Texts []Text `json:"texts,omitempty"`
	// By is what gives the value: state, defaults or built-in.
	By string `json:"by"`
	At *Place `json:"at,omitempty"`
}

// Text is what is said in one language; several lines are for one attempt after
// another.
type Text struct {
	Language string   `json:"language,omitempty"`
	Lines    []string `json:"lines"`
}

// Outcome is where an outcome leads.
type Outcome struct {
	Name string `json:"name"`
	To   string `json:"to"`
	// By is what says so: state, globals, defaults, on_hangup, on_error, limits,
	// caller (the flow that enters this one) or built-in.
	By string `json:"by"`
	At *Place `json:"at,omitempty"`
	// As is the outcome that this one goes with.
	As string `json:"as,omitempty"`
}

// Arrival is a way to the state.
type Arrival struct {
	State    string   `json:"state"`
	Outcomes []string `json:"outcomes,omitempty"`
}

// builtin is what decides where no file does.
const builtin = "built-in"

// ErrUnknown tells that there is no state of a name.
var ErrUnknown = errors.New("there is no state")

// Find shows a state of a flow and of the program that was compiled of it. A state
// of a flow that is entered has the name SITE.STATE, and find finds its file. The
// error wraps ErrUnknown, with a hint, where there is none of that name.
func Find(doc *flows.Document, program *engine.Program, name string, find flows.Finder) (*State, error) {
	state, ok := program.State(name)
	if !ok {
		return nil, unknown(program, name)
	}
	s := &State{Name: name, Kind: state.Kind.Name(), Settings: []Setting{}, Outcomes: []Outcome{}, From: arrivals(program.Spec(), name)}
	in, local := owner(doc, name, find)
	decl := declaration(in, local)
	if decl != nil {
		s.Kind = decl.Word.Value
		s.At = &Place{in.File, decl.Name.Pos.Line, decl.Name.Pos.Col}
		if strings.HasPrefix(local, decl.Name.Value+".") {
			s.Kind = state.Kind.Name() // what a kind is made of besides
		} else {
			s.Settings = settings(in, decl, *state)
		}
	}
	for _, k := range flows.Declared().Kinds {
		if k.Key == s.Kind {
			s.Does = k.Doc
		}
	}
	for _, t := range program.Spec().Transitions {
		if t.From == name {
			o := outcome(in, local, t)
			if o.By == builtin && in != doc && !strings.HasPrefix(t.To, "$") && !strings.HasPrefix(t.Outcome, "retry.") {
				o.By = "caller"
			}
			s.Outcomes = append(s.Outcomes, o)
		}
	}
	return s, nil
}

// unknown is the error of a name that is no state's, with the nearest that is.
func unknown(program *engine.Program, name string) error {
	var known []string
	for _, st := range program.Spec().States {
		known = append(known, st.Name)
	}
	hint := "callflow graph shows them all"
	if s := flows.Suggest(name, known); s != "" {
		hint = s
	}
	return fmt.Errorf("%w %q in the flow %q; %s", ErrUnknown, name, program.Flow(), hint)
}

// owner is the document that a state stands in, and the state's name there.
func owner(doc *flows.Document, name string, find flows.Finder) (*flows.Document, string) {
	site, rest, entered := strings.Cut(name, ".")
	if !entered || find == nil {
		return doc, name
	}
	for _, st := range doc.States {
		sub, is := st.Kind.(*flows.SubflowDecl)
		if !is || st.Name.Value != site {
			continue
		}
		src, err := find(doc.File, sub.Flow.Value)
		if err != nil {
			break
		}
		if inner, _ := flows.Parse(src.File, src.Text); inner != nil {
			return owner(inner, rest, find)
		}
	}
	return doc, name
}

// declaration is the state as it was written, or nil.
func declaration(doc *flows.Document, name string) *flows.StateDecl {
	base, _, _ := strings.Cut(name, ".")
	for _, st := range doc.States {
		if st.Name.Value == base {
			return st
		}
	}
	return nil
}

func outcome(doc *flows.Document, local string, t engine.Transition) Outcome {
	o := Outcome{Name: t.Outcome, To: t.To, By: builtin}
	w := doc.Wiring(local, t.Outcome)
	if w.By != "" {
		o.By, o.As = w.By, w.As
		o.At = &Place{doc.File, w.Pos.Line, w.Pos.Col}
	}
	return o
}

// arrivals are the ways to a state, in the order of the program.
func arrivals(spec *engine.Spec, name string) []Arrival {
	all := []Arrival{}
	if spec.Start == name {
		all = append(all, Arrival{State: "start"})
	}
	if spec.OnHangup == name {
		all = append(all, Arrival{State: "on_hangup"})
	}
	for _, t := range spec.Transitions {
		if t.To != name || t.From == name {
			continue
		}
		if n := len(all); n > 0 && all[n-1].State == t.From {
			all[n-1].Outcomes = append(all[n-1].Outcomes, t.Outcome)
			continue
		}
		all = append(all, Arrival{t.From, []string{t.Outcome}})
	}
	return all
}
