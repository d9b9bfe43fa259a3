package flowtest

import (
	"context"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// World is what a flow asks for: sign-ins, codes, requests, actions. Each answer comes
// with the time it took on the caller's clock. An outage is an answer too:
// unavailable, error, pending.
type World interface {
	Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, time.Duration)
	// SendCode sends a one-time code. shown is the code, where nobody else would show
	// it.
	SendCode(ctx context.Context, e engine.SendCode) (sent engine.CodeSent, shown string, took time.Duration)
	CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, time.Duration)
	Identify(ctx context.Context, e engine.Identify) (engine.Identified, time.Duration)
	Request(ctx context.Context, r engine.Request) (engine.Answered, time.Duration)
	Action(ctx context.Context, a engine.Action) (engine.Answered, time.Duration)
	// Idempotent tells whether the named service may be sent an action again.
	Idempotent(service string) bool
}

// Live is the world as it is: a real sign-in and real services.
type Live struct {
	Authenticator runner.Authenticator
	Services      runner.Services
	// Codes and Finder may be nil: codes and candidates are unavailable then.
	Codes  runner.Codes
	Finder runner.Finder
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

// SendCode sends a code. An error is an outage.
func (l Live) SendCode(ctx context.Context, e engine.SendCode) (engine.CodeSent, string, time.Duration) {
	sent := engine.CodeSent{Result: engine.CodeSentUnavailable}
	if l.Codes == nil {
		return sent, "", 0
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	if got, err := l.Codes.SendCode(ctx, e); err == nil {
		sent = got
	}
	return sent, "", took()
}

// CheckCode checks a code. An error is an outage.
func (l Live) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, time.Duration) {
	checked := engine.CodeChecked{Result: engine.CodeUnavailable}
	if l.Codes == nil {
		return checked, 0
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	if got, err := l.Codes.CheckCode(ctx, e); err == nil {
		checked = got
	}
	return checked, took()
}

// Identify looks for a number. An error is an outage.
func (l Live) Identify(ctx context.Context, e engine.Identify) (engine.Identified, time.Duration) {
	found := engine.Identified{Result: engine.IdentifiedUnavailable}
	if l.Finder == nil {
		return found, 0
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	took := l.watch()
	if got, err := l.Finder.Identify(ctx, e); err == nil {
		found = got
	}
	return found, took()
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
