package flowtest

import (
	"strings"
	"time"

	"callflow/engine"
)

// beginning is who calls, and when; a zero instant is the usual one.
type beginning struct {
	engine.Call
	at time.Time
}

// usual is when a call begins where nobody says so.
func usual() time.Time { return time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC) }

// The instants that are looked at for what schedules say: each half hour of a year.
const (
	lookEvery  = 30 * time.Minute
	lookFor    = 366 * 24 * time.Hour
	maxInstant = 40
)

// instants are one for each way in which a flow's schedules can be open, closed
// and on holiday at the same time: the earliest, but for that of the usual instant.
func instants(spec *engine.Spec) []time.Time {
	type clock struct {
		schedule *engine.Schedule
		zone     string
	}
	seen := map[clock]bool{}
	var hours []engine.HoursState
	for i := range spec.States {
		if h, ok := spec.States[i].Kind.(engine.HoursState); ok && !seen[clock{h.Schedule, h.Zone.String()}] {
			seen[clock{h.Schedule, h.Zone.String()}] = true
			hours = append(hours, h)
		}
	}
	if len(hours) == 0 {
		return nil
	}
	met := map[string]bool{}
	var all []time.Time
	for at := usual(); at.Before(usual().Add(lookFor)) && len(all) < maxInstant; at = at.Add(lookEvery) {
		var now strings.Builder
		for _, h := range hours {
			now.WriteString(h.Schedule.At(at, h.Zone) + " ")
		}
		if !met[now.String()] {
			met[now.String()] = true
			all = append(all, at)
		}
	}
	return all[1:] // the first is the usual one
}

// beginnings are the calls to begin with: the usual one, the same at other times,
// and others where conditions ask who it is.
func (v *values) beginnings(spec *engine.Spec) []beginning {
	calls := v.calls(spec)
	all := []beginning{{Call: calls[0]}}
	for _, at := range instants(spec) {
		all = append(all, beginning{calls[0], at})
	}
	for _, c := range calls[1:] {
		all = append(all, beginning{Call: c})
		for _, at := range instants(spec) {
			all = append(all, beginning{c, at})
		}
	}
	return all
}
