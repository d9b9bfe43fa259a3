package lockout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// retries bounds how often other instances may overtake us at a counter. They
// overtake only by counting, which their own limits end.
const retries = 100

// attempt is a sign-in that was allowed, with what was counted for it.
type attempt struct {
	*Lockout
	known   ID // what to remember when it goes well; "": nothing
	counted []counted
	refused *refusal
}

// refusal says what an attempt was refused by, and how long it will be.
type refusal struct {
	id   ID
	wait time.Duration
}

// counted is one count of an attempt.
type counted struct {
	id ID
	// before and after are the counter; the former is unused for a trunk.
	before, after runner.Counter
}

// reserve counts an attempt wherever it counts, or nowhere if any refuses it.
func (l *Lockout) reserve(ctx context.Context, a engine.Authenticate) (*attempt, error) {
	for {
		t := &attempt{Lockout: l}
		ids, err := t.ids(ctx, a)
		if err != nil {
			return nil, err
		}
		ended := make([]uint64, len(ids))
		for i, id := range ids {
			ended[i] = l.flights.ended(id)
		}
		err = t.countAll(ctx, ids)
		if err != nil || t.refused == nil || t.refused.id.Kind() == Trunk {
			return t, err
		}
		again, err := l.flights.wait(ctx, t.refused.id, ended[slices.Index(ids, t.refused.id)])
		if err != nil || !again {
			return t, err
		}
	}
}

// countAll counts an attempt by all ids, or by none.
func (t *attempt) countAll(ctx context.Context, ids []ID) (err error) {
	// Look first: whoever is refused writes nothing.
	for _, id := range ids {
		if t.refused, err = t.look(ctx, id); err != nil || t.refused != nil {
			return err
		}
	}
	for _, id := range ids {
		t.flights.begin(id)
		before := len(t.counted)
		err := t.count(ctx, id)
		if len(t.counted) == before {
			t.flights.end(id)
		}
		if err != nil || t.refused != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
			defer cancel()
			return errors.Join(err, t.settle(ctx, outage))
		}
	}
	return nil
}

// ids are what an attempt is counted by.
func (t *attempt) ids(ctx context.Context, a engine.Authenticate) ([]ID, error) {
	number, ok := t.Number(a.From)
	if !ok {
		return []ID{t.trunk(a), t.Account(a.Account)}, nil
	}
	if t.limits.Known {
		t.known = t.Hasher.known(a.Account, a.From)
		c, err := t.counters.Count(ctx, t.known.key(), t.clock())
		if err != nil {
			return nil, err
		}
		if c.N > 0 {
			return []ID{t.Caller(a.Account, a.From)}, nil
		}
	}
	return []ID{t.trunk(a), number, t.Account(a.Account)}, nil
}

// limit is the limit of what is not a trunk.
func (l *Lockout) limit(k Kind) Limit {
	if k == Number {
		return l.limits.Number
	}
	return l.limits.Account
}

// look tells whether an attempt would be refused.
func (l *Lockout) look(ctx context.Context, id ID) (*refusal, error) {
	now := l.clock()
	c, err := l.counters.Count(ctx, id.key(), now)
	if err != nil {
		return nil, err
	}
	return l.refusal(id, c, now), nil
}

func (l *Lockout) refusal(id ID, c runner.Counter, now time.Time) *refusal {
	opens := now
	if id.Kind() != Trunk {
		opens = l.limit(id.Kind()).opens(c, now)
	} else if c.N >= l.limits.Trunk.Free {
		opens = c.Until
	}
	if !opens.After(now) {
		return nil
	}
	return &refusal{id, opens.Sub(now)}
}

