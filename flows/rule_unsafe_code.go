package flows

import (
	"strings"

	"callflow/engine"
)

// unsafeCode reports codes that go to a number which a caller typed: messages to
// numbers of their choice are what swindlers live on. The number that the call came
// from is their own, or at least costs them a call for each code.
func unsafeCode(c *compiler) {
	var typed map[string]bool // found when the first challenge needs it
	if len(c.sites) > 0 {
		typed = c.typed(ownNumber)
		c.enteredCodes(typed)
	}
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*ChallengeDecl)
		if !ok || !d.To.IsSet() {
			continue
		}
		pieces, _ := split(d.To.Value)
		if len(pieces) == 1 && !pieces[0].isExpr {
			c.number(d.To)
			continue
		}
		if d.Channel.Value == string(engine.ChannelVoice) && strings.TrimSpace(d.To.Value) == callingNumber {
			c.report(CodeUnsafeCode, d.To.Pos, "a spoken code cannot reach the line that is calling: it is busy").Hint = "leave out channel: voice"
			continue
		}
		if typed == nil {
			typed = c.typed(ownNumber)
		}
		for _, p := range pieces {
			if name, at := chosen(p, typed, ownNumber); name != "" {
				d := c.report(CodeUnsafeCode, c.inside(d.To, p.offset+at), "the number that the code goes to is made of %q, which a caller can choose", name)
				d.Hint = "send it to ${call.from}, or to a number that a service knows"
				break
			}
		}
	}
}

// enteredCodes reports flows that are entered with a number which a caller can
// choose, and send a code to it.
func (c *compiler) enteredCodes(typed map[string]bool) {
	for i := range c.spec.States {
		s := &c.spec.States[i]
		k, ok := s.Kind.(engine.ChallengeState)
		if !ok || s.Scope == "" {
			continue
		}
		site, _, _ := strings.Cut(s.Name, ".")
		for _, name := range k.Number.Names() {
			if full := engine.Scoped(s.Scope, name); typed[full] && !c.sites[site].member.alone.typed(ownNumber)[strings.TrimPrefix(full, site+".")] {
				pos := c.states[site].Kind.(*SubflowDecl).Flow.Pos
				d := c.report(CodeUnsafeCode, pos, "the number that %q sends a code to is made of %q, which a caller can choose", s.Name, full)
				d.Hint = "enter the flow with ${call.from}, or with a number that comes from a service"
				break
			}
		}
	}
}
