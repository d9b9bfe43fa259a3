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
	event    engine.Event
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

	// gone: nobody listens. read is the last mail that was read.
	gone bool
	read int64

	from  string
	trace []byte
}

// Start answers a first hook. The error is not nil only when not even an apology
// could be encoded.
func (r *Runner) Start(ctx context.Context, s Start) (Reply, Outcome, error) {
	t := r.turn()
	defer r.done(t)
	t.id, t.call, t.flow = SessionID(s.Call), s.Call, s.Flow
	t.encode, t.holds, t.patience = s.Encode, s.Holds, s.Patience
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
	clear(room.fields[:])
	if cap(room.data)+cap(room.answer)+cap(room.sealed) > maxScratch {
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

// begin is the work on a first hook.
func (t *turn) begin() (Reply, Outcome, error) {
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
	turn, err := p.Start(t.call, t.id, t.r.now())
	if err != nil {
		return Reply{}, "", err
	}
	t.rec.ID = t.id
	t.from = p.Spec().Start
	held, err := t.advance(t.take(turn))
	if err != nil {
		return Reply{}, "", err
	}
	return t.commit(held)
}

// again answers a first hook whose session is there already.
func (t *turn) again(rec Record) (Reply, Outcome, error) {
	env, _, err := parseEnvelope(rec.Data)
	if err != nil {
		return Reply{}, "", err
	}
	if env.turn != 1 {
		return t.empty()
	}
	a, err := t.r.openAnswer(rec.Reply)
	return a.reply, Repeated, err
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
		a, err := t.r.openAnswer(rec.Reply)
		return a.reply, Repeated, err
	case elsewhere:
		return t.empty()
	}
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
		return a.reply, Repeated, nil
	}
	return t.finished()
}

// open reads a session and finds its program.
func (t *turn) open(data []byte) error {
	s, err := engine.ParseSession(data, t.r.sealer)
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
	turn, err := t.program.Step(t.s, engine.Input{At: t.r.now(), Event: ev})
	if err != nil {
		return nil, err
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
			if await, err = t.step(ev); err != nil {
				return false, err
			}
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
