package flows

import (
	"strings"

	"callflow/engine"
)

// reading is where a state first names a variable in an expression, or nowhere.
func (c *compiler) reading(st *StateDecl, name string) Pos {
	if d, ok := st.Kind.(*BranchDecl); ok {
		for _, arm := range d.Arms {
			if i := naming(arm.If.Value, name); i >= 0 {
				return c.inside(arm.If, i)
			}
		}
	}
	for _, s := range textsOf(st.Kind) {
		pieces, _ := split(s.Value)
		for _, p := range pieces {
			if i := naming(p.expr, name); p.isExpr && i >= 0 {
				return c.inside(s, p.offset+i)
			}
		}
	}
	return Pos{}
}

// naming is the offset at which an expression names a variable, or -1. A field
// of that name, a function, and the name in a quoted text are something else.
func naming(expr, name string) int {
	for _, at := range identifiers().FindAllStringIndex(expr, -1) {
		before := strings.TrimRight(expr[:at[0]], " ")
		if strings.HasPrefix(strings.TrimLeft(expr[at[1]:], " "), "(") {
			continue
		}
		if expr[at[0]:at[1]] == name && !strings.HasSuffix(before, ".") && strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0 {
			return at[0]
		}
	}
	return -1
}

// textsOf are the values of a state that may hold expressions, as far as they
// were written.
func textsOf(k KindDecl) []Scalar {
	var all []Scalar
	text := func(texts ...*Text) {
		for _, t := range texts {
			if t == nil {
				continue
			}
			for _, w := range t.wordings() {
				for _, l := range w.Lines {
					all = append(all, l.Scalar)
				}
			}
		}
	}
	asking := func(a *AskingDecl) { text(a.Prompt, a.NoInput, a.NoMatch) }
	pairs := func(pairs []PairDecl) {
		for _, p := range pairs {
			all = append(all, p.Value)
		}
	}
	fetch := func(f *FetchDecl) {
		all = append(all, f.Path)
		pairs(f.Query)
		pairs(f.Headers)
		if f.Body != nil {
			all = append(all, textsOfBody(nil, f.Body)...)
		}
	}
	switch d := k.(type) {
	case *SayDecl:
		text(d.Text)
		all = append(all, d.Each)
	case *PlayDecl:
		text(d.Text)
	case *MenuDecl:
		asking(&d.AskingDecl)
		if d.Each != nil {
			text(d.Each.Say, d.Each.SayMore)
			all = append(all, d.Each.In)
		}
	case *CollectDecl:
		asking(&d.AskingDecl)
		if d.Confirm != nil {
			asking(&d.Confirm.AskingDecl)
		}
	case *ConfirmDecl:
		asking(&d.AskingDecl)
	case *AuthenticateDecl:
		all = append(all, d.Account, d.PIN)
		text(d.Sorry)
	case *ChallengeDecl:
		all = append(all, d.To)
	case *VerifyDecl:
		all = append(all, d.Code)
		text(d.Sorry)
	case *IdentifyDecl:
		all = append(all, d.Number)
	case *LanguageDecl:
		all = append(all, d.By)
	case *SetDecl:
		for i := range d.Set {
			all = append(all, d.Set[i].texts()...)
		}
	case *SubflowDecl:
		for _, a := range d.With {
			all = append(all, a.Value)
		}
	case *ReturnDecl:
		for _, a := range d.With {
			all = append(all, a.Value)
		}
	case *RequestDecl:
		fetch(&d.FetchDecl)
	case *CallbackDecl:
		all = append(all, d.Number, d.At)
		fetch(&d.FetchDecl)
	case *ActionDecl:
		fetch(&d.FetchDecl)
	case *TransferDecl:
		all = append(all, d.To, d.From)
		text(d.Say, d.Whisper)
		pairs(d.Context)
	case *QueueDecl:
		text(d.Say)
		if d.Offer != nil {
			text(d.Offer.Prompt)
		}
	case *RecordDecl:
		text(d.Prompt)
	case *VoicemailDecl:
		text(d.Prompt, d.Review)
		if d.Deliver != nil {
			fetch(d.Deliver)
		}
	case *HangupDecl:
		text(d.Say)
	}
	return all
}

func textsOfBody(all []Scalar, b *BodyDecl) []Scalar {
	all = append(all, b.Scalar)
	for i := range b.Fields {
		all = textsOfBody(all, &b.Fields[i].Value)
	}
	for i := range b.Items {
		all = textsOfBody(all, &b.Items[i])
	}
	return all
}

// leading is where the file says where an outcome of a state leads: in the state
// itself or in the defaults, or nowhere.
func (c *compiler) leading(st *StateDecl, o engine.Outcome) Pos {
	if ref := st.ref(o); ref != nil {
		return ref.Pos
	}
	if ref, ok := c.defaults.Next.wired(o); ok && ref != nil {
		return ref.Pos
	}
	return Pos{}
}

// ref is where a state itself leads an outcome, or nil.
func (st *StateDecl) ref(o engine.Outcome) *Ref {
	if st.Kind == nil {
		return nil
	}
	switch d := st.Kind.(type) {
	case *MenuDecl:
		for _, option := range d.Options {
			if engine.OptionOutcome(option.Keys.Value) == o {
				return option.To
			}
		}
	case *BranchDecl:
		for i, arm := range d.Arms {
			if engine.WhenOutcome(i+1) == o {
				return arm.To
			}
		}
		if o == engine.OutElse {
			return d.Else
		}
	case *AuthenticateDecl:
		if o == engine.OutRetryDenied {
			return d.Retry
		}
	case *VerifyDecl:
		if o == engine.OutRetryDenied {
			return d.Retry
		}
	}
	if ref, ok := st.Next.wired(o); ok {
		return ref
	}
	if sub, ok := st.Kind.(*SubflowDecl); ok && sub.Flow.IsSet() && st.Next != nil && o != engine.OutNext && !common(o) {
		return st.Next.To // the only outcome that the sub-flow returns
	}
	for _, x := range st.Kind.exits() {
		switch {
		case x.outcome != o || st.Next == nil:
		case x.good:
			return st.Next.To
		case x.like != "":
			return st.ref(x.like)
		}
	}
	return nil
}
