package engine

import "errors"

// Name is "action", or "callback".
func (a ActionState) Name() string {
	if a.Callback != nil {
		return "callback"
	}
	return "action"
}

// Outcomes of an action.
func (ActionState) Outcomes() []Outcome {
	return []Outcome{OutDone, OutRejected, OutPending, OutUnknown}
}

func (a ActionState) arrive(st *step) Outcome {
	if a.Callback != nil {
		if _, err := a.Callback.number(st); errors.Is(err, errNoNumber) {
			st.reason = err.Error()
			return OutRejected
		}
	}
	return st.want(a)
}

// effect carries a key made of the session, the state and the visit: the same
// for every repetition of this step, another for the next time the caller comes
// here.
func (a ActionState) effect(st *step) (Effect, error) {
	f, err := a.Fetch.fill(st)
	name := st.state.Name
	action := Action{Fetch: f, Key: st.s.ID + "/" + name + "/" + itoa(count(st.s.Visits, name))}
	if err == nil && a.Callback != nil {
		action.Calls, err = a.Callback.fill(st, &action.Fetch)
	}
	return action, err
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
