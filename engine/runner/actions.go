package runner

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
)

// act promises an action, sends it if nobody does yet, and waits for the answer.
// What is not answered in time is pending: the outbox goes on with it.
func (t *turn) act(a engine.Action) (engine.Event, bool, error) {
	refused, err := t.callBack(a)
	switch {
	case err != nil:
		return nil, false, err
	case refused != "":
		return engine.Answered{Result: engine.AnswerRejected, Detail: "call back refused: " + refused}, true, nil
	}
	p, err := t.promise(a)
	if err != nil {
		return nil, false, err
	}
	r, deadline := t.r, p.CreatedAt.Add(t.r.timing.Deadline)
	for poll := pollFirst; ; poll = min(2*poll, pollMost) {
		if p.Done {
			_, ev, err := r.openResult(p.Result)
			return ev, err == nil, err
		}
		f := r.sends.find(p.Key)
		if f == nil && (p.Owner == "" || p.Owner == r.owner || !p.Lease.After(r.now())) {
			if p.Owner == "" && p.Attempts > 0 {
				return unsettled(p, "tried already"), true, nil
			}
			f, err = r.send(t.ctx, p)
			switch {
			case errors.Is(err, ErrConflict):
				return unsettled(p, "waits for an earlier one"), true, nil
			case err != nil && !errors.Is(err, ErrLeased):
				return nil, false, err
			}
		}
		patient := false
		if f == nil {
			patient = t.pause(poll, deadline) // another instance has it
		} else if patient = t.wait(f.done, deadline); patient && f.event != nil {
			return f.event, true, nil
		}
		switch {
		case !r.now().Before(deadline):
			return unsettled(p, "no answer within "+r.timing.Deadline.String()), true, nil
		case !patient:
			return nil, false, nil
		}
		if p, err = r.store.Promised(t.ctx, p.Key); err != nil {
			return nil, false, stored("read promise", err)
		}
	}
}

// promise puts an action into the outbox, or finds it there. A turn that was
// never saved may have promised another action under this key: that one stands,
// and ours gets a key of its own.
func (t *turn) promise(a engine.Action) (Promise, error) {
	r, now := t.r, t.r.now()
	for range 2 {
		plain := appendAction(nil, a)
		sealed, err := r.sealer.Seal(plain)
		if err != nil {
			return Promise{}, fmt.Errorf("seal an action: %w", err)
		}
		p, err := r.store.Promise(t.ctx, Promise{
			Key: a.Key, Session: t.id, Seq: t.s.Effects, Data: sealed, Resend: r.services.Idempotent(a.Service),
			// The turn sends it at once. Should it not, the outbox does.
			CreatedAt: now, NextAt: now.Add(r.timing.Patience),
			ExpiresAt: now.Add(2 * r.timing.Tombstone),
		})
		if err != nil {
			return Promise{}, stored("promise action", err)
		}
		there, err := r.sealer.Open(p.Data)
		if err != nil {
			return Promise{}, fmt.Errorf("open an action: %w", err)
		}
		if bytes.Equal(there, plain) {
			return p, nil
		}
		of := fingerprintOf(a)
		a.Key += "~" + hex.EncodeToString(of[:8])
	}
	return Promise{}, fmt.Errorf("action of effect %d: %w", t.s.Effects, errRival)
}

// unsettled is the answer for an action that is promised and not answered. A
// service that must never see it twice may have had it, or not.
func unsettled(p Promise, detail string) engine.Answered {
	if !p.Resend {
		return engine.Answered{Result: engine.AnswerUnknown, Detail: detail}
	}
	return engine.Answered{Result: engine.AnswerPending, Detail: detail}
}

// send leases a promise and sends its action in a goroutine of the runner's, or
// joins one that does. Errors are those of Lease.
func (r *Runner) send(ctx context.Context, p Promise) (*flight, error) {
	now := r.now()
	f, fresh := r.sends.join(p.Key, fingerprint{}, now.Add(r.timing.Lease))
	if !fresh {
		return f, nil
	}
	a, p, lost, err := r.lease(ctx, p, now)
	if err != nil {
		r.sends.forget(p.Key)
		f.land(nil)
		return nil, err
	}
	r.spawn(func() {
		defer r.sends.forget(p.Key)
		r.deliver(f, p, a, lost)
	})
	return f, nil
}

