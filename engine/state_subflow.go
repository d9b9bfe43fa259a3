package engine

import "strings"

// Name is "subflow".
func (SubflowState) Name() string { return "subflow" }

// Outcomes of a sub-flow's entrance: it leads to the sub-flow's start. What the
// sub-flow returns are outcomes of its return states.
func (SubflowState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k SubflowState) arrive(st *step) Outcome {
	values := make([]Value, len(k.Set))
	for i, a := range k.Set {
		v, err := a.value(st)
		if err != nil {
			return st.fail(err)
		}
		values[i] = v
	}
	// What an earlier visit left behind, and what it gave back, is gone.
	st.s.forget(k.Site)
	st.cutTrail(k.Site)
	for i, a := range k.Set {
		st.s.set(k.Site+"."+a.Var, values[i])
	}
	return OutNext
}

func (SubflowState) route(*step, Event) Outcome { return "" }

// Name is "return".
func (ReturnState) Name() string { return "return" }

// Outcomes of a return: the one that it gives back.
func (k ReturnState) Outcomes() []Outcome { return []Outcome{k.Outcome} }

func (k ReturnState) arrive(st *step) Outcome {
	if len(k.With) == 0 {
		return k.Outcome
	}
	record := make(Record, len(k.With))
	for i, a := range k.With {
		v, err := a.value(st)
		if err != nil {
			return st.fail(err)
		}
		record[i] = Var{a.Var, v}
	}
	if site := Site(st.state.Scope); site != "" {
		scope := st.s.Scope
		st.s.Scope = ""
		st.s.set(site, record)
		st.s.Scope = scope
	}
	return k.Outcome
}

func (ReturnState) route(*step, Event) Outcome { return "" }

// passes tells the kinds that stand between states without being a place of their
// own: a mistake that led there led to what follows.
func passes(k Kind) bool {
	switch k.(type) {
	case SubflowState, ReturnState:
		return true
	}
	return false
}

// Site is the state that entered the sub-flow whose names have that scope, or ""
// for the flow that the call began on.
func Site(scope string) string { return strings.TrimSuffix(scope, ".") }

// Scoped is a name as sessions and Spec.Variables know it, of a state with that
// scope. What is known of the call and the caller is the same everywhere.
func Scoped(scope, name string) string {
	if scope == "" || name == "call" || name == "caller" || name == PhoneName {
		return name
	}
	return scope + name
}
