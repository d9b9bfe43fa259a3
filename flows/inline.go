package flows

import (
	"slices"
	"strings"

	"callflow/engine"
)

// Where states of a sub-flow lead that the flow which entered it decides. No
// program has these: a sub-flow by itself ends there.
const (
	stateReturned    = "$returned"
	stateCallerGone  = "$caller_gone"
	stateCallerError = "$caller_error"
	stateCallerLimit = "$caller_limit"
)

// alone are where a sub-flow leads that nobody has entered.
func alone(to string) string {
	switch to {
	case stateReturned, stateCallerGone:
		return engine.StateGone
	case stateCallerError:
		return engine.StateApology
	case stateCallerLimit:
		return engine.StateGoodbye
	}
	return to
}

// enter finds the flows that states enter, and reports those that cannot be.
func (c *compiler) enter() {
	c.diags = append(c.diags, c.member.diags...)
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*SubflowDecl)
		if !ok || c.states[st.Name.Value] != st {
			continue
		}
		if m := c.member.entered[d.Flow.Value]; m != nil && m.doc != nil {
			if langs := c.enterable(d, m); langs != nil {
				c.subs[st] = c.lib.within(m, langs)
			}
		}
	}
}

// enterable gives the languages in which a flow can be entered from a state, or
// nil where it cannot be.
func (c *compiler) enterable(d *SubflowDecl, m *member) []string {
	name := d.Flow.Value
	if m.doc.Flow.Value != name {
		diag := c.report(CodeUnknownSubflow, d.Flow.Pos, "there is no flow %q to enter: the file of that name has the flow %q", name, m.doc.Flow.Value)
		diag.Related = append(diag.Related, Related{File: m.doc.File, Pos: m.doc.Flow.Pos.or(Pos{1, 1}), Message: "the flow is named here"})
		return nil
	}
	if round := way(m, c.member); round != nil {
		c.round(d, round)
		return nil
	}
	if m.deep() > maxEntered {
		if m.deep() == maxEntered+1 {
			c.report(CodeTooLarge, d.Flow.Pos, "flows enter one another more than %d deep from here", maxEntered)
		}
		return nil
	}
	if len(subExits(m.doc)) == 0 {
		if !m.doc.shape.HasErrors() {
			diag := c.report(CodeNotASubflow, d.Flow.Pos, "the flow %q cannot be entered: it never returns", name)
			diag.Hint = "give it a state that returns: { return: done }"
			diag.Related = append(diag.Related, Related{File: m.doc.File, Pos: m.doc.Flow.Pos, Message: "the flow begins here"})
		}
		return nil
	}
	own := c.lib.compile(m)
	if own.spec.Start == "" || own.states[own.spec.Start] == nil {
		return nil // no call ever gets into it, which is reported there
	}
	var langs, missing []string
	for _, lang := range c.langs {
		if i := serves(own.langs, lang); i >= 0 {
			langs = append(langs, own.langs[i])
		} else {
			missing = append(missing, lang)
		}
	}
	if len(missing) > 0 {
		diag := c.report(CodeMissingLanguage, d.Flow.Pos, "the sub-flow %q does not speak %s, and this flow does", name, and(missing))
		diag.Related = append(diag.Related, Related{File: m.doc.File, Pos: m.doc.Flow.Pos, Message: "it speaks " + and(own.langs)})
		return nil
	}
	return langs
}

