package storetest

import (
	"fmt"
	"time"

	"callflow/engine/runner"
)

var expireTests = []test{
	{"nothing", func(e *env) {
		more, err := e.Expire(e.ctx, t0)
		e.ok(err)
		equal(e, "more", more, false)
	}},
	{"a session past its time", func(e *env) {
		e.insert("a") // for an hour
		e.ok(e.Post(e.ctx, "a", []byte("mail"), t0))
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		e.expire(after(time.Hour - time.Second))
		e.load("a")
		e.expire(after(time.Hour))
		_, err = e.Load(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
		mail, err := e.Mail(e.ctx, "a")
		e.ok(err)
		equal(e, "mail", len(mail), 0)
		equal(e, "backlog", e.backlog(), 1) // what was promised is still delivered
		e.insert("a")                       // the id is free again
	}},
	{"a commit prolongs", func(e *env) {
		r := e.insert("a")
		r.ExpiresAt = after(2 * time.Hour)
		r = e.commit(r)
		e.expire(after(90 * time.Minute))
		e.load("a")
		r.ExpiresAt = after(100 * time.Minute)
		e.commit(r)
		e.expire(after(100 * time.Minute))
		_, err := e.Load(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
	}},
	{"a tombstone past its time", func(e *env) {
		e.entomb(e.insert("a"), after(24*time.Hour))
		e.expire(after(23 * time.Hour))
		e.is(e.Insert(e.ctx, session("a")), runner.ErrEntombed)
		e.expire(after(24 * time.Hour))
		_, err := e.Tombstone(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
		e.insert("a")
	}},
	{"a tombstone shorter than its session", func(e *env) {
		e.entomb(e.insert("a"), after(time.Minute))
		e.expire(after(time.Minute))
		_, err := e.Tombstone(e.ctx, "a")
		e.is(err, runner.ErrNotFound)
	}},
	{"effects", func(e *env) {
		k := runner.EffectKey{Session: "a", Turn: 1, Position: 1}
		lease := after(30 * time.Second)
		_, _, err := e.Claim(e.ctx, k, "one", t0, lease)
		e.ok(err)
		_, err = e.Finish(e.ctx, k, []byte("result"))
		e.ok(err)
		e.expire(lease.Add(runner.EffectLife - time.Second))
		_, err = e.Effect(e.ctx, k)
		e.ok(err)
		e.expire(lease.Add(runner.EffectLife))
		_, err = e.Effect(e.ctx, k)
		e.is(err, runner.ErrNotFound)
		_, err = e.Finish(e.ctx, k, []byte("late"))
		e.is(err, runner.ErrNotFound)
	}},
	{"a lease prolongs an effect", func(e *env) {
		k := runner.EffectKey{Session: "a", Turn: 1, Position: 1}
		_, _, err := e.Claim(e.ctx, k, "one", t0, after(time.Minute))
		e.ok(err)
		_, _, err = e.Claim(e.ctx, k, "two", after(5*time.Minute), after(6*time.Minute))
		e.ok(err)
		e.expire(after(6*time.Minute + runner.EffectLife - time.Second))
		_, err = e.Effect(e.ctx, k)
		e.ok(err)
	}},
	{"promises", func(e *env) {
		p := promise("a", 1)
		p.ExpiresAt = after(time.Hour)
		_, err := e.Promise(e.ctx, p)
		e.ok(err)
		e.expire(after(100 * time.Hour)) // never before it is done
		equal(e, "backlog", e.backlog(), 1)
		e.settle("a/1", "result")
		e.expire(after(59 * time.Minute))
		_, err = e.Promised(e.ctx, "a/1")
		e.ok(err)
		e.expire(after(time.Hour))
		_, err = e.Promised(e.ctx, "a/1")
		e.is(err, runner.ErrNotFound)
		e.expire(after(100 * time.Hour))
	}},
	{"counters", func(e *env) {
		equal(e, "sum", e.add("a", 5, t0, time.Minute), 5)
		e.expire(after(59 * time.Second))
		equal(e, "sum", e.add("a", 1, after(59*time.Second), time.Minute), 6)
		e.expire(after(time.Minute))
		// Were it still there, this instant would be within its window.
		equal(e, "sum", e.add("a", 1, after(30*time.Second), time.Minute), 1)
	}},
	{"bounded", func(e *env) {
		const n = 3000
		for i := range n {
			r := runner.Record{ID: fmt.Sprint(i), ExpiresAt: after(time.Second)}
			e.ok(e.Insert(e.ctx, r))
		}
		stays := session("stays")
		stays.ExpiresAt = after(time.Hour)
		e.ok(e.Insert(e.ctx, stays))
		calls := 0
		for more := true; more; calls++ {
			before, err := e.Live(e.ctx)
			e.ok(err)
			more, err = e.Expire(e.ctx, after(time.Second))
			e.ok(err)
			left, err := e.Live(e.ctx)
			e.ok(err)
			if more && left >= before {
				e.Fatal("Expire says that more is left and does nothing")
			}
		}
		if calls < 2 {
			e.Errorf("one call of Expire dropped %d sessions: its work is not bounded", n)
		}
		left, err := e.Live(e.ctx)
		e.ok(err)
		equal(e, "live", left, 1)
	}},
}
