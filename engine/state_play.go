package engine

// Name is "play".
func (PlayState) Name() string { return "play" }

// Outcomes of a play.
func (PlayState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k PlayState) arrive(st *step) Outcome {
	if err := st.say(k.Text, k.BargeIn); err != nil {
		return st.fail(err)
	}
	return OutNext
}

func (PlayState) route(*step, Event) Outcome { return "" }
