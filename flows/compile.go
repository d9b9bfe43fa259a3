package flows

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"callflow/engine"
)

// engineVersion is part of every program's hash: programs compiled for another
// engine are other programs.
const engineVersion = "1"

// Compile makes a program of a flow. The program is nil when anything is an
// error. What is wrong includes what Parse found, and all else: names, types,
// languages, and the proofs over the ways that calls can take.
func Compile(doc *Document, opts Options) (*engine.Program, Diagnostics) {
	l := newLibrary(opts)
	return l.program(l.add(doc))
}

// program is the program of a flow, and everything that is wrong with it and with
// what it enters.
func (l *library) program(m *member) (*engine.Program, Diagnostics) {
	c := l.compile(m)
	diags := append(l.diagnose(m), m.doc.shape...)
	var program *engine.Program
	if !diags.HasErrors() {
		var err error
		if program, err = engine.NewProgram(c.spec); err != nil {
			diags = append(diags, c.internal(err))
		}
	}
	diags.Sort()
	return program, diags
}

// CompileSource reads, checks and compiles a flow. The program is nil when
// anything is an error.
func CompileSource(file string, src []byte, opts Options) (*engine.Program, Diagnostics) {
	doc, diags := Parse(file, src)
	if doc == nil {
		return nil, diags
	}
	return Compile(doc, opts)
}

// compiler makes a spec of a document. It goes on after a mistake by assuming
// what hides no other, so that one run reports them all.
type compiler struct {
	doc   *Document
	opts  Options
	diags Diagnostics
	lines index

	defaults Defaults
	// isSubflow is set for a flow that others enter.
	isSubflow bool
	langs     []string
	words     []*engine.Words

	states map[string]*StateDecl
	names  []string // of states, for hints
	refs   []*Ref
	named  map[string]bool // by a reference; found when it is asked for
	scope  engine.Scope
	// loose are names whose type could not be found out, because of a mistake
	// that was reported where they are declared.
	loose map[string]bool
	// open are variables declared as lists without a word of what they hold.
	open map[string]bool
	// astray is set when something leads to stateNowhere.
	astray bool
	// goesBack is set when a key leads back to the question before.
	goesBack bool
	// nowhere are the states that do not say where they lead.
	nowhere map[*StateDecl]bool
	// deaf are languages of the flow that have no words.
	deaf map[string]bool
	// used are the names that something reads.
	used map[string]bool
	// exprs are the expressions compiled so far: prompts say the same in several
	// languages, and states ask the same.
	exprs map[exprKey]*engine.Expr
	// inferred are the assignments that were compiled to learn a variable's type.
	inferred map[*AssignmentDecl]engine.Operand
	services map[string]bool
	// prompts are the prompts of the flow that were compiled so far.
	prompts map[*PromptDecl]engine.Prompt
	// said are the phrases that were compiled so far, and mute the languages whose
	// words hold none.
	said  map[*Text]engine.Phrases
	mute  map[string]bool
	hints int // looked for so far

	spec engine.Spec
	from string // the state whose edges are being added

	lib    *library
	member *member
	// serving are the languages to compile in, for a flow that enters this one;
	// nil: its own.
	serving []string
	// subs are the flows that states enter, and sites those of them whose states
	// are part of the spec, by the name of the state that enters.
	subs  map[*StateDecl]*compiler
	sites map[string]*compiler
	// inner are the variables of flows that are entered.
	inner   []engine.Variable
	crowded bool // too many states: reported
	// ways are the transitions before it was said where a sub-flow leads that
	// nobody has entered.
	ways []engine.Transition
	// proved are the findings of the proofs.
	proved map[findingKey]bool
}

