package engine

// Name is "confirm".
func (ConfirmState) Name() string { return "confirm" }

// Outcomes of a confirm.
func (c ConfirmState) Outcomes() []Outcome {
	return append([]Outcome{OutYes, OutNo}, c.outcomes()...)
}

func (c ConfirmState) arrive(st *step) Outcome {
	// Nobody confirms what they have not heard: keys pressed ahead are dropped.
	st.s.Entry.Queue = Secret{}
	g := st.choice()
	g.Flush = true
	return st.ask(&c.Asking, g, st.option(), c.answer(st))
}

func (c ConfirmState) route(st *step, ev Event) Outcome {
	return st.hear(&c.Asking, ev, st.choice().Max, st.option(), c.answer(st))
}

func (c ConfirmState) answer(st *step) func(entry) Outcome {
	return func(got entry) Outcome {
		switch {
		case got.keys == c.Yes:
			return OutYes
		case got.keys == c.No:
			return OutNo
		case st.global(got.keys):
			return GlobalOutcome(got.keys)
		}
		return st.mistake(&c.Asking, OutNoMatch, "not_allowed")
	}
}
