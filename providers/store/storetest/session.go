package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"callflow/engine/runner"
)

var sessionTests = []test{
	{"missing", func(e *env) {
		_, err := e.Load(e.ctx, "nobody")
		e.is(err, runner.ErrNotFound)
		_, err = e.Tombstone(e.ctx, "nobody")
		e.is(err, runner.ErrNotFound)
		r := session("nobody")
		e.is(e.Commit(e.ctx, r, nil, 0), runner.ErrNotFound)
		e.is(e.Entomb(e.ctx, r, nil), runner.ErrNotFound)
	}},
	{"insert", func(e *env) {
		want := session("a")
		want.Version = 7 // it is the store's to say
		e.ok(e.Insert(e.ctx, want))
		got := e.load("a")
		equal(e, "id", got.ID, "a")
		equal(e, "version", got.Version, 1)
		e.same("data", got.Data, "data of a")
		e.same("reply", got.Reply, "reply of a")
		e.at("wake", got.Wake, want.Wake)
		e.at("expiry", got.ExpiresAt, want.ExpiresAt)
	}},
	{"empty fields", func(e *env) {
		e.ok(e.Insert(e.ctx, runner.Record{ID: "a"}))
		got := e.load("a")
		e.same("data", got.Data, "")
		e.same("reply", got.Reply, "")
		equal(e, "wake is never", got.Wake.IsZero(), true)
		equal(e, "expiry is never", got.ExpiresAt.IsZero(), true)
		e.expire(after(10_000 * time.Hour))
		e.load("a")
	}},
	{"exists", func(e *env) {
		e.insert("a")
		second := session("a")
		second.Data = []byte("second")
		e.is(e.Insert(e.ctx, second), runner.ErrExists)
		e.same("data", e.load("a").Data, "data of a")
	}},
	{"entombed", func(e *env) {
		r := e.insert("a")
		r.Reply = []byte("goodbye")
		r.ExpiresAt = after(24 * time.Hour)
		e.ok(e.Entomb(e.ctx, r, nil))

		_, err := e.Load(e.ctx, "a")
		e.is(err, runner.ErrEntombed)
		e.is(e.Insert(e.ctx, session("a")), runner.ErrEntombed)
		e.is(e.Commit(e.ctx, r, nil, 0), runner.ErrEntombed)
		r.Version++
		e.is(e.Commit(e.ctx, r, nil, 0), runner.ErrEntombed)
		e.is(e.Entomb(e.ctx, r, nil), runner.ErrConflict)
		e.is(e.Post(e.ctx, "a", []byte("late"), t0), runner.ErrEntombed)

		got, err := e.Tombstone(e.ctx, "a")
		e.ok(err)
		equal(e, "id", got.ID, "a")
		e.same("reply", got.Reply, "goodbye")
		e.at("expiry", got.ExpiresAt, r.ExpiresAt)
	}},
	{"a live session has no tombstone", func(e *env) {
		e.insert("a")
		_, err := e.Tombstone(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
	}},
	{"commit", func(e *env) {
		r := e.insert("a")
		for turn := range 20 { // longer, shorter and empty bytes in turn
			r.Data = []byte(strings.Repeat("d", turn*37%101))
			r.Reply = []byte(strings.Repeat("r", turn*531%997))
			r.Wake, r.ExpiresAt = after(time.Duration(turn)*time.Second), after(time.Hour)
			r = e.commit(r)
			got := e.load("a")
			equal(e, "version", got.Version, int64(turn)+2)
			e.same("data", got.Data, string(r.Data))
			e.same("reply", got.Reply, string(r.Reply))
			e.at("wake", got.Wake, r.Wake)
			e.at("expiry", got.ExpiresAt, r.ExpiresAt)
		}
	}},
	{"conflict", func(e *env) {
		old := e.insert("a")
		old.Data = []byte("first")
		e.commit(old)
		old.Data = []byte("too late")
		e.is(e.Commit(e.ctx, old, nil, 0), runner.ErrConflict)
		e.is(e.Entomb(e.ctx, old, nil), runner.ErrConflict)
		future := old
		future.Version = 9
		e.is(e.Commit(e.ctx, future, nil, 0), runner.ErrConflict)
		got := e.load("a")
		equal(e, "version", got.Version, 2)
		e.same("data", got.Data, "first")
	}},
	{"many insert, one wins", func(e *env) {
		e.race(16, runner.ErrExists, func(i int) error {
			r := session("a")
			r.Data = fmt.Append(nil, i)
			return e.Insert(e.ctx, r)
		})
		equal(e, "version", e.load("a").Version, 1)
	}},
	{"many commit, one wins", func(e *env) {
		r := e.insert("a")
		winner := e.race(16, runner.ErrConflict, func(i int) error {
			r := r
			r.Data = fmt.Append(nil, i)
			return e.Commit(e.ctx, r, nil, 0)
		})
		got := e.load("a")
		equal(e, "version", got.Version, 2)
		e.same("data", got.Data, fmt.Sprint(winner))
	}},
	{"many entomb, one wins", func(e *env) {
		r := e.insert("a")
		winner := e.race(16, runner.ErrConflict, func(i int) error {
			r := r
			r.Reply = fmt.Append(nil, i)
			return e.Entomb(e.ctx, r, nil)
		})
		got, err := e.Tombstone(e.ctx, "a")
		e.ok(err)
		e.same("reply", got.Reply, fmt.Sprint(winner))
	}},
	{"commit promises together", func(e *env) {
		r := e.insert("a")
		e.ok(e.Commit(e.ctx, r, []runner.Promise{promise("a", 1), promise("a", 2)}, 0))
		equal(e, "backlog", e.backlog(), 2)
		e.is(e.Commit(e.ctx, r, []runner.Promise{promise("a", 3)}, 0), runner.ErrConflict)
		_, err := e.Promised(e.ctx, "a/3")
		e.is(err, runner.ErrNotFound)
		equal(e, "backlog", e.backlog(), 2)
	}},
	{"entomb promises together", func(e *env) {
		r := e.insert("a")
		stale := r
		stale.Version = 5
		e.is(e.Entomb(e.ctx, stale, []runner.Promise{promise("a", 1)}), runner.ErrConflict)
		equal(e, "backlog", e.backlog(), 0)
		e.ok(e.Entomb(e.ctx, r, []runner.Promise{promise("a", 1)}))
		p, err := e.Promised(e.ctx, "a/1")
		e.ok(err)
		e.same("data", p.Data, "data of a/1")
	}},
	{"no promises for nobody", func(e *env) {
		r := session("nobody")
		e.is(e.Commit(e.ctx, r, []runner.Promise{promise("nobody", 1)}, 0), runner.ErrNotFound)
		e.is(e.Entomb(e.ctx, r, []runner.Promise{promise("nobody", 1)}), runner.ErrNotFound)
		equal(e, "backlog", e.backlog(), 0)
	}},
	{"a commit promises once", func(e *env) {
		r := e.insert("a")
		e.ok(e.Commit(e.ctx, r, []runner.Promise{promise("a", 1)}, 0))
		r.Version++
		again := promise("a", 1)
		again.Data = []byte("changed")
		e.ok(e.Commit(e.ctx, r, []runner.Promise{again}, 0))
		p, err := e.Promised(e.ctx, "a/1")
		e.ok(err)
		e.same("data", p.Data, "data of a/1")
		equal(e, "backlog", e.backlog(), 1)
	}},
	{"bytes are its own", func(e *env) {
		r := session("a")
		e.ok(e.Insert(e.ctx, r))
		clear(r.Data)
		clear(r.Reply)
		got := e.load("a")
		e.same("data", got.Data, "data of a")
		e.same("reply", got.Reply, "reply of a")

		// Growing one part must not reach into another.
		got = e.load("a")
		_ = append(got.Data, "XXXXXXXX"...)
		e.same("reply", got.Reply, "reply of a")

		r = e.load("a")
		r.Data = bytes.Clone(r.Data)
		e.ok(e.Commit(e.ctx, r, nil, 0))
		clear(r.Data)
		e.same("data", e.load("a").Data, "data of a")

		// What was loaded stays as it is, whatever is saved later.
		held := e.load("a")
		next := e.load("a")
		next.Data, next.Reply = []byte("xxxx xx x"), []byte("xxxxx xx x")
		e.ok(e.Commit(e.ctx, next, nil, 0))
		e.same("data loaded before", held.Data, "data of a")
		e.same("reply loaded before", held.Reply, "reply of a")
		next.Version++
		e.ok(e.Entomb(e.ctx, next, nil))
		e.same("data loaded before", held.Data, "data of a")
		e.same("reply loaded before", held.Reply, "reply of a")
	}},
	{"live", func(e *env) {
		count := func() int {
			n, err := e.Live(e.ctx)
			e.ok(err)
			return n
		}
		equal(e, "live", count(), 0)
		a, b := e.insert("a"), e.insert("b")
		equal(e, "live", count(), 2)
		e.commit(a)
		equal(e, "live", count(), 2)
		e.entomb(b, after(time.Hour))
		equal(e, "live", count(), 1)
		e.expire(after(2 * time.Hour)) // a is past its time, b's tombstone too
		equal(e, "live", count(), 0)
	}},
	{"ids are text", func(e *env) {
		ids := []string{"a", "A", "a/b", "a\x00b", "ü", strings.Repeat("long", 60)}
		for _, id := range ids {
			e.insert(id)
		}
		for _, id := range ids {
			equal(e, "id", e.load(id).ID, id)
		}
	}},
}

// race calls f n times at once. One call must succeed, whose number it returns;
// the others must fail with lost.
func (e *env) race(n int, lost error, f func(i int) error) (winner int) {
	e.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	winner = -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			e.Fatalf("both %d and %d won", winner, i)
		case !errors.Is(err, lost):
			e.Fatalf("error is %v, want %v", err, lost)
		}
	}
	if winner < 0 {
		e.Fatal("nobody won")
	}
	return winner
}
