package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

const (
	// lockPatience is how long a hook waits for another of its session; then its
	// caller is held.
	lockPatience = 4 * time.Second
	// storePatience bounds the calls of a store besides the wait for effects, so
	// that a platform has its answer before it gives up.
	storePatience = 4 * time.Second
	// retryWrite is the pause before a failed write is tried once more.
	retryWrite = 50 * time.Millisecond
	// maxScratch bounds the room a turn leaves to the next, in bytes.
	maxScratch = 64 << 10
	// conflicts bounds how often a turn goes back to its beginning.
	conflicts = 8
)

// turn is the work on one hook, or of one visit of the sweeper.
//
// Turns are used again (see Runner.turns): nothing that outlives a turn may hold
// on to one.
type turn struct {
	r   *Runner
	ctx context.Context

	// Of the hook.
	id       string
	token    Token // zero for a first hook
	call     engine.Call
	flow     string
	with     engine.Opening
	event    engine.Event
	lost     bool // a first hook that the platform fell back to
	encode   Encode
	holds    int
	patience time.Duration
	arrived  time.Time

	attempt
	scratch scratch
}

// scratch is room that a turn leaves to the next. Stores copy what they are given,
// and logs are written before the logger returns.
type scratch struct {
	data, answer, sealed []byte
	plain                []byte // the session, before it is sealed or since it was opened
	trace                []byte
	fields               [12]zap.Field
}

// attempt is what a turn starts anew with after a conflict.
type attempt struct {
	until   time.Time // the end of the caller's patience
	rec     Record    // as loaded; Version is zero before the first insert
	env     envelope
	program *engine.Program
	s       engine.Session
	asked   int // the turn in which the effect at hand was first asked for
	verbs   []engine.Verb

	performed []Performed

	// gone: nobody listens. read is the last mail that was read.
	gone bool
	read int64

	refused int // transfers

	from       string
	trace      []byte
	milestones []string
}

// begin is the work on a first hook.
func (t *turn) begin() (Reply, Outcome, error) {
	t.token = Token{} // after a conflict, too
	rec, err := t.r.store.Load(t.ctx, t.id)
	switch {
	case err == nil:
		return t.again(rec)
	case errors.Is(err, ErrEntombed):
		return t.entombed()
	case !errors.Is(err, ErrNotFound):
		return Reply{}, "", stored("load session", err)
	}
	p, source, ok := t.r.catalog.Program(t.flow)
	if !ok {
		return Reply{}, "", fmt.Errorf("flow %q is not among the flows that are live", t.flow)
	}
	t.program = p
	if err := t.r.pin(t.ctx, p, source); err != nil {
		return Reply{}, "", err
	}
	turn, err := p.Open(t.call, t.id, t.r.now(), t.with)
	if err != nil {
		return Reply{}, "", err
	}
	t.rec.ID = t.id
	t.from = p.Spec().Start
	if t.with.State != "" {
		t.from = t.with.State
	}
	held, err := t.advance(t.take(turn))
	if err != nil {
		return Reply{}, "", err
	}
	return t.commit(held)
}

// again answers a first hook whose session is there already.
func (t *turn) again(rec Record) (Reply, Outcome, error) {
	env, data, err := parseEnvelope(rec.Data)
	switch {
	case err != nil:
		return Reply{}, "", err
	case env.turn == 1 && !t.lost:
		return t.repeat(rec.Reply)
	case !t.lost:
		return t.empty()
	}
	// A hook failed, this one or a later one, and the platform knows no other way back
	// to us: the call is lost in the turn that it is at.
	t.token = Token{Session: t.id, Turn: env.turn, Nonce: string(env.nonce)}
	t.event = engine.Lost{}
	return t.proceed(rec, env, data)
}

// resume is the work on a turn hook.
func (t *turn) resume() (Reply, Outcome, error) {
	rec, err := t.r.store.Load(t.ctx, t.id)
	switch {
	case errors.Is(err, ErrEntombed):
		return t.entombed()
	case errors.Is(err, ErrNotFound):
		return Reply{}, "", fmt.Errorf("session %s: %w: it was never begun here, or was forgotten", t.id, err)
	case err != nil:
		return Reply{}, "", stored("load session", err)
	}
	env, data, err := parseEnvelope(rec.Data)
	if err != nil {
		return Reply{}, "", err
	}
	switch env.place(t.token) {
	case before:
		return t.repeat(rec.Reply)
	case elsewhere:
		return t.empty()
	}
	return t.proceed(rec, env, data)
}

// proceed is the work on a hook of the current turn.
func (t *turn) proceed(rec Record, env envelope, data []byte) (Reply, Outcome, error) {
	t.rec, t.env = rec, env
	if rec.Wake.UnixMicro() < env.wake {
		if err := t.mail(); err != nil {
			return Reply{}, "", err
		}
	}
	if err := t.open(data); err != nil {
		return Reply{}, "", err
	}
	if t.s.Phase != engine.PhaseLive {
		return t.finished()
	}
	if t.unheard() {
		return t.anew()
	}
	await, err := t.hear()
	if err != nil {
		return Reply{}, "", err
	}
	held, err := t.advance(await)
	if err != nil {
		return Reply{}, "", err
	}
	return t.commit(held)
}

// unheard tells that a caller may have heard nothing yet of how the call began: it is
// lost in its first turn, for the first time.
func (t *turn) unheard() bool {
	return t.lost && t.env.turn == 1 && t.s.Lost == 0 && !t.gone
}

// anew says once more how the call began, whole. It is counted, as the engine counts the
// hooks that bring no answer: the next one like it is stepped, and asks the question
// alone, a few times at most.
func (t *turn) anew() (Reply, Outcome, error) {
	t.s.Lost++
	t.asked = t.env.asked
	wake := t.r.now().Add(t.r.timing.Idle)
	if set := time.UnixMicro(t.env.wake); set.After(wake) {
		wake = set
	}
	if err := t.save(t.rec.Reply, wake, nil); err != nil {
		return Reply{}, "", err
	}
	return t.repeat(t.rec.Reply)
}

// entombed answers a hook of a call that has ended: the one that ended it with
// what it was told, any other with a hangup.
func (t *turn) entombed() (Reply, Outcome, error) {
	rec, err := t.r.store.Tombstone(t.ctx, t.id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Reply{}, "", stored("load tombstone", err)
	}
	if len(rec.Reply) == 0 {
		return t.finished()
	}
	a, err := t.r.openAnswer(rec.Reply)
	if err != nil {
		return Reply{}, "", err
	}
	last := envelope{turn: a.turn, nonce: a.nonce}
	if first := t.token == (Token{}); first && a.turn == 0 || last.place(t.token) == current {
		return t.repeated(a)
	}
	return t.finished()
}
