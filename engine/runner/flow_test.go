package runner_test

import (
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// spec builds programs by hand, the way a compiler would.
type spec struct {
	testing.TB
	engine.Spec
	scope engine.Scope
}

func newSpec(t testing.TB, flow, hash string) *spec {
	t.Helper()
	s := &spec{TB: t, scope: engine.CallScope()}
	s.Flow, s.Hash, s.Languages = flow, hash, []string{"en", "es"}
	months := strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12")
	for _, w := range []engine.Words{
		{Goodbye: "Goodbye.", Apology: "Sorry, that failed.", Hold: "One moment.", NoInput: []string{"Nothing heard."}, NoMatch: []string{"Not right."}},
		{Goodbye: "Adiós.", Apology: "Lo siento, falló.", Hold: "Un momento.", NoInput: []string{"No oí nada."}, NoMatch: []string{"No es correcto."}},
	} {
		w.Minus, w.And, w.Months, w.Date, w.Time = "minus", "and", months, "{day}", "{hour}"
		words, err := engine.NewWords(s.Languages[len(s.Words)], w)
		if err != nil {
			t.Fatal(err)
		}
		s.Words = append(s.Words, words)
	}
	s.Limits = engine.Limits{Turns: 200, Duration: 24 * time.Hour}
	text := engine.Type{Base: engine.TypeText}
	s.scope["pin"], s.scope["menu"] = engine.Type{Base: engine.TypeSecret}, text
	s.scope["balance"] = engine.Type{Base: engine.TypeRecord, Fields: []engine.Field{{Name: "amount", Type: text}}}
	return s
}

// template reads "text ${expression} text".
func (s *spec) template(text string) engine.Template {
	s.Helper()
	var out engine.Template
	for text != "" {
		literal, rest, found := strings.Cut(text, "${")
		if literal != "" {
			out = append(out, engine.Part{Literal: literal})
		}
		if !found {
			break
		}
		source, after, _ := strings.Cut(rest, "}")
		e, err := engine.CompileExpr(source, s.scope, 0)
		if err != nil {
			s.Fatalf("%s: %v", source, err)
		}
		out = append(out, engine.Part{Expr: e})
		text = after
	}
	return out
}

// text is the same in both languages, the second marked.
func (s *spec) text(text string) engine.Text {
	if text == "" {
		return nil
	}
	return engine.Text{s.template(text), s.template("ES " + text)}
}

func (s *spec) asking(text string) engine.Asking {
	return engine.Asking{Prompt: engine.Prompt{s.text(text)}, Attempts: 3, Timeout: 5 * time.Second, InterDigit: 3 * time.Second, BargeIn: true}
}

func (s *spec) state(name string, kind engine.Kind, next ...string) *spec {
	s.States = append(s.States, engine.State{Name: name, Kind: kind})
	for _, n := range next {
		outcome, to, _ := strings.Cut(n, " ")
		s.Transitions = append(s.Transitions, engine.Transition{From: name, Outcome: outcome, To: to})
	}
	return s
}

func (s *spec) say(name, text, next string) *spec {
	return s.state(name, engine.SayState{Text: s.text(text), BargeIn: true}, "next "+next)
}

func (s *spec) hangup(name, text string) *spec {
	return s.state(name, engine.HangupState{Text: s.text(text), Ended: "hangup"})
}

func (s *spec) menu(name, text string, next ...string) *spec {
	m := engine.MenuState{Asking: s.asking(text), Var: "menu"}
	for i, n := range next {
		keys, to, _ := strings.Cut(n, " ")
		m.Options = append(m.Options, engine.Option{Keys: keys, Value: keys})
		next[i] = engine.OptionOutcome(keys) + " " + to
	}
	return s.state(name, m, next...)
}

func (s *spec) request(name, service string, next ...string) *spec {
	return s.state(name, engine.RequestState{
		Var:     name,
		Fetch:   engine.FetchSpec{Service: service, Method: "GET", Path: s.template("/" + name)},
		Returns: []engine.Field{{Name: "amount", Type: engine.Type{Base: engine.TypeText}}},
	}, next...)
}

func (s *spec) action(name, service string, next ...string) *spec {
	return s.state(name, engine.ActionState{
		Var: name, Idempotent: service != "once",
		Fetch: engine.FetchSpec{
			Service: service, Method: "POST", Path: s.template("/" + name),
			Body: &engine.Node{Object: []engine.NodeField{{Name: "from", Value: engine.Node{Template: s.template("${call.from}")}}}},
		},
	}, next...)
}

// program wires what every program has, and an exit for whatever has none.
func (s *spec) program() *engine.Program {
	s.Helper()
	s.hangup(engine.StateGoodbye, "Goodbye.").hangup(engine.StateApology, "Sorry.").hangup(engine.StateGone, "")
	have := map[[2]string]bool{}
	for _, t := range s.Transitions {
		have[[2]string{t.From, t.Outcome}] = true
	}
	add := func(from, outcome, to string) {
		if k := [2]string{from, outcome}; !have[k] {
			have[k] = true
			s.Transitions = append(s.Transitions, engine.Transition{From: from, Outcome: outcome, To: to})
		}
	}
	gone := engine.StateGone
	if s.OnHangup != "" {
		gone = s.OnHangup
	}
	for _, state := range s.States {
		for _, o := range state.Kind.Outcomes() {
			switch {
			case strings.HasPrefix(o, "retry."):
				add(state.Name, o, state.Name)
			case o == engine.OutExhausted:
				add(state.Name, o, engine.StateGoodbye)
			default:
				add(state.Name, o, engine.StateApology)
			}
		}
		for outcome, to := range map[string]string{
			engine.OutHangup: gone, engine.OutError: engine.StateApology, engine.OutLimit: engine.StateGoodbye,
			engine.OutAbort: engine.StateApology, engine.OutGone: engine.StateGone,
		} {
			add(state.Name, outcome, to)
		}
	}
	p, err := engine.NewProgram(s.Spec)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

// desk is the flow most tests play: sign in with a PIN, then a menu of everything
// a runner can be asked to do. Its on_hangup is an action.
func desk(t testing.TB, hash string) *engine.Program {
	t.Helper()
	return deskSpec(t, hash).program()
}

func deskSpec(t testing.TB, hash string) *spec {
	t.Helper()
	s := newSpec(t, "desk", hash)
	s.Start, s.OnHangup = "pin", "note"
	s.state("pin", engine.CollectState{Asking: s.asking("PIN?"), Var: "pin", Min: 4, Max: 4, Secret: true}, "match sign_in")
	s.state("sign_in", engine.AuthenticateState{
		Account: engine.Operand{Template: s.template("12345")}, PIN: engine.Operand{Secret: "pin"}, Attempts: 1,
	}, "authenticated welcome", "denied refused", "locked refused", "challenge refused", "unavailable trouble")
	s.say("welcome", "Welcome ${caller.greeting}.", "menu")
	s.menu("menu", "Menu?", "1 balance", "2 report", "3 strict", "4 first", "5 agent", "6 checking", "9 bye")
	s.request("balance", "bank", "ok say_balance", "not_found trouble", "error trouble")
	s.say("say_balance", "Balance ${balance.amount}.", "menu")
	s.action("report", "herd", "done thanks", "rejected not_recorded", "pending later", "unknown unclear")
	s.action("strict", "once", "done thanks", "rejected not_recorded", "pending later", "unknown unclear")
	s.action("first", "herd", "done second", "rejected second", "pending second", "unknown second")
	s.action("second", "herd", "done thanks", "rejected not_recorded", "pending later", "unknown unclear")
	s.say("thanks", "Recorded.", "menu")
	s.say("not_recorded", "Not accepted.", "menu")
	s.say("later", "Will be filed.", "menu")
	s.say("unclear", "Nobody knows.", "menu")
	s.state("agent", engine.TransferState{To: s.template("+15550100"), Timeout: 20 * time.Second}, "completed menu", "busy menu", "no_answer menu", "failed menu")
	s.say("checking", "Let me check.", "balance")
	s.action("note", "log", "done $gone", "rejected $gone", "pending $gone", "unknown $gone")
	return s.hangup("refused", "Refused.").hangup("trouble", "Trouble.").hangup("bye", "Bye.")
}
