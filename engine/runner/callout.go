package runner

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"callflow/engine"
)

// errAbsent is an effect that nothing is configured for.
var errAbsent = errors.New("nothing is configured for this")

// outage is the result of an effect that came to nothing.
func outage(e engine.Effect, detail string) engine.Event {
	switch e.(type) {
	case engine.Authenticate:
		return engine.SignedIn{Result: engine.SignInUnavailable}
	case engine.SendCode:
		return engine.CodeSent{Result: engine.CodeSentUnavailable}
	case engine.CheckCode:
		return engine.CodeChecked{Result: engine.CodeUnavailable}
	case engine.Identify:
		return engine.Identified{Result: engine.IdentifiedUnavailable}
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
	case engine.SendCode:
		sent := engine.CodeSent{}
		if err = errAbsent; r.codes != nil {
			sent, err = r.codes.SendCode(ctx, e)
		}
		if err == nil {
			sent, err = checkSent(sent)
		}
		if err == nil {
			return sent
		}
	case engine.CheckCode:
		checked := engine.CodeChecked{}
		if err = errAbsent; r.codes != nil {
			checked, err = r.codes.CheckCode(ctx, e)
		}
		if err == nil {
			checked, err = checkCode(checked)
		}
		if err == nil {
			return checked
		}
	case engine.Identify:
		found := engine.Identified{}
		if err = errAbsent; r.finder != nil {
			found, err = r.finder.Identify(ctx, e)
		}
		if err == nil {
			found, err = checkFound(found)
		}
		if err == nil {
			return found
		}
	case engine.Request:
		var got engine.Answered
		if got, err = r.services.Request(ctx, e); err == nil {
			got, err = checkAnswer(got, engine.AnswerOK, engine.AnswerNotFound, engine.AnswerError)
		}
		if err == nil {
			if got.Result == engine.AnswerError {
				r.log.Warn("service did not answer as it should", zap.String("service", e.Service), zap.String("detail", got.Detail), zap.String("session", key.Session), zap.Int("turn", key.Turn))
			}
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
	case engine.SignInChallenge:
		return engine.SignedIn{Result: in.Result, Pending: in.Pending}, nil
	case engine.SignInDenied, engine.SignInLocked, engine.SignInUnavailable:
		return engine.SignedIn{Result: in.Result}, nil
	}
	return in, fmt.Errorf("sign-in: unknown answer %q", in.Result)
}

func checkSent(in engine.CodeSent) (engine.CodeSent, error) {
	switch in.Result {
	case engine.CodeSentOn:
		if in.Handle.Len() == 0 {
			return in, errors.New("code: sent, but with nothing to check it by")
		}
		return in, nil
	case engine.CodeSentRejected, engine.CodeSentUnavailable:
		return engine.CodeSent{Result: in.Result}, nil
	}
	return in, fmt.Errorf("code: unknown answer %q", in.Result)
}

func checkCode(in engine.CodeChecked) (engine.CodeChecked, error) {
	switch in.Result {
	case engine.CodeVerified:
		if p := in.Principal; p != nil && p.Account == "" && p.ID == "" || p == nil && in.Phone == "" {
			return in, errors.New("code: verified, but nothing was proved")
		}
		return in, nil
	case engine.CodeDenied, engine.CodeExpired, engine.CodeLocked, engine.CodeUnavailable:
		return engine.CodeChecked{Result: in.Result}, nil
	}
	return in, fmt.Errorf("code: unknown answer %q", in.Result)
}

func checkFound(in engine.Identified) (engine.Identified, error) {
	n := len(in.Accounts)
	switch {
	case in.Result == engine.IdentifiedOne && n == 1, in.Result == engine.IdentifiedMany && n > 1, in.Result == engine.IdentifiedNone && n == 0:
		return in, nil
	case in.Result == engine.IdentifiedUnavailable:
		return engine.Identified{Result: in.Result}, nil
	}
	return in, fmt.Errorf("candidates: answer %q with %d accounts", in.Result, n)
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
	case engine.SendCode:
		return "sending of a code"
	case engine.CheckCode:
		return "check of a code"
	case engine.Identify:
		return "search for a number"
	}
	return "unknown"
}
