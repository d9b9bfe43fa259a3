package engine

import (
	"errors"
	"slices"
	"strings"
)

// maxTrail bounds how far a caller can go back.
const maxTrail = 16

// leaveTrail notes the question that is asked. A question that was asked on the
// way already cuts off the round that led back to it.
func (st *step) leaveTrail() {
	if !st.p.trails {
		return
	}
	trail, name := st.s.Trail, st.state.Name
	if i := slices.Index(trail, name); i >= 0 {
		st.s.Trail = slices.Clip(trail[:i+1])
		return
	}
	if len(trail) >= maxTrail {
		trail = trail[len(trail)-maxTrail+1:]
	}
	st.s.Trail = append(slices.Clip(trail), name)
}

// cutTrail cuts off what was asked from the first question of a sub-flow on: the
// sub-flow is entered again, and what those questions relied on is gone.
func (st *step) cutTrail(site string) {
	first := slices.IndexFunc(st.s.Trail, func(name string) bool { return strings.HasPrefix(name, site+".") })
	if first >= 0 {
		st.s.Trail = slices.Clip(st.s.Trail[:first])
	}
}

// Name is "back".
func (BackState) Name() string { return "back" }

// Outcomes of going back: one for each question.
func (b BackState) Outcomes() []Outcome {
	o := make([]Outcome, len(b.Questions))
	for i, q := range b.Questions {
		o[i] = BackOutcome(q)
	}
	return o
}

var errNoTrail = errors.New("there is no question to go back to")

// arrive goes back to the question before, or asks the present one again where
// there was none.
func (b BackState) arrive(st *step) Outcome {
	trail := st.s.Trail
	if len(trail) == 0 {
		return st.fail(errNoTrail)
	}
	return BackOutcome(trail[max(0, len(trail)-2)])
}

func (BackState) route(*step, Event) Outcome { return "" }
