package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

const (
	// sweepBatch is how many sessions one pass looks at, parallelSweeps how many of
	// them at once.
	sweepBatch     = 256
	parallelSweeps = 8
	// sweepLater is when a session is looked at again that cannot be ended now for
	// a reason that may pass.
	sweepLater = time.Minute
)

// Sweep makes one pass over the sessions whose time has come: calls whose end was
// announced, and calls of which nothing was heard for too long. It runs their
// on_hangup and entombs them. The error is the store's.
func (r *Runner) Sweep(ctx context.Context) error {
	if !r.gate.enter() {
		return nil
	}
	defer r.gate.leave()
	due, err := r.due(ctx)
	if err != nil {
		return err
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
		slots  = make(chan struct{}, parallelSweeps)
	)
	for _, id := range due {
		slots <- struct{}{}
		wg.Add(1)
		r.spawn(func() {
			defer wg.Done()
			defer func() { <-slots }()
			if err := r.visit(ctx, id); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	wg.Wait()
	return failed
}

func (r *Runner) due(ctx context.Context) ([]string, error) {
	bound, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	due, err := r.store.Due(bound, r.now(), sweepBatch)
	return due, stored("find sessions that are due", err)
}

// visit looks at one session. Whoever is answering a hook of it goes first; the
// next pass comes soon enough.
func (r *Runner) visit(ctx context.Context, id string) error {
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timing.Patience+storePatience)
	defer cancel()
	if !r.locks.acquire(bound, id, 0) {
		return nil
	}
	defer r.locks.release(id)
	t := &turn{r: r, ctx: bound, id: id, arrived: r.now()}
	t.until = t.arrived.Add(r.timing.Patience)
	_, _, err := t.guard(func(t *turn) (Reply, Outcome, error) { return Reply{}, "", t.sweep() })
	switch {
	case err == nil, errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound), errors.Is(err, ErrEntombed):
		return nil // done, or somebody else was here
	case isStoreError(err):
		return err
	}
	return t.failed(err)
}

// sweep ends the call if it is to end.
func (t *turn) sweep() error {
	r := t.r
	rec, err := r.store.Load(t.ctx, t.id)
	if err != nil {
		return stored("load session", err)
	}
	now := r.now()
	if rec.Wake.IsZero() || rec.Wake.After(now) {
		return nil // a hook came
	}
	t.rec = rec
	env, data, err := parseEnvelope(rec.Data)
	if err != nil {
		return err
	}
	t.env = env
	if err := t.mail(); err != nil {
		return err
	}
	if err := t.open(data); err != nil {
		return err
	}
	if due := time.UnixMicro(env.wake); !t.gone && due.After(now) {
		return t.save(rec.Reply, due, nil) // there was nothing in the mail
	}
	var promises []Promise
	if !t.gone && t.s.Phase == engine.PhaseLive {
		if promises, err = t.hangUp(); err != nil {
			return err
		}
		t.env.ended = appendCallEnded(nil, engine.CallEnded{Reason: "nothing was heard of the call any more"})
	}
	t.gone = true
	var await engine.Effect
	if t.s.Awaiting {
		if await, err = t.awaited(); err != nil {
			return err
		}
	}
	if _, err := t.advance(await); err != nil {
		return err
	}
	answer := rec.Reply
	if t.over() {
		answer = nil // nobody waits for it any more
	}
	if err := t.save(answer, t.wake(nil), promises); err != nil {
		return err
	}
	for _, p := range promises {
		r.sendSoon(p)
	}
	t.ending()
	return nil
}

// ending logs what became of a call that was told to be over: that it has ended, or
// what it did on the way while something of its on_hangup is not done yet.
func (t *turn) ending() {
	message := "call ended"
	if !t.over() {
		if message = "call is ending"; len(t.trace) == 0 {
			return
		}
	}
	entry := t.r.log.Check(zap.InfoLevel, message)
	if entry == nil {
		return
	}
	fields := []zap.Field{
		zap.String("platform", t.s.Call.Platform), zap.String("call", t.s.Call.ID), zap.String("session", t.id),
		zap.Int("turn", t.s.Turn), zap.String("flow", t.flow), zap.String("from", t.from),
		zap.ByteString("outcomes", t.trace), zap.String("to", t.s.State),
	}
	if t.over() {
		fields = append(fields, zap.String("ended", t.s.Ended))
	}
	fields = append(fields, zap.Duration("took", t.r.now().Sub(t.arrived)))
	if len(t.milestones) > 0 {
		fields = append(fields, zap.Strings("milestones", t.milestones))
	}
	entry.Write(fields...)
}

// failed puts off a session that cannot be ended now, and buries one that never
// can.
func (t *turn) failed(why error) error {
	r := t.r
	if errors.Is(why, ErrSealed) || errors.Is(why, errNoProgram) {
		r.report("call cannot be ended yet", t.id, why, zap.Duration("again", sweepLater))
		return t.ignore(t.putOff())
	}
	r.report("call is ended without its on_hangup", t.id, why)
	tomb := Record{ID: t.id, Version: t.rec.Version, ExpiresAt: r.now().Add(r.timing.Tombstone)}
	return t.ignore(r.store.Entomb(t.ctx, tomb, nil))
}

// putOff saves the session as it was, with its mail read and another Wake.
func (t *turn) putOff() error {
	_, data, err := parseEnvelope(t.rec.Data)
	if err != nil {
		return err
	}
	rec := t.rec
	rec.Wake = t.r.now().Add(sweepLater)
	t.env.wake = rec.Wake.UnixMicro()
	rec.Data = append(t.env.append(nil), data...)
	return t.r.store.Commit(t.ctx, rec, nil, t.read)
}

// ignore leaves only what the store itself got wrong.
func (t *turn) ignore(err error) error {
	if err == nil || answered(err) {
		return nil
	}
	return fmt.Errorf("sweep session %s: %w", t.id, err)
}
