package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

func (p *parser) states(key Scalar, n *yaml.Node) []*StateDecl {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		p.report(CodeNoStates, key.Pos, "the flow has no states")
		return nil
	}
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to states") {
		return nil
	}
	if len(n.Content) == 0 {
		p.report(CodeNoStates, key.Pos, "the flow has no states")
		return nil
	}
	if len(n.Content)/2 > maxStates {
		p.report(CodeTooLarge, key.Pos, "the flow has %d states; at most %d are read", len(n.Content)/2, maxStates)
		return nil
	}
	states := make([]*StateDecl, 0, len(n.Content)/2)
	p.each(n, mapping{what: "the states"}, func(key Scalar, v *yaml.Node) bool {
		st := &StateDecl{Name: p.name(key, "state")}
		st.Name.Pos, st.Name.Value = key.Pos, key.Value
		if isTarget(key.Value) {
			p.report(CodeBadName, key.Pos, "%q is where a key can lead in every flow, and cannot name a state", key.Value)
		}
		p.state = st
		p.stateBody(st, v)
		p.state = nil
		states = append(states, st)
		return true
	})
	return states
}

func (p *parser) stateBody(st *StateDecl, n *yaml.Node) {
	name := st.Name.Value
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" {
		p.loseNext()
		p.report(CodeMissingKind, st.Name.Pos, "state %q is empty; expected what it does: %s", name, list(kindNames))
		return
	}
	if !p.is(st.Name, n, yaml.MappingNode, "a state, which is a mapping") {
		return
	}
	m := mapping{what: "state", name: name, known: stateWords}
	var strange Scalar // an unknown key that may have been meant as the kind
	var strangeValue *yaml.Node
	m.unknown = func(key Scalar, v *yaml.Node) bool {
		if strange.IsSet() || closeTo(key.Value, stateFields.words()) {
			return false
		}
		strange, strangeValue = key, v
		return true
	}
	before := len(p.diags)
	p.each(n, m, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "next":
			st.Next = p.next(key, v)
		case "requires":
			st.Requires = p.scalar(key, v)
		case "max_visits":
			if st.MaxVisits = p.integer(key, v, 1, maxTurns); st.MaxVisits == nil {
				st.MaxVisits = &Setting[int]{key, 1} // it was reported; visits are meant to be bounded
			}
		case "milestone":
			st.Milestone = p.name(p.scalar(key, v), "milestone")
		case "note":
			st.Note = p.scalar(key, v)
		default:
			parse := kindParser(key.Value)
			if parse == nil {
				return false
			}
			if st.Word.IsSet() {
				d := p.report(CodeSeveralKinds, key.Pos, "state %q does both %s and %s; a state does one thing", name, st.Word.Value, key.Value)
				d.Related = append(d.Related, Related{Pos: st.Word.Pos, Message: "the first one is here"})
				p.lose(v)
				p.loseNext()
				return true
			}
			st.Word = key
			st.Kind = parse(p, key, v)
		}
		return true
	})
	p.headless(before)
	switch {
	case !strange.IsSet() && st.Word.IsSet():
	case st.Word.IsSet():
		p.unknownKey(strange, m)
		p.lose(strangeValue)
	case strange.IsSet():
		d := p.report(CodeUnknownKind, strange.Pos, "state %q does %q, which is no kind of state; expected one of %s", name, strange.Value, list(kindNames))
		d.Hint = didYouMean(strange.Value, kindNames)
		if meant, ok := nearest(strange.Value, kindNames); ok {
			st.Word = Scalar{Value: meant, Pos: strange.Pos}
			st.Kind = kindParser(meant)(p, st.Word, strangeValue)
		} else {
			p.lose(strangeValue)
			p.loseNext()
		}
	default:
		p.report(CodeMissingKind, st.Name.Pos, "state %q does not say what it does; expected one of %s", name, list(kindNames))
		p.loseNext()
	}
	if _, asks := st.Kind.(*ConfirmDecl); asks && st.Next != nil {
		for _, e := range st.Next.Exits {
			if e.To != nil && (e.Outcome.Value == engine.OutYes || e.Outcome.Value == engine.OutNo) {
				e.To.key = true
			}
		}
	}
	if st.Kind != nil && st.Next != nil && len(st.Next.Exits) > 0 {
		if exits := st.Kind.exits(); exits != nil {
			st.Next.guess(allowed(exits))
		}
	}
}

// headless keeps one of several signs that the name of a state is missing: the
// state before it then has everything twice. They were reported since before.
func (p *parser) headless(before int) {
	found := p.diags[before:]
	signs := 0
	for _, d := range found {
		if d.Code == CodeSeveralKinds || d.Code == CodeDuplicateKey {
			signs++
		}
	}
	if signs < 2 {
		return
	}
	kept := p.diags[:before]
	for _, d := range found {
		if d.Code == CodeSeveralKinds || d.Code == CodeDuplicateKey {
			if signs == 0 {
				continue
			}
			signs, d.Hint = 0, "is the name of a state missing before this line?"
		}
		kept = append(kept, d)
	}
	p.diags = kept
}

// next reads where a state leads.
func (p *parser) next(key Scalar, n *yaml.Node) *Next {
	next := &Next{Key: key}
	if n.Kind == yaml.ScalarNode {
		next.To = p.ref(key, n)
		return next
	}
	if !p.is(key, n, yaml.MappingNode, "a state, or a mapping of outcomes to states") {
		return next
	}
	p.each(n, mapping{what: "next", empty: true}, func(key Scalar, v *yaml.Node) bool {
		next.Exits = append(next.Exits, Exit{Outcome: key, To: p.ref(key, v)})
		return true
	})
	return next
}

// keyRef reads where a key leads: a state, repeat, or back.
func (p *parser) keyRef(key Scalar, n *yaml.Node) *Ref {
	ref := p.ref(key, n)
	if ref != nil {
		ref.key = true
	}
	return ref
}

// ref reads the name of a state.
func (p *parser) ref(key Scalar, n *yaml.Node) *Ref {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return nil
	}
	ref := &Ref{Scalar: s}
	if p.state != nil {
		p.state.refs = append(p.state.refs, ref)
	}
	return ref
}
