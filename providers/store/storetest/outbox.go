package storetest

import (
	"fmt"
	"slices"
	"time"

	"callflow/engine/runner"
)

var outboxTests = []test{
	{"missing", func(e *env) {
		_, err := e.Promised(e.ctx, "none")
		e.is(err, runner.ErrNotFound)
		_, err = e.Lease(e.ctx, "none", "one", t0, after(time.Minute))
		e.is(err, runner.ErrNotFound)
		e.is(e.Settle(e.ctx, "none", "one", true, nil, t0), runner.ErrNotFound)
		e.ready(after(time.Hour), 10)
		equal(e, "backlog", e.backlog(), 0)
	}},
	{"promise", func(e *env) {
		want := promise("a", 1)
		want.Resend = true
		for range 2 { // what it returns, and what it kept
			got, err := e.Promise(e.ctx, want)
			e.ok(err)
			equal(e, "key", got.Key, "a/1")
			equal(e, "session", got.Session, "a")
			equal(e, "seq", got.Seq, 1)
			e.same("data", got.Data, "data of a/1")
			equal(e, "resend", got.Resend, true)
			e.at("created", got.CreatedAt, want.CreatedAt)
			e.at("next", got.NextAt, want.NextAt)
			e.at("expiry", got.ExpiresAt, want.ExpiresAt)
			equal(e, "attempts", got.Attempts, 0)
			equal(e, "done", got.Done, false)
		}
		equal(e, "backlog", e.backlog(), 1)
	}},
	{"a second under the same key changes nothing", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		second := promise("a", 1)
		second.Data, second.Seq, second.NextAt = []byte("second"), 9, after(time.Hour)
		got, err := e.Promise(e.ctx, second)
		e.ok(err)
		e.same("data", got.Data, "data of a/1")
		equal(e, "seq", got.Seq, 1)
		e.ready(t0, 10, "a/1")

		e.settle("a/1", "result")
		got, err = e.Promise(e.ctx, second)
		e.ok(err)
		equal(e, "done", got.Done, true)
		e.same("result", got.Result, "result")
		equal(e, "backlog", e.backlog(), 0)
	}},
	{"ready, earliest first", func(e *env) {
		for i, session := range []string{"c", "a", "d", "b"} {
			p := promise(session, 1)
			p.NextAt = after(time.Duration([]int{3, 1, 4, 2}[i]) * time.Second)
			_, err := e.Promise(e.ctx, p)
			e.ok(err)
		}
		e.ready(t0, 10)
		e.ready(after(time.Second), 10, "a/1")
		e.ready(after(time.Hour), 3, "a/1", "b/1", "c/1")
		e.ready(after(time.Hour), 10, "a/1", "b/1", "c/1", "d/1")
		e.ready(after(time.Hour), 10, "a/1", "b/1", "c/1", "d/1")
	}},
	{"in order within a session", func(e *env) {
		for _, seq := range []int{2, 1, 3} { // they may be written out of order
			_, err := e.Promise(e.ctx, promise("a", seq))
			e.ok(err)
		}
		_, err := e.Promise(e.ctx, promise("b", 1))
		e.ok(err)
		for _, key := range []string{"a/1", "a/2", "a/3"} {
			got := e.readyKeys(t0, 10)
			slices.Sort(got)
			if !slices.Equal(got, []string{key, "b/1"}) {
				e.Fatalf("ready: %q, want %q and b/1", got, key)
			}
			for _, later := range []string{"a/2", "a/3"} {
				if later > key {
					_, err := e.Lease(e.ctx, later, "one", t0, after(time.Minute))
					e.is(err, runner.ErrConflict)
				}
			}
			e.settle(key, "")
		}
		e.ready(t0, 10, "b/1")
	}},
	{"the first holds the rest back", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		_, err = e.Promise(e.ctx, promise("a", 2))
		e.ok(err)
		e.lease("a/1", "one", 0)
		e.ready(after(time.Second), 10) // the first is leased, the second waits for it
		e.ok(e.Settle(e.ctx, "a/1", "one", false, nil, after(time.Hour)))
		e.ready(after(time.Minute), 10) // the first waits for its time
		e.ready(after(time.Hour), 10, "a/1")
	}},
	{"lease", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		p := e.lease("a/1", "one", 0)
		equal(e, "owner", p.Owner, "one")
		e.at("lease", p.Lease, after(30*time.Second))
		equal(e, "attempts", p.Attempts, 1)
		e.same("data", p.Data, "data of a/1")
		_, err = e.Lease(e.ctx, "a/1", "two", after(29*time.Second), after(time.Minute))
		e.is(err, runner.ErrLeased)
		e.lease("a/1", "one", 10*time.Second) // an owner may renew
		e.ready(after(39*time.Second), 10)
		e.ready(after(40*time.Second), 10, "a/1")
	}},
	{"abandoned", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.lease("a/1", "one", 0)
		e.ready(after(30*time.Second), 10, "a/1")
		p := e.lease("a/1", "two", 30*time.Second)
		equal(e, "owner", p.Owner, "two")
		equal(e, "attempts", p.Attempts, 2) // the one that crashed counts
		e.is(e.Settle(e.ctx, "a/1", "one", true, []byte("late"), t0), runner.ErrLeased)
		e.ok(e.Settle(e.ctx, "a/1", "two", true, []byte("result"), t0))
	}},
	{"settled late, but not taken", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.lease("a/1", "one", 0)
		e.ok(e.Settle(e.ctx, "a/1", "one", true, []byte("result"), after(time.Hour)))
	}},
	{"settle done", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.is(e.Settle(e.ctx, "a/1", "one", true, nil, t0), runner.ErrLeased)
		e.is(e.Settle(e.ctx, "a/1", "", true, nil, t0), runner.ErrLeased)
		e.settle("a/1", "result")
		p, err := e.Promised(e.ctx, "a/1")
		e.ok(err)
		equal(e, "done", p.Done, true)
		e.same("result", p.Result, "result")
		equal(e, "backlog", e.backlog(), 0)
		e.ready(after(100*time.Hour), 10)
		_, err = e.Lease(e.ctx, "a/1", "two", after(time.Hour), after(2*time.Hour))
		e.is(err, runner.ErrLeased)
		e.is(e.Settle(e.ctx, "a/1", "one", true, []byte("again"), t0), runner.ErrLeased)
	}},
	{"settle to try again", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.lease("a/1", "one", 0)
		e.ok(e.Settle(e.ctx, "a/1", "one", false, nil, after(5*time.Second)))
		p, err := e.Promised(e.ctx, "a/1")
		e.ok(err)
		equal(e, "done", p.Done, false)
		equal(e, "owner", p.Owner, "")
		equal(e, "attempts", p.Attempts, 1)
		e.at("next", p.NextAt, after(5*time.Second))
		equal(e, "backlog", e.backlog(), 1)
		e.ready(after(4*time.Second), 10)
		e.ready(after(5*time.Second), 10, "a/1")
		equal(e, "attempts", e.lease("a/1", "two", 5*time.Second).Attempts, 2)
	}},
	{"an earlier one comes late", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 2))
		e.ok(err)
		e.lease("a/2", "one", 0)
		_, err = e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.ok(e.Settle(e.ctx, "a/2", "one", true, nil, t0))
		e.ready(t0, 10, "a/1")
		equal(e, "backlog", e.backlog(), 1)
	}},
	{"many lease, one delivers", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.race(16, runner.ErrLeased, func(i int) error {
			_, err := e.Lease(e.ctx, "a/1", fmt.Sprint(i), t0, after(time.Minute))
			return err
		})
	}},
	{"many promise, one is kept", func(e *env) {
		kept := make(chan string, 16)
		e.race(16, errLost, func(i int) error {
			p := promise("a", 1)
			p.Data = fmt.Append(nil, i)
			got, err := e.Promise(e.ctx, p)
			if err != nil {
				return err
			}
			kept <- string(got.Data)
			if string(got.Data) != fmt.Sprint(i) {
				return errLost
			}
			return nil
		})
		first := <-kept
		for range 15 {
			equal(e, "data", <-kept, first)
		}
	}},
	{"it outlives its session", func(e *env) {
		r := e.insert("a")
		e.ok(e.Commit(e.ctx, r, []runner.Promise{promise("a", 1)}, 0))
		r.Version++
		e.entomb(r, after(time.Minute))
		e.expire(after(time.Hour))
		e.ready(after(time.Hour), 10, "a/1")
	}},
	{"bytes are its own", func(e *env) {
		p := promise("a", 1)
		got, err := e.Promise(e.ctx, p)
		e.ok(err)
		clear(p.Data)
		clear(got.Data)
		got = e.lease("a/1", "one", 0)
		e.same("data", got.Data, "data of a/1")
		clear(got.Data)
		result := []byte("result")
		e.ok(e.Settle(e.ctx, "a/1", "one", true, result, t0))
		clear(result)
		for range 2 {
			got, err = e.Promised(e.ctx, "a/1")
			e.ok(err)
			e.same("data", got.Data, "data of a/1")
			e.same("result", got.Result, "result")
			clear(got.Data)
			clear(got.Result)
		}
	}},
	{"bytes of the ready are its own", func(e *env) {
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		for range 2 {
			ready, err := e.Ready(e.ctx, t0, 1)
			e.ok(err)
			e.same("data", ready[0].Data, "data of a/1")
			clear(ready[0].Data)
		}
	}},
}

