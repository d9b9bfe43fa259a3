package engine

// Name is "request".
func (RequestState) Name() string { return "request" }

// Outcomes of a request.
func (RequestState) Outcomes() []Outcome { return []Outcome{OutOK, OutNotFound, OutError} }

func (r RequestState) arrive(st *step) Outcome { return st.want(r) }

func (r RequestState) effect(st *step) (Effect, error) {
	f, err := r.Fetch.fill(st)
	return Request{f}, err
}

func (r RequestState) route(st *step, ev Event) Outcome {
	got, ok := ev.(Answered)
	if !ok {
		return ""
	}
	switch got.Result {
	case AnswerOK:
		record, err := readRecord(r.Returns, got.Body)
		if err != nil {
			return st.fail(err)
		}
		st.s.set(r.Var, record)
		return OutOK
	case AnswerNotFound:
		return OutNotFound
	}
	st.reason = got.Detail
	return OutError
}
