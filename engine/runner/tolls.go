package runner

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

// Tolls bounds the calls that flows have made: transfers, and calls back. An error is
// an outage of whatever it counts in.
type Tolls interface {
	// Dial lets a transfer begin, or refuses it. Asked about the same call again it
	// lets it pass again and counts it once.
	Dial(ctx context.Context, c Dialling) (Passage, error)
	// Ended is told when a transfer is over. It may hear so several times, and of
	// transfers that it refused.
	Ended(ctx context.Context, c Dialling) error
	// CallBack lets a flow promise a call, or refuses it; the same call is counted
	// once.
	CallBack(ctx context.Context, c Dialling) (Passage, error)
}

// Dialling is a call that a flow wants made.
type Dialling struct {
	// Key names the call: the same for every repetition.
	Key     string
	Session string
	State   string
	To      string
	// From and Trunk are as in engine.Authenticate.
	From, Trunk string
	// Written tells that the number stands in the flow, so that no caller, and no
	// service, has chosen it.
	Written bool
	// Limit is how long the flow lets the call last; zero: as long as it likes.
	Limit time.Duration
}

// Passage is what becomes of a call.
type Passage struct {
	// Refused says why the call is not made; "": it is.
	Refused string
	// To is whom a transfer goes to.
	To string
	// Limit is how long a transfer may last; zero: as long as it likes.
	Limit time.Duration
}

// maxRefused bounds how many transfers of one turn are refused: a flow that goes on
// to the next one must end somewhere.
const maxRefused = 8

// dial asks for the turn's transfer, if it has one. A transfer that is refused has
// failed, as if the other side could not be reached: the flow says what it says then.
func (t *turn) dial() (refused bool, err error) {
	if t.r.tolls == nil || t.gone || len(t.verbs) == 0 {
		return false, nil
	}
	last := len(t.verbs) - 1
	d, ok := t.verbs[last].(engine.Dial)
	if !ok {
		return false, nil
	}
	c := t.dialling(t.s.Turn)
	c.To, c.Limit = d.To, d.Limit
	if state, ok := t.program.State(t.s.State); ok {
		if k, ok := state.Kind.(engine.TransferState); ok {
			c.Written = literal(k.To)
		}
	}
	pass, err := t.r.tolls.Dial(t.ctx, c)
	if err != nil {
		return false, &storeError{"count a call", err}
	}
	if pass.Refused == "" {
		d.To = pass.To
		if !d.Refer { // nobody can end a call that has left us
			d.Limit = pass.Limit
		}
		// The verbs may be a program's own.
		t.verbs = append(t.verbs[:last:last], d)
		return false, nil
	}
	if t.refused++; t.refused > maxRefused {
		return false, fmt.Errorf("state %q: %d transfers are refused in one turn, the last by: %s", t.s.State, t.refused, pass.Refused)
	}
	t.verbs = t.verbs[:last:last]
	return true, nil
}

// refuse steps the session past a transfer that was refused.
func (t *turn) refuse() (engine.Effect, error) {
	turn, err := t.program.Step(t.s, engine.Input{At: t.r.now(), Event: engine.DialEnded{Result: engine.DialFailed}})
	if err != nil {
		return nil, err
	}
	return t.take(turn), nil
}

// literal tells whether a template is nothing but words.
func literal(to engine.Template) bool {
	for _, p := range to {
		if p.Expr != nil {
			return false
		}
	}
	return true
}

// dialling names the transfer that began in a turn.
func (t *turn) dialling(turn int) Dialling {
	return Dialling{
		Key: t.id + "/" + strconv.Itoa(turn), Session: t.id, State: t.s.State,
		From: t.s.Call.Party(), Trunk: t.s.Call.Platform + "/" + t.s.Call.Account,
	}
}

// isDialling tells whether the session is in a transfer.
func (t *turn) isDialling() bool {
	if t.r.tolls == nil || t.s.Phase != engine.PhaseLive || t.s.Dialled.IsZero() {
		return false
	}
	state, ok := t.program.State(t.s.State)
	if !ok {
		return false
	}
	_, ok = state.Kind.(engine.TransferState)
	return ok
}

// dialled tells that the transfer that the session was in is over.
func (t *turn) dialled(c Dialling) {
	if err := t.r.tolls.Ended(t.ctx, c); err != nil {
		t.r.log.Warn("a transfer that is over stays counted", zap.String("session", t.id), zap.Error(err))
	}
}

// callBack asks for a call that an action is the promise of; "": it may be promised.
func (t *turn) callBack(a engine.Action) (refused string, err error) {
	if t.r.tolls == nil || a.Calls == "" {
		return "", nil
	}
	c := t.dialling(t.s.Turn)
	c.Key, c.To = a.Key, a.Calls
	pass, err := t.r.tolls.CallBack(t.ctx, c)
	if err != nil {
		return "", &storeError{"count a call", err}
	}
	return pass.Refused, nil
}
