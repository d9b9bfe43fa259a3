package flows

import (
	"testing"
	"time"

	"callflow/engine"
)

var at2026 = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// Where a sub-flow's key goes back, it goes back to the question before, whoever
// asked that.
func TestBackThroughSubflow(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"pick.yaml": `callflow: 1
flow: pick
start: size
states:
  size: { milestone: picking, menu: { prompt: Press 1 or 9., options: { 1: { value: small, next: confirm }, 9: back } } }
  confirm: { confirm: { prompt: "${size}? Press 1 or 2." }, next: { yes: done, no: back } }
  done: { return: chosen }
`}
	program, diags := CompileSource("main.yaml", []byte(`callflow: 1
flow: main
start: first
globals: { "*": back }
states:
  first: { menu: { prompt: Press 1., options: { 1: pick } } }
  pick: { subflow: { flow: pick }, next: { chosen: last } }
  last: { collect: { prompt: Four digits., digits: 4 }, next: done }
  done: { hangup: }
`), Options{Find: func(_, name string) (Source, error) {
		return Source{name + ".yaml", []byte(sources[name+".yaml"])}, nil
	}})
	for _, d := range diags {
		t.Error(d)
	}
	if program == nil {
		t.FailNow()
	}
	turn, err := program.Start(engine.Call{}, "s", at2026)
	for _, move := range []struct{ keys, state string }{
		{"", "first"},
		{"1", "pick.size"},
		{"9", "first"},
		{"1", "pick.size"},
		{"1", "pick.confirm"},
		{"2", "pick.size"},
		{"1", "pick.confirm"},
		{"1", "last"},
		{"*", "pick.confirm"}, // a question of that name, not one about an entry
		{"*", "pick.confirm"}, // the global key is not the sub-flow's
		{"2", "pick.size"},
		{"9", "first"},
		{"1", "pick.size"},
	} {
		if move.keys != "" {
			turn, err = program.Step(turn.Session, engine.Input{At: at2026, Event: engine.Digits{Keys: engine.NewSecret(move.keys)}})
		}
		if err != nil || turn.Session.State != move.state {
			t.Fatalf("%q leads to %q: %v, %+v", move.keys, turn.Session.State, err, turn.Trace)
		}
	}
	if m := turn.Session.Milestones; len(m) != 1 || m[0] != "picking" {
		t.Errorf("reached %q", m)
	}
}
