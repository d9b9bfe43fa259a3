package lockout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// Deps is what a Lockout needs. Log and Now have defaults.
type Deps struct {
	// Next is asked when an attempt is allowed.
	Next     runner.Authenticator
	Counters runner.Counters
	// Key makes the store's keys: at least 16 bytes, the same for all instances
	// that share a store and after each restart.
	Key    []byte
	Limits Limits
	Log    *zap.Logger
	Now    func() time.Time
}

// settleTime bounds how long the end of an attempt may take to be noted.
const settleTime = 5 * time.Second

// Lockout is an Authenticator that lets few wrong attempts through to another.
// Use New. It is safe for concurrent use.
type Lockout struct {
	Hasher
	next     runner.Authenticator
	counters runner.Counters
	limits   Limits
	log      *zap.Logger
	now      func() time.Time
	// turns let those in this process who count the same wait for each other,
	// instead of overtaking each other in the store. Whoever holds one has put
	// something into it.
	turns   [256]chan struct{}
	flights flights
}

var _ runner.Authenticator = (*Lockout)(nil)

// New returns a Lockout in front of d.Next.
func New(d Deps) (*Lockout, error) {
	switch {
	case d.Next == nil || d.Counters == nil:
		return nil, errors.New("lockout: Next or Counters is missing")
	case len(d.Key) < 16:
		return nil, fmt.Errorf("lockout: the key has %d bytes, expected at least 16", len(d.Key))
	}
	for _, p := range d.Limits.Problems() {
		return nil, fmt.Errorf("lockout: %s %s", p.Setting, p.Message)
	}
	l := &Lockout{Hasher: Hasher{d.Key}, next: d.Next, counters: d.Counters, limits: d.Limits, log: d.Log, now: time.Now}
	l.flights.byID = map[ID]*flight{}
	for i := range l.turns {
		l.turns[i] = make(chan struct{}, 1)
	}
	if l.log == nil {
		l.log = zap.NewNop()
	}
	if d.Now != nil {
		l.now = d.Now
	}
	return l, nil
}

// clock is now, as precisely as stores keep it.
func (l *Lockout) clock() time.Time { return l.now().Truncate(time.Microsecond) }

// Authenticate asks the next Authenticator, if an attempt is allowed. A store that
// fails is an outage: nobody is asked without being counted.
func (l *Lockout) Authenticate(ctx context.Context, a engine.Authenticate) (in engine.SignedIn, err error) {
	t, err := l.reserve(ctx, a)
	switch {
	case err != nil:
		return engine.SignedIn{}, fmt.Errorf("lock-out: %w", err)
	case t.refused != nil:
		l.log.Info("sign-in refused: too many attempts",
			zap.String("lockout", string(t.refused.id)), zap.Duration("wait", t.refused.wait))
		return engine.SignedIn{Result: engine.SignInLocked}, nil
	}
	end := outage // which it is if the provider panics
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		if err := t.settle(ctx, end); err != nil {
			l.log.Warn("lock-out: the end of a sign-in could not be noted, and it stays counted as refused", zap.Error(err))
		}
	}()
	in, err = l.next.Authenticate(ctx, a)
	if err == nil {
		end = ending(in.Result)
	}
	return in, err
}

// end is what an attempt came to.
type end int

const (
	outage end = iota // no answer: nothing was tried
	right             // the PIN was right, though more is asked for
	proved            // the account's owner signed in
	wrong
)

func ending(r engine.SignIn) end {
	switch r {
	case engine.SignInAuthenticated:
		return proved
	case engine.SignInChallenge:
		return right
	case engine.SignInDenied, engine.SignInLocked:
		return wrong
	}
	return outage
}
