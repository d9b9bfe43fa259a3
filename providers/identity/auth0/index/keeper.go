package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Source is where users are read again: the tenant. Its errors are outages, which wrap
// runner.ErrLater where they say nothing of the user, and runner.ErrNotFound where there
// is no such user. It keeps to its own pace.
type Source interface {
	// Profile is a user as the Management API shows it.
	Profile(ctx context.Context, id string) (json.RawMessage, error)
	// Methods are a user's authentication methods as the Management API shows them.
	Methods(ctx context.Context, id string) (json.RawMessage, error)
}

// Users is what a Keeper needs of a runner.Phones.
type Users interface {
	Store
	PhoneUser(ctx context.Context, id string) (runner.PhoneUser, error)
}

// Keeper keeps the index current: it reads again the users of whom there are news,
// and in between the second factors of everybody, one user after the other.
type Keeper struct {
	Users  Users
	Source Source
	Shape  Shape
	// Factors says that second factors are read, which takes a scope of its own.
	Factors bool
	// Every is how long after one round of all second factors the next begins.
	Every time.Duration
	Now   func() time.Time
	Log   *zap.Logger

	mu      sync.Mutex
	loaded  bool
	pending []waiting // the oldest first
	reading string    // who is being read
	again   bool      // there have been news of them meanwhile
	wake    chan struct{}
	failed  int // users in a row who could not be read
}

// waiting is a user who is to be read again.
type waiting struct {
	News
	Tries int   `json:"tries,omitempty"` // that failed
	Next  int64 `json:"next,omitempty"`  // not before, in Unix seconds
}

// The names of the marks that a Keeper leaves in the index.
const (
	pendingMark = "auth0/news"
	roundMark   = "auth0/factors"
)

// mostPending bounds how many users wait to be read again.
const mostPending = 5000

// ErrBusy is Hear's: too many users wait already.
var ErrBusy = errors.New("too many users wait to be read again")

// Hear takes news. When it returns they are saved, and will be followed up even
// after a restart.
func (k *Keeper) Hear(ctx context.Context, news ...News) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(ctx); err != nil {
		return err
	}
	next := slices.Clone(k.pending)
	for _, n := range news {
		i := slices.IndexFunc(next, func(p waiting) bool {
			return p.ID == n.ID && (p.Phone == n.Phone || p.Phone == "" || n.Phone == "")
		})
		switch {
		case i >= 0 && n.Phone != "":
			next[i].Phone = n.Phone
		case i < 0:
			next = append(next, waiting{News: n})
		}
	}
	if len(next) > mostPending {
		return ErrBusy
	}
	if !slices.Equal(next, k.pending) {
		if err := k.save(ctx, next); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(news, func(n News) bool { return n.ID == k.reading }) {
		k.again = true
	}
	select {
	case k.waking() <- struct{}{}:
	default: // it is awake
	}
	return nil
}

// waking wakes Run. The lock is held.
func (k *Keeper) waking() chan struct{} {
	if k.wake == nil {
		k.wake = make(chan struct{}, 1)
	}
	return k.wake
}

// load reads what was pending when the process ended. The lock is held.
func (k *Keeper) load(ctx context.Context) error {
	if k.loaded {
		return nil
	}
	value, err := k.Users.Marked(ctx, pendingMark)
	if err != nil && !errors.Is(err, runner.ErrNotFound) {
		return fmt.Errorf("read which users are to be read again: %w", err)
	}
	if err == nil && json.Unmarshal(value, &k.pending) != nil {
		k.pending = nil // a later export repairs it
	}
	k.loaded = true
	return nil
}

// save keeps what is pending. The lock is held.
func (k *Keeper) save(ctx context.Context, pending []waiting) error {
	var value []byte
	if len(pending) > 0 {
		var err error
		if value, err = json.Marshal(pending); err != nil {
			return err
		}
	}
	if err := k.Users.Mark(ctx, pendingMark, value); err != nil {
		return fmt.Errorf("save which users are to be read again: %w", err)
	}
	k.pending = pending
	return nil
}

// The waits after reading has failed: doubled from one to the other.
const (
	firstWait = time.Second
	lastWait  = time.Minute
)

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	k.mu.Lock()
	wake := k.waking()
	k.mu.Unlock()
	failed := 0
	for ctx.Err() == nil {
		idle, err := k.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if failed == 0 {
				k.Log.Warn("the index of numbers is not kept current at the moment; it is tried again", zap.Bool("alarm", setup(err)), zap.Error(err))
			}
			idle = min(firstWait<<min(failed, 10), lastWait)
			failed++
		case failed > 0:
			k.Log.Info("the index of numbers is kept current again")
			failed = 0
		}
		if idle <= 0 {
			continue
		}
		t := time.NewTimer(idle)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-wake:
			if err != nil { // news are no reason to press on
				select {
				case <-ctx.Done():
				case <-t.C:
				}
			}
		}
		t.Stop()
	}
}

