package flowtest

import (
	"context"
	"time"

	"callflow/engine"
)

// promise is an action that will be delivered, however often it takes.
type promise struct {
	action engine.Action
	tries  int
	next   time.Duration
	sent   *engine.Answered // an answer that is on its way, at next
}

// act promises an action and sends it. While an earlier one is not delivered,
// this one waits its turn.
func (p *Player) act(ctx context.Context, a engine.Action) result {
	if len(p.outbox) > 0 {
		p.outbox = append(p.outbox, promise{action: a, next: p.now})
		answer := engine.Answered{Result: engine.AnswerPending, Detail: "an earlier action is not delivered yet"}
		return result{event: answer, text: told(a.Fetch, answer)}
	}
	answer, took := p.opts.World.Action(ctx, a)
	r := result{event: answer, took: took, late: p.called(a.Fetch, a.Key, answer)}
	switch {
	case took > deadline:
		late := answer
		p.outbox = append(p.outbox, promise{action: a, tries: 1, next: p.now + took, sent: &late})
		answer = engine.Answered{Result: engine.AnswerPending, Detail: "no answer within " + deadline.String()}
		if !p.opts.World.Idempotent(a.Service) {
			answer.Result = engine.AnswerUnknown
		}
		r.event = answer
	case answer.Result == engine.AnswerPending:
		p.outbox = append(p.outbox, promise{action: a, tries: 1, next: p.now + took + firstRetry})
	}
	r.text = told(a.Fetch, answer) + lasted(took)
	return r
}

// deliver sends promised actions again, in order, as far as their time has come.
func (p *Player) deliver(ctx context.Context, until time.Duration) {
	now := p.now
	for len(p.outbox) > 0 && p.outbox[0].next <= until && p.outbox[0].tries < maxTries {
		first := &p.outbox[0]
		p.now = max(first.next, 0)
		var answer engine.Answered
		var text string
		if first.sent != nil {
			answer, first.sent = *first.sent, nil
			text = told(first.action.Fetch, answer)
		} else {
			var took time.Duration
			answer, took = p.opts.World.Action(ctx, first.action)
			text = p.called(first.action.Fetch, first.action.Key, answer)
			first.tries++
			p.now += took
		}
		p.record(Entry{Kind: Service, State: p.session.State, Text: text, After: true})
		if answer.Result == engine.AnswerPending {
			first.next = p.now + firstRetry<<(first.tries-1)
			continue
		}
		p.outbox = p.outbox[1:]
	}
	p.now = max(now, p.now)
}

// Settle delivers what was promised after the call has ended, for as long as a
// simulation cares: a handful of tries. It does nothing before.
func (p *Player) Settle(ctx context.Context) error {
	if !p.ended {
		return nil
	}
	for len(p.outbox) > 0 && p.outbox[0].tries < maxTries {
		p.deliver(ctx, p.outbox[0].next)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
