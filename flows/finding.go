package flows

import (
	"strings"

	"callflow/flows/prove"
)

// finding reports a proof that fails, at the place in the source where it can
// be mended.
func (c *compiler) finding(f prove.Finding) {
	code := Code(f.Code)
	if code == CodeUnreachableState {
		return // the rule of that name knows about misspelt references
	}
	st := c.states[strings.TrimSuffix(f.State, confirmSuffix)]
	pos := c.doc.Flow.Pos
	if st != nil {
		pos = c.place(st, f)
	}
	d := c.report(code, pos, "%s", f.Message)
	d.Hint = f.Hint
	d.Keys = f.Path.Keys()
}

// place is where in a state a finding stands.
func (c *compiler) place(st *StateDecl, f prove.Finding) Pos {
	switch Code(f.Code) {
	case CodeRequiresUnproved:
		return st.Requires.Pos.or(st.Name.Pos)
	}
	return st.Name.Pos
}