// lease takes a promise. lost says that somebody who crashed may have sent its
// action to a service that must never see it twice.
func (r *Runner) lease(ctx context.Context, p Promise, now time.Time) (a engine.Action, leased Promise, lost bool, err error) {
	plain, err := r.sealer.Open(p.Data)
	if err != nil {
		return a, p, false, fmt.Errorf("open promise %s: %w", p.Key, err)
	}
	if a, err = parseAction(plain); err != nil {
		return a, p, false, fmt.Errorf("promise %s: %w", p.Key, err)
	}
	if !p.Resend { // how it stands now decides whether it is sent
		fresh, err := r.store.Promised(ctx, p.Key)
		if err != nil {
			return a, p, false, stored("read promise", err)
		}
		p = fresh
		if p.Owner != "" && p.Owner != r.owner {
			r.doubts.add(p.Key) // it crashed, should the lease be ours now
		}
	}
	leased, err = r.store.Lease(ctx, p.Key, r.owner, now, now.Add(r.timing.Lease))
	if err != nil {
		if answered(err) {
			r.doubts.drop(p.Key) // it is for somebody else to know
		}
		return a, p, false, stored("lease promise", err)
	}
	// Ours without a doubt: the lease was given before, but its answer got lost, and
	// nothing was sent.
	return a, leased, !p.Resend && (r.doubts.has(p.Key) || leased.Attempts != p.Attempts+1), nil
}

// deliver sends an action once, settles its promise and makes the answer known.
func (r *Runner) deliver(f *flight, p Promise, a engine.Action, lost bool) {
	ev := unsettled(p, "whoever sent it stopped before the answer")
	done, slow := lost, false
	if !lost {
		if !p.Resend {
			r.doubts.add(p.Key)
		}
		ctx := after(r.base, r.timing.Deadline)
		got, sent, err := r.callAction(ctx, p, a)
		ctx.cancel()
		if !sent {
			r.doubts.drop(p.Key)
		}
		slow = errors.Is(err, ErrCredentials)
		switch {
		case err == nil && got.Result != engine.AnswerPending:
			ev, done = got, true
		default:
			ev = unsettled(p, got.Detail)
			done = sent && !p.Resend
		}
	}
	var sealed []byte
	if done {
		var err error
		if sealed, err = r.sealResult(fingerprint{}, ev); err != nil {
			r.log.Error("answer to an action is lost", zap.String("key", p.Key), zap.Error(err))
		}
	}
	next := r.retryAt(p, slow)
	r.tell(p, a, ev, done, next)
	r.offer(f.deadline, func(ctx context.Context, first bool) bool {
		err := r.store.Settle(ctx, p.Key, r.owner, done, sealed, next)
		if first {
			f.land(ev)
		}
		if err != nil && !answered(err) {
			return false
		}
		r.doubts.drop(p.Key)
		return true
	})
}

// callAction calls the adapter. A panic may have come after bytes had left.
func (r *Runner) callAction(ctx context.Context, p Promise, a engine.Action) (got engine.Answered, sent bool, err error) {
	defer func() {
		if v := recovered(recover()); v != nil {
			got, sent, err = engine.Answered{Detail: "panic"}, true, v
		}
		if err != nil {
			if got.Detail == "" {
				got.Detail = "no answer"
			}
			r.failed(err, zap.String("session", p.Session), zap.String("key", p.Key),
				zap.String("effect", effectName(a)), zap.Int("attempt", p.Attempts))
		}
	}()
	got, sent, err = r.services.Action(ctx, a)
	if err != nil {
		return got, sent, err
	}
	got, err = checkAnswer(got, engine.AnswerDone, engine.AnswerRejected, engine.AnswerPending, engine.AnswerUnknown)
	if got.Result == engine.AnswerUnknown {
		got.Result = engine.AnswerPending
	}
	return got, sent || err != nil, err
}
