package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
)

// ApproveLife is how long a vendor remembers a message, and so wants to hear that its
// code was right.
const ApproveLife = 10 * time.Minute

// clockSkew is how far another's clock may be from ours.
const clockSkew = time.Minute

// maxSwaps bounds how often other instances may overtake us at a counter.
const maxSwaps = 20

// keep remembers the receipt of the last message to a number, for Approved.
func (g *Gateway) keep(ctx context.Context, number string, r sms.Receipt) {
	if r.Feedback == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if err := g.remember(ctx, number, r); err != nil {
		g.deps.Log.Warn("receipt is not kept: the vendor will not hear that the code was right", zap.Error(err))
	}
}

// remember keeps a receipt under its instant, and that instant under the number. No
// two messages to a number have the same one.
func (g *Gateway) remember(ctx context.Context, number string, r sms.Receipt) error {
	now := g.now()
	for range maxSwaps {
		before, err := g.deps.Store.Count(ctx, g.lastKey(number), now)
		if err != nil {
			return err
		}
		at := now
		if !at.After(before.At) {
			at = before.At.Add(time.Microsecond)
		}
		key := g.receiptKey(number, at)
		_, claimed, err := g.deps.Store.Claim(ctx, key, g.owner(), at, at)
		if err != nil {
			return err
		}
		if !claimed {
			continue // another instance was faster
		}
		if _, err := g.deps.Store.Finish(ctx, key, writeReceipt(r)); err != nil {
			return err
		}
		last := runner.Counter{Key: before.Key, N: 1, At: at, Until: at.Add(ApproveLife)}
		if err = g.deps.Store.Swap(ctx, before, last, now); !errors.Is(err, runner.ErrConflict) {
			return err
		}
	}
	return errors.New("others are always faster")
}

func (g *Gateway) receiptKey(number string, at time.Time) runner.EffectKey {
	return runner.EffectKey{Session: "sms.receipt/" + g.hash("receipt", number), Turn: int(at.UnixMicro())}
}

func (g *Gateway) lastKey(number string) string {
	return counterPrefix + "last/" + g.hash("last", number)
}

// Approved says that the code of the last message to a number was entered rightly,
// at an instant. Senders that learn from that are told so, in their time, however
// often Approved is called. It is an error only when the store does not answer.
func (g *Gateway) Approved(ctx context.Context, number string, at time.Time) error {
	number, ok := g.deps.Region.Normalize(number)
	now := g.now()
	if !ok || g.deps.Promiser == nil || now.Sub(at) > ApproveLife {
		return nil
	}
	last, err := g.deps.Store.Count(ctx, g.lastKey(number), now)
	if err != nil {
		return fmt.Errorf("find the last message: %w", err)
	}
	if last.N == 0 || last.At.After(at.Add(clockSkew)) {
		return nil // not one of ours, or of before the message
	}
	rec, err := g.deps.Store.Effect(ctx, g.receiptKey(number, last.At))
	if errors.Is(err, runner.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find a receipt: %w", err)
	}
	receipt, ok := readReceipt(rec.Result)
	if !ok {
		return nil
	}
	body, err := json.Marshal(approval{receipt.Sender, receipt.Feedback, last.At})
	if err != nil {
		return fmt.Errorf("write an approval: %w", err)
	}
	key := "sms.approve/" + g.hash("approve", receipt.Sender, receipt.Feedback)
	err = g.deps.Promiser.Promise(ctx, key, engine.Action{
		Fetch: engine.Fetch{Service: approveService, Method: "POST", Path: "/", Body: body},
		Key:   key,
	})
	if err != nil {
		return fmt.Errorf("promise an approval: %w", err)
	}
	return nil
}

// approval is what the outbox keeps of a sign-in that a vendor is to hear of.
type approval struct {
	Sender   string    `json:"sender"`
	Feedback string    `json:"feedback"`
	Sent     time.Time `json:"sent"`
}

// approveService is a name that no service of a flow can have.
const approveService = "sms.approve"

// Approver tells a vendor that a code was right. It is a *sms.Failover.
type Approver interface {
	Approve(ctx context.Context, r sms.Receipt) error
}

// Approving is services, and approvals besides: the runner's outbox delivers both.
func Approving(next runner.Services, to Approver, now func() time.Time) runner.Services {
	return approving{next, to, now}
}

type approving struct {
	runner.Services
	to  Approver
	now func() time.Time
}

// Idempotent tells whether an action may be sent again: an approval always may.
func (a approving) Idempotent(service string) bool {
	return service == approveService || a.Services.Idempotent(service)
}

// Action performs an action, or reports an approval. One that comes too late is
// dropped: the vendor has forgotten the message.
func (a approving) Action(ctx context.Context, act engine.Action) (engine.Answered, bool, error) {
	if act.Service != approveService {
		return a.Services.Action(ctx, act)
	}
	var what approval
	if err := json.Unmarshal(act.Body, &what); err != nil {
		return engine.Answered{Result: engine.AnswerRejected, Detail: "it cannot be read"}, false, nil
	}
	if a.now().Sub(what.Sent) > ApproveLife {
		return engine.Answered{Result: engine.AnswerRejected, Detail: "too late"}, false, nil
	}
	err := a.to.Approve(ctx, sms.Receipt{Sender: what.Sender, Feedback: what.Feedback})
	switch {
	case err == nil:
		return engine.Answered{Result: engine.AnswerDone}, true, nil
	case errors.Is(err, sms.ErrRefused):
		return engine.Answered{Result: engine.AnswerRejected, Detail: "the vendor does not want it"}, true, nil
	}
	return engine.Answered{Result: engine.AnswerPending, Detail: "the vendor did not take it"}, true, err
}
