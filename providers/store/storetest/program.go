package storetest

import (
	"time"

	"callflow/engine/runner"
)

var programTests = []test{
	{"missing", func(e *env) {
		_, err := e.LoadProgram(e.ctx, "none")
		e.is(err, runner.ErrNotFound)
	}},
	{"by hash", func(e *env) {
		e.ok(e.SaveProgram(e.ctx, "h1", []byte("source one")))
		e.ok(e.SaveProgram(e.ctx, "h2", []byte("source two")))
		for hash, want := range map[string]string{"h1": "source one", "h2": "source two"} {
			got, err := e.LoadProgram(e.ctx, hash)
			e.ok(err)
			e.same("source", got, want)
		}
	}},
	{"a second save changes nothing", func(e *env) {
		e.ok(e.SaveProgram(e.ctx, "h1", []byte("source one")))
		e.ok(e.SaveProgram(e.ctx, "h1", []byte("something else")))
		got, err := e.LoadProgram(e.ctx, "h1")
		e.ok(err)
		e.same("source", got, "source one")
	}},
	{"expiry leaves it", func(e *env) {
		e.ok(e.SaveProgram(e.ctx, "h1", []byte("source one")))
		e.expire(after(10_000 * time.Hour))
		_, err := e.LoadProgram(e.ctx, "h1")
		e.ok(err)
	}},
	{"bytes are its own", func(e *env) {
		source := []byte("source one")
		e.ok(e.SaveProgram(e.ctx, "h1", source))
		clear(source)
		for range 2 {
			got, err := e.LoadProgram(e.ctx, "h1")
			e.ok(err)
			e.same("source", got, "source one")
			clear(got)
		}
	}},
}
