package prove

import (
	"strings"

	"callflow/engine"
)

// Map is a flow's transitions made ready for proofs. It never changes.
//
// A state on the way after the caller has hung up is another node than the same
// state during the call: there, questions are not asked and words not spoken.
type Map struct {
	spec  *engine.Spec
	index map[string]int32 // state name: index in spec.States

	nodes []node
	edges []edge // grouped by from
	into  []int32
	start int32
	// second are the nodes at which the code of a second factor may be checked.
	second map[int32]bool
	// reach is the cheapest way from the start to every node, effort its cost.
	reach  tree
	effort []int32
}

// node is a state in one of two phases of a call.
type node struct {
	state       *engine.State
	ending      bool
	first, last int32 // its edges
	into, upto  int32 // the edges that lead to it, as indexes of Map.into
}

// edge is a transition between nodes.
type edge struct {
	from, to int32
	outcome  engine.Outcome
	class    class
}

// class is why a transition is taken.
type class uint8

const (
	byKey     class = iota // the caller presses something
	bySilence              // the caller presses nothing, as often as the state asks
	byItself               // the state goes on, or its effect came out well
	byRefusal              // its effect came out otherwise: denied, error, busy
	byRetry                // a refused sign-in asks again, a queue makes its offer: bounded by themselves
	byVisits               // max_visits is used up
	byFault                // something failed while the flow ran
	byLimit                // the call has lasted too long
	byHangup               // the caller has gone
)

// effort is how much has to happen for a transition: paths are cheapest, so that
// what a caller can do comes before what must go wrong.
var effort = [...]int32{
	byKey:     2,
	bySilence: 3,
	byItself:  1,
	byRefusal: 3,
	byRetry:   3,
	byVisits:  6,
	byFault:   8,
	byLimit:   8,
	byHangup:  8,
}

const maxEffort = 8

// ordinary transitions are those that a flow's author wrote for how a call
// goes, rather than for how it breaks off.
func (c class) ordinary() bool { return c <= byVisits }

// silent transitions need no key. Those that are bounded by themselves are not
// among them.
func (c class) silent() bool { return c == bySilence || c == byItself || c == byRefusal }

// NewMap reads spec, which must not change afterwards.
func NewMap(spec *engine.Spec) *Map {
	m := &Map{spec: spec, index: make(map[string]int32, len(spec.States)), start: -1}
	for i := range spec.States {
		m.index[spec.States[i].Name] = int32(i)
	}
	live := make([][]edge, len(spec.States))
	m.read(live)
	m.number(live)
	m.invert()
	m.survey()
	m.seconds()
	return m
}

// read sorts the transitions by state. An edge's ends are indexes of states.
func (m *Map) read(out [][]edge) {
	degree := make([]int32, len(out))
	from, last := int32(-1), ""
	for _, t := range m.spec.Transitions {
		if t.From != last || from < 0 {
			i, ok := m.index[t.From]
			if !ok {
				continue
			}
			from, last = i, t.From
		}
		degree[from]++
	}
	// One array for all: a slice for each state would cost more than the rest.
	all := make([]edge, 0, len(m.spec.Transitions))
	for i, n := range degree {
		all = all[:len(all)+int(n)]
		out[i] = all[len(all)-int(n) : len(all)-int(n) : len(all)]
	}
	from, last = -1, ""
	for _, t := range m.spec.Transitions {
		if t.From != last || from < 0 {
			i, ok := m.index[t.From]
			if !ok {
				continue
			}
			from, last = i, t.From
		}
		to, ok := m.index[t.To]
		if !ok {
			continue
		}
		out[from] = append(out[from], edge{from: from, to: to, outcome: t.Outcome})
	}
}

// number gives a node to every state, and another to those that are met after a
// hang-up, and each node its edges.
func (m *Map) number(out [][]edge) {
	states := m.spec.States
	m.nodes = make([]node, len(states), len(states)+8)
	for i := range states {
		m.nodes[i].state = &states[i]
	}
	if i, ok := m.index[m.spec.Start]; ok {
		m.start = i
	}
	after := make(map[int32]int32) // state: its node after a hang-up
	ending := func(state int32) int32 {
		n, ok := after[state]
		if !ok {
			n = int32(len(m.nodes))
			after[state] = n
			m.nodes = append(m.nodes, node{state: &states[state], ending: true})
		}
		return n
	}
	m.edges = make([]edge, 0, len(m.spec.Transitions))
	// Nodes grow while they are walked: what follows a hang-up comes last.
	for n := int32(0); int(n) < len(m.nodes); n++ {
		at := m.nodes[n]
		first := int32(len(m.edges))
		for i, e := range out[m.index[at.state.Name]] {
			class, possible := classify(at.state, at.ending, e.outcome)
			if !possible {
				continue
			}
			e.from, e.class = n, class
			if at.ending || class == byHangup {
				e.to = ending(e.to)
			}
			m.edges = append(m.edges, e)
			if !at.ending && endsByHangup(at.state, e.outcome) {
				e.to, e.class = ending(out[m.index[at.state.Name]][i].to), byHangup
				m.edges = append(m.edges, e)
			}
		}
		m.nodes[n].first, m.nodes[n].last = first, int32(len(m.edges))
	}
}

