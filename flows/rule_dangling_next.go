package flows

import (
	"maps"
	"slices"
)

// danglingNext reports references to states that are not there, at the
// reference. Where the state itself is missing or misspelt that is one mistake,
// however many lead to it.
func danglingNext(c *compiler) {
	if len(c.doc.States) == 0 {
		return // which was reported
	}
	missing := map[string]*Diagnostic{} // by name, where one report is enough
	for _, ref := range c.allRefs() {
		if c.states[ref.Value] != nil || ref.moves() {
			continue
		}
		if isTarget(ref.Value) {
			c.report(CodeDanglingNext, ref.Pos, "%q is where a key can lead: an option, a global key, or the yes or no of a confirm; found it elsewhere", ref.Value)
			continue
		}
		if first := missing[ref.Value]; first != nil {
			if len(first.Related) < maxRelated {
				first.Related = append(first.Related, Related{Pos: ref.Pos, Message: "it is named here, too"})
			}
			continue
		}
		d := Report(CodeDanglingNext, c.doc.File, ref.Pos, "state %q is not defined", ref.Value)
		meant := ""
		if c.hints++; c.hints <= maxHints {
			if name, ok := nearest(ref.Value, c.names); ok {
				meant, d.Hint = name, "did you mean "+quote(name)+"?"
			} else if name, ok := nearest(ref.Value, targets); ok && ref.key {
				d.Hint = "did you mean " + quote(name) + "?"
			}
		}
		if meant != "" && c.isNamed(meant) {
			c.diags = append(c.diags, d) // the reference is misspelt, and only that
			continue
		}
		missing[ref.Value] = &d
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		c.diags = append(c.diags, *missing[name])
	}
}

// maxRelated bounds the other places that one diagnostic shows.
const maxRelated = 5

// isNamed tells whether anything leads to a state.
func (c *compiler) isNamed(name string) bool {
	if c.named == nil {
		c.named = map[string]bool{}
		for _, ref := range c.allRefs() {
			c.named[ref.Value] = true
		}
	}
	return c.named[name]
}

// allRefs are all references of the flow, in the order of the file as far as
// states go.
func (c *compiler) allRefs() []*Ref {
	if c.refs == nil {
		c.refs = slices.Grow(c.doc.refs(), 2*len(c.doc.States))
		for _, st := range c.doc.States {
			c.refs = append(c.refs, st.refs...)
		}
	}
	return c.refs
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
