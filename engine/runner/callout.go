package runner

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"callflow/engine"
)

// outage is the result of an effect that came to nothing.
func outage(e engine.Effect, detail string) engine.Event {
	switch e.(type) {
	case engine.Authenticate:
		return engine.SignedIn{Result: engine.SignInUnavailable}
	case engine.Action:
		return engine.Answered{Result: engine.AnswerPending, Detail: detail}
	case engine.AwaitRecording:
		return engine.RecordingReady{}
	}
	return engine.Answered{Result: engine.AnswerError, Detail: detail}
}

// callOut calls the adapter. What is not an answer is an outage.
func (r *Runner) callOut(ctx context.Context, key EffectKey, e engine.Effect) (ev engine.Event) {
	var err error
	defer func() {
		if p := recovered(recover()); p != nil {
			ev, err = outage(e, "panic"), p
		}
		if err != nil {
			r.failed(err, zap.String("session", key.Session), zap.Int("turn", key.Turn), zap.String("effect", effectName(e)))
		}
	}()
	switch e := e.(type) {
	case engine.Authenticate:
		var in engine.SignedIn
		if in, err = r.auth.Authenticate(ctx, e); err == nil {
			in, err = checkSignIn(in)
		}
		if err == nil {
			return in
		}
	case engine.Request:
		var got engine.Answered
		if got, err = r.services.Request(ctx, e); err == nil {
			got, err = checkAnswer(got, engine.AnswerOK, engine.AnswerNotFound, engine.AnswerError)
		}
		if err == nil {
			return got
		}
	case engine.AwaitRecording:
		var ready engine.RecordingReady
		if ready, err = r.recording(ctx, key.Session, e.ID); err == nil {
			return ready
		}
	default:
		err = fmt.Errorf("effect of type %T cannot be performed", e)
	}
	return outage(e, "no answer")
}

// failed logs an effect that came to nothing.
func (r *Runner) failed(err error, fields ...zap.Field) {
	fields = append(fields, zap.Error(err))
	var caught *panicError
	switch {
	case errors.As(err, &caught):
		r.log.Error("adapter panicked", append(fields, zap.ByteString("stack", caught.stack))...)
	case errors.Is(err, ErrCredentials):
		r.alarm("effect failed: check the credentials of the service", fields...)
	case errors.Is(err, ErrSetup):
		r.alarm("effect failed: check how the service is set up", fields...)
	default:
		r.log.Warn("effect failed", fields...)
	}
}

// checkSignIn refuses answers that no identity provider may give.
func checkSignIn(in engine.SignedIn) (engine.SignedIn, error) {
	switch in.Result {
	case engine.SignInAuthenticated:
		if in.Principal.Account == "" && in.Principal.ID == "" {
			return in, errors.New("sign-in: authenticated, but nobody was proved")
		}
		return in, nil
	case engine.SignInDenied, engine.SignInLocked, engine.SignInChallenge, engine.SignInUnavailable:
		return engine.SignedIn{Result: in.Result}, nil
	}
	return in, fmt.Errorf("sign-in: unknown answer %q", in.Result)
}

func checkAnswer(got engine.Answered, allowed ...engine.Answer) (engine.Answered, error) {
	for _, a := range allowed {
		if got.Result == a {
			return got, nil
		}
	}
	return got, fmt.Errorf("unknown answer %q", got.Result)
}

func effectName(e engine.Effect) string {
	switch e := e.(type) {
	case engine.Authenticate:
		return "sign-in"
	case engine.Request:
		return "request to " + e.Service
	case engine.Action:
		return "action at " + e.Service
	case engine.AwaitRecording:
		return "recording"
	}
	return "unknown"
}
