package engine_test

import (
	"errors"
	"strings"
	"testing"

	"callflow/engine"
)

func TestExpressionFaults(t *testing.T) {
	for _, tt := range []struct {
		src, fault string
		offset     int
		name       string
		says       string
	}{
		{"acount", "unknown", 0, "acount", `nothing is called "acount"`},
		{"  acount", "unknown", 2, "acount", ""},
		{"balance.amont", "unknown", 8, "amont", `"balance" has no field "amont"`},
		{"balance", "type", 0, "", "balance.amount, balance.currency"},
		{"account.x", "type", 8, "x", "has no fields"},
		{"pin", "secret", 0, "pin", "secret"},
		{"pin == '1'", "secret", 0, "pin", ""},
		{"'x' + pin", "secret", 6, "pin", ""},
		{"digits(pin)", "secret", 7, "pin", ""},
		{"1 + ", "syntax", 2, "", "ends too early"},
		{"", "syntax", 0, "", "empty"},
		{"account == 1", "type", 8, "", ""},
		{"int(rating) < 'x'", "type", 12, "", ""},
		{"now()", "unknown", 0, "now", "nothing is called"},
		{"len(account, 1)", "type", 0, "", ""},
		{"map([1], 2)", "not-allowed", 0, "", "function map"},
		{"let x = 1; x", "not-allowed", 4, "", "let"},
		{"1..9", "not-allowed", 1, "", ""},
		{"account[0:1]", "not-allowed", 7, "", ""},
		{"call['from']", "", 0, "", ""},
		{"account matches rating", "not-allowed", 16, "", ""},
		{"2 ** 9", "not-allowed", 2, "", ""},
		{"nil", "not-allowed", 0, "", ""},
		{strings.Repeat("1+", 600) + "1", "not-allowed", 0, "", "longer than"},
	} {
		_, err := engine.CompileExpr(tt.src, scope, 0)
		var e *engine.ExprError
		if !errors.As(err, &e) {
			if tt.fault != "" {
				t.Errorf("%s: compiles", tt.src)
			}
			continue
		}
		if string(e.Fault) != tt.fault || e.Offset != tt.offset || e.Name != tt.name || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: %s at %d %q: %s", tt.src, e.Fault, e.Offset, e.Name, e.Message)
		}
	}
}

func TestExpressionTypes(t *testing.T) {
	for src, want := range map[string]engine.Base{
		"account": engine.TypeText, "balance.amount": engine.TypeNumber, "call.from": engine.TypeText,
		"int(account)": engine.TypeNumber, "balance.amount > 3": engine.TypeBool, "digits(account)": engine.TypeText,
		"balance.amount * 2": engine.TypeNumber, "account + '!'": engine.TypeText, "account in ['1', '2']": engine.TypeBool,
		"account == '1' ? 'one' : 'other'": engine.TypeText, "text(balance.amount)": engine.TypeText, "len(account)": engine.TypeNumber,
		"account matches '^0'": engine.TypeBool, "not (account == '')": engine.TypeBool, "7": engine.TypeNumber, "money(1, 'AUD')": engine.TypeText,
	} {
		e, err := engine.CompileExpr(src, scope, 0)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if e.Type().Base != want {
			t.Errorf("%s is %s, not %s", src, e.Type(), want)
		}
		if _, err := engine.CompileExpr(src, scope, want%3+1); err == nil && want != want%3+1 {
			t.Errorf("%s passes as %s", src, want%3+1)
		}
	}
}

func TestExpressionNames(t *testing.T) {
	e := compile(t, "money(balance.amount, balance.currency) + digits(account)")
	if got := strings.Join(e.Names(), " "); got != "account balance" {
		t.Errorf("names %q", got)
	}
	for src, want := range map[string]string{"int(rating) == 0": "int", "digits(account)": "", "1 / balance.amount": "/", "balance.amount / 2": "", "7 % len(account)": "%"} {
		if got := compile(t, src).MayFail(); got != want {
			t.Errorf("%s: %q may fail, expected %q", src, got, want)
		}
	}
}

// value evaluates an expression by having it spoken.
func value(t *testing.T, src string, set ...engine.Assignment) (string, string) {
	t.Helper()
	p := program(t, engine.Spec{
		Start: "set",
		States: []engine.State{
			{Name: "set", Kind: engine.SetState{Set: set}},
			{Name: "say", Kind: engine.HangupState{Text: text(t, "${text("+src+")}")}},
		},
		Transitions: []engine.Transition{{"set", "next", "say"}},
	})
	c := start(t, p)
	return strings.Join(c.heard, "|"), c.turn.Session.Ended
}

