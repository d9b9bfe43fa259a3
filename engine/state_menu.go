package engine

import (
	"sort"
	"strings"
)

// Name is "menu".
func (MenuState) Name() string { return "menu" }

// Outcomes of a menu: one for each option, then those of every question.
func (m MenuState) Outcomes() []Outcome {
	o := make([]Outcome, 0, len(m.Options)+6)
	for _, opt := range m.Options {
		o = append(o, OptionOutcome(opt.Keys))
	}
	return append(o, m.outcomes()...)
}

func (m MenuState) arrive(st *step) Outcome {
	return st.ask(&m.Asking, st.choice(), st.option(), m.answer(st))
}

func (m MenuState) route(st *step, ev Event) Outcome {
	return st.hear(&m.Asking, ev, st.choice().Max, st.option(), m.answer(st))
}

// choice is the gather of a question with options.
func (st *step) choice() Gather {
	g := Gather{Min: 1, Max: 1, Options: st.p.choices[st.state.Name]}
	for _, k := range g.Options {
		g.Max = max(g.Max, len(k))
	}
	return g
}

// option reads the entry of a question with options.
func (st *step) option() reader {
	options := st.p.choices[st.state.Name]
	return func(keys string, ended Ended) entry { return readOption(options, keys, ended) }
}

// readOption ends an entry at once when it is an option that no longer one begins
// with; else it waits for more, and then the longest option counts.
func readOption(options []string, keys string, ended Ended) entry {
	longest := 0
	for i := 1; i <= len(keys); i++ {
		exact, more := matches(options, keys[:i])
		if exact {
			longest = i
		}
		if exact && !more {
			return entry{keys: keys[:i], rest: keys[i:]}
		}
		if !more {
			break
		}
		if i == len(keys) && ended == EndOpen {
			return entry{keys: keys, open: true}
		}
	}
	if longest > 0 {
		return entry{keys: keys[:longest], rest: keys[longest:], short: true}
	}
	return entry{keys: keys, short: true}
}

// matches tells whether entry is an option, and whether a longer option begins
// with it. Options are sorted.
func matches(options []string, entry string) (exact, more bool) {
	i := sort.SearchStrings(options, entry)
	if i < len(options) && options[i] == entry {
		exact = true
		i++
	}
	return exact, i < len(options) && strings.HasPrefix(options[i], entry)
}

// answer judges an entry.
func (m MenuState) answer(st *step) func(entry) Outcome {
	return func(got entry) Outcome {
		i := sort.Search(len(m.Options), func(i int) bool { return m.Options[i].Keys >= got.keys })
		if i < len(m.Options) && m.Options[i].Keys == got.keys {
			if !m.Options[i].NoValue {
				st.s.set(m.Var, m.Options[i].Value)
			}
			return OptionOutcome(got.keys)
		}
		if st.global(got.keys) {
			return GlobalOutcome(got.keys)
		}
		return st.mistake(&m.Asking, OutNoMatch, "not_allowed")
	}
}
