package services

import (
	"context"
	"net/http"
	"time"

	"callflow/engine"
)

// Request performs a request. A GET is tried up to three times while its time
// lasts. The answer AnswerError comes with an error when an operator must see to
// it (runner.ErrCredentials, a redirect, an address that is not allowed, a service
// that is not configured), or when ctx has ended.
func (s *Services) Request(ctx context.Context, r engine.Request) (engine.Answered, error) {
	svc, timeout, err := s.find(r.Fetch)
	if err != nil {
		return engine.Answered{Result: engine.AnswerError, Detail: "service not configured"}, err
	}
	own, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	x := svc.send(own, r.Fetch, "", timeout)
	for _, wait := range s.tries(r.Method) {
		if !x.Retry || !pause(own, max(wait, x.after)) {
			break
		}
		x = svc.send(own, r.Fetch, "", timeout)
	}
	if x.Request == engine.AnswerError {
		err = x.err(ctx, svc)
	}
	return engine.Answered{Result: x.Request, Body: x.body, Detail: x.detail}, err
}

// tries returns the pauses before further tries of a method.
func (s *Services) tries(method string) []time.Duration {
	if method == http.MethodGet || method == http.MethodHead {
		return s.backoff
	}
	return nil
}

// pause waits, or says at once that there is no time to.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
