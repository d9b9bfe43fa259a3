package flows

import (
	"strings"

	"callflow/engine"
)

// outcomes reports what a state's next wires and its kind has not got.
func (c *compiler) outcomes(st *StateDecl) {
	exits := c.exits(st)
	if st.Next == nil || exits == nil {
		return
	}
	for _, e := range st.Next.Exits {
		name := e.Outcome.Value
		if common(name) || has(exits, name) {
			continue
		}
		what := quote(st.Word.Value)
		if sub, ok := st.Kind.(*SubflowDecl); ok {
			what = "the sub-flow " + quote(sub.Flow.Value)
			st.Next.guess(allowed(exits))
		}
		d := c.report(CodeUnknownOutcome, e.Outcome.Pos, "%s has no outcome %q; expected one of %s", what, name, list(allowed(exits)))
		if e.meant != "" {
			d.Hint = "did you mean " + quote(e.meant) + "?"
		}
		switch {
		case strings.HasPrefix(name, "option."):
			d.Hint = "an option says where it leads: { " + strings.TrimPrefix(name, "option.") + ": STATE }"
		case name == engine.OutHangup:
			d.Hint = `"on_hangup" of the flow names the state that runs when the caller has gone`
		}
	}
}

// defaultOutcomes reports what the defaults wire and no state inherits.
func (c *compiler) defaultOutcomes() {
	if c.defaults.Next == nil {
		return
	}
	for _, e := range c.defaults.Next.Exits {
		name := e.Outcome.Value
		if contains(inherited, name) {
			continue
		}
		d := c.report(CodeUnknownOutcome, e.Outcome.Pos, "no state inherits the outcome %q; expected one of %s", name, list(inherited))
		if e.meant != "" {
			d.Hint = "did you mean " + quote(e.meant) + "?"
		}
	}
}

// inherited are the outcomes that the defaults may wire for all states.
var inherited = func() []string {
	names := []string{engine.OutError, engine.OutLimit}
	for _, exits := range [][]exit{asked, signedIn, codeSent, codeChecked, identified, requested, acted, transferred, queued, deliveredExits} {
		for _, x := range exits {
			if !x.own && !contains(names, x.outcome) {
				names = append(names, x.outcome)
			}
		}
	}
	return names
}()

// outcomeNames are all outcomes that a flow can wire.
var outcomeNames = append(append([]string{}, inherited...),
	engine.OutMatch, engine.OutChosen, engine.OutEmpty, engine.OutYes, engine.OutNo, engine.OutAuthenticated, engine.OutOK, engine.OutDone, engine.OutCompleted,
	engine.OutOpen, engine.OutClosed, engine.OutHoliday, engine.OutConnected, engine.OutCallback, engine.OutRecorded, engine.OutSent, engine.OutVerified, engine.OutOne, engine.OutNone)

// guess finds the outcomes that are meant by those that are none.
func (n *Next) guess(known []string) {
	if n == nil {
		return
	}
	for i := range n.Exits {
		e := &n.Exits[i]
		if contains(known, e.Outcome.Value) {
			continue
		}
		if meant, ok := nearest(e.Outcome.Value, known); ok {
			if _, taken := n.wired(meant); !taken {
				e.meant = meant
			}
		}
	}
}

func common(o engine.Outcome) bool { return o == engine.OutError || o == engine.OutLimit }

func has(exits []exit, o engine.Outcome) bool {
	for i := range exits {
		if exits[i].outcome == o {
			return true
		}
	}
	return false
}

func allowed(exits []exit) []string {
	names := make([]string, 0, len(exits)+2)
	for _, e := range exits {
		names = append(names, e.outcome)
	}
	return append(names, engine.OutError, engine.OutLimit)
}
