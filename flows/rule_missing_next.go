package flows

import (
	"slices"

	"callflow/engine"
)

// missingNext reports outcomes that nothing says where they lead: a failed
// report or a wrong PIN must not end in a silent goodbye.
func missingNext(c *compiler) {
	for _, st := range c.doc.States {
		if st.Kind == nil || c.states[st.Name.Value] != st || st.Next.broken() || st.unread.next {
			continue
		}
		exits := c.exits(st)
		if st.Next != nil && st.Next.To != nil && !slices.ContainsFunc(exits, func(x exit) bool { return x.good }) {
			continue // one state for several outcomes, which was reported
		}
		var missing []string
		for _, x := range exits {
			if _, ok := c.target(st, exits, x.outcome); !ok && x.like == "" {
				missing = append(missing, x.outcome)
			}
		}
		if len(missing) == 0 {
			continue
		}
		c.nowhere[st] = true
		pos := st.Name.Pos
		if st.Next != nil {
			pos = st.Next.Key.Pos
		}
		if len(missing) == 1 && missing[0] == engine.OutNext {
			c.report(CodeMissingNext, pos, "state %q does not say where it leads", st.Name.Value).Hint = `add "next: STATE"`
			continue
		}
		d := c.report(CodeMissingNext, pos, "state %q does not say where it leads when the outcome is %s", st.Name.Value, list(missing))
		d.Hint = "add next: { " + missing[0] + ": STATE }"
	}
}
