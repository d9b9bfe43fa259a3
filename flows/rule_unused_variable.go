package flows

// unusedVariable warns of variables that nothing reads. What a question leaves
// behind is not among them: many are asked only to choose a way.
func unusedVariable(c *compiler) {
	seen := map[string]bool{}
	warn := func(s Scalar) {
		if name := s.Value; !c.used[name] && !seen[name] && !c.loose[name] && c.scope[name].Base != 0 && name != "call" && name != "caller" {
			seen[name] = true
			c.report(CodeUnusedVariable, s.Pos, "nothing reads the variable %q", name).Hint = "take it out, or use it"
		}
	}
	for _, v := range c.doc.Variables {
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
