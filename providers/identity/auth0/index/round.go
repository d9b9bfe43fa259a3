package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	// Done says that everybody has been tried. Later are those who could not be read,
	// and are tried again; Left counts more of them, whose turn is in the next round.
	Done  bool    `json:"done"`
	Later []Later `json:"later,omitempty"`
	Left  int     `json:"left,omitempty"`
}

// Later is a user whose second factors could not be read.
type Later struct {
	ID    string    `json:"id"`
	Tries int       `json:"tries"`
	Next  time.Time `json:"next"` // not before
	// Why says what was in the way the last time. It is not kept.
	Why string `json:"-"`
}

// mostLater bounds how many are tried again before the next round.
const mostLater = 200

// ahead is how many users are looked at in the index for the next one to read.
const ahead = 100

// round reads the second factors of the next user, or says when the next one is due.
func (k *Keeper) round(ctx context.Context) (idle time.Duration, err error) {
	r, err := k.Round(ctx)
	if err != nil {
		return 0, err
	}
	now := k.Now()
	due := slices.IndexFunc(r.Later, func(l Later) bool { return !l.Next.After(now) })
	if due >= 0 && (r.Done || k.failed == 0) { // others come first while none can be read
		return 0, k.retry(ctx, &r, due)
	}
	if r.Done {
		if idle = r.Began.Add(k.Every).Sub(now); idle > 0 {
			for _, l := range r.Later {
				idle = min(idle, max(l.Next.Sub(now), 0))
			}
			return idle, nil
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
			k.Log.Info("second factors of all users are read", zap.Int("users", r.Users), zap.Int("masked", r.Masked),
				zap.Int("later", len(r.Later)), zap.Int("left", r.Left))
			return true, k.remember(ctx, r)
		}
		for _, u := range users {
			// Whom somebody told us about since the round began is up to date.
			if u.Deleted || u.FactorsAt.After(r.Began) {
				r.After = u.ID
				continue
			}
			masked, err := k.factors(ctx, u.ID, u.Factors)
			var broken *unread
			switch {
			case errors.As(err, &broken):
				err = k.broke(u.ID, 1, err)
				if len(r.Later) < mostLater {
					r.Later = append(r.Later, Later{u.ID, 1, k.Now().Add(later(1)), broken.Error()})
				} else {
					r.Left++
				}
			case err != nil:
				return false, err
			default:
				k.failed = 0
				r.Users++
				r.Masked += masked
			}
			r.After = u.ID // nobody waits for one who cannot be read
			return false, errors.Join(err, k.remember(ctx, r))
		}
	}
}

// retry reads the second factors of a user again who could not be read.
func (k *Keeper) retry(ctx context.Context, r *Round, i int) error {
	l := r.Later[i]
	known, err := k.Users.PhoneUser(ctx, l.ID)
	if err != nil && !errors.Is(err, runner.ErrNotFound) {
		return fmt.Errorf("read a user of the index: %w", err)
	}
	rest := slices.Delete(slices.Clone(r.Later), i, i+1)
	if err != nil || known.Deleted || known.FactorsAt.After(r.Began) {
		r.Later = rest
		return k.remember(ctx, r) // they are gone, or have been read meanwhile
	}
	masked, err := k.factors(ctx, l.ID, known.Factors)
	var broken *unread
	switch {
	case errors.As(err, &broken):
		l.Tries++
		l.Why = broken.Error()
		err = k.broke(l.ID, l.Tries, err)
		if l.Next = k.Now().Add(later(l.Tries)); l.Tries < mostTries {
			rest = append(rest, l)
		} else {
			r.Left++
		}
	case err != nil:
		return err
	default:
		k.failed = 0
		r.Users++
		r.Masked += masked
	}
	r.Later = rest
	return errors.Join(err, k.remember(ctx, r))
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
// was broken off, or that has left users for later. Who cannot be read is tried twice,
// and stays in Later. report is told after each user; nil: nobody is.
func (k *Keeper) ReadFactors(ctx context.Context, report func(Round)) (Round, error) {
	r, err := k.Round(ctx)
	if err != nil {
		return r, err
	}
	if r.Done && len(r.Later) == 0 {
		r = Round{Began: k.Now()}
	}
	tell := func() {
		if report != nil {
			report(r)
		}
	}
	everybody := func() (done bool, err error) {
		if r.Done {
			return true, nil
		}
		return k.advance(ctx, &r)
	}
	if err := each(ctx, everybody, tell); err != nil {
		return r, err
	}
	var ids []string
	for _, l := range r.Later {
		ids = append(ids, l.ID)
	}
	again := func() (done bool, err error) {
		if len(ids) == 0 {
			return true, nil
		}
		i := slices.IndexFunc(r.Later, func(l Later) bool { return l.ID == ids[0] })
		if err = k.retry(ctx, &r, i); err == nil || errors.As(err, new(*unread)) {
			ids = ids[1:]
		}
		return false, err
	}
	return r, each(ctx, again, tell)
}

// mostOutages is how many failures in a row end a round that somebody waits for.
const mostOutages = 5

// each takes steps until one says that there is nothing left, and tells of each that
// did well.
func each(ctx context.Context, step func() (done bool, err error), tell func()) error {
	for failed := 0; ; {
		done, err := step()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (setup(err) || failed == mostOutages):
			return err
		case err != nil:
			if err := sleep(ctx, min(firstWait<<failed, lastWait)); err != nil {
				return err
			}
			failed++
			continue
		case done:
			return nil
		}
		failed = 0
		tell()
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
