package runner

import (
	"context"
	"errors"
)

// Start answers a first hook. The error is not nil only when not even an apology
// could be encoded.
func (r *Runner) Start(ctx context.Context, s Start) (Reply, Outcome, error) {
	t := r.turn()
	defer r.done(t)
	t.id, t.call, t.flow = SessionID(s.Call), s.Call, s.Flow
	t.encode, t.holds, t.patience, t.with = s.Encode, s.Holds, s.Patience, s.With
	t.lost = s.Lost
	return t.answer(ctx, (*turn).begin)
}

// Turn answers a turn hook. The error is not nil only when not even an apology
// could be encoded.
func (r *Runner) Turn(ctx context.Context, h Hook) (Reply, Outcome, error) {
	t := r.turn()
	defer r.done(t)
	t.id, t.token, t.call, t.event = h.Token.Session, h.Token, h.Call, h.Event
	t.encode, t.holds, t.patience = h.Encode, h.Holds, h.Patience
	t.flow, _ = hint(h.Token.Nonce)
	return t.answer(ctx, (*turn).resume)
}

// turn returns an empty turn.
func (r *Runner) turn() *turn {
	t, ok := r.turns.Get().(*turn)
	if !ok {
		t = &turn{r: r}
	}
	return t
}

// done leaves a turn's room to another turn, and nothing else of it.
func (r *Runner) done(t *turn) {
	room := t.scratch
	clear(room.data[:cap(room.data)])
	clear(room.answer[:cap(room.answer)])
	clear(room.sealed[:cap(room.sealed)]) // it may be Unsealed
	clear(room.plain[:cap(room.plain)])
	clear(room.fields[:])
	if cap(room.data)+cap(room.answer)+cap(room.sealed)+cap(room.plain) > maxScratch {
		room = scratch{}
	}
	*t = turn{r: r, scratch: room}
	r.turns.Put(t)
}

// answer runs work under the session's lock, again after a conflict, and turns
// whatever fails into something to say.
func (t *turn) answer(ctx context.Context, work func(*turn) (Reply, Outcome, error)) (reply Reply, outcome Outcome, err error) {
	r := t.r
	t.arrived = r.now()
	if t.patience <= 0 {
		t.patience = r.timing.Patience
	}
	defer func() { t.line(outcome) }()
	if id := sessionID(&t.call); string(id[:]) != t.id {
		return t.empty()
	}
	if !r.gate.enter() {
		return t.hold(errClosing)
	}
	defer r.gate.leave()
	if !r.locks.acquire(ctx, t.id, max(lockPatience, t.patience)) {
		return t.hold(errBusy)
	}
	defer r.locks.release(t.id)

	// Whoever sent the hook may hang up the line: the turn is finished all the same.
	bound := after(context.WithoutCancel(ctx), t.patience+storePatience)
	defer bound.cancel()
	t.ctx = bound
	for range conflicts {
		t.attempt = attempt{until: r.now().Add(t.patience)}
		reply, outcome, err = t.guard(work)
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	switch {
	case err == nil:
		return reply, outcome, nil
	case isStoreError(err), errors.Is(err, ErrConflict):
		return t.hold(err)
	}
	return t.apologise(err)
}

// Why a hook is held before it has even begun.
var (
	errClosing = errors.New("this instance is closing")
	errBusy    = errors.New("another hook of the session is still being answered")
)

// guard turns a panic into an error.
func (t *turn) guard(work func(*turn) (Reply, Outcome, error)) (reply Reply, outcome Outcome, err error) {
	defer func() {
		if p := recovered(recover()); p != nil {
			err = p
		}
	}()
	return work(t)
}