// serves is which of some languages serves another one: the same, else one of
// the same base; -1: none.
func serves(langs []string, lang string) int {
	if i := slices.IndexFunc(langs, func(l string) bool { return strings.EqualFold(l, lang) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(langs, func(l string) bool { return strings.EqualFold(baseOf(l), baseOf(lang)) })
}

// round reports flows that enter one another in a circle: once, in the first of
// them by name.
func (c *compiler) round(d *SubflowDecl, path []*member) {
	names := make([]string, len(path))
	for i, m := range path {
		names[i] = m.doc.Flow.Value
	}
	if slices.Min(names) != c.doc.Flow.Value {
		return
	}
	diag := c.report(CodeSubflowCycle, d.Flow.Pos, "flows cannot enter one another in a circle: %s enters %s", c.doc.Flow.Value, strings.Join(names, ", which enters "))
	diag.Hint = "lead back to a state instead of entering the flow again"
}

// inline puts the states of a sub-flow behind the one that enters it.
func (c *compiler) inline(st *StateDecl, sub *compiler) {
	if len(c.spec.States)+len(sub.spec.States) > maxStates {
		if !c.crowded {
			c.crowded = true
			c.report(CodeTooLarge, st.Name.Pos, "with the states of the flows it enters, the flow has more than %d", maxStates)
		}
		return
	}
	c.sites[st.Name.Value] = sub
	prefix := st.Name.Value + "."
	gone := c.gone()
	exits := c.exits(st)
	at := 0
	for _, s := range sub.spec.States {
		first := at
		for at < len(sub.ways) && sub.ways[at].From == s.Name {
			at++
		}
		if strings.HasPrefix(s.Name, "$") {
			continue
		}
		ways := sub.ways[first:at]
		s.Name, s.Scope = prefix+s.Name, prefix+s.Scope
		c.spec.States = append(c.spec.States, s)
		c.from = s.Name
		for _, t := range ways {
			to := t.To
			switch {
			case to == stateReturned:
				to, _ = c.target(st, exits, t.Outcome)
			case to == stateCallerGone:
				to = gone
			case to == stateCallerError:
				to = c.onError(st)
			case to == stateCallerLimit:
				to = c.onLimit(st)
			case !strings.HasPrefix(to, "$"):
				to = prefix + to
			case to == stateNowhere:
				c.astray = true
			case to == engine.StateBack:
				c.goesBack = true
			}
			c.edge(t.Outcome, to)
		}
	}
	for _, v := range sub.spec.Variables {
		// They begin when the sub-flow is entered, not with the call.
		c.inner = append(c.inner, engine.Variable{Name: prefix + v.Name, Type: v.Type})
	}
	for _, g := range sub.spec.Globals {
		if !slices.Contains(c.spec.Globals, g) {
			c.spec.Globals = append(c.spec.Globals, g)
		}
	}
	for _, service := range sub.spec.Services {
		c.services[service] = true
	}
}

// signature is what a sub-flow takes and gives back; nil for a flow that begins
// calls.
func (c *compiler) signature() *engine.Subflow {
	if !c.isSubflow {
		return nil
	}
	s := &engine.Subflow{Outputs: c.doc.record().Fields}
	for _, p := range c.doc.Parameters {
		if typ, ok := c.scope[p.Name.Value]; ok {
			s.Parameters = append(s.Parameters, engine.Parameter{Name: p.Name.Value, Type: typ, Default: c.initial(p)})
		}
	}
	for _, x := range subExits(c.doc) {
		s.Returns = append(s.Returns, x.outcome)
	}
	return s
}

// Subflow tells a flow that others enter from one that begins calls: it takes
// parameters, gives outputs, or returns.
func (d *Document) Subflow() bool {
	return len(d.Parameters) > 0 || len(d.Outputs) > 0 ||
		slices.ContainsFunc(d.States, func(st *StateDecl) bool { _, ok := st.Kind.(*ReturnDecl); return ok })
}

// subflow reports what a sub-flow cannot have, and what it lacks.
func (c *compiler) subflow() {
	d := c.doc
	if !c.isSubflow {
		return
	}
	for _, o := range d.Outputs {
		if o.Type.Value == "secret" {
			c.report(CodeSecretExposed, o.Type.Pos, "the output %q is secret, and a sub-flow gives no secrets back", o.Name.Value).Hint = "use the secret within the sub-flow"
		}
	}
	if l := d.Limits; l != nil {
		for key, s := range map[string]Scalar{"turns": scalarIn(l.Turns), "duration": scalarIn(l.Duration)} {
			if s.IsSet() {
				c.report(CodeBadValue, s.Pos, "%q bounds a call, and a sub-flow begins none", key).Hint = "set it in the flows that enter this one"
			}
		}
	}
	if len(subExits(d)) == 0 && !slices.ContainsFunc(d.States, func(st *StateDecl) bool { _, ok := st.Kind.(*ReturnDecl); return ok || st.Kind == nil }) {
		pos := d.Flow.Pos
		if len(d.Parameters) > 0 {
			pos = d.Parameters[0].Name.Pos
		} else if len(d.Outputs) > 0 {
			pos = d.Outputs[0].Name.Pos
		}
		c.report(CodeNotASubflow, pos, "the flow is a sub-flow, because it has parameters or outputs, but it never returns").Hint = "give it a state that returns: { return: done }"
	}
}

func scalarIn[T any](s *Setting[T]) Scalar {
	if s == nil {
		return Scalar{}
	}
	return s.Scalar
}
