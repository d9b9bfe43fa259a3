package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// opening is a flow with variables of all kinds, and a state for those who bring proof.
func opening(t *testing.T) *engine.Program {
	t.Helper()
	of := func(b engine.Base) engine.Type { return engine.Type{Base: b} }
	say := engine.SayState{Text: text(t, "Hello ${topic}.")}
	return program(t, engine.Spec{
		Start: "one",
		Variables: []engine.Variable{
			{Name: "list", Type: engine.ListOf(of(engine.TypeText))},
			{Name: "number", Type: of(engine.TypeNumber)},
			{Name: "one", Type: of(engine.TypeText)},
			{Name: "owner.name", Type: of(engine.TypeText)},
			{Name: "pin", Type: of(engine.TypeSecret)},
			{Name: "topic", Type: of(engine.TypeText), Value: "you"},
			{Name: "vip", Type: of(engine.TypeBool)},
		},
		States:      []engine.State{{Name: "one", Kind: say}, {Name: "two", Kind: say, Requires: engine.FactAuthenticated}},
		Transitions: []engine.Transition{{"one", "next", engine.StateGoodbye}, {"two", "next", engine.StateGoodbye}},
	})
}

// A call that we make is given values of the flow's own variables, and of no others.
func TestGiven(t *testing.T) {
	t.Parallel()
	p := opening(t)
	if got := strings.Join(p.Givable(), " "); got != "number pin topic vip" {
		t.Errorf("givable: %s", got)
	}
	vars, err := p.Given(map[string]any{"vip": "true", "number": "1.5", "pin": "1234", "topic": "007"})
	if err != nil || len(vars) != 4 || vars[2] != (engine.Var{Name: "topic", Value: "007"}) || vars[0].Value != 1.5 || vars[3].Value != true {
		t.Errorf("%v, %v", vars, err)
	}
	if pin, ok := vars[1].Value.(engine.Secret); !ok || pin.Reveal() != "1234" {
		t.Error("a secret is not given as one")
	}
	for name, value := range map[string]any{
		"list": "x", "one": "x", "owner.name": "x", "nobody": "x", "caller": "x", "number": "NaN", "vip": "yes", "pin": 1234.0, "topic": []any{"x"},
	} {
		_, err := p.Given(map[string]any{name: value})
		var given *engine.GivenError
		if !errors.As(err, &given) || given.Name != name || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Given(map[string]any{"topic": strings.Repeat("x", 5000)}); err == nil {
		t.Error("a text of any length is taken")
	}
}

// What is given holds from the start; what does not fit the flow is refused, and no call
// begins behind a proof.
func TestOpen(t *testing.T) {
	t.Parallel()
	p, at := opening(t), time.Unix(0, 0)
	vars, err := p.Given(map[string]any{"topic": "Maria"})
	if err != nil {
		t.Fatal(err)
	}
	call := engine.Call{ID: "c", Outbound: true, AnsweredBy: engine.ByHuman, From: "+61255500100", To: "+61412345678"}
	turn, err := p.Open(call, "s", at, engine.Opening{Vars: vars})
	if say, ok := turn.Verbs[0].(engine.Say); err != nil || !ok || say.Text != "Hello Maria." {
		t.Errorf("%+v, %v", turn.Verbs, err)
	}
	if turn.Session.Call.Party() != "+61412345678" {
		t.Error("the other side of a call that we made is whom we called")
	}
	data, err := turn.Session.Append(nil, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := engine.ParseSession(data, plainSealer{}); err != nil || back.Call != call {
		t.Errorf("%+v, %v", back.Call, err)
	}
	for _, with := range []engine.Opening{
		{State: "two"}, {State: "nowhere"}, {Vars: []engine.Var{{Name: "nobody", Value: "x"}}}, {Vars: []engine.Var{{Name: "number", Value: "x"}}},
	} {
		if _, err := p.Open(call, "s", at, with); err == nil {
			t.Errorf("%+v is taken", with)
		}
	}
}
