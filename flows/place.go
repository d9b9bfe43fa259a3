package flows

import (
	"strings"

	"callflow/engine"
)

// Place is where a state of the compiled flow stands in its source, or with an
// outcome where the flow says where that leads: in the state, in the defaults or
// among the globals. What nobody wrote stands where its state does; the zero
// value is a state that the source does not have.
func (d *Document) Place(state string, o engine.Outcome) Pos {
	st := d.declared(state)
	if st == nil {
		return Pos{}
	}
	if o == "" {
		return st.Name.Pos
	}
	if ref := d.leads(st, o); ref != nil && ref.Pos.Line != 0 {
		return ref.Pos
	}
	return st.Name.Pos
}

// declared finds the state that a state of the program was made of: a question
// with a confirmation is two.
func (d *Document) declared(state string) *StateDecl {
	for {
		for _, st := range d.States {
			if st.Name.Value == state {
				return st
			}
		}
		i := strings.LastIndexByte(state, '.')
		if i < 0 {
			return nil
		}
		state = state[:i]
	}
}

func (d *Document) leads(st *StateDecl, o engine.Outcome) *Ref {
	if ref := st.ref(o); ref != nil {
		return ref
	}
	for _, g := range d.Globals {
		if engine.GlobalOutcome(g.Keys.Value) == o {
			return g.To
		}
	}
	if d.Defaults != nil {
		if ref, ok := d.Defaults.Next.wired(o); ok && ref != nil {
			return ref
		}
	}
	switch {
	case o == engine.OutHangup && d.OnHangup != nil:
		return d.OnHangup
	case o == engine.OutError && d.OnError != nil:
		return d.OnError
	case o == engine.OutLimit && d.Limits != nil:
		return d.Limits.Exit
	}
	return nil
}
