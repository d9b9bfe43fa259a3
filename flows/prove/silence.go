package prove

import (
	"time"

	"callflow/engine"
)

// Silence is how long a caller who presses nothing can stay on a call.
type Silence struct {
	// Bounded is false where nothing bounds it; Loops says why.
	Bounded bool
	// FromStart is for one who never presses a key, Longest for one who stops
	// pressing at the worst question there is.
	FromStart, Longest Stay
}

// Stay is a time on a call, at most, and the way it is spent.
type Stay struct {
	State string
	// Time is what is waited for keys, services and ringing, and what is spoken, at
	// SpeakingPace. A conversation after a transfer is not counted.
	Time time.Duration
	Path Path
}

// patience is the longest that a call waits for a service or a sign-in.
const patience = 20 * time.Second

// Silent works out how long a silent caller stays.
func Silent(m *Map) Silence {
	if m.start < 0 {
		return Silence{Bounded: true}
	}
	there := func(n int32) bool { return m.reach.reached(n) && !m.nodes[n].ending }
	for _, part := range m.split(there, m.unbounded).parts {
		if m.turns(part, m.unbounded) {
			return Silence{}
		}
	}
	q := quiet{m: m, parts: m.split(there, m.stillSilent)}
	q.sum()
	s := Silence{Bounded: true, FromStart: q.stay(m.start)}
	worst, most := m.start, time.Duration(-1)
	for n := range m.nodes {
		part := q.parts.of[n]
		if part == unreached || engine.AskingOf(m.nodes[n].state.Kind) == nil {
			continue
		}
		if q.total[part] > most {
			worst, most = int32(n), q.total[part]
		}
	}
	s.Longest = q.stay(worst)
	return s
}

// stillSilent are the transitions that need no key, bounded or not.
func (m *Map) stillSilent(i int32) bool {
	c := m.edges[i].class
	return c.silent() || c == byRetry || c == byVisits
}

// quiet adds up stays over the parts of a map, from the ends backwards.
type quiet struct {
	m     *Map
	parts components
	total []time.Duration // by part: at most, from entering it to the end
	exit  []int32         // by part: the edge by which the longest way leaves it
}

// sum fills in total and exit. Every part that turns has a bound.
func (q *quiet) sum() {
	m := q.m
	q.total = make([]time.Duration, len(q.parts.parts))
	q.exit = make([]int32, len(q.parts.parts))
	for id, part := range q.parts.parts {
		turns := m.turns(part, m.stillSilent)
		after := time.Duration(0)
		q.exit[id] = unreached
		for _, i := range m.exits(q.parts, int32(id), m.stillSilent) {
			if !turns && m.edges[i].class > byRefusal {
				continue // its bound is used up only by turning
			}
			if t := q.total[q.parts.of[m.edges[i].to]]; q.exit[id] == unreached || t > after {
				q.exit[id], after = i, t
			}
		}
		q.total[id] = q.inside(part, turns) + after
	}
}

// inside is the time spent in a part. In one that turns, the way between two
// arrivals at bounded states meets every other state at most once.
func (q *quiet) inside(part []int32, turns bool) time.Duration {
	bounded, between := time.Duration(0), time.Duration(0)
	rounds := 0
	for _, n := range part {
		s := q.m.nodes[n].state
		t := q.m.time(s)
		times := s.MaxVisits
		if tries := attempts(s.Kind); times == 0 && tries > 1 {
			times = tries
		}
		if q, ok := s.Kind.(engine.QueueState); ok && q.OfferAfter > 0 && times == 0 {
			times = 2
		}
		if turns && times > 0 {
			bounded += time.Duration(times) * t
			rounds += times
		} else {
			between += t
		}
	}
	return bounded + time.Duration(rounds+1)*between
}

// attempts are how often a kind lets a caller try before it is done with it.
func attempts(k engine.Kind) int {
	switch k := k.(type) {
	case engine.AuthenticateState:
		return k.Attempts
	case engine.VerifyState:
		return k.Attempts
	}
	return 0
}

// time is how long one visit to a state takes a silent caller, at most.
func (m *Map) time(s *engine.State) time.Duration {
	switch k := s.Kind.(type) {
	case engine.SayState:
		if k.Each != nil {
			return spokenItems * m.speaking(k.Text)
		}
		return m.speaking(k.Text)
	case engine.PlayState:
		return m.speaking(k.Text)
	case engine.HangupState:
		return m.speaking(k.Text)
	case engine.TransferState:
		return m.speaking(k.Say) + k.Timeout
	case engine.QueueState:
		return k.MaxWait // all in all, however often it is interrupted
	case engine.RecordState:
		return m.speaking(k.Prompt) + min(k.Silence, k.Max)
	case engine.AuthenticateState:
		return patience + m.speaking(k.Sorry)
	case engine.VerifyState:
		return patience + m.speaking(k.Sorry)
	case engine.ChallengeState, engine.IdentifyState:
		return patience
	case engine.RequestState:
		return patienceFor(k.Fetch)
	case engine.ActionState:
		return patienceFor(k.Fetch)
	}
	a := engine.AskingOf(s.Kind)
	if a == nil {
		return 0
	}
	total := time.Duration(0)
	items := time.Duration(0)
	if menu, ok := s.Kind.(engine.MenuState); ok && menu.Each != nil {
		items = time.Duration(menu.Each.Page)*m.speaking(menu.Each.Say) + m.speaking(menu.Each.SayMore)
	}
	for n := 1; n <= silentAttempts(a); n++ {
		total += m.speaking(wording(a.Prompt, n)) + items + a.Timeout
		if n == 1 {
			continue
		}
		if text := wording(a.NoInputText, n-1); text != nil {
			total += m.speaking(text)
		} else {
			total += m.builtInWords(n - 1)
		}
	}
	return total
}

func patienceFor(f engine.FetchSpec) time.Duration {
	if f.Timeout > 0 {
		return min(f.Timeout, patience)
	}
	return patience
}

// wording is a prompt's wording for an attempt, from 1; the last repeats.
func wording(p engine.Prompt, n int) engine.Text {
	if len(p) == 0 {
		return nil
	}
	return p[min(n, len(p))-1]
}

// stay describes the longest way from a node.
func (q *quiet) stay(n int32) Stay {
	s := Stay{State: q.m.name(n), Time: q.total[q.parts.of[n]]}
	w := newWalker(q.m)
	for {
		part := q.parts.of[n]
		exit := q.exit[part]
		if exit == unreached {
			return s
		}
		e := &q.m.edges[exit]
		if e.from != n {
			w.run(n,
				func(i int32) bool { return q.m.stillSilent(i) && q.parts.of[q.m.edges[i].to] == part },
				every)
			s.Path = append(s.Path, w.path(e.from)...)
		}
		s.Path = append(s.Path, q.m.step(e))
		n = e.to
	}
}
