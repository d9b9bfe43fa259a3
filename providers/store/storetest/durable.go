package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callflow/engine/runner"
)

// RunDurable tests that a store has everything when it is opened again. open
// returns an empty one; reopen closes it and opens it again. The suite closes
// neither.
func RunDurable(t *testing.T, open func(t *testing.T) (s runner.Store, reopen func() runner.Store)) {
	t.Helper()
	for _, tt := range durableTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, reopen := open(t)
			tt.run(&env{T: t, Store: s, ctx: t.Context()}, reopen)
		})
	}
}

var durableTests = []struct {
	name string
	run  func(e *env, reopen func() runner.Store)
}{
	{"nothing", func(e *env, reopen func() runner.Store) {
		e.Store = reopen()
		_, err := e.Load(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
		e.insert("a")
	}},
	{"sessions", func(e *env, reopen func() runner.Store) {
		r := e.insert("a")
		r.Data, r.Wake = []byte("changed"), after(10*time.Minute)
		e.commit(r)
		dead := e.insert("b")
		dead.Reply = []byte("goodbye")
		e.entomb(dead, after(2*time.Hour))
		e.Store = reopen()
		got := e.load("a")
		equal(e, "version", got.Version, 2)
		e.same("data", got.Data, "changed")
		e.same("reply", got.Reply, "reply of a")
		e.at("expiry", got.ExpiresAt, r.ExpiresAt)
		tomb, err := e.Tombstone(e.ctx, "b")
		e.ok(err)
		e.same("reply", tomb.Reply, "goodbye")
		n, err := e.Live(e.ctx)
		e.ok(err)
		equal(e, "live", n, 1)
		e.is(e.Insert(e.ctx, session("b")), runner.ErrEntombed)
		// What it was delayed to holds, and what was first planned does not.
		e.due(after(9*time.Minute), 10)
		e.due(after(10*time.Minute), 10, "a")
		e.expire(after(time.Hour))
		_, err = e.Load(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
		e.is(e.Insert(e.ctx, session("b")), runner.ErrEntombed)
		e.expire(after(2 * time.Hour))
		e.insert("b")
	}},
	{"mail", func(e *env, reopen func() runner.Store) {
		r := e.insert("a")
		e.ok(e.Post(e.ctx, "a", []byte("one"), after(time.Second)))
		e.ok(e.Post(e.ctx, "a", []byte("two"), after(2*time.Second)))
		read := e.mail("a")[0].ID
		e.ok(e.Commit(e.ctx, r, nil, read))
		e.Store = reopen()
		mail := e.mail("a")
		equal(e, "mail", len(mail), 1)
		e.same("mail", mail[0].Data, "two")
		e.due(after(time.Second), 10)
		e.due(after(2*time.Second), 10, "a")
		e.ok(e.Post(e.ctx, "a", []byte("three"), t0))
		if later := e.mail("a")[1].ID; later <= mail[0].ID {
			e.Fatalf("id %d follows %d", later, mail[0].ID)
		}
	}},
	{"effects", func(e *env, reopen func() runner.Store) {
		e.claim("one", 0, true)
		e.Store = reopen()
		r := e.claim("two", 10*time.Second, false)
		equal(e, "owner", r.Owner, "one")
		_, err := e.Finish(e.ctx, someEffect, []byte("result"))
		e.ok(err)
		e.Store = reopen()
		r = e.claim("two", time.Minute, false)
		equal(e, "done", r.Done, true)
		e.same("result", r.Result, "result")
		e.expire(after(30*time.Second + runner.EffectLife))
		_, err = e.Effect(e.ctx, someEffect)
		e.is(err, runner.ErrNotFound)
	}},
	{"outbox", func(e *env, reopen func() runner.Store) {
		r := e.insert("a")
		e.ok(e.Commit(e.ctx, r, []runner.Promise{promise("a", 1), promise("a", 2)}, 0))
		_, err := e.Promise(e.ctx, promise("b", 1))
		e.ok(err)
		e.lease("a/1", "one", 0)
		e.Store = reopen()
		equal(e, "backlog", e.backlog(), 3)
		e.ready(after(29*time.Second), 10, "b/1")
		_, err = e.Lease(e.ctx, "a/2", "two", after(time.Minute), after(2*time.Minute))
		e.is(err, runner.ErrConflict)
		p := e.lease("a/1", "two", 30*time.Second)
		equal(e, "attempts", p.Attempts, 2)
		e.ok(e.Settle(e.ctx, "a/1", "two", true, []byte("result"), t0))
		e.Store = reopen()
		equal(e, "backlog", e.backlog(), 2)
		e.ready(after(time.Minute), 10, "a/2", "b/1")
		p, err = e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		equal(e, "done", p.Done, true)
		e.same("result", p.Result, "result")
		// One that comes later in time stays behind those of its number.
		again := promise("a", 2)
		again.Key = "a/2/again"
		_, err = e.Promise(e.ctx, again)
		e.ok(err)
		e.ready(after(time.Minute), 10, "a/2", "b/1")
	}},
	{"counters and programs", func(e *env, reopen func() runner.Store) {
		equal(e, "sum", e.add("a", 2, t0, time.Hour), 2)
		e.ok(e.SaveProgram(e.ctx, "h", []byte("source")))
		e.Store = reopen()
		equal(e, "sum", e.add("a", 1, after(time.Minute), time.Hour), 3)
		equal(e, "sum", e.add("a", 0, after(time.Hour), time.Hour), 0)
		source, err := e.LoadProgram(e.ctx, "h")
		e.ok(err)
		e.same("source", source, "source")
	}},
	{"users and marks", func(e *env, reopen func() runner.Store) {
		u := person("a", t0, number)
		u.Factors, u.FactorsAt = []string{"+15550111"}, after(time.Minute)
		e.put(2, u, runner.PhoneUser{ID: "b", UpdatedAt: t0, Deleted: true})
		e.ok(e.Mark(e.ctx, "import", []byte("line 5")))
		e.Store = reopen()
		e.who(number, "a")
		e.who("+15550111", "a")
		e.put(0, person("b", after(-time.Minute), number))
		got, err := e.Marked(e.ctx, "import")
		e.ok(err)
		e.same("mark", got, "line 5")
	}},
	{"many, again and again", func(e *env, reopen func() runner.Store) {
		random := rand.New(rand.NewPCG(3, 4))
		versions := map[string]int64{}
		for range 5 {
			for range 200 {
				id := fmt.Sprintf("s%02d", random.IntN(40))
				r := session(id)
				r.Data = fmt.Append(nil, versions[id]+1)
				if versions[id] == 0 {
					e.ok(e.Insert(e.ctx, r))
				} else {
					r.Version = versions[id]
					e.ok(e.Commit(e.ctx, r, nil, 0))
				}
				versions[id]++
			}
			e.Store = reopen()
			for id, version := range versions {
				r := e.load(id)
				equal(e, "version", r.Version, version)
				e.same("data", r.Data, fmt.Sprint(version))
			}
		}
	}},
}
