package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"callflow/engine"
)

// questions asks one menu after another: 1 goes on, 2 goes back, 3 asks again, 4
// starts over. "*" goes back everywhere.
func questions(t testing.TB, n int) *engine.Program {
	t.Helper()
	var spec engine.Spec
	var back engine.BackState
	link := func(from, outcome, to string) {
		spec.Transitions = append(spec.Transitions, engine.Transition{From: from, Outcome: outcome, To: to})
	}
	spec.Start, spec.Globals = "q00", []engine.Global{{"*"}}
	for i := range n {
		name, next := fmt.Sprintf("q%02d", i), fmt.Sprintf("q%02d", i+1)
		if i+1 == n {
			next = engine.StateGoodbye
		}
		spec.States = append(spec.States, engine.State{Name: name, MaxVisits: 2, Milestone: "m" + name, Kind: engine.MenuState{
			Asking: asking(t, name+"?", name+" again?"), Var: name,
			Options: []engine.Option{{Keys: "1", Value: "on"}, {Keys: "2", NoValue: true}, {Keys: "3", NoValue: true}, {Keys: "4", Value: "over"}},
		}})
		link(name, "option.1", next)
		link(name, "option.2", engine.StateBack)
		link(name, "option.3", name)
		link(name, "option.4", "q00")
		link(name, "global.*", engine.StateBack)
		back.Questions = append(back.Questions, name)
		link(engine.StateBack, engine.BackOutcome(name), name)
	}
	spec.States = append(spec.States, engine.State{Name: engine.StateBack, Kind: back})
	return program(t, spec)
}

func TestBack(t *testing.T) {
	t.Parallel()
	c := start(t, questions(t, 4))
	c.press("1").press("1").at_("q02").said("q02?")
	c.press("2").at_("q01").said("q01?").outcomes("option.2", "back.q01")
	c.press("*").at_("q00").outcomes("global.*", "back.q00")
	// There is nothing before the first question: it is asked again, however often.
	for range 5 {
		c.press("2").at_("q00").said("q00?").outcomes("option.2", "back.q00")
	}
	c.press("1").press("1").at_("q02")
	if got := c.turn.Session.Trail; !slices.Equal(got, []string{"q00", "q01", "q02"}) {
		t.Errorf("the trail is %q", got)
	}
	// A round that leads to a question again is not gone back over.
	c.press("4").at_("q00").press("*").at_("q00")
	if got := c.turn.Session.Var("q02"); got != "over" {
		t.Errorf("the last choice was %v", got)
	}
}

// What asks again begins with the first wording, costs neither an attempt nor a
// visit, and chooses nothing.
func TestRepeat(t *testing.T) {
	t.Parallel()
	c := start(t, questions(t, 2))
	c.step(engine.NoInput{}).said("I did not hear anything.", "q00 again?")
	for range 4 {
		c.press("3").at_("q00").said("q00?").outcomes("option.3")
	}
	if v := c.turn.Session.Var("q00"); v != nil {
		t.Errorf("it chose %v", v)
	}
	c.press("1").press("31").outcomes("option.3", "option.1")
}

// The trail has a bound, and keeps its end.
func TestTrailIsBounded(t *testing.T) {
	t.Parallel()
	c := start(t, questions(t, 40))
	for range 30 {
		c.press("1")
	}
	c.at_("q30")
	for i := 29; i >= 15; i-- {
		c.press("*").at_(fmt.Sprintf("q%02d", i))
	}
	c.press("*").at_("q15")
	saveAndLoad(t, c.turn.Session)
}

// Each milestone is told of once, in the step that reached it.
func TestMilestones(t *testing.T) {
	t.Parallel()
	c := start(t, questions(t, 3))
	reached := func(want ...string) {
		t.Helper()
		if !slices.Equal(c.turn.Milestones, want) {
			t.Errorf("reached %q, not %q", c.turn.Milestones, want)
		}
	}
	reached("mq00")
	c.press("11")
	reached("mq01", "mq02")
	c.press("2")
	reached()
	if got := saveAndLoad(t, c.turn.Session).Milestones; !slices.Equal(got, []string{"mq00", "mq01", "mq02"}) {
		t.Errorf("the session has %q", got)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	p := questions(t, 2)
	want := []engine.Choice{
		{Keys: "*", Outcome: "global.*", To: "$back", Global: true},
		{Keys: "1", Outcome: "option.1", To: "q01"},
		{Keys: "2", Outcome: "option.2", To: "$back"},
		{Keys: "3", Outcome: "option.3", To: "q00"},
		{Keys: "4", Outcome: "option.4", To: "q00"},
	}
	if got := p.Choices("q00"); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := p.Choices(engine.StateGoodbye); got != nil {
		t.Errorf("%+v", got)
	}
	if got := everyKind(t).Choices("confirm"); len(got) != 3 || got[1] != (engine.Choice{Keys: "1", Outcome: "yes", To: "now"}) {
		t.Errorf("%+v", got)
	}
}