// promise returns a promise that is ready at once.
func promise(session string, seq int) runner.Promise {
	key := fmt.Sprintf("%s/%d", session, seq)
	return runner.Promise{
		Key:       key,
		Session:   session,
		Seq:       seq,
		Data:      []byte("data of " + key),
		CreatedAt: t0,
		NextAt:    t0,
		ExpiresAt: after(24 * time.Hour),
	}
}

// lease leases a promise for half a minute.
func (e *env) lease(key, owner string, at time.Duration) runner.Promise {
	e.Helper()
	p, err := e.Lease(e.ctx, key, owner, after(at), after(at+30*time.Second))
	e.ok(err)
	return p
}

// settle delivers a promise.
func (e *env) settle(key, result string) {
	e.Helper()
	e.lease(key, "one", 0)
	e.ok(e.Settle(e.ctx, key, "one", true, []byte(result), time.Time{}))
}

func (e *env) readyKeys(now time.Time, limit int) []string {
	e.Helper()
	ready, err := e.Ready(e.ctx, now, limit)
	e.ok(err)
	keys := make([]string, len(ready))
	for i, p := range ready {
		keys[i] = p.Key
	}
	return keys
}

// ready fails the test unless exactly these promises are ready, in this order.
func (e *env) ready(now time.Time, limit int, want ...string) {
	e.Helper()
	if got := e.readyKeys(now, limit); !slices.Equal(got, want) {
		e.Fatalf("ready after %v: %q, want %q", now.Sub(t0), got, want)
	}
}

func (e *env) backlog() int {
	e.Helper()
	n, err := e.Backlog(e.ctx)
	e.ok(err)
	return n
}
