package prove

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"pgregory.net/rapid"
)

// The proofs are held against the engine itself: a flow without findings never
// fails in the ways that were proved, however it is driven, and the path of a
// finding, walked key by key, ends in that failure.

// anyFlow draws a small flow.
func anyFlow(t *rapid.T) []state {
	n := rapid.IntRange(2, 7).Draw(t, "states")
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("s%d", i)
	}
	next := func() string { return rapid.SampledFrom(names).Draw(t, "next") }
	value := func() string {
		return rapid.SampledFrom([]string{"", "", "${a}", "${b}", "${caller.id}"}).Draw(t, "value")
	}
	var states []state
	for i, name := range names {
		var s state
		kind := rapid.SampledFrom([]string{"say", "menu", "collect", "set", "language", "authenticate", "request", "action", "transfer", "hangup"}).Draw(t, "kind")
		if i == n-1 {
			kind = "hangup"
		}
		switch kind {
		case "say":
			s = say(name, "Hello "+value(), next())
		case "menu":
			s = menu(name, to{"option.1": next(), "option.22": next()})
			if rapid.Bool().Draw(t, "wired") {
				s = s.wire(engine.OutExhausted, next())
			}
		case "collect":
			s = collect(name, 2, 4, next())
			k := s.Kind.(engine.CollectState)
			k.Var = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "variable")
			k.MaxNoInput = rapid.SampledFrom([]int{0, 2}).Draw(t, "noinput")
			s.Kind = k
			if k.MaxNoInput > 0 {
				s = s.wire(engine.OutNoInput, next())
			}
		case "set":
			s = set(name, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "variable"), operand("1"+value()), next())
		case "language":
			s = state{engine.State{Name: name, Kind: engine.LanguageState{By: template("e" + value())}}, to{engine.OutNext: next()}}
		case "authenticate":
			s = state{engine.State{Name: name, Kind: engine.AuthenticateState{Account: operand("1" + value()), PIN: operand("2"), Attempts: rapid.IntRange(1, 2).Draw(t, "attempts")}}, to{
				engine.OutAuthenticated: next(), engine.OutDenied: next(),
			}}
			if s.Kind.(engine.AuthenticateState).Attempts > 1 {
				s = s.wire(engine.OutRetryDenied, next())
			}
		case "request":
			s = request(name, "/x"+value(), to{engine.OutOK: next(), engine.OutNotFound: next()})
		case "action":
			s = action(name, value(), to{engine.OutDone: next(), engine.OutRejected: next()})
		case "transfer":
			s = transfer(name, to{engine.OutCompleted: next(), engine.OutBusy: next()})
		default:
			s = hangup(name, "Bye "+value())
		}
		if rapid.IntRange(0, 4).Draw(t, "protected") == 0 {
			s = s.requires("authenticated")
		}
		if rapid.IntRange(0, 4).Draw(t, "bounded") == 0 {
			s = s.visits(rapid.IntRange(1, 3).Draw(t, "visits"))
			if rapid.Bool().Draw(t, "wired") {
				s = s.wire(engine.OutLimit, next())
			}
		}
		states = append(states, s)
	}
	return states
}

func drawSpec(t *rapid.T, tb *testing.T) *engine.Spec {
	var shape engine.Spec
	states := anyFlow(t)
	if rapid.Bool().Draw(t, "handler") {
		shape.OnHangup = rapid.SampledFrom(states).Draw(t, "on_hangup").Name
	}
	return flowOf(tb, shape, states...)
}

// failures are the reasons for which the engine fails in ways that are proved
// not to happen.
func failures(turn *engine.Turn) []string {
	var found []string
	if turn.Session.Ended == engine.OutError {
		// The last words of a call could not be put together.
		found = append(found, CodeUnsetVariable+" "+turn.Session.State)
	}
	for _, h := range turn.Trace {
		switch {
		case strings.HasPrefix(h.Reason, "requires "):
			found = append(found, CodeRequiresUnproved+" "+h.From)
		case strings.HasSuffix(h.Reason, "has no value yet"):
			found = append(found, CodeUnsetVariable+" "+h.From)
		case strings.HasPrefix(h.Reason, "more than "):
			found = append(found, CodeUnboundedLoop)
		}
	}
	return found
}

