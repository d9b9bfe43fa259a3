package prove

import (
	"maps"
	"slices"
	"testing"
	"time"

	"callflow/engine"
)

// to are the transitions of a state, by outcome.
type to map[engine.Outcome]string

// state is a state of a test's flow with its transitions.
type state struct {
	engine.State
	to to
}

// flow puts a spec together: the first state is the start, and every outcome
// that is not wired leads where flows leads it by default.
func flow(t testing.TB, states ...state) *engine.Spec {
	t.Helper()
	return flowOf(t, engine.Spec{}, states...)
}

func flowOf(t testing.TB, spec engine.Spec, states ...state) *engine.Spec {
	t.Helper()
	spec.Flow, spec.Hash = "test", "test"
	spec.Languages = []string{"en"}
	spec.Words = []*engine.Words{words(t)}
	spec.Limits = engine.Limits{Turns: 1000, Duration: time.Hour}
	spec.Start = states[0].Name
	gone := engine.StateGone
	if spec.OnHangup != "" {
		gone = spec.OnHangup
	}
	defaults := to{
		engine.OutHangup:       gone,
		engine.OutGone:         engine.StateGone,
		engine.OutError:        engine.StateApology,
		engine.OutAbort:        engine.StateApology,
		engine.OutLimit:        engine.StateGoodbye,
		engine.OutExhausted:    engine.StateGoodbye,
		engine.OutNoInput:      engine.StateGoodbye,
		engine.OutNoMatch:      engine.StateGoodbye,
		engine.OutDenied:       engine.StateApology,
		engine.OutLocked:       engine.StateApology,
		engine.OutChallenge:    engine.StateApology,
		engine.OutUnavailable:  engine.StateApology,
		engine.OutNotFound:     engine.StateApology,
		engine.OutRejected:     engine.StateApology,
		engine.OutPending:      engine.StateApology,
		engine.OutUnknown:      engine.StateApology,
		engine.OutBusy:         engine.StateApology,
		engine.OutNoAnswer:     engine.StateApology,
		engine.OutFailed:       engine.StateApology,
		engine.OutRetryNoInput: "",
		engine.OutRetryNoMatch: "",
		engine.OutRetryLost:    "",
	}
	states = append(slices.Clone(states),
		state{State: engine.State{Name: engine.StateGoodbye, Kind: engine.HangupState{Text: text("Goodbye."), Ended: "exhausted"}}},
		state{State: engine.State{Name: engine.StateApology, Kind: engine.HangupState{Text: text("Sorry, something went wrong."), Ended: "apology"}}},
		state{State: engine.State{Name: engine.StateGone, Kind: engine.HangupState{Ended: "hangup"}}},
	)
	for _, s := range states {
		spec.States = append(spec.States, s.State)
		wired := make(to)
		for _, o := range s.Kind.Outcomes() {
			wired[o] = defaults[o]
			if wired[o] == "" {
				wired[o] = s.Name
			}
		}
		for _, o := range []engine.Outcome{engine.OutHangup, engine.OutError, engine.OutLimit, engine.OutAbort, engine.OutGone} {
			wired[o] = defaults[o]
		}
		maps.Copy(wired, s.to)
		for _, o := range slices.Sorted(maps.Keys(wired)) {
			spec.Transitions = append(spec.Transitions, engine.Transition{From: s.Name, Outcome: o, To: wired[o]})
		}
	}
	if _, err := engine.NewProgram(spec); err != nil {
		t.Fatalf("the test's flow is not whole: %v", err)
	}
	return &spec
}

