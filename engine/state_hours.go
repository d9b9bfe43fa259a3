package engine

import "errors"

// Name is "hours".
func (HoursState) Name() string { return "hours" }

// Outcomes of hours.
func (HoursState) Outcomes() []Outcome { return []Outcome{OutOpen, OutClosed, OutHoliday} }

var errNoInstant = errors.New("nobody said what time it is")

func (h HoursState) arrive(st *step) Outcome {
	if st.at.IsZero() {
		return st.fail(errNoInstant)
	}
	o := h.Schedule.At(st.at, h.Zone)
	st.reason = h.Schedule.Name + " at " + st.at.In(h.Zone).Format("Mon 2006-01-02 15:04 MST")
	return o
}

func (HoursState) route(*step, Event) Outcome { return "" }
