package engine

import (
	"slices"
	"sort"
	"strings"
)

// Name is "menu".
func (MenuState) Name() string { return "menu" }

// Outcomes of a menu: one for each option, those of a list, then those of every
// question.
func (m MenuState) Outcomes() []Outcome {
	o := make([]Outcome, 0, len(m.Options)+9)
	for _, opt := range m.Options {
		o = append(o, OptionOutcome(opt.Keys))
	}
	if m.Each != nil {
		o = append(o, OutChosen, OutEmpty, OutRetryMore)
	}
	return append(o, m.outcomes()...)
}

func (m MenuState) arrive(st *step) Outcome {
	if m.Each == nil || st.ending() {
		return st.ask(&m.Asking, st.choice(), st.option(), m.answer(st))
	}
	if !isRetry(st.via) {
		st.s.Entry.Page = 0
	}
	p, err := m.Each.page(st)
	if err != nil {
		return st.fail(err)
	}
	if len(p.items) == 0 {
		return OutEmpty
	}
	g := st.choice()
	if g.Prompts, err = m.Each.say(st, p, m.BargeIn); err != nil {
		return st.fail(err)
	}
	return st.ask(&m.Asking, g, st.option(), m.answer(st))
}

func (m MenuState) route(st *step, ev Event) Outcome {
	return st.hear(&m.Asking, ev, st.choice().Max, st.option(), m.answer(st))
}

// choice is the gather of a question with options.
func (st *step) choice() Gather {
	g := Gather{Min: 1, Max: 1, Options: st.choices()}
	for _, k := range g.Options {
		g.Max = max(g.Max, len(k))
	}
	return g
}

// choices are the entries that the question accepts now, sorted.
func (st *step) choices() []string {
	fixed := st.p.choices[st.state.Name]
	m, ok := st.state.Kind.(MenuState)
	if !ok || m.Each == nil {
		return fixed
	}
	p, err := m.Each.page(st)
	if err != nil {
		return fixed // the list could be read when the question was asked
	}
	keys := append(m.Each.keys(p), fixed...)
	slices.Sort(keys)
	return keys
}

// option reads the entry of a question with options.
func (st *step) option() reader {
	options := st.choices()
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
			if m.Each == nil && !m.Options[i].NoValue {
				st.s.set(m.Var, m.Options[i].Value)
			}
			return OptionOutcome(got.keys)
		}
		if st.global(got.keys) {
			return GlobalOutcome(got.keys)
		}
		if m.Each != nil {
			if o := m.choose(st, got.keys); o != "" {
				return o
			}
		}
		return st.mistake(&m.Asking, OutNoMatch, "not_allowed")
	}
}

// choose takes the item of a key; "" is a key of none.
func (m MenuState) choose(st *step, key string) Outcome {
	p, err := m.Each.page(st)
	if err != nil {
		return st.fail(err)
	}
	at := slices.Index(m.Each.keys(p), key)
	switch {
	case at < 0:
		return ""
	case at == len(p.items):
		return m.Each.turnPage(st)
	}
	st.s.set(m.Var, p.items[at])
	return OutChosen
}
