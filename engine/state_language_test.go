package engine_test

import (
	"testing"
	"time"

	"callflow/engine"
)

// bilingual asks in English or Spanish after what a language state did.
func bilingual(t testing.TB, k engine.LanguageState, langs ...string) *engine.Program {
	t.Helper()
	both := func(en, es string) engine.Text { return engine.Text{tmpl(t, en), tmpl(t, es)} }
	ask := asking(t)
	ask.Prompt = engine.Prompt{both("English?", "¿Español?")}
	spec := wire(t, engine.Spec{
		Start: "speak",
		States: []engine.State{
			{Name: "speak", Kind: k},
			{Name: "ask", Kind: engine.MenuState{Asking: ask, Var: "ask", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
		},
		Transitions: []engine.Transition{{From: "speak", Outcome: "next", To: "ask"}, {From: "ask", Outcome: "option.1", To: "ask"}},
	})
	for i := range spec.States {
		if h, ok := spec.States[i].Kind.(engine.HangupState); ok && h.Text != nil {
			h.Text = append(h.Text, h.Text[0])
			spec.States[i].Kind = h
		}
	}
	spec.Languages = langs
	spec.Words = append(spec.Words, spec.Words[0])
	p, err := engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	byNumber := engine.LanguageState{By: tmpl(t, "${call.to}"), Choose: []engine.LanguageChoice{{"+100", "en"}, {"+200", "es-MX"}}}
	orElse := byNumber
	orElse.Else = "es-MX"
	tests := []struct {
		what     string
		kind     engine.LanguageState
		call     engine.Call
		want     string
		reason   string
		sentence string
	}{
		{"written out", engine.LanguageState{By: engine.Literal("es-MX")}, engine.Call{}, "es-MX", "", "¿Español?"},
		{"another region's", engine.LanguageState{By: engine.Literal("es-AR")}, engine.Call{}, "es-MX", "", "¿Español?"},
		{"by a value", engine.LanguageState{By: tmpl(t, "${call.name}")}, engine.Call{Name: " ES_mx"}, "es-MX", "", "¿Español?"},
		{"not spoken", engine.LanguageState{By: tmpl(t, "${call.name}")}, engine.Call{Name: "fr"}, "en", "not a language of the flow", "English?"},
		{"no language at all", engine.LanguageState{By: tmpl(t, "${call.name}")}, engine.Call{Name: "'; drop"}, "en", "not a language of the flow", "English?"},
		{"not said", engine.LanguageState{By: tmpl(t, "${call.name}")}, engine.Call{Language: "es"}, "es-MX", "", "¿Español?"},
		{"by the number", byNumber, engine.Call{To: "+200"}, "es-MX", "", "¿Español?"},
		{"by the number, back", byNumber, engine.Call{To: "+100", Language: "es"}, "en", "", "English?"},
		{"by no number", byNumber, engine.Call{To: "+300", Language: "es"}, "es-MX", "", "¿Español?"},
		{"by any other number", orElse, engine.Call{To: "+300"}, "es-MX", "", "¿Español?"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			turn, err := bilingual(t, tt.kind, "en", "es-MX").Start(tt.call, "s", t0)
			if err != nil {
				t.Fatal(err)
			}
			g, ok := turn.Verbs[len(turn.Verbs)-1].(engine.Gather)
			if !ok || turn.Session.Lang != tt.want || g.Prompts[0].Text != tt.sentence || turn.Trace[0].Reason != tt.reason {
				t.Errorf("in %q it asks %+v after %+v", turn.Session.Lang, turn.Verbs, turn.Trace)
			}
		})
	}
	// A value that is not there is a failure, not a language.
	turn, err := bilingual(t, engine.LanguageState{By: tmpl(t, "${topic}")}, "en", "es").Start(engine.Call{}, "s", t0)
	if err != nil || turn.Trace[0].Outcome != "error" {
		t.Errorf("%v, %+v", err, turn.Trace)
	}
}

// Hours go by the instant of the step that gets there, by the clocks of a place.
func TestHours(t *testing.T) {
	t.Parallel()
	k := engine.HoursState{Schedule: &engine.Schedule{Name: "office", Weekly: workdays(nineToFive), Holidays: []engine.Holiday{{Date: yearDay(12, 25)}}}, Zone: zone(t, "Australia/Sydney")}
	p := program(t, engine.Spec{
		Start: "wait",
		States: []engine.State{
			{Name: "wait", Kind: engine.MenuState{Asking: asking(t, "Press 1."), Var: "wait", Options: []engine.Option{{Keys: "1", Value: "1"}}}},
			{Name: "now", Kind: k},
			{Name: "desk", Kind: engine.HangupState{Text: text(t, "We are here."), Ended: "hangup"}},
		},
		Transitions: []engine.Transition{{"wait", "option.1", "now"}, {"now", "open", "desk"}, {"now", "closed", "wait"}, {"now", "holiday", "wait"}},
	})
	first := start(t, p).turn.Session
	press := engine.Digits{Keys: engine.NewSecret("1")}
	for at, want := range map[string]string{
		"2026-11-23T08:59:59+11:00": "closed (office at Mon 2026-11-23 08:59 AEDT)",
		"2026-11-22T22:00:00Z":      "open (office at Mon 2026-11-23 09:00 AEDT)",
		"2026-12-24T13:00:00Z":      "holiday (office at Fri 2026-12-25 00:00 AEDT)",
	} {
		turn, err := p.Step(first, engine.Input{At: instant(t, at), Event: press})
		if err != nil {
			t.Fatal(err)
		}
		if h := turn.Trace[1]; h.Outcome+" ("+h.Reason+")" != want {
			t.Errorf("at %s: %+v", at, h)
		}
	}
	turn, err := p.Step(first, engine.Input{Event: press})
	if err != nil || turn.Trace[1].Outcome != "error" || turn.Session.Ended != "error" {
		t.Errorf("at no instant: %v, %+v", err, turn.Trace)
	}
	// Where a call begins with it, the instant is that of the call.
	spec := *p.Spec()
	spec.Start = "now"
	p, err = engine.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	turn, err = p.Start(engine.Call{}, "s", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil || turn.Trace[0].Outcome != "open" {
		t.Errorf("%v, %+v", err, turn.Trace)
	}
}