func TestProvedFlowsDoNotFail(t *testing.T) {
	t.Parallel()
	proved := 0
	rapid.Check(t, func(rt *rapid.T) {
		spec := drawSpec(rt, t)
		found := Check(spec)
		realPaths(t, spec, found)
		claimed := make(map[string]bool)
		for _, f := range found {
			claimed[f.Code+" "+f.State] = true
			if f.Code == CodeUnboundedLoop || f.Code == CodeDeadEnd {
				claimed[CodeUnboundedLoop] = true
			}
		}
		if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code != CodeUnreachableState }) {
			proved++
		}

		p, err := engine.NewProgram(*spec)
		if err != nil {
			rt.Fatal(err)
		}
		at := time.Unix(0, 0)
		turn, err := p.Start(engine.Call{}, "x", at)
		for step := 0; ; step++ {
			if err != nil {
				rt.Fatal(err)
			}
			for _, f := range failures(&turn) {
				if !claimed[f] {
					rt.Fatalf("%s happened and was not found: %+v\n%+v", f, summary(found), turn.Trace)
				}
			}
			if turn.Session.Phase == engine.PhaseEnded || step == 40 {
				return
			}
			turn, err = p.Step(turn.Session, engine.Input{At: at, Event: anyEvent(rt, &turn)})
		}
	})
	if proved == 0 {
		t.Error("no flow without findings was drawn: the property says nothing")
	}
}

func anyEvent(t *rapid.T, turn *engine.Turn) engine.Event {
	if turn.Session.Awaiting {
		if rapid.IntRange(0, 9).Draw(t, "gone") == 0 {
			return engine.CallEnded{By: "caller"}
		}
		if len(turn.Verbs) > 0 || turn.Await != nil {
			if _, ok := turn.Await.(engine.Authenticate); ok {
				return rapid.SampledFrom([]engine.Event{
					engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "1", ID: "u", Greeting: "you"}},
					engine.SignedIn{Result: engine.SignInDenied},
					engine.SignedIn{Result: engine.SignInUnavailable},
				}).Draw(t, "sign-in")
			}
		}
		if _, ok := turn.Await.(engine.Action); ok {
			return engine.Answered{Result: rapid.SampledFrom([]engine.Answer{engine.AnswerDone, engine.AnswerRejected, engine.AnswerPending}).Draw(t, "answer")}
		}
		return engine.Answered{Result: rapid.SampledFrom([]engine.Answer{engine.AnswerOK, engine.AnswerNotFound, engine.AnswerError}).Draw(t, "answer")}
	}
	keys := func(k string) engine.Event { return engine.Digits{Keys: engine.NewSecret(k)} }
	return rapid.SampledFrom([]engine.Event{
		engine.NoInput{},
		engine.NoInput{},
		keys("1"), keys("22"), keys("123"), keys("9"),
		engine.Lost{},
		engine.DialEnded{Result: engine.DialCompleted},
		engine.DialEnded{Result: engine.DialBusy},
		engine.CallEnded{By: "caller"},
	}).Draw(t, "event")
}

// TestFindingsHappen walks the path of each finding in the engine.
func TestFindingsHappen(t *testing.T) {
	t.Parallel()
	walked := make(map[string]int)
	rapid.Check(t, func(rt *rapid.T) {
		spec := drawSpec(rt, t)
		p, err := engine.NewProgram(*spec)
		if err != nil {
			rt.Fatal(err)
		}
		found := Check(spec)
		for _, f := range found {
			if f.Code != CodeRequiresUnproved && f.Code != CodeUnsetVariable {
				continue
			}
			if got, ok := walk(rt, p, f.Path); ok {
				walked[f.Code]++
				// A way that another finding cuts off is told all the same: mending that
				// one must not be what brings this one to light.
				if len(got) > 0 && claims(found, got[0]) && got[0] != f.Code+" "+f.State {
					continue
				}
				if !slices.Contains(got, f.Code+" "+f.State) {
					rt.Fatalf("%s at %s by %s (%s): the engine says %v", f.Code, f.State, f.Path.Keys(), f.Path.States(), got)
				}
			}
		}
	})
	for _, code := range []string{CodeRequiresUnproved, CodeUnsetVariable} {
		if walked[code] == 0 {
			t.Errorf("no path of %s was walked: the property says nothing", code)
		}
	}
}

