package flows

// unusedSchedule warns of schedules that no state asks.
func unusedSchedule(c *compiler) {
	used := map[string]bool{}
	for _, st := range c.doc.States {
		if d, ok := st.Kind.(*HoursDecl); ok {
			used[d.Schedule.Value] = true
		}
		for _, name := range st.unread.names {
			used[name] = true
		}
	}
	for _, s := range c.doc.Schedules {
		if !used[s.Name.Value] {
			c.report(CodeUnusedSchedule, s.Name.Pos, "no state asks the schedule %q", s.Name.Value).Hint = "take it out, or ask it: hours: " + s.Name.Value
		}
	}
}
