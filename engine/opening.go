package engine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Opening is what a call that we make is given when it begins. The zero value is
// nothing.
type Opening struct {
	// Vars replace the first values of variables: those of Given.
	Vars []Var
	// State is where the call begins, in place of the flow's start; "": there.
	State string
}

// Bounds of what a call is given.
const (
	maxGiven     = 64      // values
	maxGivenText = 4 << 10 // bytes of one
)

// GivenError tells which value cannot be given to a call, and why. It never holds the
// value.
type GivenError struct {
	Name    string
	Message string
}

func (e *GivenError) Error() string { return fmt.Sprintf("%q: %s", e.Name, e.Message) }

// Given makes an opening's variables of values by their names: text, float64 and bool,
// or text in the place of any of them. Only variables that the flow declares can be
// given, and only those of a single value. They come sorted by name; the errors are
// *GivenError, all that there are.
func (p *Program) Given(values map[string]any) ([]Var, error) {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > maxGiven {
		return nil, &GivenError{names[maxGiven], fmt.Sprintf("found %d values, expected at most %d", len(names), maxGiven)}
	}
	var vars []Var
	var wrong []error
	for _, name := range names {
		v, err := p.given(name, values[name])
		if err != nil {
			wrong = append(wrong, &GivenError{name, err.Error()})
			continue
		}
		vars = append(vars, Var{name, v})
	}
	return vars, errors.Join(wrong...)
}

// Givable are the names of the variables that a call can be given, sorted.
func (p *Program) Givable() []string {
	var names []string
	for _, v := range p.spec.Variables {
		if p.givable(v) {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names
}

// givable tells the flow's own variables from what states keep under their names, and
// from what belongs to a sub-flow.
func (p *Program) givable(v Variable) bool {
	single := v.Type.Base == TypeText || v.Type.Base == TypeNumber || v.Type.Base == TypeBool || v.Type.Base == TypeSecret
	return single && p.states[v.Name] == nil && !strings.Contains(v.Name, ".")
}

func (p *Program) given(name string, value any) (Value, error) {
	i := slices.IndexFunc(p.spec.Variables, func(v Variable) bool { return v.Name == name && p.givable(v) })
	if i < 0 {
		if known := p.Givable(); len(known) > 0 {
			return nil, fmt.Errorf("the flow %s declares no such variable; it has %s", p.spec.Flow, strings.Join(known, ", "))
		}
		return nil, fmt.Errorf("the flow %s declares no variables that a call could be given", p.spec.Flow)
	}
	typ := p.spec.Variables[i].Type.Base
	if text, ok := value.(string); ok {
		if len(text) > maxGivenText {
			return nil, fmt.Errorf("%d bytes long, expected at most %d", len(text), maxGivenText)
		}
		return parseGiven(typ, text)
	}
	switch v := value.(type) {
	case float64:
		if typ == TypeNumber {
			return v, nil
		}
		return nil, fmt.Errorf("found a number, expected %s: put it in quotes", typ)
	case bool:
		if typ == TypeBool {
			return v, nil
		}
		return nil, fmt.Errorf("found true or false, expected %s", typ)
	}
	return nil, fmt.Errorf("expected %s", typ)
}

// parseGiven reads what is written as text, as on a command line.
func parseGiven(typ Base, text string) (Value, error) {
	switch typ {
	case TypeNumber:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != n || n-n != 0 {
			return nil, errors.New("found text that is no number")
		}
		return n, nil
	case TypeBool:
		switch text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errors.New("expected true or false")
	case TypeSecret:
		return NewSecret(text), nil
	}
	return text, nil
}

// errNoState is a state where no call can begin.
var errNoState = errors.New("no call can begin there")

// CanOpen tells whether calls can begin in a state of the flow: its own, and one that
// nothing needs to be proved for.
func (p *Program) CanOpen(state string) error {
	s := p.states[state]
	switch {
	case s == nil || s.Scope != "" || strings.Contains(state, "."):
		return fmt.Errorf("%w: the flow %s has no state %q", errNoState, p.spec.Flow, state)
	case s.Requires != "":
		return fmt.Errorf("%w: %q requires %s", errNoState, state, s.Requires)
	}
	return nil
}

// fits checks an opening that may have been made for another version of the flow.
func (p *Program) fits(o Opening) error {
	for _, v := range o.Vars {
		i := slices.IndexFunc(p.spec.Variables, func(d Variable) bool { return d.Name == v.Name && p.givable(d) })
		if i < 0 || baseOf(v.Value) != p.spec.Variables[i].Type.Base {
			return &GivenError{v.Name, "the flow " + p.spec.Flow + " has no such variable, or one of another type"}
		}
	}
	if o.State == "" {
		return nil
	}
	return p.CanOpen(o.State)
}

func baseOf(v Value) Base {
	switch v.(type) {
	case string:
		return TypeText
	case float64:
		return TypeNumber
	case bool:
		return TypeBool
	case Secret:
		return TypeSecret
	}
	return TypeAny
}
