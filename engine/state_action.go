package engine

// Name is "action".
func (ActionState) Name() string { return "action" }

// Outcomes of an action.
func (ActionState) Outcomes() []Outcome {
	return []Outcome{OutDone, OutRejected, OutPending, OutUnknown}
}

func (a ActionState) arrive(st *step) Outcome { return st.want(a) }

// effect carries a key made of the session, the state and the visit: the same
// for every repetition of this step, another for the next time the caller comes
// here.
func (a ActionState) effect(st *step) (Effect, error) {
	f, err := a.Fetch.fill(st)
	name := st.state.Name
	return Action{Fetch: f, Key: st.s.ID + "/" + name + "/" + itoa(count(st.s.Visits, name))}, err
}

func (a ActionState) route(st *step, ev Event) Outcome {
	got, ok := ev.(Answered)
	if !ok {
		return ""
	}
	st.reason = got.Detail
	switch got.Result {
	case AnswerDone:
		// What is done stays done, even if the answer cannot be read.
		if record, err := readRecord(a.Returns, got.Body); err == nil {
			st.s.set(a.Var, record)
		} else {
			st.reason = err.Error()
		}
		return OutDone
	case AnswerRejected:
		return OutRejected
	case AnswerUnknown:
		return OutUnknown
	}
	return OutPending
}
