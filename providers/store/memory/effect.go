package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"callflow/engine/runner"
)

// effects keeps who runs which effect, and what came of it.
type effects struct {
	mu     sync.Mutex
	all    *slab[effect]
	byKey  map[effectKey]place
	expiry queue[place]
}

// effect is a runner.EffectRecord in less space.
type effect struct {
	key            effectKey
	owner          string
	lease, started instant
	result         []byte
	done           bool
	expiry         timer
}

func newEffects() effects {
	all := new(slab[effect])
	return effects{
		all:    all,
		byKey:  make(map[effectKey]place),
		expiry: queue[place]{timer: func(p place) *timer { return &all.at(p).expiry }},
	}
}

// Claim starts an effect for owner, or says who has.
func (s *Store) Claim(ctx context.Context, k runner.EffectKey, owner string, now, lease time.Time) (r runner.EffectRecord, claimed bool, err error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, false, err
	}
	key := keyOf(k)
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.byKey[key]
	if !known {
		at = t.all.add(effect{key: key, started: instantOf(now), expiry: idle})
		t.byKey[key] = at
		t.lease(at, owner, lease)
	} else if e := t.all.at(at); !e.done && e.lease <= instantOf(now) {
		t.lease(at, owner, lease)
	}
	return t.all.at(at).record(k), !known, nil
}

// Finish keeps the first result of an effect.
func (s *Store) Finish(ctx context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, err
	}
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.byKey[keyOf(k)]
	if !known {
		return runner.EffectRecord{}, runner.ErrNotFound
	}
	e := t.all.at(at)
	if !e.done {
		e.done = true
		e.result = bytes.Clone(result)
	}
	return e.record(k), nil
}

// Effect returns a record.
func (s *Store) Effect(ctx context.Context, k runner.EffectKey) (runner.EffectRecord, error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, err
	}
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.byKey[keyOf(k)]
	if !known {
		return runner.EffectRecord{}, runner.ErrNotFound
	}
	e := t.all.at(at)
	return e.record(k), nil
}

// lease gives an effect to owner. The lock is held.
func (t *effects) lease(at place, owner string, until time.Time) {
	e := t.all.at(at)
	e.owner, e.lease = owner, instantOf(until)
	t.expiry.set(at, instantOf(until.Add(runner.EffectLife)))
}

// expire drops records long after their lease.
func (t *effects) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		p, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		delete(t.byKey, t.all.at(p).key)
		t.all.drop(p, effect{expiry: idle})
	}
}

// record lends the effect's result, which is never written to again, under the key
// that it was found by.
func (e *effect) record(k runner.EffectKey) runner.EffectRecord {
	return runner.EffectRecord{
		Key:     k,
		Owner:   e.owner,
		Lease:   e.lease.time(),
		Started: e.started.time(),
		Done:    e.done,
		Result:  slices.Clip(e.result),
	}
}
