package index

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// unread is that one user could not be read. Others perhaps can.
type unread struct {
	user  string
	cause error
}

func (u *unread) Error() string { return u.cause.Error() }

// Unwrap is the cause.
func (u *unread) Unwrap() error { return u.cause }

// reading tells errors that may be one user's from those that all users would meet: a
// scope that is missing, a pause that was asked for, an end of the program.
func reading(user string, err error) error {
	if setup(err) || errors.Is(err, runner.ErrLater) || errors.Is(err, context.Canceled) {
		return err
	}
	return &unread{user, err}
}

const (
	// firstLater and lastLater are how long a user waits who could not be read: twice
	// as long each time.
	firstLater = time.Second
	lastLater  = time.Hour
	// mostTries bounds how often one is tried, which takes two days.
	mostTries = 60
	// mostBroken is how many users in a row may fail before it is taken for an outage.
	mostBroken = 3
)

// later is how long a user waits after so many tries.
func later(tries int) time.Duration {
	if tries > 12 {
		return lastLater
	}
	return min(firstLater<<(tries-1), lastLater)
}

// broke notes that a user could not be read. It returns err where it looks like an
// outage, so that whoever works waits a little.
func (k *Keeper) broke(user string, tries int, err error) error {
	k.failed++
	if k.failed > mostBroken {
		return err
	}
	k.Log.Warn("a user cannot be read and is tried again later", zap.String("user", user), zap.Int("tries", tries), zap.Error(err))
	return nil
}