func newCompiler(doc *Document, opts Options) *compiler {
	return &compiler{
		doc: doc, opts: opts, isSubflow: doc.Subflow(),
		states:   make(map[string]*StateDecl, len(doc.States)),
		scope:    engine.CallScope(),
		deaf:     map[string]bool{},
		loose:    map[string]bool{},
		open:     map[string]bool{},
		nowhere:  map[*StateDecl]bool{},
		used:     map[string]bool{},
		exprs:    map[exprKey]*engine.Expr{},
		inferred: map[*AssignmentDecl]engine.Operand{},
		services: map[string]bool{},
		subs:     map[*StateDecl]*compiler{},
		sites:    map[string]*compiler{},
		proved:   map[findingKey]bool{},
		prompts:  map[*PromptDecl]engine.Prompt{},
		said:     map[*Text]engine.Phrases{},
		mute:     map[string]bool{},
	}
}

func (c *compiler) report(code Code, pos Pos, format string, args ...any) *Diagnostic {
	c.diags = append(c.diags, Report(code, c.doc.File, pos, format, args...))
	return &c.diags[len(c.diags)-1]
}

// internal reports a spec that the engine refuses: our mistake, which must
// still keep the flow from running.
func (c *compiler) internal(err error) Diagnostic {
	pos := c.doc.Flow.Pos
	var spec *engine.SpecError
	if errors.As(err, &spec) {
		if st := c.states[spec.State]; st != nil {
			pos = st.Name.Pos
		}
	}
	return Report(CodeBadValue, c.doc.File, pos, "the flow cannot be compiled: %s", err)
}

// run does everything, in an order in which each part finds what it needs.
func (c *compiler) run() {
	if c.doc.Defaults != nil {
		c.defaults = *c.doc.Defaults
	}
	c.languages()
	c.index()
	c.enter()
	c.declare()
	c.subflow()
	c.flow()
	c.defaultOutcomes()
	for _, st := range c.doc.States {
		if c.states[st.Name.Value] == st {
			c.compile(st)
		}
	}
	c.builtin()
	if c.serving != nil {
		return // what is wrong is reported by the flow itself
	}
	for _, r := range rules {
		r.run(c)
	}
	c.prove()
}

// index finds the states by name.
func (c *compiler) index() {
	c.names = make([]string, 0, len(c.doc.States))
	for _, st := range c.doc.States {
		if c.states[st.Name.Value] == nil {
			c.states[st.Name.Value] = st
			c.names = append(c.names, st.Name.Value)
		}
	}
}

// flow compiles what stands beside the states.
func (c *compiler) flow() {
	d := c.doc
	c.spec.Flow, c.spec.Title, c.spec.Voice = d.Flow.Value, d.Title.Value, d.Voice.Value
	c.spec.Languages, c.spec.Words = c.langs, c.words
	if d.Start != nil {
		c.spec.Start = d.Start.Value
	}
	if d.OnHangup != nil {
		c.spec.OnHangup = c.to(d.OnHangup)
	}
	c.spec.Limits = engine.Limits{Turns: defaultTurns, Duration: defaultDuration}
	if l := d.Limits; l != nil {
		c.spec.Limits.Turns = first(l.Turns, nil, c.spec.Limits.Turns)
		c.spec.Limits.Duration = first(l.Duration, nil, c.spec.Limits.Duration)
	}
	c.recording()
	for _, g := range d.Globals {
		c.spec.Globals = append(c.spec.Globals, engine.Global{Keys: g.Keys.Value})
	}
	c.spec.States = make([]engine.State, 0, len(d.States)+3)
	c.spec.Transitions = make([]engine.Transition, 0, 10*len(d.States)+15)
}

func (c *compiler) compile(st *StateDecl) {
	if st.Kind == nil {
		// Nobody knows what it does: for the rest of the check it ends the call.
		c.state(st, st.Name.Value, engine.HangupState{Ended: "hangup"})
		c.everywhere(st)
		return
	}
	c.outcomes(st)
	st.Kind.compile(c, st)
}

var facts = []string{engine.FactAuthenticated, engine.FactPhoneVerified}

// requires is the fact without which a state is not entered.
func (c *compiler) requires(st *StateDecl) string {
	s := st.Requires
	if !s.IsSet() || contains(facts, s.Value) {
		return s.Value
	}
	c.report(CodeUnknownFact, s.Pos, "nothing proves %q; a state can require %s", s.Value, list(facts)).Hint = didYouMean(s.Value, facts)
	return ""
}