// count counts an attempt, or sets t.refused.
func (t *attempt) count(ctx context.Context, id ID) error {
	if id.Kind() == Trunk {
		return t.countTrunk(ctx, id)
	}
	release, err := t.turn(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	before := len(t.counted)
	err = t.swap(ctx, id, func(c runner.Counter, now time.Time) (runner.Counter, bool) {
		if t.refused = t.refusal(id, c, now); t.refused != nil {
			return c, false
		}
		next := t.limit(id.Kind()).count(c, now)
		t.counted = append(t.counted, counted{id, c, next})
		return next, true
	})
	if len(t.counted) > before {
		t.flights.count(id, 1)
	}
	return err
}

// countTrunk counts by Add: everybody counts here, and none should have to wait
// for another.
func (t *attempt) countTrunk(ctx context.Context, id ID) error {
	now := t.clock()
	n, err := t.counters.Add(ctx, id.key(), 1, now, t.limits.Trunk.Window)
	if err != nil {
		return err
	}
	c, err := t.counters.Count(ctx, id.key(), now)
	t.counted = append(t.counted, counted{id: id, after: c})
	if err == nil && n > t.limits.Trunk.Free {
		t.refused = &refusal{id, c.Until.Sub(now)}
	}
	return err
}

// turn waits until nobody else in this process changes the counter.
func (l *Lockout) turn(ctx context.Context, id ID) (release func(), err error) {
	turn := l.turns[stripe(id)]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// swap changes a counter by change, which may be asked several times and may
// refuse. What change appended to t.counted for a try that was overtaken is
// dropped. The caller has the turn.
func (t *attempt) swap(ctx context.Context, id ID, change func(c runner.Counter, now time.Time) (runner.Counter, bool)) error {
	before := len(t.counted)
	for range retries {
		now := t.clock()
		c, err := t.counters.Count(ctx, id.key(), now)
		if err != nil {
			return err
		}
		next, ok := change(c, now)
		if !ok {
			return nil
		}
		err = t.counters.Swap(ctx, c, next, now)
		if err == nil {
			return nil
		}
		t.counted = t.counted[:before]
		if !errors.Is(err, runner.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("overtaken %d times at %s", retries, id.Kind())
}

// settle ends an attempt, and gives back what was counted as far as the end allows.
func (t *attempt) settle(ctx context.Context, e end) error {
	var errs []error
	if e == proved && t.known != "" {
		errs = append(errs, t.remember(ctx))
	}
	mine := t.counted
	t.counted = nil
	for _, m := range mine {
		switch {
		case m.id.Kind() == Trunk && e != wrong:
			errs = append(errs, t.giveBackTrunk(ctx, m))
		case e != wrong:
			errs = append(errs, t.giveBack(ctx, m, e))
		case m.id.Kind() != Trunk:
			t.flights.count(m.id, -1)
		}
		t.flights.end(m.id)
	}
	return errors.Join(errs...)
}

// giveBack takes one attempt back. When the owner has signed in, nothing stays
// counted at the account but what is on its way; a number or a trunk only gets its
// own attempt back, lest whoever has an account signs in to it between two guesses
// at others.
func (t *attempt) giveBack(ctx context.Context, m counted, e end) error {
	release, err := t.turn(ctx, m.id)
	others := t.flights.count(m.id, -1) * whole
	if err != nil {
		return err
	}
	defer release()
	return t.swap(ctx, m.id, func(c runner.Counter, now time.Time) (runner.Counter, bool) {
		switch {
		case c.N == 0:
			return c, false
		case e == proved && m.id.Kind() != Number:
			return t.limit(m.id.Kind()).at(c.Key, min(c.N, others), c.At, now), true
		case same(c, m.after):
			// Nobody has counted since: as if it had never been.
			return t.limit(m.id.Kind()).at(c.Key, m.before.N, m.before.At, now), true
		case c.At.Before(m.after.At):
			return c, false // cleared meanwhile: ours is gone
		}
		return t.limit(m.id.Kind()).uncount(c, now), true
	})
}

func (t *attempt) giveBackTrunk(ctx context.Context, m counted) error {
	now := t.clock()
	c, err := t.counters.Count(ctx, m.id.key(), now)
	if err != nil || !m.after.Until.IsZero() && !c.Until.Equal(m.after.Until) {
		return err // another window
	}
	_, err = t.counters.Add(ctx, m.id.key(), -1, now, t.limits.Trunk.Window)
	return err
}

func same(a, b runner.Counter) bool {
	return a.N == b.N && a.At.Equal(b.At) && a.Until.Equal(b.Until)
}

// remember notes that the caller has signed in from this number. What was noted
// lately is not noted again.
func (t *attempt) remember(ctx context.Context) error {
	release, err := t.turn(ctx, t.known)
	if err != nil {
		return err
	}
	defer release()
	return t.swap(ctx, t.known, func(c runner.Counter, now time.Time) (runner.Counter, bool) {
		if c.Until.Sub(now) > knownFor/2 {
			return c, false
		}
		return runner.Counter{Key: c.Key, N: 1, At: now, Until: now.Add(knownFor)}, true
	})
}

// stripe spreads IDs over turns.
func stripe(id ID) (n byte) {
	for i := range len(id) {
		n = 31*n + id[i]
	}
	return n
}
