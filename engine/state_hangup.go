package engine

// Name is "hangup".
func (HangupState) Name() string { return "hangup" }

// Outcomes of a hangup: none, the call has ended.
func (HangupState) Outcomes() []Outcome { return nil }

func (k HangupState) arrive(st *step) Outcome {
	s := st.s
	ended := k.Ended
	if st.ending() {
		ended = OutHangup
	} else {
		// Words that cannot be filled in must not keep a call from ending.
		if err := st.say(k.Text, false); err != nil {
			st.verbs = append(st.verbs, st.p.Apology(s.Lang))
			ended = OutError
		}
		st.verbs = append(st.verbs, Hangup{})
	}
	s.Phase, s.Ended = PhaseEnded, ended
	s.Awaiting = false
	s.Entry = Entry{}
	return ""
}

func (HangupState) route(*step, Event) Outcome { return "" }
