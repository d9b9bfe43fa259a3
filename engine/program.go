package engine

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Program is a compiled flow. It never changes and is safe for concurrent use.
type Program struct {
	spec    Spec
	states  map[string]*State
	machine *machine
	// visited are the states whose arrivals are counted.
	visited map[string]bool
	// choices are the entries that menus and confirms accept, sorted: their own
	// keys and those that are valid everywhere.
	choices map[string][]string
	// trails is set where a key goes back to the question before.
	trails bool
	// initial are the variables that have a value from the start: few, where each
	// menu of a large flow has one of its own.
	initial []Variable
	steps   sync.Pool // of *step
}

// NewProgram checks that spec is whole — every state known, every outcome of
// every kind wired once, every text in every language — and builds its machines.
// The error is a *SpecError: a mistake of the compiler, not of a flow's author.
func NewProgram(spec Spec) (*Program, error) {
	p := &Program{spec: spec, states: make(map[string]*State, len(spec.States)), visited: map[string]bool{}, choices: map[string][]string{}}
	if len(spec.Languages) == 0 || len(spec.Words) != len(spec.Languages) {
		return nil, &SpecError{Message: fmt.Sprintf("%d languages with %d words", len(spec.Languages), len(spec.Words))}
	}
	if spec.Limits.Turns <= 0 || spec.Limits.Duration <= 0 {
		return nil, &SpecError{Message: "limits are not set"}
	}
	for i := range spec.States {
		s := &spec.States[i]
		if s.Name == "" || s.Kind == nil {
			return nil, &SpecError{State: s.Name, Message: "no name or no kind"}
		}
		if _, twice := p.states[s.Name]; twice {
			return nil, &SpecError{State: s.Name, Message: "defined twice"}
		}
		if menu, ok := s.Kind.(MenuState); ok && !slices.IsSortedFunc(menu.Options, func(a, b Option) int { return strings.Compare(a.Keys, b.Keys) }) {
			return nil, &SpecError{State: s.Name, Message: "options are not sorted by their keys"} // one would not be found
		}
		p.states[s.Name] = s
		if keyed(s.Kind) || s.MaxVisits > 0 {
			p.visited[s.Name] = true
		}
	}
	p.trails = p.states[StateBack] != nil
	for _, v := range spec.Variables {
		if v.Value != nil {
			p.initial = append(p.initial, v)
		}
	}
	for _, need := range []string{spec.Start, StateGoodbye, StateApology, StateGone} {
		if p.states[need] == nil {
			return nil, &SpecError{State: need, Message: "not defined"}
		}
	}
	m, err := newMachine(spec.Start, spec.Transitions, p.states)
	if err != nil {
		return nil, err
	}
	p.machine = m
	for i := range spec.States {
		if err := p.wired(&spec.States[i]); err != nil {
			return nil, err
		}
		p.choose(&spec.States[i])
	}
	return p, nil
}

// keyed tells kinds whose effects carry a key that is made of the visit.
func keyed(k Kind) bool {
	switch k.(type) {
	case ActionState, ChallengeState:
		return true
	}
	return false
}

// Warm builds what the program needs to run, so that no call waits for it. A
// program that was not warmed does so when it first steps.
func (p *Program) Warm() { p.machine.warm() }

// everywhere are the outcomes that every state has.
var everywhere = [...]Outcome{OutHangup, OutError, OutLimit, OutAbort, OutGone}

// wired checks that each outcome of a state leads somewhere.
func (p *Program) wired(s *State) error {
	for _, o := range s.Kind.Outcomes() {
		if !p.machine.has(s.Name, o) {
			return &SpecError{State: s.Name, Message: "outcome " + o + " leads nowhere"}
		}
	}
	for _, o := range everywhere {
		if !p.machine.has(s.Name, o) {
			return &SpecError{State: s.Name, Message: "outcome " + o + " leads nowhere"}
		}
	}
	return nil
}

// choose collects the entries that a menu or a confirm accepts.
func (p *Program) choose(s *State) {
	var keys []string
	switch k := s.Kind.(type) {
	case MenuState:
		for _, o := range k.Options {
			keys = append(keys, o.Keys)
		}
	case ConfirmState:
		keys = append(keys, k.Yes, k.No)
	default:
		return
	}
	for _, g := range p.spec.Globals {
		if p.machine.has(s.Name, GlobalOutcome(g.Keys)) {
			keys = append(keys, g.Keys)
		}
	}
	slices.Sort(keys)
	p.choices[s.Name] = keys
}

// Reads are the fields that a state reads from what a service answers, sorted by name.
func (p *Program) Reads(state string) []Field {
	s := p.states[state]
	if s == nil {
		return nil
	}
	switch k := s.Kind.(type) {
	case RequestState:
		return k.Returns
	case ActionState:
		return k.Returns
	}
	return nil
}

// Spec is what the program was built from. It must not be changed.
func (p *Program) Spec() *Spec { return &p.spec }

// Hash is the content hash of what the program was compiled from.
func (p *Program) Hash() string { return p.spec.Hash }

// Flow is the flow's name.
func (p *Program) Flow() string { return p.spec.Flow }

// Choice is an entry that a question accepts, and where it leads.
type Choice struct {
	Keys    string
	Outcome Outcome
	To      string
	// Global is set where the key is valid in every question that has no use for it
	// itself.
	Global bool
}

