package services

import (
	"context"
	"slices"
	"strings"

	"callflow/engine"
)

// Action performs an action, with one try. sent is true from the moment there is
// a connection to write to: whether bytes have left is not known for sure before
// an answer comes, and a doubt counts. The answer AnswerPending comes with an
// error when an operator must see to it (as with Request), or when ctx has ended.
func (s *Services) Action(ctx context.Context, a engine.Action) (answer engine.Answered, sent bool, err error) {
	if a.Calls != "" && !s.mayCall(a.Calls) {
		return engine.Answered{Result: engine.AnswerRejected, Detail: "the number is not among those that may be called"}, false, nil
	}
	svc, timeout, err := s.find(a.Fetch)
	if err != nil {
		return engine.Answered{Result: engine.AnswerPending, Detail: "service not configured"}, false, err
	}
	own, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	x := svc.send(own, a.Fetch, a.Key, timeout)
	answer = engine.Answered{Result: x.Action, Body: x.body, Detail: x.detail}
	if x.Action == engine.AnswerPending {
		err = x.err(ctx, svc)
	}
	return answer, x.sent, err
}

// mayCall tells whether a number begins as the installation allows.
func (s *Services) mayCall(number string) bool {
	return slices.ContainsFunc(s.callbacks, func(prefix string) bool { return strings.HasPrefix(number, prefix) })
}
