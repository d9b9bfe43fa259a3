package engine

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
	if a.Value.IsZero() {
		return a.Constant, nil
	}
	v, err := a.Value.value(st)
	if text, ok := v.(string); ok && len(text) > maxValue {
		return nil, &valueError{a.Var}
	}
	return v, err
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
