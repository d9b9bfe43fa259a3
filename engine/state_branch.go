package engine

// Name is "branch".
func (BranchState) Name() string { return "branch" }

// Outcomes of a branch: one for each condition, and else.
func (b BranchState) Outcomes() []Outcome {
	o := make([]Outcome, 0, len(b.When)+1)
	for i := range b.When {
		o = append(o, WhenOutcome(i+1))
	}
	return append(o, OutElse)
}

func (b BranchState) arrive(st *step) Outcome {
	for i, cond := range b.When {
		v, err := cond.eval(st.s, st.words)
		if err != nil {
			return st.fail(err)
		}
		if v == true {
			return WhenOutcome(i + 1)
		}
	}
	return OutElse
}

func (BranchState) route(*step, Event) Outcome { return "" }
