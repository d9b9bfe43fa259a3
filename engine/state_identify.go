package engine

// Name is "identify".
func (IdentifyState) Name() string { return "identify" }

// Outcomes of looking for who might be calling.
func (IdentifyState) Outcomes() []Outcome {
	return []Outcome{OutOne, OutMany, OutNone, OutUnavailable}
}

func (i IdentifyState) arrive(st *step) Outcome { return st.want(i) }

func (i IdentifyState) effect(st *step) (Effect, error) {
	number, err := i.Number.render(st.s, st.words, nil)
	return Identify{Number: number}, err
}

func (i IdentifyState) route(st *step, ev Event) Outcome {
	in, ok := ev.(Identified)
	if !ok {
		return ""
	}
	n := len(in.Accounts)
	if in.Result == IdentifiedUnavailable || in.Result != IdentifiedNone && n == 0 {
		return OutUnavailable
	}
	var only Candidate
	if in.Result == IdentifiedNone {
		n = 0
	}
	if n == 1 {
		only = in.Accounts[0]
	}
	accounts := make(List, 0, n)
	for _, c := range in.Accounts[:n] {
		accounts = append(accounts, Record{{"account", c.Account}, {"kind", c.Kind}})
	}
	st.s.set(i.Var, Record{
		{"account", only.Account},
		{"accounts", accounts},
		{"count", float64(n)},
		{"kind", only.Kind},
	})
	switch n {
	case 0:
		return OutNone
	case 1:
		return OutOne
	}
	return OutMany
}

// CandidatesType is the type of what an identify leaves behind: how many accounts
// a number has, a list of them, and, where there is one, that one and what the
// number is to it.
func CandidatesType() Type {
	text := Type{Base: TypeText}
	candidate := Type{Base: TypeRecord, Fields: []Field{{"account", text}, {"kind", text}}}
	return Type{Base: TypeRecord, Fields: []Field{
		{"account", text}, {"accounts", ListOf(candidate)}, {"count", Type{Base: TypeNumber}}, {"kind", text},
	}}
}
