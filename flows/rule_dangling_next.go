package flows

// danglingNext reports references to states that are not there, at the
// reference.
func danglingNext(c *compiler) {
	if len(c.doc.States) == 0 {
		return // which was reported
	}
	if len(c.doc.States) == 0 {
		return // that there are none is reported
	}
	for _, ref := range c.doc.refs() {
		c.dangling(ref)
	}
	for _, st := range c.doc.States {
		for _, ref := range st.refs {
			c.dangling(ref)
		}
	}
}

func (c *compiler) dangling(ref *Ref) {
	if c.states[ref.Value] != nil {
		return
	}
	d := c.report(CodeDanglingNext, ref.Pos, "state %q is not defined", ref.Value)
	d.Hint = c.nearest(ref.Value, c.names)
}

// refs are the states that a flow names outside its states.
func (d *Document) refs() []*Ref {
	var refs []*Ref
	add := func(r *Ref) {
		if r != nil {
			refs = append(refs, r)
		}
	}
	add(d.Start)
	if d.Defaults != nil && d.Defaults.Next != nil {
		for _, e := range d.Defaults.Next.Exits {
			add(e.To)
		}
	}
	for _, g := range d.Globals {
		add(g.To)
	}
	add(d.OnHangup)
	add(d.OnError)
	if d.Limits != nil {
		add(d.Limits.Exit)
	}
	return refs
}
