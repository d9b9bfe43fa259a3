package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// What no call asked for is delivered too: again until it is taken, once under one
// key, and without waiting for other lines.
func TestPromiseWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.world.action = func(ctx context.Context, a engine.Action, n int) (engine.Answered, bool, error) {
			if n <= 2 {
				return pending(ctx, a, n)
			}
			return engine.Answered{Result: engine.AnswerDone}, true, nil
		}
		r := b.runner()
		promise := func(line, path string) {
			t.Helper()
			err := r.Promise(t.Context(), line, engine.Action{Fetch: engine.Fetch{Service: "herd", Path: path}, Key: "key of " + path})
			if err != nil {
				t.Fatal(err)
			}
		}
		promise("a", "/first")
		promise("a", "/first")
		promise("b", "/second")
		equal(t, "backlog", b.backlog(), 2)
		for range 6 {
			b.deliver(r)
			time.Sleep(2 * time.Second)
		}
		equal(t, "backlog", b.backlog(), 0)
		equal(t, "sent", len(b.world.paths()), 4)
		promise("a", "/first") // it has been delivered
		b.deliver(r)
		equal(t, "sent", len(b.world.paths()), 4)
		for _, a := range []engine.Action{{}, {Key: "k"}} {
			if err := r.Promise(t.Context(), "", a); err == nil {
				t.Errorf("%+v is promised on no line", a)
			}
		}
		b.close()
	})
}
