package engine

// Name is "authenticate".
func (AuthenticateState) Name() string { return "authenticate" }

// Outcomes of a sign-in.
func (a AuthenticateState) Outcomes() []Outcome {
	o := []Outcome{OutAuthenticated, OutDenied, OutLocked, OutChallenge, OutUnavailable}
	if a.Attempts > 1 {
		o = append(o, OutRetryDenied)
	}
	return o
}

func (a AuthenticateState) arrive(st *step) Outcome {
	if st.ending() {
		return OutGone
	}
	return st.want(a)
}

func (a AuthenticateState) effect(st *step) (Effect, error) {
	account, err := a.Account.value(st)
	if err != nil {
		return nil, err
	}
	pin, err := a.PIN.value(st)
	if err != nil {
		return nil, err
	}
	call := st.s.Call
	return Authenticate{
		Account: revealed(account), PIN: secretOf(pin),
		From: call.Party(), To: call.To, Trunk: call.Platform + "/" + call.Account,
	}, nil
}

func revealed(v Value) string {
	if s, ok := v.(Secret); ok {
		return s.Reveal()
	}
	return textOf(v)
}

func secretOf(v Value) Secret {
	if s, ok := v.(Secret); ok {
		return s
	}
	return NewSecret(textOf(v))
}

func (a AuthenticateState) route(st *step, ev Event) Outcome {
	in, ok := ev.(SignedIn)
	if !ok {
		return ""
	}
	s, name := st.s, st.state.Name
	switch in.Result {
	case SignInAuthenticated:
		p := in.Principal
		s.Caller = &p
		s.Challenge = Challenge{}
		s.Denials = reset(s.Denials, name)
		return OutAuthenticated
	case SignInDenied:
		s.Entry.Queue = Secret{} // pressed for what did not come
		s.Denials = bump(s.Denials, name)
		if count(s.Denials, name) >= a.Attempts {
			return OutDenied
		}
		if err := st.say(a.Sorry, true); err != nil {
			return st.fail(err)
		}
		return OutRetryDenied
	case SignInLocked:
		return OutLocked
	case SignInChallenge:
		s.Challenge = Challenge{Pending: in.Pending}
		return OutChallenge
	}
	// An outage is not a wrong PIN: nothing is counted.
	return OutUnavailable
}
