package flows

import "callflow/engine"

// Wiring is what decides where an outcome leads.
type Wiring struct {
	// By is what says so: "state", or the flow's "globals", "defaults",
	// "on_hangup", "on_error" or "limits"; "" where nothing does, and the language
	// decides, or the flow that enters this one.
	By string
	// Pos is where it says so.
	Pos Pos
	// As is the outcome that it says so for, where that is another one.
	As engine.Outcome
}

// Wiring finds what decides where an outcome of a state of the program leads.
func (d *Document) Wiring(state string, o engine.Outcome) Wiring {
	st := d.declared(state)
	if st == nil {
		return Wiring{}
	}
	w := Wiring{}
	for as := o; ; {
		if ref := st.ref(as); ref != nil {
			w.By, w.Pos = "state", ref.Pos
			return w
		}
		if by, ref := d.wires(as); ref != nil {
			w.By, w.Pos = by, ref.Pos
			return w
		}
		like := likeOf(st, as)
		if like == "" {
			return Wiring{}
		}
		as, w.As = like, like
	}
}

// wires is where the flow itself says that an outcome leads.
func (d *Document) wires(o engine.Outcome) (string, *Ref) {
	for _, g := range d.Globals {
		if engine.GlobalOutcome(g.Keys.Value) == o && g.To != nil {
			return "globals", g.To
		}
	}
	if d.Defaults != nil {
		if ref, _ := d.Defaults.Next.wired(o); ref != nil {
			return "defaults", ref
		}
	}
	switch {
	case o == engine.OutHangup:
		return "on_hangup", d.OnHangup
	case o == engine.OutError:
		return "on_error", d.OnError
	case o == engine.OutLimit && d.Limits != nil:
		return "limits", d.Limits.Exit
	}
	return "", nil
}

// likeOf is the outcome whose target another takes when nothing wires it.
func likeOf(st *StateDecl, o engine.Outcome) engine.Outcome {
	if st.Kind == nil {
		return ""
	}
	for _, x := range st.Kind.exits() {
		if x.outcome == o {
			return x.like
		}
	}
	return ""
}
