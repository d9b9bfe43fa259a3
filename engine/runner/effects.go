package runner

import (
	"errors"
	"fmt"
	"time"

	"callflow/engine"
)

const (
	// rivals bounds how many different effects can meet under one key: two turns
	// that both began where the session stood, of which only one will be saved.
	rivals = 4
	// rivalStep keeps the positions of rivals apart from those of later effects.
	rivalStep = 1 << 16
	// pollFirst and pollMost are how often another instance's effect is looked at.
	pollFirst = 20 * time.Millisecond
	pollMost  = 200 * time.Millisecond
	// keepFirst and keepMost are how often a result is offered to a store that
	// does not take it.
	keepFirst = 100 * time.Millisecond
	keepMost  = 2 * time.Second
)

// errRival: another effect than ours has been performed under this key.
var errRival = errors.New("the key belongs to another effect")

// perform gets the result of an effect that the session awaits. ok is false when
// it is still running and the caller's patience is at an end.
func (t *turn) perform(e engine.Effect) (ev engine.Event, ok bool, err error) {
	if a, action := e.(engine.Action); action {
		return t.act(a)
	}
	of := fingerprintOf(e)
	for n := range rivals {
		key := EffectKey{Session: t.id, Turn: t.asked, Position: t.s.Effects + n*rivalStep}
		if ev, ok, err = t.ask(key, of, e); !errors.Is(err, errRival) {
			return ev, ok, err
		}
	}
	return nil, false, fmt.Errorf("effect %d of turn %d: %w", t.s.Effects, t.asked, errRival)
}

// ask starts a sign-in or a request unless it was started before, and waits.
func (t *turn) ask(key EffectKey, of fingerprint, e engine.Effect) (engine.Event, bool, error) {
	r := t.r
	for poll := pollFirst; ; poll = min(2*poll, pollMost) {
		if f := r.effects.find(key); f != nil {
			if f.of != of {
				return nil, false, errRival
			}
			return t.watch(f, key, of, e)
		}
		now := r.now()
		lease := now.Add(r.leaseOf(e))
		rec, claimed, err := r.store.Claim(t.ctx, key, r.owner, now, lease)
		if err != nil {
			return nil, false, stored("claim effect", err)
		}
		deadline := rec.Started.Add(r.timing.Deadline)
		// A record of ours that is neither new nor running here was either claimed
		// by a call of the store that then failed, and nothing was started; or it
		// was abandoned by another, and leased to us just now.
		ours := rec.Owner == r.owner
		abandoned := ours && !claimed && rec.Started.Before(now) && rec.Lease.Equal(lease)
		repeatable := repeatable(e)
		switch {
		case rec.Done:
			return t.result(rec, of)
		case !now.Before(deadline), abandoned && !repeatable:
			return t.giveUp(key, of, e)
		case ours:
			f := r.launch(key, of, e, deadline)
			if f.of != of {
				return nil, false, errRival
			}
			return t.watch(f, key, of, e)
		}
		if !t.pause(poll, deadline) {
			return nil, false, nil
		}
	}
}

// repeatable tells effects that change nothing: another may try them again.
func repeatable(e engine.Effect) bool {
	switch e.(type) {
	case engine.Request, engine.Identify:
		return true
	}
	return false
}

// leaseOf is how long an effect belongs to who claimed it. A sign-in is never
// tried by another; a request is, when its time is over.
func (r *Runner) leaseOf(e engine.Effect) time.Duration {
	q, request := e.(engine.Request)
	switch {
	case !request && !repeatable(e):
		return r.timing.Deadline
	case q.Timeout > 0:
		return min(q.Timeout+2*time.Second, r.timing.Deadline)
	}
	return r.timing.Deadline / 2
}

// watch waits for an effect that runs in this process.
func (t *turn) watch(f *flight, key EffectKey, of fingerprint, e engine.Effect) (engine.Event, bool, error) {
	if t.wait(f.done, f.deadline) {
		return f.event, true, nil
	}
	if t.r.now().Before(f.deadline) {
		return nil, false, nil
	}
	return t.giveUp(key, of, e)
}

// wait waits for done until limit or the end of the caller's patience.
//
// It waits at once: whoever lets others go first stands behind every turn of a busy
// server. Nobody cancels a turn, whose time is watched without its context's own timer.
func (t *turn) wait(done <-chan struct{}, limit time.Time) bool {
	select {
	case <-done:
		return true
	default:
	}
	now := t.r.now()
	left := min(t.until.Sub(now), limit.Sub(now))
	if end, ok := t.ctx.Deadline(); ok {
		left = min(left, time.Until(end))
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// pause lets d pass, or less if limit comes first. It returns false when the
// caller's patience is at an end.
func (t *turn) pause(d time.Duration, limit time.Time) bool {
	now := t.r.now()
	left := t.until.Sub(now)
	if left <= 0 || t.ctx.Err() != nil {
		return false
	}
	timer := time.NewTimer(min(d, left, max(limit.Sub(now), time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	}
	return true
}

// giveUp ends an effect as an outage, unless its result came first.
func (t *turn) giveUp(key EffectKey, of fingerprint, e engine.Effect) (engine.Event, bool, error) {
	ev := t.r.unknown(e, fmt.Sprintf("no answer within %s", t.r.timing.Deadline))
	sealed, err := t.r.sealResult(of, ev)
	if err != nil {
		return nil, false, err
	}
	rec, err := t.r.store.Finish(t.ctx, key, sealed)
	switch {
	case errors.Is(err, ErrNotFound): // forgotten long ago
		return ev, true, nil
	case err != nil:
		return nil, false, stored("finish effect", err)
	}
	return t.result(rec, of)
}

// unknown is the result of an effect of which nobody knows what became: a code
// counts as sent, anything else as an outage.
func (r *Runner) unknown(e engine.Effect, detail string) engine.Event {
	code, ok := e.(engine.SendCode)
	if !ok || r.codes == nil {
		return outage(e, detail)
	}
	sent, err := checkSent(r.codes.SentCode(code))
	if err != nil {
		return outage(e, detail)
	}
	return sent
}

// result reads what a record says came of an effect: errRival.
func (t *turn) result(rec EffectRecord, of fingerprint) (engine.Event, bool, error) {
	whose, ev, err := t.r.openResult(rec.Result)
	switch {
	case err != nil:
		return nil, false, err
	case whose != of:
		return nil, false, errRival
	}
	return ev, true, nil
}

// launch performs an effect in a goroutine of the runner's, unless one is at it.
func (r *Runner) launch(key EffectKey, of fingerprint, e engine.Effect, deadline time.Time) *flight {
	f, fresh := r.effects.join(key, of, deadline)
	if !fresh {
		return f
	}
	r.spawn(func() {
		defer r.effects.forget(key)
		ctx := after(r.base, deadline.Sub(r.now()))
		defer ctx.cancel()
		r.keep(f, key, r.callOut(ctx, key, e))
	})
	return f
}
