package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// english are words enough for tests.
func english(t testing.TB) *engine.Words {
	t.Helper()
	w, err := engine.NewWords("en", engine.Words{
		NoInput: []string{"I did not hear anything."}, NoMatch: []string{"That is not right."},
		Goodbye: "Goodbye.", Apology: "Sorry, something went wrong.", Hold: "One moment.", Minus: "minus", And: "and",
		Months: []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		Date:   "{day} {month} {year}", Time: "{hour}:{minute} {half}", Half: []string{"a.m.", "p.m."},
		Currencies: map[string]engine.CurrencyWords{"AUD": {One: "dollar", Other: "dollars", SubOne: "cent", SubMany: "cents"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var scope = func() engine.Scope {
	s := engine.CallScope()
	text := engine.Type{Base: engine.TypeText}
	s["account"], s["event"], s["rating"], s["topic"] = text, text, text, text
	s["pin"] = engine.Type{Base: engine.TypeSecret}
	s["balance"] = engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{
		{Name: "amount", Type: engine.Type{Base: engine.TypeNumber}}, {Name: "currency", Type: text},
	}}
	pizza := engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{
		{Name: "price", Type: engine.Type{Base: engine.TypeNumber}}, {Name: "size", Type: text},
	}}
	s["order"], s["toppings"], s["prices"] = engine.ListOf(pizza), engine.ListOf(text), engine.ListOf(engine.Type{Base: engine.TypeNumber})
	s[engine.LocalItem], s[engine.LocalKey], s[engine.LocalPosition] = pizza, text, text
	return s
}()

// tmpl reads "text ${expr} text".
func tmpl(t testing.TB, text string) engine.Template {
	t.Helper()
	var out engine.Template
	for text != "" {
		i := strings.Index(text, "${")
		if i < 0 {
			return append(out, engine.Part{Literal: text})
		}
		if i > 0 {
			out = append(out, engine.Part{Literal: text[:i]})
		}
		end := strings.Index(text, "}")
		out = append(out, engine.Part{Expr: compile(t, text[i+2:end])})
		text = text[end+1:]
	}
	return out
}

func compile(t testing.TB, src string) *engine.Expr {
	t.Helper()
	e, err := engine.CompileExpr(src, scope, 0)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return e
}

func text(t testing.TB, s string) engine.Text { return engine.Text{tmpl(t, s)} }

func prompt(t testing.TB, lines ...string) engine.Prompt {
	var p engine.Prompt
	for _, l := range lines {
		p = append(p, text(t, l))
	}
	return p
}

func asking(t testing.TB, lines ...string) engine.Asking {
	return engine.Asking{Prompt: prompt(t, lines...), Attempts: 3, Timeout: 5 * time.Second, InterDigit: 3 * time.Second, BargeIn: true}
}

// wire adds what every program has: the built-in states, the outcomes that hold
// everywhere, and an exit for each outcome that is not wired.
func wire(t testing.TB, spec engine.Spec) engine.Spec {
	t.Helper()
	spec.Flow, spec.Hash, spec.Languages, spec.Words = "test", "hash", []string{"en"}, []*engine.Words{english(t)}
	if spec.Limits == (engine.Limits{}) {
		spec.Limits = engine.Limits{Turns: 100, Duration: 15 * time.Minute}
	}
	spec.States = append(spec.States,
		engine.State{Name: engine.StateGoodbye, Kind: engine.HangupState{Text: text(t, "Goodbye."), Ended: "goodbye"}},
		engine.State{Name: engine.StateApology, Kind: engine.HangupState{Text: text(t, "Sorry, something went wrong."), Ended: "error"}},
		engine.State{Name: engine.StateGone, Kind: engine.HangupState{Ended: "hangup"}})
	have := map[[2]string]bool{}
	for _, tr := range spec.Transitions {
		have[[2]string{tr.From, tr.Outcome}] = true
	}
	add := func(from, outcome, to string) {
		if k := [2]string{from, outcome}; !have[k] {
			have[k] = true
			spec.Transitions = append(spec.Transitions, engine.Transition{From: from, Outcome: outcome, To: to})
		}
	}
	hangup := engine.StateGone
	if spec.OnHangup != "" {
		hangup = spec.OnHangup
	}
	for _, s := range spec.States {
		for _, o := range s.Kind.Outcomes() {
			switch {
			case o == engine.OutRetryDenied && !have[[2]string{s.Name, o}]:
				t.Fatal("wire retry.denied by hand")
			case strings.HasPrefix(o, "retry."):
				add(s.Name, o, s.Name)
			case o == engine.OutExhausted:
				add(s.Name, o, engine.StateGoodbye)
			default:
				add(s.Name, o, engine.StateApology)
			}
		}
		add(s.Name, engine.OutHangup, hangup)
		add(s.Name, engine.OutError, engine.StateApology)
		add(s.Name, engine.OutLimit, engine.StateGoodbye)
		add(s.Name, engine.OutAbort, engine.StateApology)
		add(s.Name, engine.OutGone, engine.StateGone)
	}
	return spec
}

func program(t testing.TB, spec engine.Spec) *engine.Program {
	t.Helper()
	p, err := engine.NewProgram(wire(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bank is the bank line in small: account, PIN, sign-in, menu, balance.
func bank(t testing.TB) *engine.Program {
	account, pin, menu := asking(t, "Account number?"), asking(t, "PIN?"), asking(t, "Press 1 for the balance or 9 to finish.")
	return program(t, engine.Spec{
		Start: "account",
		States: []engine.State{
			{Name: "account", Kind: engine.CollectState{Asking: account, Var: "account", Min: 1, Max: 10, Terminator: "#"}},
			{Name: "pin", Kind: engine.CollectState{Asking: pin, Var: "pin", Min: 4, Max: 4, Secret: true}},
			{Name: "sign_in", Kind: engine.AuthenticateState{Account: engine.Operand{Template: tmpl(t, "${account}")}, PIN: engine.Operand{Secret: "pin"}, Attempts: 2, Sorry: text(t, "No match.")}},
			{Name: "welcome", Kind: engine.SayState{Text: text(t, "Welcome ${caller.greeting}."), BargeIn: true}},
			{Name: "menu", Requires: "authenticated", Kind: engine.MenuState{Asking: menu, Var: "menu", Options: []engine.Option{{Keys: "1", Value: "1"}, {Keys: "9", Value: "9"}}}},
			{Name: "balance", Requires: "authenticated", Kind: engine.RequestState{Var: "balance", Fetch: engine.FetchSpec{Service: "bank", Method: "GET", Path: tmpl(t, "/accounts/${caller.account}/balance")}, Returns: []engine.Field{{Name: "amount", Type: engine.Type{Base: engine.TypeNumber}}, {Name: "currency", Type: engine.Type{Base: engine.TypeText}}}}},
			{Name: "say_balance", Requires: "authenticated", Kind: engine.SayState{Text: text(t, "Your balance is ${money(balance.amount, balance.currency)}."), BargeIn: true}},
			{Name: "refused", Kind: engine.HangupState{Text: text(t, "Refused."), Ended: "hangup"}},
			{Name: "trouble", Kind: engine.HangupState{Text: text(t, "Trouble."), Ended: "hangup"}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye."), Ended: "hangup"}},
		},
		Transitions: []engine.Transition{
			{"account", "match", "pin"},
			{"pin", "match", "sign_in"},
			{"sign_in", "authenticated", "welcome"},
			{"sign_in", "denied", "refused"},
			{"sign_in", "locked", "refused"},
			{"sign_in", "unavailable", "trouble"},
			{"sign_in", "retry.denied", "pin"},
			{"welcome", "next", "menu"},
			{"menu", "option.1", "balance"},
			{"menu", "option.9", "bye"},
			{"balance", "ok", "say_balance"},
			{"balance", "error", "trouble"},
			{"say_balance", "next", "menu"},
		},
	})
}

var t0 = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// call plays a program by hand.
type call struct {
	t    testing.TB
	p    *engine.Program
	turn engine.Turn
	at   time.Time
	// heard is everything said since the last event.
	heard []string
}

func start(t testing.TB, p *engine.Program) *call {
	t.Helper()
	turn, err := p.Start(engine.Call{Platform: "test", ID: "c1", From: "+15550100", To: "+15550199"}, "s1", t0)
	if err != nil {
		t.Fatal(err)
	}
	c := &call{t: t, p: p, turn: turn, at: t0}
	c.hear()
	return c
}

func (c *call) hear() {
	c.heard = nil
	for _, v := range c.turn.Verbs {
		switch v := v.(type) {
		case engine.Say:
			c.heard = append(c.heard, v.Text)
		case engine.Gather:
			for _, s := range v.Prompts {
				c.heard = append(c.heard, s.Text)
			}
		}
	}
}

func (c *call) step(ev engine.Event) *call {
	c.t.Helper()
	c.at = c.at.Add(time.Second)
	before := c.turn.Session
	turn, err := c.p.Step(before, engine.Input{At: c.at, Event: ev})
	if err != nil {
		c.t.Fatal(err)
	}
	turn.Session.Turn++
	c.turn = turn
	c.hear()
	return c
}

func (c *call) press(keys string) *call {
	c.t.Helper()
	return c.step(engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndGap})
}

func (c *call) signIn(r engine.SignIn) *call {
	c.t.Helper()
	if _, ok := c.turn.Await.(engine.Authenticate); !ok {
		c.t.Fatalf("awaits %T, not a sign-in", c.turn.Await)
	}
	ev := engine.SignedIn{Result: r}
	if r == engine.SignInAuthenticated {
		ev.Principal = engine.Principal{Account: "12345", ID: "u1", Greeting: "Maria"}
	}
	return c.step(ev)
}

func (c *call) at_(state string) *call {
	c.t.Helper()
	if c.turn.Session.State != state {
		c.t.Fatalf("in state %s, not %s; heard %q; trace %+v", c.turn.Session.State, state, c.heard, c.turn.Trace)
	}
	return c
}

func (c *call) said(lines ...string) *call {
	c.t.Helper()
	if !slices.Equal(c.heard, lines) {
		c.t.Fatalf("heard %q, not %q", c.heard, lines)
	}
	return c
}

func (c *call) outcomes(want ...string) *call {
	c.t.Helper()
	var got []string
	for _, h := range c.turn.Trace {
		o := h.Outcome
		if h.Reason != "" {
			o += " (" + h.Reason + ")"
		}
		got = append(got, o)
	}
	if !slices.Equal(got, want) {
		c.t.Fatalf("outcomes %q, not %q", got, want)
	}
	return c
}

func (c *call) gather() engine.Gather {
	c.t.Helper()
	if len(c.turn.Verbs) > 0 {
		if g, ok := c.turn.Verbs[len(c.turn.Verbs)-1].(engine.Gather); ok {
			return g
		}
	}
	c.t.Fatalf("no gather in %+v", c.turn.Verbs)
	return engine.Gather{}
}
