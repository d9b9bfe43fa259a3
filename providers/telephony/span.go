package telephony

import "time"

// Span is what a platform makes of a time that it is asked for. Zero: no bound known,
// and steps that nobody notices.
type Span struct {
	Least, Most time.Duration
	// Step is the unit that it counts in. What is no whole number of it is rounded up.
	Step time.Duration
}

// Of is what becomes of a time.
func (s Span) Of(asked time.Duration) time.Duration {
	if s.Step > 0 {
		if over := asked % s.Step; over > 0 {
			asked += s.Step - over
		}
	}
	if s.Most > 0 {
		asked = min(asked, s.Most)
	}
	return max(asked, s.Least)
}

// EntryClocks are the times of an entry.
type EntryClocks struct{ First, Between, Whole time.Duration }

// Listens tells whether a question for so many keys at most listens.
func (c Capabilities) Listens(keys int) bool {
	return c.Speech && (c.ListenDigits == 0 || keys <= c.ListenDigits)
}

// Clocks are what becomes of the time to the first key and of that between keys, where
// the platform has such clocks: a question that listens may have others.
func (c Capabilities) Clocks(listens bool) (first, between Span) {
	if listens && c.Speech && c.Listen != (Span{}) {
		return c.Listen, c.ListenGap
	}
	return c.First, c.Between
}

// Keeps is what becomes of an entry's clocks, of which all are asked for: zero where the
// platform has no such clock.
func (c Capabilities) Keeps(asked EntryClocks, listens bool) (kept EntryClocks) {
	first, between := c.Clocks(listens)
	if c.Timeouts.FirstDigit {
		kept.First = first.Of(asked.First)
	}
	switch {
	case c.Timeouts.InterDigit:
		kept.Between = between.Of(asked.Between)
	case c.OneClock == OneClockTimeout:
		kept.Between = kept.First
	case c.OneClock == OneClockLonger:
		kept.First = first.Of(max(asked.First, asked.Between))
		kept.Between = kept.First
	}
	if c.Timeouts.Total {
		kept.Whole = c.Whole.Of(asked.Whole)
	}
	return kept
}