// Choices are what a caller can choose in a question, sorted by their keys: the
// options of a menu, the keys of a confirm, and the keys valid everywhere, a
// collect's too. Other states have none.
func (p *Program) Choices(state string) []Choice {
	var all []Choice
	for _, t := range p.machine.out[state] {
		c := Choice{Outcome: t.Outcome, To: t.To}
		if collect, ok := p.states[state].Kind.(CollectState); ok && strings.HasPrefix(t.Outcome, globalPrefix) && !collect.Presses(t.Outcome[len(globalPrefix):]) {
			continue // it is said there, and not pressed
		}
		switch confirm, _ := p.states[state].Kind.(ConfirmState); {
		case strings.HasPrefix(t.Outcome, optionPrefix):
			c.Keys = t.Outcome[len(optionPrefix):]
		case strings.HasPrefix(t.Outcome, globalPrefix):
			c.Keys, c.Global = t.Outcome[len(globalPrefix):], true
		case t.Outcome == OutYes:
			c.Keys = confirm.Yes
		case t.Outcome == OutNo:
			c.Keys = confirm.No
		default:
			continue
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Choice) int { return strings.Compare(a.Keys, b.Keys) })
	return all
}

// State finds a state by name.
func (p *Program) State(name string) (*State, bool) {
	s, ok := p.states[name]
	return s, ok
}

// Leads is the state that an outcome of a state leads to; "": it leads nowhere.
func (p *Program) Leads(state string, o Outcome) string { return p.machine.leads(state, o) }

// Start begins a call at instant at and steps into the start state.
func (p *Program) Start(call Call, id string, at time.Time) (Turn, error) {
	return p.Open(call, id, at, Opening{})
}

// Open begins a call as Start does, with what is given to it.
func (p *Program) Open(call Call, id string, at time.Time, with Opening) (Turn, error) {
	if err := p.fits(with); err != nil {
		return Turn{}, err
	}
	s := Session{
		ID: id, Flow: p.spec.Flow, Program: p.spec.Hash, Call: call,
		Lang: p.language(call.Language), State: p.spec.Start, StartedAt: at,
	}
	for _, v := range p.initial {
		s.set(v.Name, v.Value)
	}
	for _, v := range with.Vars {
		s.set(v.Name, v.Value)
	}
	if with.State != "" {
		s.State = with.State
	}
	st := p.begin(&s, at)
	defer st.done()
	st.event = "start"
	if err := st.beginRecording(); err != nil {
		return Turn{}, fmt.Errorf("announce the recording: %w", err)
	}
	if err := st.advance(st.enter(st.state, "start")); err != nil {
		return Turn{}, err
	}
	return st.turn(), nil
}

// Step gives the turn that follows from an input. The session is not changed.
// The same program, session and input give the same turn. An event that the
// state has no use for gives a turn that changes nothing.
//
// Errors: ErrEnded, ErrWrongProgram, ErrUnknownState, and ErrNoTransition for a
// session that does not fit its program.
func (p *Program) Step(s Session, in Input) (Turn, error) {
	switch {
	case s.Program != p.spec.Hash:
		return Turn{}, fmt.Errorf("%w: %.12s, not %.12s", ErrWrongProgram, s.Program, p.spec.Hash)
	case s.Phase == PhaseEnded:
		return Turn{}, ErrEnded
	case p.states[s.State] == nil:
		return Turn{}, fmt.Errorf("%w: %q", ErrUnknownState, s.State)
	}
	st := p.begin(&s, in.At)
	defer st.done()
	st.event = describe(in.Event)
	o := st.receive(in.Event)
	if o == "" && st.await == nil {
		st.s.Scope = ""
		return Turn{Session: *st.s}, nil
	}
	if err := st.advance(o); err != nil {
		return Turn{}, err
	}
	return st.turn(), nil
}

// Awaiting is the effect that a session waits for, again; nil when it waits for
// none. It lets a caller be held without saving what was asked.
func (p *Program) Awaiting(s *Session) (Effect, error) {
	state, ok := p.states[s.State]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownState, s.State)
	}
	asks, ok := state.Kind.(effectful)
	if !s.Awaiting || !ok {
		return nil, nil
	}
	st := p.begin(s, time.Time{})
	defer st.done()
	return asks.effect(st)
}

// Hold is what a caller hears while an effect runs, the n-th time in a row,
// from 1: words now and then, and a little silence.
func (p *Program) Hold(s *Session, n int) []Verb {
	pause := Pause{Length: time.Second}
	if n%3 != 1 {
		return []Verb{pause}
	}
	w := p.words(s.Lang)
	return []Verb{Say{Text: w.Hold, Lang: w.Lang, Voice: p.spec.Voice, BargeIn: true}, pause}
}

// Apology is what a caller hears when a call fails, in a language of the flow.
func (p *Program) Apology(lang string) Say {
	w := p.words(lang)
	return Say{Text: w.Apology, Lang: w.Lang, Voice: p.spec.Voice}
}

// language is the one that a call begins in: what serves lang, else the first.
func (p *Program) language(lang string) string {
	if l, ok := p.Speaks(lang); ok {
		return l
	}
	return p.spec.Languages[0]
}

// Speaks finds the program's language that serves lang: the same, else the first
// of the same base. Tags are the same in small letters and in capitals, with a
// hyphen and with an underscore.
func (p *Program) Speaks(lang string) (string, bool) {
	if slices.Contains(p.spec.Languages, lang) {
		return lang, true
	}
	lang = strings.ReplaceAll(strings.TrimSpace(lang), "_", "-")
	base, _, _ := strings.Cut(lang, "-")
	found := ""
	for _, l := range p.spec.Languages {
		if strings.EqualFold(l, lang) {
			return l, true
		}
		if b, _, _ := strings.Cut(l, "-"); found == "" && lang != "" && strings.EqualFold(b, base) {
			found = l
		}
	}
	return found, found != ""
}

func (p *Program) words(lang string) *Words { return p.spec.Words[p.langIndex(lang)] }

func (p *Program) langIndex(lang string) int {
	return max(slices.Index(p.spec.Languages, lang), 0)
}
