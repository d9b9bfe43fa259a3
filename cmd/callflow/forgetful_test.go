package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/store/memory"
)

const missedCalls = `callflow: 1
flow: missed
start: ask
on_hangup: tell_office
states:
  ask: { menu: { prompt: Press 1., options: { 1: bye } } }
  tell_office:
    action: { service: office, post: /missed, body: { from: "${call.from}" } }
    next: { done: bye, rejected: bye, pending: bye }
  bye: { hangup: { say: Goodbye. } }
`

// office is a service that takes an action from its so manieth attempt on.
type office struct{ takesFrom, attempts int }

func (*office) Idempotent(string) bool { return true }

func (*office) Request(context.Context, engine.Request) (engine.Answered, error) {
	return engine.Answered{}, errors.New("the flow has no request")
}

func (o *office) Action(context.Context, engine.Action) (engine.Answered, bool, error) {
	o.attempts++
	if o.attempts < o.takesFrom {
		return engine.Answered{Result: engine.AnswerPending}, true, nil
	}
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

func TestAStopBeforeTheMemoryStoreForgets(t *testing.T) {
	t.Parallel()
	program, diags := flows.CompileSource("f.yaml", []byte(missedCalls), flows.Options{})
	if program == nil {
		t.Fatal(diags)
	}
	const never = 1 << 20
	for _, c := range []struct {
		name           string
		hungUp         bool
		takesFrom      int
		calls, actions int64 // lost
		atLeast, most  time.Duration
	}{
		{"nothing is left once the caller's end is dealt with", true, 1, 0, 0, 2 * time.Second, 6 * time.Second},
		{"an action is tried again", true, 3, 0, 0, 3 * time.Second, 15 * time.Second},
		{"a service stays away", true, never, 0, 1, 10 * time.Second, 25 * time.Second},
		{"a caller is still on the line", false, 1, 1, 0, 0, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			core, logs := observer.New(zapcore.InfoLevel)
			store, log := memory.New(), zap.New(core)
			services := &office{takesFrom: c.takesFrom}
			run, err := runner.New(runner.Deps{
				Catalog:       programs{&flows.Bundle{Flows: map[string]*engine.Program{"missed": program}, Files: map[string]string{"missed": "f.yaml"}, Sources: map[string][]byte{"f.yaml": []byte(missedCalls)}}, flows.Options{}},
				Store:         store,
				Authenticator: nobody{},
				Services:      services,
				Sealer:        runner.Unsealed(),
				Log:           log,
			})
			if err != nil {
				t.Fatal(err)
			}
			call := engine.Call{Platform: "test", ID: "1", From: "+15550100"}
			encode := func(runner.Out) (runner.Reply, error) { return runner.Reply{Status: 200}, nil }
			if _, _, err := run.Start(t.Context(), runner.Start{Flow: "missed", Call: call, Encode: encode}); err != nil {
				t.Fatal(err)
			}
			if c.hungUp {
				if err := run.Notice(t.Context(), runner.Notice{Call: call, Event: engine.CallEnded{By: "caller"}}); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
			defer cancel()
			begun := time.Now()
			if err := (forgetful{run, store, log, time.Now}).Close(ctx); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if took := time.Since(begun); took < c.atLeast || took > c.most {
				t.Errorf("%s: it took %s, expected %s to %s", c.name, took, c.atLeast, c.most)
			}
			if c.hungUp && services.attempts < min(c.takesFrom, 2) {
				t.Errorf("%s: %d attempts", c.name, services.attempts)
			}
			lost := logs.FilterField(zap.Bool("alarm", true)).FilterMessageSnippet("lost with the memory store").All()
			switch {
			case c.calls+c.actions == 0:
				if len(lost) != 0 {
					t.Errorf("%s: %v", c.name, lost)
				}
			case len(lost) != 1:
				t.Errorf("%s: %d lines say what is lost, expected one", c.name, len(lost))
			default:
				got := lost[0].ContextMap()
				if got["calls"] != c.calls || got["actions"] != c.actions {
					t.Errorf("%s: lost %v calls and %v actions, expected %d and %d", c.name, got["calls"], got["actions"], c.calls, c.actions)
				}
			}
		})
	}
}
