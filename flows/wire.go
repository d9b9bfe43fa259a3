package flows

import (
	"strconv"

	"callflow/engine"
)

// stateNowhere stands in for states that were reported to be missing: it ends
// the call without a word, so that no proof is led astray. No program has it.
const stateNowhere = "$nowhere"

// to is the state that a reference leads to.
func (c *compiler) to(ref *Ref) string {
	if ref.moves() {
		if ref.Value == targetRepeat {
			return c.from
		}
		c.goesBack = true
		return engine.StateBack
	}
	if ref == nil || c.states[ref.Value] == nil {
		return c.lostWay()
	}
	return ref.Value
}

func (c *compiler) lostWay() string {
	c.astray = true
	return stateNowhere
}

func (c *compiler) edge(o engine.Outcome, to string) {
	c.spec.Transitions = append(c.spec.Transitions, engine.Transition{From: c.from, Outcome: o, To: to})
}

// target is where an outcome leads: what the state says, else the defaults, else
// what an outcome like it does, else the built-in end. ok is false where nothing
// says so.
func (c *compiler) target(st *StateDecl, exits []exit, o engine.Outcome) (to string, ok bool) {
	for range len(exits) + 1 {
		if o == engine.OutError {
			return c.onError(st), true
		}
		var x exit
		for i := range exits {
			if exits[i].outcome == o {
				x = exits[i]
			}
		}
		if n := st.Next; n != nil {
			if x.good && n.To != nil {
				return c.to(n.To), true
			}
			if ref, written := n.wired(o); written {
				return c.to(ref), true
			}
		}
		if !x.own {
			if ref, written := c.defaults.Next.wired(o); written {
				return c.to(ref), true
			}
		}
		if x.like == "" {
			if x.builtin != "" {
				return x.builtin, true
			}
			return c.lostWay(), false
		}
		o = x.like
	}
	return c.lostWay(), false
}

// wired tells where an outcome leads, and whether anything was written for it:
// a broken reference counts, and is nil.
func (n *Next) wired(o engine.Outcome) (*Ref, bool) {
	if n == nil {
		return nil, false
	}
	for i := range n.Exits {
		if e := &n.Exits[i]; e.Outcome.Value == o || e.meant == o {
			return e.To, true
		}
	}
	return nil, false
}

// wire adds a state's transitions, and reports outcomes that lead nowhere.
func (c *compiler) wire(st *StateDecl, exits []exit) {
	for i := range exits {
		to, _ := c.target(st, exits, exits[i].outcome)
		c.edge(exits[i].outcome, to)
	}
	c.everywhere(st)
}

// wireInput adds the transitions that all input states have. own tells of a
// global key that the state uses itself.
func (c *compiler) wireInput(st *StateDecl, exits []exit, a *engine.Asking, own func(keys string) bool) {
	to, _ := c.target(st, exits, engine.OutExhausted)
	c.edge(engine.OutExhausted, to)
	if a.MaxNoInput > 0 {
		to, _ = c.target(st, exits, engine.OutNoInput)
		c.edge(engine.OutNoInput, to)
	}
	if a.MaxNoMatch > 0 {
		to, _ = c.target(st, exits, engine.OutNoMatch)
		c.edge(engine.OutNoMatch, to)
	}
	c.edge(engine.OutRetryNoInput, c.from)
	c.edge(engine.OutRetryNoMatch, c.from)
	c.edge(engine.OutRetryLost, c.from)
	for _, g := range c.doc.Globals {
		if !own(g.Keys.Value) {
			c.edge(engine.GlobalOutcome(g.Keys.Value), c.to(g.To))
		}
	}
	c.everywhere(st)
}

// everywhere adds the transitions that every state has.
func (c *compiler) everywhere(st *StateDecl) {
	c.edge(engine.OutHangup, c.gone())
	c.edge(engine.OutError, c.onError(st))
	c.edge(engine.OutLimit, c.onLimit(st))
	c.edge(engine.OutAbort, engine.StateApology)
	c.edge(engine.OutGone, engine.StateGone)
}

// gone is where a call leads whose caller has hung up.
func (c *compiler) gone() string {
	switch {
	case c.doc.OnHangup != nil:
		return c.to(c.doc.OnHangup)
	case c.isSubflow:
		return stateCallerGone
	}
	return engine.StateGone
}

func (c *compiler) onError(st *StateDecl) string {
	if ref, ok := st.Next.wired(engine.OutError); ok {
		return c.to(ref)
	}
	if ref, ok := c.defaults.Next.wired(engine.OutError); ok {
		return c.to(ref)
	}
	if c.doc.OnError != nil {
		return c.to(c.doc.OnError)
	}
	if c.isSubflow {
		return stateCallerError
	}
	return engine.StateApology
}

func (c *compiler) onLimit(st *StateDecl) string {
	if ref, ok := st.Next.wired(engine.OutLimit); ok {
		return c.to(ref)
	}
	if ref, ok := c.defaults.Next.wired(engine.OutLimit); ok {
		return c.to(ref)
	}
	if l := c.doc.Limits; l != nil && l.Exit != nil {
		return c.to(l.Exit)
	}
	if c.isSubflow {
		return stateCallerLimit
	}
	return engine.StateGoodbye
}

// asking compiles what the input states have in common.
func (c *compiler) asking(st *StateDecl, a *AskingDecl) engine.Asking {
	d := &c.defaults.AskingDecl
	out := engine.Asking{
		Prompt:      c.prompt(a.Prompt),
		NoInputText: c.prompt(a.NoInput),
		NoMatchText: c.prompt(a.NoMatch),
		Attempts:    first(a.Attempts, d.Attempts, defaultAttempts),
		MaxNoInput:  first(a.MaxNoInput, d.MaxNoInput, 0),
		MaxNoMatch:  first(a.MaxNoMatch, d.MaxNoMatch, 0),
		Timeout:     first(a.Timeout, d.Timeout, defaultTimeout),
		InterDigit:  first(a.InterDigit, d.InterDigit, defaultInterDigit),
		MaxDuration: first(a.MaxDuration, d.MaxDuration, 0),
		BargeIn:     first(a.BargeIn, d.BargeIn, true),
		Flush:       first(a.Flush, d.Flush, false),
		Speech:      c.listening(a),
	}
	// An exit that is wired is taken when all attempts went that way.
	if out.MaxNoInput == 0 && c.wired(st, engine.OutNoInput) {
		out.MaxNoInput = out.Attempts
	}
	if out.MaxNoMatch == 0 && c.wired(st, engine.OutNoMatch) {
		out.MaxNoMatch = out.Attempts
	}
	// What the defaults allow may be more than this question asks at all.
	out.MaxNoInput = min(out.MaxNoInput, out.Attempts)
	out.MaxNoMatch = min(out.MaxNoMatch, out.Attempts)
	c.beyond(a.MaxNoInput, "max_noinput", out.Attempts)
	c.beyond(a.MaxNoMatch, "max_nomatch", out.Attempts)
	return out
}

// beyond reports a maximum that the attempts never let anybody reach.
func (c *compiler) beyond(most *Setting[int], key string, attempts int) {
	if most != nil && most.V > attempts {
		c.report(CodeBadValue, most.Pos, "%q is %d, but after %d attempts the question is given up", key, most.V, attempts).Hint = "write " + strconv.Itoa(attempts) + " at most, or raise attempts"
	}
}

// wired tells whether the state or the defaults wire an exit.
func (c *compiler) wired(st *StateDecl, o engine.Outcome) bool {
	if _, ok := st.Next.wired(o); ok {
		return true
	}
	_, ok := c.defaults.Next.wired(o)
	return ok
}
