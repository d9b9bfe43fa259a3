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
			c.finding(f)
		}
	}
}

// finding reports a proof that fails, at the place in the source where it can
// be mended.
func (c *compiler) finding(f prove.Finding) {
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
	if other := c.stateOf(f.Other); other != nil && other != st {
		message := "state " + quote(f.Other) + " is here"
		if Code(f.Code) == CodeUnsetVariable {
			message = quote(f.Name) + " is set here"
		}
		d.Related = append(d.Related, Related{Pos: other.Name.Pos, Message: message})
	}
}

// entering is where the file leads into a protected state without the proof, or nil.
func (c *compiler) entering(f prove.Finding) *Related {
	if Code(f.Code) != CodeRequiresUnproved || len(f.Path) == 0 {
		return nil
	}
	last := f.Path[len(f.Path)-1]
	from := c.stateOf(last.State)
	if from == nil {
		return nil
	}
	pos := c.leading(from, last.Outcome)
	for _, g := range c.doc.Globals {
		if engine.GlobalOutcome(g.Keys.Value) == last.Outcome {
			pos = g.To.Pos
		}
	}
	return &Related{Pos: pos.or(from.Name.Pos), Message: quote(from.Name.Value) + " leads there without it"}
}

// stateOf finds the state of the flow that a state of the program was made of.
func (c *compiler) stateOf(name string) *StateDecl {
	return c.states[strings.TrimSuffix(name, confirmSuffix)]
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
