package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Name is "set".
func (SetState) Name() string { return "set" }

// Outcomes of a set.
func (SetState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k SetState) arrive(st *step) Outcome {
	for _, a := range k.Set {
		v, err := a.value(st)
		if err != nil {
			return st.fail(err)
		}
		st.s.set(a.Var, v)
	}
	return OutNext
}

// maxValue bounds a text that a flow puts together, in bytes: a loop must not
// grow a session without end.
const maxValue = 4096

func (a Assignment) value(st *step) (Value, error) {
	switch {
	case a.List != nil:
		return a.change(st)
	case a.Value.IsZero():
		return a.Constant, nil
	}
	v, err := a.Value.value(st)
	switch v := v.(type) {
	case string:
		if len(v) > maxValue {
			return nil, &valueError{a.Var}
		}
	case List:
		if err := v.fits(); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Var, err)
		}
	}
	return v, err
}

// change is the list with what is added to it.
func (a Assignment) change(st *step) (Value, error) {
	var list List
	if !a.List.Anew {
		before, ok := st.s.Var(a.Var).(List)
		if !ok {
			return nil, &unsetError{a.Var}
		}
		list = slices.Clip(before)
	}
	for i := range a.List.Add {
		item, err := a.List.Add[i].value(st)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if err := list.fits(); err != nil {
		return nil, fmt.Errorf("%s: %w", a.Var, err)
	}
	return list, nil
}

// value is what a node says of an item.
func (n *Node) value(st *step) (Value, error) {
	switch {
	case n.Object != nil:
		r := make(Record, 0, len(n.Object))
		for i := range n.Object {
			v, err := n.Object[i].Value.value(st)
			if err != nil {
				return nil, err
			}
			r = append(r, Var{n.Object[i].Name, v})
		}
		slices.SortFunc(r, func(a, b Var) int { return cmp.Compare(a.Name, b.Name) })
		return r, nil
	case n.Raw != "":
		var v any
		if err := json.Unmarshal([]byte(n.Raw), &v); err != nil {
			return nil, err
		}
		return strict(v), nil
	}
	return Operand{Template: n.Template}.value(st)
}

type valueError struct{ name string }

func (e *valueError) Error() string { return e.name + ": the text is too long" }

// value is the operand's value; a template that is a single expression keeps
// the expression's type.
func (o Operand) value(st *step) (Value, error) {
	if o.Secret != "" {
		if v, ok := st.s.Var(o.Secret).(Secret); ok {
			return v, nil
		}
		return nil, &unsetError{o.Secret}
	}
	if len(o.Template) == 1 && o.Template[0].Expr != nil {
		return o.Template[0].Expr.eval(st.s, st.words)
	}
	return o.Template.render(st.s, st.words, nil)
}

type unsetError struct{ name string }

func (e *unsetError) Error() string { return e.name + " has no value yet" }

func (SetState) route(*step, Event) Outcome { return "" }
