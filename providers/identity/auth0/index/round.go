package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Round is how far the reading of all users' second factors has come.
type Round struct {
	After  string    `json:"after"` // the user read last
	Began  time.Time `json:"began"`
	Users  int       `json:"users"`
	Masked int       `json:"masked"` // numbers that Auth0 does not show
	Done   bool      `json:"done"`
}

// ahead is how many users are looked at in the index for the next one to read.
const ahead = 100

// round reads the second factors of the next user, or says when the next round is
// due.
func (k *Keeper) round(ctx context.Context) (idle time.Duration, err error) {
	r, err := k.Round(ctx)
	if err != nil {
		return 0, err
	}
	if now := k.Now(); r.Done {
		if wait := r.Began.Add(k.Every).Sub(now); wait > 0 {
			return wait, nil
		}
		r = Round{Began: now}
	}
	_, err = k.advance(ctx, &r)
	return 0, err
}

// Round is the present one, or the last.
func (k *Keeper) Round(ctx context.Context) (Round, error) {
	r := Round{Began: k.Now()}
	value, err := k.Users.Marked(ctx, roundMark)
	switch {
	case errors.Is(err, runner.ErrNotFound):
		return r, nil
	case err != nil:
		return r, fmt.Errorf("read how far second factors are read: %w", err)
	case json.Unmarshal(value, &r) != nil:
		return Round{Began: k.Now()}, nil
	}
	return r, nil
}

// advance reads the second factors of one more user. done says that there was none.
func (k *Keeper) advance(ctx context.Context, r *Round) (done bool, err error) {
	for {
		users, err := k.Users.PhoneUsers(ctx, r.After, ahead)
		if err != nil {
			return false, fmt.Errorf("read users of the index: %w", err)
		}
		if len(users) == 0 {
			r.Done = true
			k.Log.Info("second factors of all users are read", zap.Int("users", r.Users), zap.Int("masked", r.Masked))
			return true, k.remember(ctx, r)
		}
		for _, u := range users {
			// Whom somebody told us about since the round began is up to date.
			if u.Deleted || u.FactorsAt.After(r.Began) {
				r.After = u.ID
				continue
			}
			masked, err := k.factors(ctx, u.ID, u.Factors)
			if err != nil {
				return false, err
			}
			r.After = u.ID
			r.Users++
			r.Masked += masked
			return false, k.remember(ctx, r)
		}
	}
}

func (k *Keeper) remember(ctx context.Context, r *Round) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := k.Users.Mark(ctx, roundMark, value); err != nil {
		return fmt.Errorf("save how far second factors are read: %w", err)
	}
	return nil
}

// ReadFactors reads the second factors of all users, and goes on with a round that
// was broken off. report is told after each user; nil: nobody is.
func (k *Keeper) ReadFactors(ctx context.Context, report func(Round)) (Round, error) {
	r, err := k.Round(ctx)
	if err != nil {
		return r, err
	}
	if r.Done {
		r = Round{Began: k.Now()}
	}
	for failed := 0; ; {
		done, err := k.advance(ctx, &r)
		switch {
		case ctx.Err() != nil:
			return r, ctx.Err()
		case err != nil && (setup(err) || failed == 5):
			return r, err
		case err != nil:
			if err := sleep(ctx, min(firstWait<<failed, lastWait)); err != nil {
				return r, err
			}
			failed++
			continue
		case done:
			return r, nil
		}
		failed = 0
		if report != nil {
			report(r)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