// state adds a state to the spec; edges that are added next begin there.
func (c *compiler) state(st *StateDecl, name string, kind engine.Kind) {
	c.spec.States = append(c.spec.States, engine.State{
		Name: name, Requires: c.requires(st), MaxVisits: first(st.MaxVisits, nil, 0), Milestone: st.Milestone.Value, Kind: kind,
	})
	c.from = name
}

// stateAfter adds a second state, which the one that was added last is made of
// as well.
func (c *compiler) stateAfter(name string, kind engine.Kind) {
	last := c.spec.States[len(c.spec.States)-1]
	c.spec.States = append(c.spec.States, engine.State{Name: name, Requires: last.Requires, Kind: kind})
	c.from = name
}

// builtin adds the states that every program has.
func (c *compiler) builtin() {
	texts := func(word func(*engine.Words) string) engine.Text {
		t := make(engine.Text, len(c.words))
		for i, w := range c.words {
			t[i] = engine.Literal(word(w))
		}
		return t
	}
	ends := []struct {
		name string
		kind engine.HangupState
	}{
		{engine.StateGoodbye, engine.HangupState{Text: texts(func(w *engine.Words) string { return w.Goodbye }), Ended: "goodbye"}},
		{engine.StateApology, engine.HangupState{Text: texts(func(w *engine.Words) string { return w.Apology }), Ended: "error"}},
		{engine.StateGone, engine.HangupState{Ended: "hangup"}},
	}
	if c.goesBack {
		c.goBack()
	}
	if c.astray {
		ends = append(ends, ends[2])
		ends[3].name = stateNowhere
	}
	for _, b := range ends {
		c.spec.States = append(c.spec.States, engine.State{Name: b.name, Kind: b.kind})
		c.from = b.name
		c.everyOutcome()
	}
	for name := range c.services {
		c.spec.Services = append(c.spec.Services, name)
	}
	slices.Sort(c.spec.Services)
	c.spec.Variables = append(c.spec.Variables, c.inner...)
	slices.SortFunc(c.spec.Variables, func(a, b engine.Variable) int { return cmp.Compare(a.Name, b.Name) })
	c.spec.Subflow = c.signature()
	c.ways = c.spec.Transitions
	if c.spec.Subflow != nil {
		c.spec.Transitions = slices.Clone(c.ways)
		for i := range c.spec.Transitions {
			t := &c.spec.Transitions[i]
			t.To = alone(t.To)
		}
	}
	c.spec.Hash = c.hash()
}

// goBack adds the state that leads back to each question. Where a question is made
// of an entry and its confirmation, back is to the entry.
func (c *compiler) goBack() {
	var k engine.BackState
	entries := map[string]bool{}
	for i := range c.spec.States {
		s := &c.spec.States[i]
		if isInput(s.Kind) {
			k.Questions = append(k.Questions, s.Name)
		}
		if _, ok := s.Kind.(engine.CollectState); ok {
			entries[s.Name] = true
		}
	}
	c.spec.States = append(c.spec.States, engine.State{Name: engine.StateBack, Kind: k})
	c.from = engine.StateBack
	for _, q := range k.Questions {
		to := q
		if entry, ok := strings.CutSuffix(q, confirmSuffix); ok && entries[entry] {
			to = entry
		}
		c.edge(engine.BackOutcome(q), to)
	}
	c.everyOutcome()
}

// everyOutcome adds the transitions of a built-in state that every state has.
func (c *compiler) everyOutcome() {
	c.edge(engine.OutHangup, engine.StateGone)
	c.edge(engine.OutError, engine.StateApology)
	c.edge(engine.OutLimit, engine.StateGoodbye)
	c.edge(engine.OutAbort, engine.StateApology)
	c.edge(engine.OutGone, engine.StateGone)
}

// first is the value of the first setting that was made, or fallback.
func first[T any](a, b *Setting[T], fallback T) T {
	switch {
	case a != nil:
		return a.V
	case b != nil:
		return b.V
	}
	return fallback
}
