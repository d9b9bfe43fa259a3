package memory

import (
	"bytes"
	"context"
	"sync"
	"time"

	"callflow/engine/runner"
)

// effects keeps who runs which effect, and what came of it.
type effects struct {
	mu     sync.Mutex
	byKey  map[runner.EffectKey]*effect
	expiry queue[*effect]
}

// effect is a runner.EffectRecord in less space.
type effect struct {
	key            runner.EffectKey
	owner          string
	lease, started instant
	result         []byte
	done           bool
	expiry         timer
}

func newEffects() effects {
	return effects{
		byKey:  make(map[runner.EffectKey]*effect),
		expiry: queue[*effect]{timer: func(e *effect) *timer { return &e.expiry }},
	}
}

// Claim starts an effect for owner, or says who has.
func (s *Store) Claim(ctx context.Context, k runner.EffectKey, owner string, now, lease time.Time) (r runner.EffectRecord, claimed bool, err error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, false, err
	}
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.byKey[k]
	switch {
	case e == nil:
		claimed = true
		e = &effect{key: k, started: instantOf(now), expiry: idle}
		t.byKey[k] = e
		t.lease(e, owner, lease)
	case !e.done && e.lease <= instantOf(now):
		t.lease(e, owner, lease)
	}
	return e.record(), claimed, nil
}

// Finish keeps the first result of an effect.
func (s *Store) Finish(ctx context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, err
	}
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.byKey[k]
	if e == nil {
		return runner.EffectRecord{}, runner.ErrNotFound
	}
	if !e.done {
		e.done = true
		e.result = bytes.Clone(result)
	}
	return e.record(), nil
}

// Effect returns a record.
func (s *Store) Effect(ctx context.Context, k runner.EffectKey) (runner.EffectRecord, error) {
	if err := s.usable(ctx); err != nil {
		return runner.EffectRecord{}, err
	}
	t := &s.effects
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.byKey[k]
	if e == nil {
		return runner.EffectRecord{}, runner.ErrNotFound
	}
	return e.record(), nil
}

// lease gives an effect to owner. The lock is held.
func (t *effects) lease(e *effect, owner string, until time.Time) {
	e.owner, e.lease = owner, instantOf(until)
	t.expiry.set(e, instantOf(until.Add(runner.EffectLife)))
}

// expire drops records long after their lease.
func (t *effects) expire(now instant, budget int) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		e, ok := t.expiry.take(now, &budget)
		if !ok {
			return t.expiry.ready(now)
		}
		delete(t.byKey, e.key)
	}
}

func (e *effect) record() runner.EffectRecord {
	return runner.EffectRecord{
		Key:     e.key,
		Owner:   e.owner,
		Lease:   e.lease.time(),
		Started: e.started.time(),
		Done:    e.done,
		Result:  bytes.Clone(e.result),
	}
}
