package engine

import (
	"math"
	"slices"
	"time"
)

// Listening is how a question listens beside its keys. Whatever is said stands for
// keys, and is judged as they are.
type Listening struct {
	// Hints are words that the platform is told to expect, besides those that the
	// question understands.
	Hints Phrases
	// Confidence is how sure the platform must be of what it heard, 0 to 1.
	Confidence float64
	// Globals are words for keys that are valid everywhere.
	Globals []Spoken
}

// Spoken are keys that can be said.
type Spoken struct {
	Keys string
	Say  Phrases
}

// Phrases are what callers say, by language as a Text is.
type Phrases [][]string

func (p Phrases) in(lang int) []string {
	if lang >= len(p) {
		return nil
	}
	return p[lang]
}

// SpeechWords are what callers say in a language, whatever the flow.
type SpeechWords struct {
	Yes []string `yaml:"yes"`
	No  []string `yaml:"no"`
	// Repeat and Back are for keys that ask again and go back, More for the next
	// part of a list.
	Repeat []string `yaml:"repeat"`
	Back   []string `yaml:"back"`
	More   []string `yaml:"more"`
	// Keys are single words for keys, Double and Triple for the same one twice and
	// three times. Fill are words beside them that change nothing.
	Keys   map[string]string `yaml:"keys"`
	Double []string          `yaml:"double"`
	Triple []string          `yaml:"triple"`
	Fill   []string          `yaml:"fill"`
}

// MaxHints is how many phrases a platform is told to expect.
const MaxHints = 100

// listen is what the platform is told of a question that listens; nil: keys only.
// After a hook without an answer it is keys only as well: what was in its way may
// be the platform's ear.
func (st *step) listen(a *Asking) *Listen {
	if a.Speech == nil || st.words.Speech == nil || st.s.Lost > 0 {
		return nil
	}
	return &Listen{Lang: st.words.Lang, Hints: st.hints(a, MaxHints)}
}

// hints are what may be said to a question, so many at most.
func (st *step) hints(a *Asking, most int) (all []string) {
	add := func(phrase string) {
		if len(all) < most && phrase != "" && !slices.Contains(all, phrase) {
			all = append(all, phrase)
		}
	}
	for _, phrase := range a.Speech.Hints.in(st.lang) {
		add(phrase)
	}
	for _, s := range st.sayings(a) {
		add(s.phrase)
	}
	return all
}

// Hints are the phrases that may be said to a question which listens, in the language of
// that index: those of which a platform is told the first MaxHints. The items of a list
// are known at the call alone. nil: the state does not listen.
func (p *Program) Hints(state string, lang int) []string {
	s, ok := p.states[state]
	if !ok || lang < 0 || lang >= len(p.spec.Words) || p.spec.Words[lang].Speech == nil {
		return nil
	}
	a := AskingOf(s.Kind)
	if a == nil || a.Speech == nil {
		return nil
	}
	asked := *s
	if menu, ok := s.Kind.(MenuState); ok && menu.Each != nil {
		menu.Each = nil
		asked.Kind = menu
	}
	st := &step{p: p, s: &Session{State: state}, state: &asked, lang: lang, words: p.spec.Words[lang]}
	return st.hints(a, math.MaxInt)
}

// said makes keys of what was said, and has them judged.
func (st *step) said(a *Asking, ev Speech, answer func(entry) Outcome) Outcome {
	e := &st.s.Entry
	e.Swallow, e.Partial, e.Queue = time.Time{}, Secret{}, Secret{}
	switch {
	case ev.Text.Len() == 0, ev.Confidence > 0 && ev.Confidence < a.Speech.Confidence:
		return st.mistake(a, OutNoMatch, "low_confidence")
	case st.words.Speech == nil:
		return st.mistake(a, OutNoMatch, "not_understood")
	}
	got := st.understand(a, phraseOf(ev.Text.Reveal()))
	if got.keys == "" {
		return st.mistake(a, OutNoMatch, "not_understood")
	}
	return answer(got)
}

// understand finds the keys that words stand for; none where there are none, or
// more than one thing that they can mean.
func (st *step) understand(a *Asking, words []string) entry {
	sayings := st.sayings(a)
	digits := st.words.Speech.keysOf(words)
	if _, ok := st.state.Kind.(CollectState); ok {
		// "Operator" is no entry of 0, and "zero" is no call for the operator.
		keys := whole(sayings, words)
		if keys == "" && digits != "" {
			return entry{keys: digits, short: true}
		}
		if keys == "" {
			keys = partly(sayings, words)
		}
		return entry{keys: keys, short: true, said: true}
	}
	if slices.Contains(st.choices(), digits) {
		sayings = append(sayings, saying{keys: digits, words: words})
	}
	if keys := whole(sayings, words); keys != "" {
		return entry{keys: keys, short: true}
	}
	return entry{keys: partly(sayings, words), short: true}
}

// sayings are what can be said here, and the keys it stands for.
func (st *step) sayings(a *Asking) []saying {
	var all []saying
	add := func(keys string, phrases ...string) {
		for _, p := range phrases {
			if words := phraseOf(p); len(words) > 0 {
				all = append(all, saying{keys, p, words})
			}
		}
	}
	w := st.words.Speech
	moves := func(keys string, o Outcome) {
		switch to, err := st.p.machine.next(st.state.Name, o); {
		case err != nil:
		case to == StateBack:
			add(keys, w.Back...)
		case to == st.state.Name:
			add(keys, w.Repeat...)
		}
	}
	switch k := st.state.Kind.(type) {
	case MenuState:
		for _, o := range k.Options {
			add(o.Keys, o.Say.in(st.lang)...)
		}
		if k.Each != nil {
			k.Each.sayings(st, add)
		}
	case ConfirmState:
		add(k.Yes, w.Yes...)
		add(k.No, w.No...)
	}
	for _, g := range a.Speech.Globals {
		if st.global(g.Keys) {
			add(g.Keys, g.Say.in(st.lang)...)
		}
	}
	// What every flow understands comes last: a platform may take few hints.
	if m, ok := st.state.Kind.(MenuState); ok {
		for _, o := range m.Options {
			moves(o.Keys, OptionOutcome(o.Keys))
		}
	}
	for _, g := range st.p.spec.Globals {
		if st.global(g.Keys) {
			moves(g.Keys, GlobalOutcome(g.Keys))
		}
	}
	return all
}

// sayings are the items offered now, by what is told of them, and the words for
// more.
func (e *Each) sayings(st *step, add func(keys string, phrases ...string)) {
	p, err := e.page(st)
	if err != nil {
		return // the list could be read when the question was asked
	}
	for i, item := range p.items {
		for _, part := range e.Say[st.lang] {
			if part.Expr == nil || !slices.Contains(part.Expr.names, LocalItem) {
				continue
			}
			say, err := st.speakOf(only(st.lang, part), item, p.first+i+1, itoa(i+1), false)
			if err == nil {
				add(itoa(i+1), say.Text)
			}
		}
	}
	if p.more {
		add(e.More, st.words.Speech.More...)
	}
}

// only is a text in one language.
func only(lang int, part Part) Text {
	t := make(Text, lang+1)
	t[lang] = Template{part}
	return t
}