func TestReadOuts(t *testing.T) {
	for src, want := range map[string]string{
		"digits('00042')":             "0 0 0 4 2",
		"money(1234.5, 'AUD')":        "1234 dollars and 50 cents",
		"money(1, 'AUD')":             "1 dollar",
		"money(1.01, 'AUD')":          "1 dollar and 1 cent",
		"money(0.5, 'AUD')":           "50 cents",
		"money(0, 'AUD')":             "0 dollars",
		"money(-2.004, 'AUD')":        "minus 2 dollars",
		"money(-0.001, 'AUD')":        "0 dollars",
		"money(12.5, 'CHF')":          "12.50 CHF",
		"money(3.7, 'nonsense')":      "3.70 nonsense",
		"date('2026-11-21')":          "21 November 2026",
		"date('2026-11-21T09:00Z')":   "21 November 2026",
		"time('17:05')":               "5:05 p.m.",
		"time('2026-11-21T00:30:00')": "12:30 a.m.",
		"int('42') + 1":               "43",
		"int(41.9)":                   "41",
		"len('añb')":                  "3",
		"2.5":                         "2.5",
		"true":                        "true",
		"1 == 1.0":                    "true",
	} {
		if got, _ := value(t, src); got != want {
			t.Errorf("%s: %q, not %q", src, got, want)
		}
	}
}

func TestRunTimeFaultsAreErrorsWithoutValues(t *testing.T) {
	for _, src := range []string{"int(rating) / 0", "1 / (len('') * 1)", "text(int('1') / len(''))", "money(int('9') * 1e300, 'AUD')", "7 % len('')", "int('*')", "date('8675309')", "time('x')", "account"} {
		got, ended := value(t, src)
		if ended != "error" || got != "Sorry, something went wrong." {
			t.Errorf("%s: heard %q, ended %q", src, got, ended)
		}
	}
}

func TestLanguageOfACall(t *testing.T) {
	spec := wire(t, engine.Spec{Start: "a", States: []engine.State{{Name: "a", Kind: engine.HangupState{}}}})
	es, err := engine.NewWords("es-MX", *english(t))
	if err != nil {
		t.Fatal(err)
	}
	spec.Languages, spec.Words = []string{"en", "es-MX"}, []*engine.Words{spec.Words[0], es}
	p, err := engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"": "en", "es-MX": "es-MX", "es": "es-MX", "es-ES": "es-MX", "fr": "en", "en-AU": "en"} {
		turn, err := p.Start(engine.Call{Language: asked}, "s", t0)
		if err != nil || turn.Session.Lang != want {
			t.Errorf("%q: %q, %v", asked, turn.Session.Lang, err)
		}
	}
}

func TestSpecsThatAreNotWholeAreRefused(t *testing.T) {
	base := func() engine.Spec {
		return wire(t, engine.Spec{
			Start:       "a",
			States:      []engine.State{{Name: "a", Kind: engine.SayState{Text: text(t, "Hi.")}}},
			Transitions: []engine.Transition{{"a", "next", engine.StateGoodbye}},
		})
	}
	for name, spoil := range map[string]func(*engine.Spec){
		"no start": func(s *engine.Spec) { s.Start = "b" },
		"twice":    func(s *engine.Spec) { s.States = append(s.States, s.States[0]) },
		"no kind":  func(s *engine.Spec) { s.States[0].Kind = nil },
		"dangling": func(s *engine.Spec) { s.Transitions[0].To = "nowhere" },
		"two edges": func(s *engine.Spec) {
			s.Transitions = append(s.Transitions, engine.Transition{From: "a", Outcome: "next", To: "a"})
		},
		"not wired":       func(s *engine.Spec) { s.Transitions = s.Transitions[1:] },
		"no hangup":       func(s *engine.Spec) { s.Transitions = without(s.Transitions, engine.OutHangup) },
		"no words":        func(s *engine.Spec) { s.Words = nil },
		"no limits":       func(s *engine.Spec) { s.Limits.Turns = 0 },
		"no built-in end": func(s *engine.Spec) { s.States = s.States[:1] },
	} {
		s := base()
		if _, err := engine.NewProgram(s); err != nil {
			t.Fatal(err)
		}
		spoil(&s)
		var fault *engine.SpecError
		if _, err := engine.NewProgram(s); !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func without(list []engine.Transition, o engine.Outcome) []engine.Transition {
	var out []engine.Transition
	for _, t := range list {
		if t.Outcome != o {
			out = append(out, t)
		}
	}
	return out
}

func TestWordsThatAreNotWholeAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*engine.Words){
		"months":  func(w *engine.Words) { w.Months = w.Months[:11] },
		"half":    func(w *engine.Words) { w.Half = nil },
		"goodbye": func(w *engine.Words) { w.Goodbye = " " },
		"noinput": func(w *engine.Words) { w.NoInput = nil },
	} {
		w := *english(t)
		spoil(&w)
		if _, err := engine.NewWords("en", w); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := engine.NewWords("not a language", *english(t)); err == nil {
		t.Error("a language that is none")
	}
}