// invert lists for each node the edges that lead to it.
func (m *Map) invert() {
	for i := range m.edges {
		m.nodes[m.edges[i].to].upto++
	}
	sum := int32(0)
	for i := range m.nodes {
		n := m.nodes[i].upto
		m.nodes[i].into, m.nodes[i].upto = sum, sum
		sum += n
	}
	m.into = make([]int32, sum)
	for i := range m.edges {
		to := &m.nodes[m.edges[i].to]
		m.into[to.upto] = int32(i)
		to.upto++
	}
}

// classify says why a state concludes an outcome, and whether it can at all.
func classify(s *engine.State, ending bool, o engine.Outcome) (c class, possible bool) {
	switch s.Kind.(type) {
	case engine.HangupState:
		return 0, false
	case engine.BackState:
		// Where a caller goes back to, all that was proved and set still holds, and
		// only a key leads there: nothing new can go wrong.
		return byFault, o == engine.OutError || o == engine.OutAbort
	}
	switch o {
	case engine.OutRetryNoInput, engine.OutRetryNoMatch, engine.OutRetryLost, engine.OutRetryMore:
		return 0, false // asking again goes nowhere
	case engine.OutHangup:
		if _, records := s.Kind.(engine.RecordState); records {
			return 0, false // it ends the recording: see endsByHangup
		}
		return byHangup, !ending && rests(s.Kind)
	case engine.OutGone:
		return byItself, ending && needsCaller(s.Kind)
	case engine.OutAbort:
		return byFault, true
	case engine.OutLimit:
		if s.MaxVisits > 0 {
			return byVisits, true
		}
		return byLimit, !ending && waits(s.Kind)
	case engine.OutError:
		if _, reads := s.Kind.(engine.RequestState); reads {
			return byRefusal, true
		}
		return byFault, true
	}
	if ending && needsCaller(s.Kind) {
		return 0, false
	}
	if _, back := s.Kind.(engine.ReturnState); back {
		return byItself, true // whatever the sub-flow calls its outcome
	}
	switch o {
	case engine.OutRetryDenied, engine.OutOffer:
		return byRetry, true // the offer of a queue is made once
	case engine.OutDenied, engine.OutLocked, engine.OutChallenge, engine.OutUnavailable,
		engine.OutNotFound, engine.OutRejected, engine.OutPending, engine.OutUnknown,
		engine.OutBusy, engine.OutNoAnswer, engine.OutFailed, engine.OutTimeout, engine.OutEmpty, engine.OutExpired:
		return byRefusal, true
	}
	a := engine.AskingOf(s.Kind)
	switch {
	case a == nil, o == engine.OutEmpty:
		return byItself, true
	case o == silentExit(a):
		return bySilence, true
	default:
		return byKey, true
	}
}

// waits tells whether the call stands still in a state until the caller or the
// platform does something.
func waits(k engine.Kind) bool {
	switch k.(type) {
	case engine.TransferState, engine.QueueState, engine.RecordState:
		return true
	}
	return engine.AskingOf(k) != nil
}

// rests tells whether a call can be found in a state: those that are left as
// soon as they are entered cannot be hung up in.
func rests(k engine.Kind) bool {
	switch k.(type) {
	case engine.AuthenticateState, engine.ChallengeState, engine.VerifyState, engine.IdentifyState, engine.RequestState, engine.ActionState:
		return true
	}
	return waits(k)
}

// needsCaller tells whether a state is passed over once the caller has gone.
func needsCaller(k engine.Kind) bool {
	switch k.(type) {
	case engine.AuthenticateState, engine.ChallengeState, engine.VerifyState:
		return true
	}
	return waits(k)
}

// endsByHangup tells an outcome that a state also concludes when the caller hangs
// up: a recording is over then, and its outcome is known.
func endsByHangup(s *engine.State, o engine.Outcome) bool {
	_, records := s.Kind.(engine.RecordState)
	return records && (o == engine.OutRecorded || o == engine.OutEmpty)
}

// silentExit is how a question ends that is only met with silence, and
// silentAttempts after how many.
func silentExit(a *engine.Asking) engine.Outcome {
	if a.MaxNoInput > 0 && a.MaxNoInput <= a.Attempts {
		return engine.OutNoInput
	}
	return engine.OutExhausted
}

func silentAttempts(a *engine.Asking) int {
	if a.MaxNoInput > 0 && a.MaxNoInput <= a.Attempts {
		return a.MaxNoInput
	}
	return max(a.Attempts, 1)
}

// builtIn tells a state that every program has from one that was written.
func builtIn(name string) bool { return strings.HasPrefix(name, "$") }

// before are the indexes of the edges that lead to a node.
func (m *Map) before(n int32) []int32 { return m.into[m.nodes[n].into:m.nodes[n].upto] }

// name is the name of a node's state.
func (m *Map) name(n int32) string { return m.nodes[n].state.Name }
