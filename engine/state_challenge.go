package engine

// Name is "challenge".
func (ChallengeState) Name() string { return "challenge" }

// Outcomes of sending a code.
func (ChallengeState) Outcomes() []Outcome { return []Outcome{OutSent, OutRejected, OutUnavailable} }

func (c ChallengeState) arrive(st *step) Outcome {
	switch {
	case st.ending():
		return OutGone
	case c.Factor && st.s.Challenge.Pending.Len() == 0:
		st.reason = "no sign-in asks for a second factor"
		return OutRejected
	}
	return st.want(c)
}

// effect carries a key as an action does: the same for every repetition of this
// step, another for the next code.
func (c ChallengeState) effect(st *step) (Effect, error) {
	call, name := st.s.Call, st.state.Name
	e := SendCode{
		Channel: c.Channel, Lang: st.words.Lang,
		From: call.Party(), To: call.To, Trunk: call.Platform + "/" + call.Account,
		Key: st.s.ID + "/" + name + "/" + itoa(count(st.s.Visits, name)),
	}
	if c.Factor {
		e.Pending = st.s.Challenge.Pending
		return e, nil
	}
	var err error
	e.Number, err = c.Number.render(st.s, st.words, nil)
	return e, err
}

func (c ChallengeState) route(st *step, ev Event) Outcome {
	in, ok := ev.(CodeSent)
	if !ok {
		return ""
	}
	s := st.s
	switch in.Result {
	case CodeSentOn:
		s.Challenge.Handle = in.Handle
		s.Entry.Queue = Secret{} // nobody knows a code before it was sent
		s.set(c.Var, Record{{"ending", in.Ending}})
		return OutSent
	case CodeSentRejected:
		return OutRejected
	}
	return OutUnavailable
}

// ChallengeType is the type of what a challenge leaves behind: how the number ends
// that the code went to, where that is known.
func ChallengeType() Type {
	return Type{Base: TypeRecord, Fields: []Field{{"ending", Type{Base: TypeText}}}}
}
