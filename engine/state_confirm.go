package engine

import "sort"

// Name is "confirm".
func (ConfirmState) Name() string { return "confirm" }

// Outcomes of a confirm.
func (c ConfirmState) Outcomes() []Outcome {
	return append([]Outcome{OutYes, OutNo}, c.outcomes()...)
}

func (c ConfirmState) arrive(st *step) Outcome {
	// Nobody confirms what they have not heard: keys pressed ahead are dropped.
	st.s.Entry.Queue = Secret{}
	keys := c.keys(st)
	g := Gather{Min: 1, Max: 1, Options: keys, Flush: true}
	for _, k := range keys {
		g.Max = max(g.Max, len(k))
	}
	return st.ask(&c.Asking, g, c.read(st), c.answer(st))
}

func (c ConfirmState) route(st *step, ev Event) Outcome {
	return st.hear(&c.Asking, ev, c.read(st), c.answer(st))
}

func (c ConfirmState) keys(st *step) []string {
	keys := []string{c.Yes, c.No}
	for _, g := range st.p.spec.Globals {
		if st.global(g.Keys) {
			keys = append(keys, g.Keys)
		}
	}
	sort.Strings(keys)
	return keys
}

func (c ConfirmState) read(st *step) reader {
	return func(keys string, ended Ended) entry { return readOption(c.keys(st), keys, ended) }
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