func words(t testing.TB) *engine.Words {
	t.Helper()
	w, err := engine.NewWords("en", engine.Words{
		NoInput: []string{"I did not hear anything."}, NoMatch: []string{"That is not an option."},
		Goodbye: "Goodbye.", Apology: "Sorry.", Hold: "One moment.", Minus: "minus", And: "and",
		Months: make([]string, 12), Date: "{month} {day}", Time: "{hour} {minute}",
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// expr compiles an expression over the names that tests use. A secret is known
// as text, as if the compiler had let it slip.
func expr(source string) *engine.Expr {
	scope := engine.CallScope()
	for _, n := range []string{"a", "b", "c", "d", "account", "pin", "number"} {
		scope[n] = engine.Type{Base: engine.TypeText}
	}
	scope["balance"] = engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{{Name: "amount", Type: engine.Type{Base: engine.TypeNumber}}}}
	e, err := engine.CompileExpr(source, scope, 0)
	if err != nil {
		panic(source + ": " + err.Error())
	}
	return e
}

// template reads "Hello ${a}.": literals and one kind of value.
func template(source string) engine.Template {
	var t engine.Template
	for source != "" {
		before, after, found := cutAt(source, "${")
		t = append(t, engine.Literal(before)...)
		if !found {
			break
		}
		inside, rest, _ := cutAt(after, "}")
		t = append(t, engine.Part{Expr: expr(inside)})
		source = rest
	}
	return t
}

func cutAt(s, sep string) (before, after string, found bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if s[i:i+len(sep)] == sep {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

func text(source string) engine.Text { return engine.Text{template(source)} }

func operand(source string) engine.Operand { return engine.Operand{Template: template(source)} }

func secret(name string) engine.Operand { return engine.Operand{Secret: name} }

func asks(prompt string) engine.Asking {
	return engine.Asking{Prompt: engine.Prompt{text(prompt)}, Attempts: 3, Timeout: 5 * time.Second, InterDigit: 3 * time.Second, BargeIn: true}
}

func say(name, words string, next string) state {
	return state{engine.State{Name: name, Kind: engine.SayState{Text: text(words)}}, to{engine.OutNext: next}}
}

func hangup(name, words string) state {
	return state{State: engine.State{Name: name, Kind: engine.HangupState{Text: text(words), Ended: "hangup"}}}
}

func menu(name string, next to) state {
	k := engine.MenuState{Asking: asks("Choose."), Var: name}
	for _, o := range slices.Sorted(maps.Keys(next)) {
		if keys, ok := cutPrefix(o, "option."); ok {
			k.Options = append(k.Options, engine.Option{Keys: keys, Value: keys})
		}
	}
	return state{engine.State{Name: name, Kind: k}, next}
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

func collect(name string, min, max int, next string) state {
	return state{engine.State{Name: name, Kind: engine.CollectState{Asking: asks("Enter " + name + "."), Var: name, Min: min, Max: max, Terminator: "#"}}, to{engine.OutMatch: next}}
}

func pin(next string) state {
	s := collect("pin", 4, 4, next)
	k := s.Kind.(engine.CollectState)
	k.Secret = true
	s.Kind = k
	return s
}

func set(name, variable string, value engine.Operand, next string) state {
	return state{engine.State{Name: name, Kind: engine.SetState{Set: []engine.Assignment{{Var: variable, Value: value}}}}, to{engine.OutNext: next}}
}

func branch(name string, conditions []string, next to) state {
	var k engine.BranchState
	for _, c := range conditions {
		k.When = append(k.When, expr(c))
	}
	return state{engine.State{Name: name, Kind: k}, next}
}

func signIn(name string, next to) state {
	return state{engine.State{Name: name, Kind: engine.AuthenticateState{Account: operand("${account}"), PIN: secret("pin"), Attempts: 1}}, next}
}

func request(name, path string, next to) state {
	return state{engine.State{Name: name, Kind: engine.RequestState{Var: name, Fetch: engine.FetchSpec{Service: "bank", Method: "GET", Path: template(path)}}}, next}
}

func action(name string, body string, next to) state {
	return state{engine.State{Name: name, Kind: engine.ActionState{Var: name, Fetch: engine.FetchSpec{
		Service: "bank", Method: "POST", Path: template("/x"), Body: &engine.Node{Object: []engine.NodeField{{Name: "v", Value: engine.Node{Array: []engine.Node{{Template: template(body)}}}}}},
	}}}, next}
}

func transfer(name string, next to) state {
	return state{engine.State{Name: name, Kind: engine.TransferState{To: template("+15550100"), Say: text("Connecting you."), Timeout: 20 * time.Second}}, next}
}

func (s state) requires(fact string) state {
	s.Requires = fact
	return s
}

func (s state) visits(n int) state {
	s.MaxVisits = n
	return s
}

func (s state) wire(o engine.Outcome, target string) state {
	s.to = maps.Clone(s.to)
	if s.to == nil {
		s.to = to{}
	}
	s.to[o] = target
	return s
}

// bank is the bank line of the examples.
func bank() []state {
	return []state{
		collect("account", 1, 10, "pin"),
		pin("sign_in"),
		signIn("sign_in", to{engine.OutAuthenticated: "welcome", engine.OutDenied: "refused"}),
		say("welcome", "Welcome ${caller.greeting}.", "main_menu"),
		menu("main_menu", to{"option.1": "balance", "option.9": "goodbye"}).requires("authenticated"),
		request("balance", "/accounts/${caller.account}", to{engine.OutOK: "say_balance"}).requires("authenticated"),
		say("say_balance", "You have ${balance.amount}.", "main_menu").requires("authenticated"),
		hangup("refused", "That does not match."),
		hangup("goodbye", "Goodbye."),
	}
}

// with replaces states by name, and adds those that are new.
func with(states []state, changed ...state) []state {
	states = slices.Clone(states)
	for _, c := range changed {
		i := slices.IndexFunc(states, func(s state) bool { return s.Name == c.Name })
		if i < 0 {
			states = append(states, c)
		} else {
			states[i] = c
		}
	}
	return states
}

// named finds a state of a list.
func named(states []state, name string) state {
	return states[slices.IndexFunc(states, func(s state) bool { return s.Name == name })]
}

// real checks that the paths of findings are ways of the flow.
func realPaths(t testing.TB, spec *engine.Spec, found []Finding) {
	t.Helper()
	edges := make(map[engine.Transition]bool, len(spec.Transitions))
	for _, e := range spec.Transitions {
		edges[e] = true
	}
	for _, f := range found {
		for _, p := range []Path{f.Path, f.Second} {
			for i, s := range p {
				if !edges[engine.Transition{From: s.State, Outcome: s.Outcome, To: s.To}] {
					t.Errorf("%s at %s: %s –%s→ %s is no transition", f.Code, f.State, s.State, s.Outcome, s.To)
				}
				if i > 0 && p[i-1].To != s.State {
					t.Errorf("%s at %s: the path breaks off between %s and %s", f.Code, f.State, p[i-1].To, s.State)
				}
			}
		}
		if len(f.Path) > 0 && f.Path[0].State != spec.Start {
			t.Errorf("%s at %s: the path begins at %s", f.Code, f.State, f.Path[0].State)
		}
	}
}
