package services

import (
	"context"

	"callflow/engine"
)

// Action performs an action, with one try. The error is the context's, or tells
// of a service that is not configured; the answer is AnswerPending then, unless
// the action was answered.
func (s *Services) Action(ctx context.Context, a engine.Action) (answer engine.Answered, sent bool, err error) {
	svc, timeout, err := s.find(a.Fetch)
	if err != nil {
		return engine.Answered{Result: engine.AnswerPending, Detail: "service not configured"}, false, err
	}
	own, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	x := s.send(own, svc, a.Fetch, a.Key, timeout)
	answer = engine.Answered{Result: x.action, Body: x.body, Detail: x.detail}
	if x.action == engine.AnswerPending {
		err = ctx.Err()
	}
	return answer, x.sent, err
}
