package flows

import (
	"strings"

	"callflow/engine"
	"callflow/flows/prove"
)

// prove runs the proofs over the ways that calls can take. A flow that is wrong
// otherwise is proved as far as it was understood: what could not be read ends
// the call, so that no way is found that is not there.
func (c *compiler) prove() {
	if c.states[c.spec.Start] == nil {
		return // no call ever begins
	}
	for _, f := range prove.Check(&c.spec) {
		// The rule of that name knows what was meant by misspelt references.
		if Code(f.Code) != CodeUnreachableState {
			c.proved[findingKey{f.Code, f.State}] = true
			c.finding(f)
		}
	}
}

// findingKey is what a proof found wrong where.
type findingKey struct{ code, state string }

// entered reports a proof that fails within a flow that is entered. What fails
// there anyway was reported there; what fails only on the way from here is a
// mistake of entering it so. It tells whether that was all there is to say.
func (c *compiler) entered(f prove.Finding) bool {
	site, within, ok := strings.Cut(f.State, ".")
	sub := c.sites[site]
	if !ok || sub == nil {
		return false
	}
	own := sub.member.alone
	if own.proved[findingKey{f.Code, within}] {
		return true
	}
	st := c.states[site]
	pos := st.Kind.(*SubflowDecl).Flow.Pos
	if back := c.back(f); back != nil {
		pos = back.or(pos)
	}
	d := c.report(Code(f.Code), pos, "%s", f.Message)
	d.Hint = f.Hint
	d.Keys = f.Path.Keys()
	if in, st, local := c.deepest(f.State); st != nil {
		g := f
		g.State, g.Name = local, strings.TrimPrefix(f.Name, strings.TrimSuffix(f.State, local))
		d.Related = append(d.Related, Related{File: in.doc.File, Pos: in.place(st, g), Message: quote(st.Name.Value) + " is here"})
	}
	return true
}

// back is where the outcome of a return leads, of a finding that is about it.
func (c *compiler) back(f prove.Finding) *Pos {
	site, within, _ := strings.Cut(f.State, ".")
	sub := c.sites[site]
	if st := sub.stateOf(within); st != nil {
		if r, ok := st.Kind.(*ReturnDecl); ok && f.Outcome != "" && r.Outcome.Value == f.Outcome {
			pos := c.leading(c.states[site], f.Outcome)
			return &pos
		}
	}
	return nil
}

// deepest finds the state that a state of the program was made of, through all
// flows that are entered, with the flow it stands in and its name there.
func (c *compiler) deepest(name string) (*compiler, *StateDecl, string) {
	for {
		site, within, ok := strings.Cut(name, ".")
		if sub := c.sites[site]; ok && sub != nil {
			c, name = sub, within
			continue
		}
		return c, c.stateOf(name), name
	}
}

// finding reports a proof that fails, at the place in the source where it can
// be mended.
func (c *compiler) finding(f prove.Finding) {
	if c.entered(f) {
		return
	}
	st := c.stateOf(f.State)
	if st == nil {
		c.report(Code(f.Code), c.doc.Flow.Pos, "%s", f.Message).Hint = f.Hint
		return
	}
	d := c.report(Code(f.Code), c.place(st, f), "%s", f.Message)
	d.Hint = f.Hint
	d.Keys = f.Path.Keys()
	if from := c.entering(f); from != nil {
		d.Related = append(d.Related, *from)
	}
	if in, other, _ := c.deepest(f.Other); other != nil && other != st {
		message := "state " + quote(f.Other) + " is here"
		if Code(f.Code) == CodeUnsetVariable {
			message = quote(f.Name) + " is set here"
		}
		d.Related = append(d.Related, Related{File: in.doc.File, Pos: other.Name.Pos, Message: message})
	}
}

// entering is where the file leads into a protected state without the proof, or nil.
func (c *compiler) entering(f prove.Finding) *Related {
	if Code(f.Code) != CodeRequiresUnproved || len(f.Path) == 0 {
		return nil
	}
	last := f.Path[len(f.Path)-1]
	in, from, _ := c.deepest(last.State)
	if from == nil {
		return nil
	}
	if in != c {
		site, _, _ := strings.Cut(last.State, ".")
		from = c.states[site]
	}
	pos := c.leading(from, last.Outcome)
	for _, g := range c.doc.Globals {
		if engine.GlobalOutcome(g.Keys.Value) == last.Outcome {
			pos = g.To.Pos
		}
	}
	return &Related{Pos: pos.or(from.Name.Pos), Message: quote(from.Name.Value) + " leads there without it"}
}

// parts are the suffixes of states that a state of a flow is made of.
var parts = []string{confirmSuffix, reviewSuffix, replaySuffix, deliverSuffix}

// stateOf finds the state of the flow that a state of the program was made of.
func (c *compiler) stateOf(name string) *StateDecl {
	for _, suffix := range parts {
		if whole, ok := strings.CutSuffix(name, suffix); ok {
			return c.states[whole]
		}
	}
	return c.states[name]
}

// place is where in a state a finding stands: the word that is to be changed.
func (c *compiler) place(st *StateDecl, f prove.Finding) Pos {
	switch Code(f.Code) {
	case CodeRequiresUnproved:
		return st.Requires.Pos.or(st.Name.Pos)
	case CodeUnsetVariable, CodeUnboundPrincipal, CodeSecretExposed:
		return c.reading(st, f.Name).or(st.Name.Pos)
	case CodeMisleadingWords, CodeUnboundedLoop:
		return c.leading(st, f.Outcome).or(st.Name.Pos)
	}
	return st.Name.Pos
}