// setup tells errors that only an operator mends.
func setup(err error) bool {
	return errors.Is(err, runner.ErrSetup) || errors.Is(err, runner.ErrCredentials)
}

// Step reads one user, and says how long there is nothing to do then.
func (k *Keeper) Step(ctx context.Context) (idle time.Duration, err error) {
	k.mu.Lock()
	if err := k.load(ctx); err != nil {
		k.mu.Unlock()
		return 0, err
	}
	now := k.Now()
	due := slices.IndexFunc(k.pending, func(w waiting) bool { return w.Next <= now.Unix() })
	if due < 0 {
		idle = time.Hour
		for _, w := range k.pending {
			idle = min(idle, time.Unix(w.Next, 0).Sub(now))
		}
		k.mu.Unlock()
		if !k.Factors {
			return idle, nil
		}
		next, err := k.round(ctx)
		return min(idle, next), err
	}
	next := k.pending[due]
	k.reading, k.again = next.ID, false
	k.mu.Unlock()

	err = k.Refresh(ctx, next.News)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = ""
	i := slices.Index(k.pending, next)
	if i < 0 {
		return 0, err // more was heard of it
	}
	rest := slices.Delete(slices.Clone(k.pending), i, i+1)
	var broken *unread
	switch {
	case err == nil && !k.again:
		k.failed = 0
		return 0, k.save(ctx, rest)
	case err == nil: // it may have changed again while it was read
		k.failed = 0
		return 0, k.save(ctx, append(rest, waiting{News: next.News}))
	case !errors.As(err, &broken):
		k.pending = append(rest, next) // what cannot be read keeps nobody waiting
		return 0, err
	}
	return 0, k.postpone(ctx, rest, next, broken)
}

// postpone has a user read later who could not be read, or, after days of that, not at
// all.
func (k *Keeper) postpone(ctx context.Context, rest []waiting, w waiting, err *unread) error {
	w.Tries++
	down := k.broke(w.ID, w.Tries, err)
	if w.Tries == mostTries {
		k.Log.Error("a user could not be read for days, and is not tried any more: a new import repairs the index", zap.String("user", w.ID), zap.Error(err))
		return k.save(ctx, rest)
	}
	w.Next = k.Now().Add(later(w.Tries)).Unix()
	if err := k.save(ctx, append(rest, w)); err != nil {
		return err
	}
	return down
}

// Refresh reads a user again.
func (k *Keeper) Refresh(ctx context.Context, n News) error {
	at := k.Now()
	raw, err := k.Source.Profile(ctx, n.ID)
	if errors.Is(err, runner.ErrNotFound) {
		return k.put(ctx, runner.PhoneUser{ID: n.ID, UpdatedAt: at, Deleted: true, FactorsAt: at})
	}
	if err != nil {
		return reading(n.ID, err)
	}
	user, err := k.Shape.Profile(raw, at)
	if err != nil || user.ID != n.ID {
		k.Log.Warn("a user's profile makes no sense and is not put into the index", zap.String("user", n.ID), zap.Error(err))
		return nil
	}
	if err := k.put(ctx, user); err != nil || !k.Factors {
		return err
	}
	known, err := k.Users.PhoneUser(ctx, n.ID)
	if err != nil && !errors.Is(err, runner.ErrNotFound) {
		return err
	}
	numbers := known.Factors
	if isE164(n.Phone) {
		numbers = append(slices.Clone(numbers), n.Phone)
	}
	_, err = k.factors(ctx, n.ID, numbers)
	return err
}

func (k *Keeper) put(ctx context.Context, u runner.PhoneUser) error {
	_, err := k.Users.PutUsers(ctx, []runner.PhoneUser{u})
	if err != nil {
		return fmt.Errorf("save a user: %w", err)
	}
	return nil
}

// factors reads the second factors of one user, and says how many numbers Auth0
// does not show.
func (k *Keeper) factors(ctx context.Context, id string, known []string) (masked int, err error) {
	at := k.Now()
	raw, err := k.Source.Methods(ctx, id)
	var numbers []string
	switch {
	case errors.Is(err, runner.ErrNotFound):
	case err != nil:
		return 0, reading(id, err)
	default:
		if numbers, masked, err = parseFactors(raw, known); err != nil {
			k.Log.Warn("a user's second factors make no sense and are not put into the index", zap.String("user", id), zap.Error(err))
			return 0, nil
		}
	}
	return masked, k.put(ctx, runner.PhoneUser{ID: id, Factors: numbers, FactorsAt: at})
}
