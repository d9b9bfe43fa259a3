package flows

import (
	"slices"
)

// unusedVariable warns of variables that nothing reads. What a question leaves
// behind is not among them: many are asked only to choose a way.
func unusedVariable(c *compiler) {
	if len(c.doc.States) == 0 {
		return
	}
	// What could not be understood may well have read them.
	c.mayRead(c.doc.unread)
	for _, st := range c.doc.States {
		c.mayRead(st.unread)
	}
	seen := map[string]bool{}
	warn := func(s Scalar) {
		if name := s.Value; !c.used[name] && !seen[name] && !c.loose[name] && c.scope[name].Base != 0 && name != "call" && name != "caller" {
			seen[name] = true
			c.report(CodeUnusedVariable, s.Pos, "nothing reads the variable %q", name).Hint = "take it out, or use it"
		}
	}
	for _, v := range slices.Concat(c.doc.Parameters, c.doc.Variables) {
		warn(v.Name)
	}
	for _, st := range c.doc.States {
		if d, ok := st.Kind.(*SetDecl); ok {
			for _, a := range d.Set {
				if c.states[a.Name.Value] == nil && !isReserved(a.Name.Value) {
					warn(a.Name)
				}
			}
		}
	}
}

func (c *compiler) mayRead(u unread) {
	for _, text := range u.names {
		for _, name := range identifiers().FindAllString(text, -1) {
			c.used[name] = true
		}
	}
}
