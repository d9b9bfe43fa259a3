package runner

import (
	"fmt"

	"callflow/engine"
)

// open reads a session and finds its program.
func (t *turn) open(data []byte) error {
	s, err := t.openSession(data)
	if err != nil {
		return fmt.Errorf("session %s: %w", t.id, err)
	}
	p, err := t.r.program(t.ctx, s.Flow, s.Program)
	if err != nil {
		return err
	}
	t.s, t.program = s, p
	t.gone = len(t.env.ended) > 0
	t.flow, t.from, t.asked = s.Flow, s.State, s.Turn
	return nil
}

// mail moves the session's notices into its envelope.
func (t *turn) mail() error {
	list, err := t.r.store.Mail(t.ctx, t.id)
	if err != nil {
		return stored("read mail", err)
	}
	for _, m := range list {
		t.read = m.ID
		if _, err := parseCallEnded(m.Data); err != nil {
			t.r.report("notice is dropped", t.id, err)
			continue
		}
		t.env.ended = m.Data
	}
	return nil
}

// hear steps the hook's event, or goes on with the effect that the session
// awaits.
func (t *turn) hear() (engine.Effect, error) {
	if t.s.Awaiting {
		return t.awaited()
	}
	if !answers(t.event) {
		// There is no effect to come back to: the caller was held for the store's
		// sake. Unless this instance has kept what was pressed then, ask again.
		t.event = t.r.unanswered.take(t.token)
	}
	return t.step(t.event)
}

// answers says whether ev is something that happened, rather than a platform that
// just comes back.
func answers(ev engine.Event) bool {
	switch ev.(type) {
	case nil, engine.Resumed, engine.Lost:
		return false
	}
	return true
}

// awaited is the effect that the saved session waits for.
func (t *turn) awaited() (engine.Effect, error) {
	t.asked = t.env.asked
	e, err := t.program.Awaiting(&t.s)
	if err == nil && e == nil {
		err = fmt.Errorf("session %s awaits an effect, but its state %q has none", t.id, t.s.State)
	}
	return e, err
}

// step steps the session and returns the effect it now awaits.
func (t *turn) step(ev engine.Event) (engine.Effect, error) {
	var over *Dialling
	if t.isDialling() {
		d := t.dialling(t.s.Turn - 1)
		over = &d
	}
	turn, err := t.program.Step(t.s, engine.Input{At: t.r.now(), Event: ev})
	if err != nil {
		return nil, err
	}
	if over != nil && (turn.Session.Phase != engine.PhaseLive || len(turn.Trace) > 0) {
		t.dialled(*over)
	}
	return t.take(turn), nil
}

// take makes a step's session the turn's, and gathers its verbs.
func (t *turn) take(turn engine.Turn) engine.Effect {
	t.s = turn.Session
	t.asked = t.s.Turn
	if len(t.verbs) == 0 {
		t.verbs = turn.Verbs[:len(turn.Verbs):len(turn.Verbs)]
	} else {
		t.verbs = append(t.verbs, turn.Verbs...)
	}
	if t.trace == nil {
		t.trace = t.scratch.trace[:0]
	}
	for i := range turn.Trace {
		if len(t.trace) > 0 {
			t.trace = append(t.trace, ' ')
		}
		t.trace = append(t.trace, turn.Trace[i].Outcome...)
	}
	t.scratch.trace = t.trace
	t.milestones = append(t.milestones, turn.Milestones...)
	return turn.Await
}

// advance performs effects and steps on until the session waits for the caller or
// has ended. Where nobody listens any more, the end of the call is stepped too.
// held says that an effect is still running.
func (t *turn) advance(await engine.Effect) (held bool, err error) {
	for {
		for await != nil {
			ev, ok, err := t.perform(await)
			if err != nil || !ok {
				return true, err
			}
			t.performed = append(t.performed, Performed{await, ev, t.program.Reads(t.s.State)})
			if await, err = t.step(ev); err != nil {
				return false, err
			}
		}
		refused, err := t.dial()
		if err != nil {
			return false, err
		}
		if refused {
			if await, err = t.refuse(); err != nil {
				return false, err
			}
			continue
		}
		if len(t.env.ended) == 0 || t.s.Phase != engine.PhaseLive {
			return false, nil
		}
		end, err := parseCallEnded(t.env.ended)
		if err != nil {
			return false, err
		}
		t.env.ended = nil
		if await, err = t.step(end); err != nil {
			return false, err
		}
	}
}
