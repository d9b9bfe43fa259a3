package engine_test

import (
	"regexp"
	"slices"
	"testing"

	"callflow/engine"
)

// Every question that is a choice says what can be chosen, in the middle of it too, and no
// other one does.
func TestGatherTellsChoicesFromEntries(t *testing.T) {
	t.Parallel()
	month := regexp.MustCompile(`^(?:0[1-9]|1[0-2])$`)
	p := program(t, engine.Spec{
		Start:   "menu",
		Globals: []engine.Global{{Keys: "*"}},
		States: []engine.State{
			{Name: "menu", Kind: engine.MenuState{Asking: asking(t, "?"), Var: "menu", Options: []engine.Option{{Keys: "1", Value: "a"}, {Keys: "12", Value: "b"}, {Keys: "130", Value: "c"}}}},
			{Name: "sure", Kind: engine.ConfirmState{Asking: asking(t, "Sure?"), Yes: "1", No: "2"}},
			{Name: "month", Kind: engine.CollectState{Asking: asking(t, "?"), Var: "month", Min: 2, Max: 2, Pattern: month}},
			{Name: "card", Kind: engine.CollectState{Asking: asking(t, "?"), Var: "card", Min: 8, Max: 19, Terminator: "#", Luhn: true}},
		},
		Transitions: []engine.Transition{
			{"menu", "option.1", "sure"},
			{"menu", "option.12", "sure"},
			{"menu", "option.130", "sure"},
			{"menu", "global.*", "menu"},
			{"sure", "yes", "month"},
			{"sure", "no", "menu"},
			{"month", "match", "card"},
			{"card", "match", "menu"},
		},
	})
	c := start(t, p)
	is := func(options ...string) engine.Gather {
		t.Helper()
		g := c.gather()
		if !slices.Equal(g.Options, options) {
			t.Errorf("%s: the options are %q, expected %q", c.turn.Session.State, g.Options, options)
		}
		return g
	}
	open := func(keys string) { c.step(engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndOpen}) }
	is("*", "1", "12", "130")
	open("1")
	is("2", "30")
	open("3")
	if g := is("0"); g.Min != 1 || g.Max != 1 {
		t.Errorf("in the middle of an option: %+v", g)
	}
	open("0")
	c.at_("sure")
	is("1", "2")
	c.press("1").at_("month")
	if g := is(); !g.Fits("07") || g.Fits("13") || g.Pattern == nil {
		t.Errorf("%+v", g)
	}
	open("0")
	if g := is(); !g.Fits("7") {
		t.Errorf("what follows is judged as a whole entry: %+v", g)
	}
	open("7")
	c.at_("card")
	if g := is(); !g.Fits("4111111111111111") || g.Fits("4111111111111112") {
		t.Errorf("%+v", g)
	}
	if g := (engine.Gather{}); !g.Fits("1") || !g.Fits("") {
		t.Error("an entry of any digits does not fit")
	}
}

// What is read from a service is what the flow declares.
func TestReads(t *testing.T) {
	t.Parallel()
	p := everyKind(t)
	for _, s := range p.Spec().States {
		want := 0
		switch k := s.Kind.(type) {
		case engine.RequestState:
			want = len(k.Returns)
		case engine.ActionState:
			want = len(k.Returns)
		}
		if got := len(p.Reads(s.Name)); got != want {
			t.Errorf("%s reads %d fields, expected %d", s.Name, got, want)
		}
	}
	if p.Reads("nosuch") != nil {
		t.Error("a state that there is not reads something")
	}
}
