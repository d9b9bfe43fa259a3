package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
)

// codeLine is a line whose callers prove their number, or, by a second factor, who
// they are.
func codeLine(t *testing.T, factor bool) *engine.Program {
	t.Helper()
	challenge := engine.ChallengeState{Var: "send", Factor: factor, Channel: engine.ChannelSMS}
	if !factor {
		challenge.Number = tmpl(t, "${call.from}")
	}
	return program(t, engine.Spec{
		Start: "sign_in",
		Variables: []engine.Variable{
			{Name: "pin", Type: engine.Type{Base: engine.TypeSecret}, Value: engine.NewSecret("1234")},
		},
		States: []engine.State{
			{Name: "sign_in", Kind: engine.AuthenticateState{Account: engine.Operand{Template: engine.Literal("12345")}, PIN: engine.Operand{Secret: "pin"}, Attempts: 1}},
			{Name: "send", Kind: challenge},
			{Name: "check", Kind: engine.VerifyState{Code: engine.Operand{Secret: "pin"}, Attempts: 2, Sorry: engine.Text{engine.Literal("No.")}}},
			{Name: "end", Kind: engine.HangupState{Ended: "hangup"}},
		},
		Transitions: []engine.Transition{
			{"sign_in", "authenticated", "end"},
			{"sign_in", "denied", "end"},
			{"sign_in", "locked", "end"},
			{"sign_in", "challenge", "send"},
			{"sign_in", "unavailable", "send"},
			{"send", "sent", "check"},
			{"send", "rejected", "end"},
			{"send", "unavailable", "end"},
			{"check", "verified", "end"},
			{"check", "authenticated", "end"},
			{"check", "denied", "end"},
			{"check", "expired", "send"},
			{"check", "locked", "end"},
			{"check", "unavailable", "end"},
			{"check", "retry.denied", "check"},
		},
	})
}

func TestCodesProve(t *testing.T) {
	t.Parallel()
	mia := engine.Principal{Account: "12345", ID: "auth0|1", Greeting: "Mia"}
	sent := engine.CodeSent{Result: engine.CodeSentOn, Handle: engine.NewSecret("h"), Ending: "00"}
	for name, c := range map[string]struct {
		factor  bool
		events  []engine.Event
		phone   string
		caller  *engine.Principal
		outcome engine.Outcome
	}{
		"a number": {
			events:  []engine.Event{engine.SignedIn{Result: engine.SignInUnavailable}, sent, engine.CodeChecked{Result: engine.CodeVerified, Phone: "+61412345678"}},
			phone:   "+61412345678",
			outcome: "verified",
		},
		"a number and whose it is": {
			events:  []engine.Event{engine.SignedIn{Result: engine.SignInUnavailable}, sent, engine.CodeChecked{Result: engine.CodeVerified, Phone: "+61412345678", Principal: &mia}},
			phone:   "+61412345678",
			caller:  &mia,
			outcome: "authenticated",
		},
		"a second factor": {
			factor:  true,
			events:  []engine.Event{engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret("p")}, sent, engine.CodeChecked{Result: engine.CodeVerified, Principal: &mia}},
			caller:  &mia,
			outcome: "authenticated",
		},
		"no factor without a sign-in": {
			factor:  true,
			events:  []engine.Event{engine.SignedIn{Result: engine.SignInUnavailable}},
			outcome: "rejected",
		},
		"nothing, after two wrong codes": {
			events: []engine.Event{
				engine.SignedIn{Result: engine.SignInUnavailable},
				sent,
				engine.CodeChecked{Result: engine.CodeDenied},
				engine.CodeChecked{Result: engine.CodeDenied},
			},
			outcome: "denied",
		},
		"nothing, by a code that is too old": {
			events: []engine.Event{
				engine.SignedIn{Result: engine.SignInUnavailable},
				sent,
				engine.CodeChecked{Result: engine.CodeExpired},
				engine.CodeSent{Result: engine.CodeSentRejected},
			},
			outcome: "rejected",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := codeLine(t, c.factor)
			turn, err := p.Start(engine.Call{From: "+61412345678"}, "call", t0)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range c.events {
				// A call is saved between every two steps.
				data, err := turn.Session.Append(nil, plainSealer{})
				if err != nil {
					t.Fatal(err)
				}
				s, err := engine.ParseSession(data, plainSealer{})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(turn.Session, s, same); d != "" {
					t.Fatal(d)
				}
				if turn, err = p.Step(s, engine.Input{At: t0, Event: ev}); err != nil {
					t.Fatal(err)
				}
			}
			s := turn.Session
			if s.Phone != c.phone || !cmp.Equal(s.Caller, c.caller) {
				t.Errorf("proved %q and %+v", s.Phone, s.Caller)
			}
			if got := turn.Trace[len(turn.Trace)-1].Outcome; got != c.outcome {
				t.Errorf("outcome %s; want %s", got, c.outcome)
			}
			if c.outcome != "denied" && s.Challenge.Handle.Len() != 0 {
				t.Error("a code that is over is kept")
			}
		})
	}
}
