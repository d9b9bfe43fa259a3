package engine

// Name is "verify".
func (VerifyState) Name() string { return "verify" }

// Outcomes of checking a code.
func (v VerifyState) Outcomes() []Outcome {
	o := []Outcome{OutVerified, OutAuthenticated, OutDenied, OutExpired, OutLocked, OutUnavailable}
	if v.Attempts > 1 {
		o = append(o, OutRetryDenied)
	}
	return o
}

func (v VerifyState) arrive(st *step) Outcome {
	switch {
	case st.ending():
		return OutGone
	case st.s.Challenge.Handle.Len() == 0:
		st.reason = "no code was sent"
		return OutExpired
	}
	return st.want(v)
}

func (v VerifyState) effect(st *step) (Effect, error) {
	code, err := v.Code.value(st)
	if err != nil {
		return nil, err
	}
	call := st.s.Call
	return CheckCode{
		Handle: st.s.Challenge.Handle, Code: secretOf(code),
		From: call.Party(), To: call.To, Trunk: call.Platform + "/" + call.Account,
	}, nil
}

func (v VerifyState) route(st *step, ev Event) Outcome {
	in, ok := ev.(CodeChecked)
	if !ok {
		return ""
	}
	s, name := st.s, st.state.Name
	switch in.Result {
	case CodeVerified:
		s.Challenge = Challenge{}
		s.Denials = reset(s.Denials, name)
		if in.Phone != "" {
			s.Phone = in.Phone
		}
		if in.Principal == nil {
			return OutVerified
		}
		p := *in.Principal
		s.Caller = &p
		return OutAuthenticated
	case CodeDenied:
		s.Entry.Queue = Secret{} // pressed for what did not come
		s.Denials = bump(s.Denials, name)
		if count(s.Denials, name) >= v.Attempts {
			return OutDenied
		}
		if err := st.say(v.Sorry, true); err != nil {
			return st.fail(err)
		}
		return OutRetryDenied
	case CodeExpired:
		s.Challenge.Handle = Secret{}
		return OutExpired
	case CodeLocked:
		return OutLocked
	}
	return OutUnavailable
}
