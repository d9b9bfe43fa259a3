package flowtest

import (
	"context"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// World is what a flow asks for: sign-ins, requests, actions. Each answer comes
// with the time it took on the caller's clock. An outage is an answer too:
// unavailable, error, pending.
type World interface {
	Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, time.Duration)
	Request(ctx context.Context, r engine.Request) (engine.Answered, time.Duration)
	Action(ctx context.Context, a engine.Action) (engine.Answered, time.Duration)
	// Idempotent tells whether the named service may be sent an action again.
	Idempotent(service string) bool
}

// Live is the world as it is: a real sign-in and real services.
type Live struct {
	Authenticator runner.Authenticator
	Services      runner.Services
	// Now measures how long an answer took. Without it answers take no time, so
	// that a transcript is the same each time.
	Now func() time.Time
}

// Authenticate signs in. An error is an outage.
func (l Live) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	in, err := l.Authenticator.Authenticate(ctx, a)
	if err != nil {
		in = engine.SignedIn{Result: engine.SignInUnavailable}
	}
	return in, took()
}

// Request sends a request. An error is an outage.
func (l Live) Request(ctx context.Context, r engine.Request) (engine.Answered, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	answer, err := l.Services.Request(ctx, r)
	if err != nil {
		answer = engine.Answered{Result: engine.AnswerError, Detail: err.Error()}
	}
	return answer, took()
}

// Action sends an action once.
func (l Live) Action(ctx context.Context, a engine.Action) (engine.Answered, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	answer, sent, err := l.Services.Action(ctx, a)
	if err != nil {
		answer = engine.Answered{Result: engine.AnswerPending, Detail: err.Error()}
	}
	if answer.Result == engine.AnswerPending && sent && !l.Services.Idempotent(a.Service) {
		answer.Result = engine.AnswerUnknown
	}
	return answer, took()
}

// Idempotent asks the services.
func (l Live) Idempotent(service string) bool { return l.Services.Idempotent(service) }

// watch starts a stopwatch.
func (l Live) watch() func() time.Duration {
	if l.Now == nil {
		return func() time.Duration { return 0 }
	}
	began := l.Now()
	return func() time.Duration { return l.Now().Sub(began) }
}
