package storetest

import (
	"context"
	"errors"
	"time"

	"callflow/engine/runner"
)

var contextTests = []test{
	{"ping", func(e *env) { e.ok(e.Ping(e.ctx)) }},
	{"a cancelled context gives up", func(e *env) {
		r := e.insert("a")
		_, err := e.Promise(e.ctx, promise("a", 1))
		e.ok(err)
		ctx, cancel := context.WithCancel(e.ctx)
		cancel()
		later := after(time.Hour)
		calls := []struct {
			name string
			call func() error
		}{
			{"Insert", func() error { return e.Insert(ctx, session("b")) }},
			{"Load", func() error { _, err := e.Load(ctx, "a"); return err }},
			{"Commit", func() error { return e.Commit(ctx, r, []runner.Promise{promise("a", 2)}, 0) }},
			{"Entomb", func() error { return e.Entomb(ctx, r, nil) }},
			{"Tombstone", func() error { _, err := e.Tombstone(ctx, "a"); return err }},
			{"Due", func() error { _, err := e.Due(ctx, later, 1); return err }},
			{"Live", func() error { _, err := e.Live(ctx); return err }},
			{"Claim", func() error { _, _, err := e.Claim(ctx, someEffect, "one", t0, later); return err }},
			{"Finish", func() error { _, err := e.Finish(ctx, someEffect, nil); return err }},
			{"Effect", func() error { _, err := e.Effect(ctx, someEffect); return err }},
			{"Post", func() error { return e.Post(ctx, "a", nil, t0) }},
			{"Mail", func() error { _, err := e.Mail(ctx, "a"); return err }},
			{"Promise", func() error { _, err := e.Promise(ctx, promise("a", 2)); return err }},
			{"Promised", func() error { _, err := e.Promised(ctx, "a/1"); return err }},
			{"Lease", func() error { _, err := e.Lease(ctx, "a/1", "one", t0, later); return err }},
			{"Ready", func() error { _, err := e.Ready(ctx, later, 1); return err }},
			{"Settle", func() error { return e.Settle(ctx, "a/1", "one", true, nil, later) }},
			{"Backlog", func() error { _, err := e.Backlog(ctx); return err }},
			{"Add", func() error { _, err := e.Add(ctx, "a", 1, t0, time.Hour); return err }},
			{"Count", func() error { _, err := e.Count(ctx, "a", t0); return err }},
			{"Swap", func() error { return e.Swap(ctx, runner.Counter{Key: "a"}, counter("a", 1, t0, later), t0) }},
			{"Counts", func() error { _, err := e.Counts(ctx, "", "", t0, 1); return err }},
			{"SaveProgram", func() error { return e.SaveProgram(ctx, "h", nil) }},
			{"LoadProgram", func() error { _, err := e.LoadProgram(ctx, "h"); return err }},
			{"PutUsers", func() error { _, err := e.PutUsers(ctx, []runner.PhoneUser{person("a", t0, number)}); return err }},
			{"UsersByPhone", func() error { _, err := e.UsersByPhone(ctx, number, 1); return err }},
			{"PhoneUser", func() error { _, err := e.PhoneUser(ctx, "a"); return err }},
			{"PhoneUsers", func() error { _, err := e.PhoneUsers(ctx, "", 1); return err }},
			{"Mark", func() error { return e.Mark(ctx, "m", []byte("x")) }},
			{"Marked", func() error { _, err := e.Marked(ctx, "m"); return err }},
			{"Expire", func() error { _, err := e.Expire(ctx, later); return err }},
			{"Ping", func() error { return e.Ping(ctx) }},
		}
		for _, c := range calls {
			if err := c.call(); !errors.Is(err, context.Canceled) {
				e.Errorf("%s: error is %v, want %v", c.name, err, context.Canceled)
			}
		}

		// And none of them has done anything.
		equal(e, "version", e.load("a").Version, 1)
		equal(e, "backlog", e.backlog(), 1)
		e.ready(later, 10, "a/1")
		equal(e, "mail", len(e.mail("a")), 0)
		equal(e, "sum", e.add("a", 0, t0, time.Hour), 0)
		for _, err := range []error{
			second(e.Load(e.ctx, "b")),
			second(e.Effect(e.ctx, someEffect)),
			second(e.LoadProgram(e.ctx, "h")),
			second(e.PhoneUser(e.ctx, "a")),
			second(e.Marked(e.ctx, "m")),
		} {
			e.is(err, runner.ErrNotFound)
		}
	}},
}

func second[T any](_ T, err error) error { return err }
