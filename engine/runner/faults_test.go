package runner_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"callflow/engine/runner"
)

var errStore = errors.New("the store is down")

// faults is a store that fails when it is told to: before it does what is asked,
// or after, so that nobody learns it was done.
type faults struct {
	runner.Store
	fail func(n int, op string) (before, after bool)

	mu  sync.Mutex
	ops []string
}

// do counts one call.
func (f *faults) do(op string, call func() error) error {
	f.mu.Lock()
	f.ops = append(f.ops, op)
	n := len(f.ops)
	f.mu.Unlock()
	before, after := f.fail(n, op)
	if before {
		return errStore
	}
	err := call()
	if after {
		return errStore
	}
	return err
}

func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ops)
}

func (f *faults) Insert(ctx context.Context, r runner.Record) error {
	return f.do("insert", func() error { return f.Store.Insert(ctx, r) })
}

func (f *faults) Load(ctx context.Context, id string) (r runner.Record, err error) {
	err = f.do("load", func() error { r, err = f.Store.Load(ctx, id); return err })
	return r, err
}

func (f *faults) Commit(ctx context.Context, r runner.Record, p []runner.Promise, read int64) error {
	return f.do("commit", func() error { return f.Store.Commit(ctx, r, p, read) })
}

func (f *faults) Entomb(ctx context.Context, r runner.Record, p []runner.Promise) error {
	return f.do("entomb", func() error { return f.Store.Entomb(ctx, r, p) })
}

func (f *faults) Tombstone(ctx context.Context, id string) (r runner.Record, err error) {
	err = f.do("tombstone", func() error { r, err = f.Store.Tombstone(ctx, id); return err })
	return r, err
}

func (f *faults) Due(ctx context.Context, now time.Time, limit int) (ids []string, err error) {
	err = f.do("due", func() error { ids, err = f.Store.Due(ctx, now, limit); return err })
	return ids, err
}

func (f *faults) Claim(ctx context.Context, k runner.EffectKey, owner string, now, lease time.Time) (r runner.EffectRecord, claimed bool, err error) {
	err = f.do("claim", func() error { r, claimed, err = f.Store.Claim(ctx, k, owner, now, lease); return err })
	return r, claimed, err
}

func (f *faults) Finish(ctx context.Context, k runner.EffectKey, result []byte) (r runner.EffectRecord, err error) {
	err = f.do("finish", func() error { r, err = f.Store.Finish(ctx, k, result); return err })
	return r, err
}

func (f *faults) Post(ctx context.Context, session string, data []byte, wake time.Time) error {
	return f.do("post", func() error { return f.Store.Post(ctx, session, data, wake) })
}

func (f *faults) Mail(ctx context.Context, session string) (m []runner.Mail, err error) {
	err = f.do("mail", func() error { m, err = f.Store.Mail(ctx, session); return err })
	return m, err
}

func (f *faults) Promise(ctx context.Context, p runner.Promise) (got runner.Promise, err error) {
	err = f.do("promise", func() error { got, err = f.Store.Promise(ctx, p); return err })
	return got, err
}

func (f *faults) Promised(ctx context.Context, key string) (p runner.Promise, err error) {
	err = f.do("promised", func() error { p, err = f.Store.Promised(ctx, key); return err })
	return p, err
}

func (f *faults) Lease(ctx context.Context, key, owner string, now, lease time.Time) (p runner.Promise, err error) {
	err = f.do("lease", func() error { p, err = f.Store.Lease(ctx, key, owner, now, lease); return err })
	return p, err
}

func (f *faults) Ready(ctx context.Context, now time.Time, limit int) (p []runner.Promise, err error) {
	err = f.do("ready", func() error { p, err = f.Store.Ready(ctx, now, limit); return err })
	return p, err
}

func (f *faults) Settle(ctx context.Context, key, owner string, done bool, result []byte, next time.Time) error {
	return f.do("settle", func() error { return f.Store.Settle(ctx, key, owner, done, result, next) })
}

func (f *faults) SaveProgram(ctx context.Context, hash string, source []byte) error {
	return f.do("save program", func() error { return f.Store.SaveProgram(ctx, hash, source) })
}

func (f *faults) LoadProgram(ctx context.Context, hash string) (source []byte, err error) {
	err = f.do("load program", func() error { source, err = f.Store.LoadProgram(ctx, hash); return err })
	return source, err
}

func (f *faults) Count(ctx context.Context, key string, now time.Time) (c runner.Counter, err error) {
	err = f.do("count", func() error { c, err = f.Store.Count(ctx, key, now); return err })
	return c, err
}

func (f *faults) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	return f.do("swap", func() error { return f.Store.Swap(ctx, old, next, now) })
}

func (f *faults) Add(ctx context.Context, key string, delta int, now time.Time, window time.Duration) (n int, err error) {
	err = f.do("add", func() error { n, err = f.Store.Add(ctx, key, delta, now, window); return err })
	return n, err
}
