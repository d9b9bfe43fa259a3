package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"callflow/engine/runner"
)

// Run tests a store. open returns an empty one for each test, which Run closes;
// the tests run in parallel.
func Run(t *testing.T, open func(t *testing.T) runner.Store) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"sessions", sessionTests},
		{"due", dueTests},
		{"expire", expireTests},
		{"effects", effectTests},
		{"mailbox", mailTests},
		{"outbox", outboxTests},
		{"counters", counterTests},
		{"programs", programTests},
		{"phones", phoneTests},
		{"context", contextTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, tt := range g.tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					s := open(t)
					t.Cleanup(func() {
						if err := s.Close(); err != nil {
							t.Errorf("Close: %v", err)
						}
					})
					tt.run(&env{T: t, Store: s, ctx: t.Context()})
				})
			}
		})
	}
}

// test is one promise of the port.
type test struct {
	name string
	run  func(*env)
}

// env is a test with its store.
type env struct {
	*testing.T
	runner.Store
	ctx context.Context
}

// t0 is when the tests begin.
var t0 = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// after is an instant of the test.
func after(d time.Duration) time.Time { return t0.Add(d) }

// is fails the test unless err is want; nil wants none.
func (e *env) is(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("error is %v, want %v", err, want)
	}
}

// ok fails the test on an error.
func (e *env) ok(err error) {
	e.Helper()
	e.is(err, nil)
}

// equal fails the test unless got is want.
func equal[T comparable](e *env, what string, got, want T) {
	e.Helper()
	if got != want {
		e.Fatalf("%s is %v, want %v", what, got, want)
	}
}

// same fails the test unless the bytes read as want; nil and empty are alike.
func (e *env) same(what string, got []byte, want string) {
	e.Helper()
	equal(e, what, string(got), want)
}

// at fails the test unless the instants are the same to the microsecond.
func (e *env) at(what string, got, want time.Time) {
	e.Helper()
	if !got.Truncate(time.Microsecond).Equal(want.Truncate(time.Microsecond)) {
		e.Fatalf("%s is %v, want %v", what, got, want)
	}
}

// session returns a record that wakes and expires in time.
func session(id string) runner.Record {
	return runner.Record{
		ID:        id,
		Data:      []byte("data of " + id),
		Reply:     []byte("reply of " + id),
		Wake:      after(time.Minute),
		ExpiresAt: after(time.Hour),
	}
}

// insert saves a new session and returns it as it was saved.
func (e *env) insert(id string) runner.Record {
	e.Helper()
	r := session(id)
	e.ok(e.Insert(e.ctx, r))
	r.Version = 1
	return r
}

// load returns a session that must be there.
func (e *env) load(id string) runner.Record {
	e.Helper()
	r, err := e.Load(e.ctx, id)
	e.ok(err)
	return r
}

// commit saves a session without promises and returns it as it was saved.
func (e *env) commit(r runner.Record) runner.Record {
	e.Helper()
	e.ok(e.Commit(e.ctx, r, nil, 0))
	r.Version++
	return r
}

// entomb ends a session.
func (e *env) entomb(r runner.Record, until time.Time) {
	e.Helper()
	r.ExpiresAt = until
	e.ok(e.Entomb(e.ctx, r, nil))
}

// expire expires until nothing more is left.
func (e *env) expire(now time.Time) {
	e.Helper()
	for range 1000 {
		more, err := e.Expire(e.ctx, now)
		e.ok(err)
		if !more {
			return
		}
	}
	e.Fatal("Expire says after 1000 calls that more is left")
}
