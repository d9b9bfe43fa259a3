package lockout

import (
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
)

// Entry is something that attempts were counted by.
type Entry struct {
	ID ID `json:"id"`
	// Attempts is how many refused attempts are remembered.
	Attempts int `json:"attempts"`
	// Last is the last attempt; zero for a trunk.
	Last time.Time `json:"last,omitzero"`
	// Opens is when the next attempt may be made; zero: at once.
	Opens time.Time `json:"opens,omitzero"`
	// Until is when all will be forgotten.
	Until time.Time `json:"until"`
}

// Waiting tells whether sign-ins are refused at the moment.
func (e Entry) Waiting() bool { return !e.Opens.IsZero() }

// listPage is how many counters are read at once.
const listPage = 500

// List returns what attempts are counted by, in the order of IDs; with all unset,
// only what waits.
func (l *Lockout) List(ctx context.Context, all bool) ([]Entry, error) {
	var list []Entry
	for after := ""; ; {
		page, err := l.counters.Counts(ctx, prefix, after, l.clock(), listPage)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			after = c.Key
			id := ID(strings.TrimPrefix(c.Key, prefix))
			if id.Kind() == known {
				continue
			}
			if e := l.entry(id, c, l.clock()); e.Attempts > 0 && (all || e.Waiting()) {
				list = append(list, e)
			}
		}
		if len(page) < listPage {
			return list, nil
		}
	}
}

func (l *Lockout) entry(id ID, c runner.Counter, now time.Time) Entry {
	e := Entry{ID: id, Attempts: c.N, Last: c.At, Until: c.Until}
	if id.Kind() != Trunk {
		e.Attempts = l.limit(id.Kind()).attempts(c, now)
	}
	if r := l.refusal(id, c, now); r != nil {
		e.Opens = now.Add(r.wait)
	}
	return e
}

// Clear forgets the attempts counted by id, and returns how it stood; ok is false
// where there were none. Who asked for it goes into the log, for the audit.
func (l *Lockout) Clear(ctx context.Context, id ID, by string) (was Entry, ok bool, err error) {
	if id.Kind() == known {
		return was, false, nil
	}
	t := &attempt{Lockout: l}
	release, err := t.turn(ctx, id)
	if err != nil {
		return was, false, err
	}
	defer release()
	err = t.swap(ctx, id, func(c runner.Counter, now time.Time) (runner.Counter, bool) {
		was, ok = l.entry(id, c, now), c.N > 0
		return runner.Counter{Key: c.Key}, ok
	})
	if err != nil || !ok {
		return was, false, err
	}
	l.log.Info("audit: lock-out cleared", zap.String("lockout", string(id)), zap.Int("attempts", was.Attempts),
		zap.Bool("waiting", was.Waiting()), zap.String("by", by))
	return was, true, nil
}
