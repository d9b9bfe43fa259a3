package server_test

import (
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/flows/flowtest"
	"callflow/providers/telephony/player"
)

// course is what a call did at the server, as its log tells it.
type course struct {
	outcomes []string // of every move, in order
	states   []string // where each of them led
	gap      bool     // some moves are missing
}

// watched is a log, and what a program's calls did by it.
func watched() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zapcore.InfoLevel)
	return zap.New(core), logs
}

// courseOf follows the moves that were logged through the program, and says when one
// of them is not among its transitions, or came to a protected state without proof.
func courseOf(t *testing.T, tell string, program *engine.Program, logs *observer.ObservedLogs) course {
	t.Helper()
	type way struct{ from, outcome string }
	ways := map[way]string{}
	for _, tr := range program.Spec().Transitions {
		ways[way{tr.From, tr.Outcome}] = tr.To
	}
	var c course
	facts := map[string]bool{}
	at := program.Spec().Start
	for _, entry := range logs.All() {
		fields := entry.ContextMap()
		text, _ := fields["outcomes"].(string)
		if from, _ := fields["from"].(string); text != "" && from != "" && from != at {
			c.gap, at = true, from // moves behind a hang-up are told by no line
		}
		for o := range strings.FieldsSeq(text) {
			to, ok := ways[way{at, o}]
			if !ok {
				t.Errorf("%s: %q has no way for %q", tell, at, o)
				return c
			}
			switch o {
			case engine.OutAuthenticated:
				facts[engine.FactAuthenticated] = true
			case engine.OutVerified:
				facts[engine.FactPhoneVerified] = true
			}
			if state, ok := program.State(to); ok && state.Requires != "" && !facts[state.Requires] {
				t.Errorf("%s: came to %q without being %s", tell, to, state.Requires)
			}
			c.outcomes, c.states, at = append(c.outcomes, o), append(c.states, to), to
		}
		// Going back, and coming back from a sub-flow, lead where the session knows.
		if to, _ := fields["to"].(string); text != "" && to != at {
			t.Errorf("%s: %s leads to %q, and the call is in %q", tell, text, at, to)
			at = to
		}
	}
	return c
}

// end is the state that the call was in last.
func (c course) end(program *engine.Program) string {
	if len(c.states) == 0 {
		return program.Spec().Start
	}
	return c.states[len(c.states)-1]
}

// declared tells an end that a flow's author wrote, or that the language has for all
// flows: a hang-up, the goodbye, a caller who has gone. Failures have none.
func declared(program *engine.Program, state string) bool {
	if state == engine.StateGoodbye || state == engine.StateGone {
		return true
	}
	s, ok := program.State(state)
	if !ok {
		return false
	}
	_, hangs := s.Kind.(engine.HangupState)
	return hangs && !strings.HasPrefix(state, "$")
}

// courseIn is what a call did in the simulator.
func courseIn(transcript *flowtest.Transcript) course {
	var c course
	for _, e := range transcript.Entries {
		for _, h := range e.Hops {
			c.outcomes, c.states = append(c.outcomes, h.Outcome), append(c.states, h.To)
		}
	}
	return c
}

// without leaves out the hooks that came without an answer, which the simulator has
// none of.
func (c course) without(outcome string) []string {
	return slices.DeleteFunc(slices.Clone(c.outcomes), func(o string) bool { return o == outcome })
}

// ended holds the end of a call to what was declared, and the way there to the one that
// it takes in the simulator.
func ended(t *testing.T, tell string, s scene, want relayed, script []player.Move, logs *observer.ObservedLogs) {
	t.Helper()
	program := s.bundle.Flows[s.flow]
	real, ideal := courseOf(t, tell, program, logs), courseIn(want.Transcript)
	if end := real.end(program); !declared(program, end) && end != ideal.end(program) {
		t.Errorf("%s: the call ended in %q, which is no declared end, by %s", tell, end, real.outcomes)
	}
	if real.gap {
		return
	}
	got, expected := real.without(engine.OutRetryLost), ideal.without(engine.OutRetryLost)
	if !slices.Equal(got, expected) && !overtaken(script, got, expected) {
		t.Errorf("%s: the call went\n  by %s\nin the simulator\n  by %s", tell, got, expected)
	}
}

// overtaken tells that two calls part only where one of them was hung up. Right
// behind a key, a hang-up may come before what the key asked the world for, or after
// it. Platforms may tell that a transfer is over, or that nobody takes it, before they
// tell that its caller has hung up. And nobody waits for a slow action any more, or just did.
func overtaken(script []player.Move, a, b []string) bool {
	last := len(script) - 1
	if last < 0 || !script[last].Hangup {
		return false
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	hung := script[last].Keys.Len() > 0 && (n < len(a) && a[n] == engine.OutHangup || n < len(b) && b[n] == engine.OutHangup)
	if hung || n == len(a) || n == len(b) {
		return hung
	}
	switch parted := [2]string{min(a[n], b[n]), max(a[n], b[n])}; parted {
	case [2]string{engine.OutCompleted, engine.OutHangup}, [2]string{engine.OutHangup, engine.OutNoAnswer}, [2]string{engine.OutDone, engine.OutPending}:
		return true
	}
	return false
}
