package prove

import (
	"fmt"
	"math/bits"

	"callflow/engine"
)

// UnsetVariables shows that every variable has a value on every way to where it
// is read. A variable that is still wanted at the start of a call, looking back
// from those who read it over all who set it, is missed on some way; that way is
// then searched for. It ends at the first state that reads it, since nothing
// comes after that.
func UnsetVariables(m *Map) []Finding {
	if m.start < 0 {
		return nil
	}
	u := newUnset(m)
	var found []Finding
	for first := 0; first < len(u.names); first += 64 {
		found = append(found, u.chunk(first)...)
	}
	return found
}

// unset looks for 64 variables at a time: one bit of a word for each.
type unset struct {
	m       *Map
	names   []string // the variables that are read and have no value at first
	readers [][]int32
	setters []string // a state that sets the variable, or ""
	caller  int      // the variable "caller", or -1
	phone   int      // "caller.phone", or -1

	reads  [][]int32 // by node: variables
	writes [][]int32 // by edge: variables

	wanted  []uint64 // by node: variables read from here on before they are set
	touched []int32
	queue   []int32
	w       *walker
}

func newUnset(m *Map) *unset {
	u := &unset{
		m:      m,
		reads:  make([][]int32, len(m.nodes)),
		writes: make([][]int32, len(m.edges)),
		wanted: make([]uint64, len(m.nodes)),
		caller: -1,
		phone:  -1,
		w:      newWalker(m),
	}
	given := map[string]bool{callName: true}
	for _, v := range m.spec.Variables {
		if v.Value != nil {
			given[v.Name] = true
		}
	}
	if sub := m.spec.Subflow; sub != nil {
		for _, p := range sub.Parameters {
			given[p.Name] = true
		}
		given[callerName] = m.assumed(engine.FactAuthenticated)
		given[phoneName] = m.assumed(engine.FactPhoneVerified)
	}
	ids := make(map[string]int32)
	for n := range m.nodes {
		if !m.reach.reached(int32(n)) {
			continue
		}
		for _, name := range needsOf(m.nodes[n].state, m.nodes[n].ending) {
			if given[name] {
				continue
			}
			id, ok := ids[name]
			if !ok {
				id = int32(len(u.names))
				ids[name] = id
				switch name {
				case callerName:
					u.caller = int(id)
				case phoneName:
					u.phone = int(id)
				}
				u.names = append(u.names, name)
				u.readers = append(u.readers, nil)
			}
			u.reads[n] = append(u.reads[n], id)
			u.readers[id] = append(u.readers[id], int32(n))
		}
	}
	u.setters = make([]string, len(u.names))
	for i := range m.edges {
		e := &m.edges[i]
		if e.class > byRefusal && e.class != byHangup && e.outcome != engine.OutOffer {
			continue
		}
		for _, name := range writesOf(m.nodes[e.from].state, e.outcome) {
			if id, ok := ids[name]; ok {
				u.writes[i] = append(u.writes[i], id)
				if u.setters[id] == "" && m.reach.reached(e.from) {
					u.setters[id] = m.name(e.from)
				}
			}
		}
	}
	return u
}

// bit is a variable's bit in the chunk that starts at first.
func bit(id int32, first int) uint64 {
	if i := int(id) - first; 0 <= i && i < 64 {
		return 1 << i
	}
	return 0
}

func mask(ids []int32, first int) uint64 {
	set := uint64(0)
	for _, id := range ids {
		set |= bit(id, first)
	}
	return set
}

func (u *unset) chunk(first int) []Finding {
	for _, n := range u.touched {
		u.wanted[n] = 0
	}
	u.touched = u.touched[:0]
	for id := first; id < min(first+64, len(u.names)); id++ {
		for _, n := range u.readers[id] {
			u.want(n, bit(int32(id), first)&^u.ensured(n, first))
		}
	}
	for len(u.queue) > 0 {
		n := u.queue[len(u.queue)-1]
		u.queue = u.queue[:len(u.queue)-1]
		for _, i := range u.m.before(n) {
			from := u.m.edges[i].from
			u.want(from, u.wanted[n]&^mask(u.writes[i], first)&^u.ensured(from, first))
		}
	}
	var found []Finding
	for open := u.wanted[u.m.start]; open != 0; open &= open - 1 {
		found = append(found, u.ways(int32(first+bits.TrailingZeros64(open)), first)...)
	}
	return found
}

// want adds variables to those wanted at a node.
func (u *unset) want(n int32, vars uint64) {
	before := u.wanted[n]
	if vars&^before == 0 {
		return
	}
	if before == 0 {
		u.touched = append(u.touched, n)
	}
	u.wanted[n] = before | vars
	u.queue = append(u.queue, n)
}

// ensured are variables that have a value wherever a node is entered: a state
// that requires a sign-in has a caller, one that requires a number has that.
func (u *unset) ensured(n int32, first int) uint64 {
	switch u.m.nodes[n].state.Requires {
	case engine.FactAuthenticated:
		return bit(int32(u.caller), first)
	case engine.FactPhoneVerified:
		return bit(int32(u.phone), first)
	}
	return 0
}

// ways finds the states that a variable's readers are reached at without it.
func (u *unset) ways(id int32, first int) []Finding {
	var found []Finding
	reported := make(map[string]bool)
	b := bit(id, first)
	u.w.run(u.m.start,
		func(i int32) bool {
			return u.wanted[u.m.edges[i].to]&b != 0 && mask(u.writes[i], first)&b == 0
		},
		func(n int32) bool {
			if mask(u.reads[n], first)&b == 0 {
				return true
			}
			if name := u.m.name(n); !reported[name] {
				reported[name] = true
				found = append(found, u.finding(id, n))
			}
			return false
		})
	return found
}

func (u *unset) finding(id, n int32) Finding {
	name, state := u.names[id], u.m.name(n)
	f := Finding{
		Code:  CodeUnsetVariable,
		State: state,
		Other: u.setters[id],
		Name:  name,
		Path:  u.w.path(n),
	}
	switch {
	case name == callerName:
		f.Message = fmt.Sprintf("%q reads caller, but a caller gets there without signing in", state)
		f.Hint = "say requires: authenticated, and lead there only from the authenticated exit"
	case name == phoneName:
		f.Message = fmt.Sprintf("%q reads caller.phone, but a caller gets there without entering a code", state)
		f.Hint = "say requires: phone_verified, and lead there only from the verified exit"
	case f.Other == "":
		f.Message = fmt.Sprintf("%q reads %q, which nothing sets before", state, name)
		f.Hint = fmt.Sprintf("give %q a value under variables, or ask for it first", name)
	default:
		f.Message = fmt.Sprintf("%q reads %q, but a caller gets there on a way that has not set it", state, name)
		f.Hint = fmt.Sprintf("lead there only by way of %q, or give %q a value under variables", f.Other, name)
		if f.Other == name { // what a state is given under its own name; no variable has that
			f.Hint = fmt.Sprintf("lead there only by way of %q, or put its value into a variable that has one from the start", name)
		}
	}
	return f
}