// claims tells whether a failure of the engine is among the findings.
func claims(found []Finding, failure string) bool {
	return slices.ContainsFunc(found, func(f Finding) bool {
		return f.Code+" "+f.State == failure || failure == CodeUnboundedLoop && (f.Code == failure || f.Code == CodeDeadEnd)
	})
}

// walk plays a path. It is false for one that needs the engine itself to fail.
func walk(t *rapid.T, p *engine.Program, path Path) ([]string, bool) {
	at := time.Unix(0, 0)
	turn, err := p.Start(engine.Call{}, "x", at)
	if err != nil {
		t.Fatal(err)
	}
	got := failures(&turn)
	for _, s := range path {
		kind, _ := p.State(s.State)
		class, _ := classify(kind, turn.Session.Phase == engine.PhaseEnding, s.Outcome)
		if class == byFault || class == byLimit || class == byVisits {
			return nil, false
		}
		if auth, ok := kind.Kind.(engine.AuthenticateState); ok && auth.Attempts > 1 && s.Outcome == engine.OutDenied {
			return nil, false // between two refusals the flow goes its own ways
		}
		for _, ev := range eventsOf(kind, s) {
			if turn.Session.Phase == engine.PhaseEnded || turn.Session.State != s.State {
				break
			}
			if turn, err = p.Step(turn.Session, engine.Input{At: at, Event: ev}); err != nil {
				t.Fatal(err)
			}
			got = append(got, failures(&turn)...)
		}
	}
	return got, true
}

// eventsOf are the events that lead to a step's outcome: none for a state that
// goes on by itself.
func eventsOf(s *engine.State, step Step) []engine.Event {
	answers := map[engine.Outcome]engine.Event{
		engine.OutAuthenticated: engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "1", ID: "u", Greeting: "you"}},
		engine.OutDenied:        engine.SignedIn{Result: engine.SignInDenied},
		engine.OutRetryDenied:   engine.SignedIn{Result: engine.SignInDenied},
		engine.OutLocked:        engine.SignedIn{Result: engine.SignInLocked},
		engine.OutChallenge:     engine.SignedIn{Result: engine.SignInChallenge},
		engine.OutUnavailable:   engine.SignedIn{Result: engine.SignInUnavailable},
		engine.OutOK:            engine.Answered{Result: engine.AnswerOK},
		engine.OutNotFound:      engine.Answered{Result: engine.AnswerNotFound},
		engine.OutError:         engine.Answered{Result: engine.AnswerError},
		engine.OutDone:          engine.Answered{Result: engine.AnswerDone},
		engine.OutRejected:      engine.Answered{Result: engine.AnswerRejected},
		engine.OutPending:       engine.Answered{Result: engine.AnswerPending},
		engine.OutUnknown:       engine.Answered{Result: engine.AnswerUnknown},
		engine.OutCompleted:     engine.DialEnded{Result: engine.DialCompleted},
		engine.OutBusy:          engine.DialEnded{Result: engine.DialBusy},
		engine.OutNoAnswer:      engine.DialEnded{Result: engine.DialNoAnswer},
		engine.OutFailed:        engine.DialEnded{Result: engine.DialFailed},
		engine.OutRecorded:      engine.RecordEnded{Result: engine.RecordDone, URL: "https://recordings.example.com/1.wav", Length: 5 * time.Second},
		engine.OutEmpty:         engine.RecordEnded{Result: engine.RecordEmpty},
		engine.OutConnected:     engine.QueueEnded{Result: engine.QueueConnected},
		engine.OutHangup:        engine.CallEnded{By: "caller"},
	}
	a := engine.AskingOf(s.Kind)
	switch ev, ok := answers[step.Outcome]; {
	case ok:
		return []engine.Event{ev}
	case a == nil:
		return nil
	case step.Outcome == silentExit(a):
		return slices.Repeat([]engine.Event{engine.NoInput{}}, silentAttempts(a))
	case step.Outcome == engine.OutExhausted || step.Outcome == engine.OutNoMatch:
		return slices.Repeat([]engine.Event{engine.Digits{Keys: engine.NewSecret("*")}}, a.Attempts)
	default:
		return []engine.Event{engine.Digits{Keys: engine.NewSecret(strings.TrimSuffix(step.Keys, "#")), Ended: engine.EndUnknown}}
	}
}

