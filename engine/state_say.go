package engine

// Name is "say".
func (SayState) Name() string { return "say" }

// Outcomes of a say.
func (SayState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k SayState) arrive(st *step) Outcome {
	say := st.say
	if k.Each != nil {
		say = func(t Text, bargeIn bool) error { return st.sayEach(k.Each, t, bargeIn) }
	}
	if err := say(k.Text, k.BargeIn); err != nil {
		return st.fail(err)
	}
	return OutNext
}

func (SayState) route(*step, Event) Outcome { return "" }