// TestSilentCallersLeave plays a caller who never presses a key against what
// Silent says of it: every question is asked as often as its path tells.
func TestSilentCallersLeave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		spec := drawSpec(rt, t)
		m := NewMap(spec)
		silence := Silent(m)
		loops := len(Loops(m)) + len(DeadEnds(m))
		if silence.Bounded && loops == 0 {
			p, err := engine.NewProgram(*spec)
			if err != nil {
				rt.Fatal(err)
			}
			turn, err := p.Start(engine.Call{}, "x", time.Unix(0, 0))
			for n := 0; turn.Session.Phase != engine.PhaseEnded; n++ {
				if err != nil {
					rt.Fatal(err)
				}
				if n > 400 {
					rt.Fatalf("a silent caller is still there in %s", turn.Session.State)
				}
				ev := engine.Event(engine.NoInput{})
				if turn.Session.Awaiting {
					ev = engine.Answered{Result: engine.AnswerPending}
					if s, _ := p.State(turn.Session.State); s.Kind.Name() == "authenticate" {
						ev = engine.SignedIn{Result: engine.SignInUnavailable}
					}
				} else if s, _ := p.State(turn.Session.State); s.Kind.Name() == "transfer" {
					ev = engine.DialEnded{Result: engine.DialBusy}
				}
				turn, err = p.Step(turn.Session, engine.Input{At: time.Unix(0, 0), Event: ev})
			}
		}
		if !silence.Bounded && loops == 0 {
			rt.Fatal("nothing bounds a silent caller, and no loop is found")
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		spec := largeFlow(b, n)
		b.Run(fmt.Sprintf("%d-states", n), func(b *testing.B) {
			if found := Check(spec); len(found) != 0 {
				b.Fatalf("findings: %+v", summary(found[:1]))
			}
			b.ReportAllocs()
			for b.Loop() {
				Check(spec)
			}
		})
		b.Run(fmt.Sprintf("%d-states-silent", n), func(b *testing.B) {
			m := NewMap(spec)
			for b.Loop() {
				Silent(m)
			}
		})
	}
}

// largeFlow asks, reads, says and branches n times over, each part with
// variables of its own, and a value from the start read by every part.
func largeFlow(tb testing.TB, n int) *engine.Spec {
	tb.Helper()
	scope := engine.CallScope()
	var states []state
	add := func(s state) { states = append(states, s) }
	add(collect("account", 1, 10, "m0"))
	scope["account"] = engine.Type{Base: engine.TypeText}
	for i := 0; len(states) < n; i++ {
		id := func(prefix string) string { return fmt.Sprintf("%s%d", prefix, i) }
		more := fmt.Sprintf("m%d", i+1)
		if len(states)+6 > n {
			more = "end"
		}
		v := id("v")
		scope[v] = engine.Type{Base: engine.TypeText}
		value := func(name string) engine.Template {
			e, err := engine.CompileExpr(name, scope, 0)
			if err != nil {
				tb.Fatal(err)
			}
			return engine.Template{{Expr: e}}
		}
		add(menu(id("m"), to{"option.1": v, "option.2": id("s"), "option.3": more, "option.9": "end"}))
		add(collect(v, 5, 5, id("r")))
		r := request(id("r"), "/x", to{engine.OutOK: id("b"), engine.OutNotFound: more})
		k := r.Kind.(engine.RequestState)
		k.Fetch.Query = []engine.NamedTemplate{{Name: "q", Value: value(v)}, {Name: "a", Value: value("account")}}
		r.Kind = k
		add(r)
		add(state{engine.State{Name: id("b"), Kind: engine.BranchState{When: []*engine.Expr{value(v)[0].Expr}}}, to{engine.WhenOutcome(1): id("s"), engine.OutElse: more}})
		s := say(id("s"), "News.", more)
		s.Kind = engine.SayState{Text: engine.Text{append(engine.Literal("Thank you "), value("account")...)}}
		add(s)
	}
	add(hangup("end", "Bye."))
	return flow(tb, states...)
}
