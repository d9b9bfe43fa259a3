package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"callflow/engine/runner"
)

var effectTests = []test{
	{"missing", func(e *env) {
		_, err := e.Effect(e.ctx, someEffect)
		e.is(err, runner.ErrNotFound)
		_, err = e.Finish(e.ctx, someEffect, []byte("result"))
		e.is(err, runner.ErrNotFound)
	}},
	{"claim", func(e *env) {
		r := e.claim("one", 0, true)
		equal(e, "key", r.Key, someEffect)
		equal(e, "owner", r.Owner, "one")
		e.at("lease", r.Lease, after(30*time.Second))
		e.at("started", r.Started, t0)
		equal(e, "done", r.Done, false)
		stored, err := e.Effect(e.ctx, someEffect)
		e.ok(err)
		equal(e, "owner", stored.Owner, "one")
	}},
	{"running elsewhere", func(e *env) {
		e.claim("one", 0, true)
		r := e.claim("two", 29*time.Second, false)
		equal(e, "owner", r.Owner, "one")
		e.at("lease", r.Lease, after(30*time.Second))
	}},
	{"abandoned", func(e *env) {
		e.claim("one", 0, true)
		r := e.claim("two", 30*time.Second, false)
		equal(e, "owner", r.Owner, "two")
		e.at("lease", r.Lease, after(60*time.Second))
		e.at("started", r.Started, t0)
		r = e.claim("three", 40*time.Second, false)
		equal(e, "owner", r.Owner, "two")
	}},
	{"finish", func(e *env) {
		e.claim("one", 0, true)
		r, err := e.Finish(e.ctx, someEffect, []byte("result"))
		e.ok(err)
		equal(e, "done", r.Done, true)
		e.same("result", r.Result, "result")
		// A done effect is never leased anew, however late.
		r = e.claim("two", time.Minute, false)
		equal(e, "owner", r.Owner, "one")
		equal(e, "done", r.Done, true)
		e.same("result", r.Result, "result")
	}},
	{"the first result stays", func(e *env) {
		e.claim("one", 0, true)
		_, err := e.Finish(e.ctx, someEffect, []byte("first"))
		e.ok(err)
		r, err := e.Finish(e.ctx, someEffect, []byte("second"))
		e.ok(err)
		e.same("result", r.Result, "first")
		r, err = e.Effect(e.ctx, someEffect)
		e.ok(err)
		e.same("result", r.Result, "first")
	}},
	{"an empty result is a result", func(e *env) {
		e.claim("one", 0, true)
		_, err := e.Finish(e.ctx, someEffect, nil)
		e.ok(err)
		r, err := e.Finish(e.ctx, someEffect, []byte("second"))
		e.ok(err)
		equal(e, "done", r.Done, true)
		e.same("result", r.Result, "")
	}},
	{"keys are told apart", func(e *env) {
		keys := []runner.EffectKey{
			{Session: "a", Turn: 1, Position: 1},
			{Session: "a", Turn: 1, Position: 2},
			{Session: "a", Turn: 2, Position: 1},
			{Session: "a", Turn: 11, Position: 1},
			{Session: "a", Turn: 1, Position: 11},
			{Session: "b", Turn: 1, Position: 1},
			{Session: "a1", Turn: 1, Position: 1},
			{Session: "a", Turn: 1, Position: 1 + 1<<16},
			{Session: "a", Turn: -1, Position: 1},
			{Session: "a", Turn: -1, Position: 1<<31 - 1},
		}
		for i, k := range keys {
			_, claimed, err := e.Claim(e.ctx, k, fmt.Sprint(i), t0, after(time.Second))
			e.ok(err)
			equal(e, "claimed", claimed, true)
		}
		for i, k := range keys {
			r, err := e.Effect(e.ctx, k)
			e.ok(err)
			equal(e, "key", r.Key, k)
			equal(e, "owner", r.Owner, fmt.Sprint(i))
		}
	}},
	{"many claim, one starts", func(e *env) {
		e.race(16, errLost, func(i int) error {
			r, claimed, err := e.Claim(e.ctx, someEffect, fmt.Sprint(i), t0, after(time.Second))
			switch {
			case err != nil:
				return err
			case claimed && r.Owner != fmt.Sprint(i):
				return fmt.Errorf("claimed for %q", r.Owner)
			case !claimed:
				return errLost
			}
			return nil
		})
	}},
	{"many take over, one runs", func(e *env) {
		e.claim("gone", 0, true)
		e.race(16, errLost, func(i int) error {
			r, _, err := e.Claim(e.ctx, someEffect, fmt.Sprint(i), after(time.Minute), after(2*time.Minute))
			switch {
			case err != nil:
				return err
			case r.Owner != fmt.Sprint(i):
				return errLost
			}
			return nil
		})
	}},
	{"many finish, all see one result", func(e *env) {
		e.claim("one", 0, true)
		var wg sync.WaitGroup
		seen := make([]string, 16)
		for i := range seen {
			wg.Go(func() {
				r, err := e.Finish(e.ctx, someEffect, fmt.Append(nil, i))
				if err != nil {
					e.Error(err)
				}
				seen[i] = string(r.Result)
			})
		}
		wg.Wait()
		for _, s := range seen {
			equal(e, "result", s, seen[0])
		}
	}},
	{"bytes are its own", func(e *env) {
		e.claim("one", 0, true)
		result := []byte("result")
		r, err := e.Finish(e.ctx, someEffect, result)
		e.ok(err)
		clear(result)
		e.same("what was returned", r.Result, "result")
		r, err = e.Effect(e.ctx, someEffect)
		e.ok(err)
		e.same("result", r.Result, "result")
		r = e.claim("two", 0, false)
		e.same("result", r.Result, "result")
	}},
	{"what was returned stays", func(e *env) {
		e.claim("one", 0, true)
		old, err := e.Finish(e.ctx, someEffect, []byte("result"))
		e.ok(err)
		late := time.Minute + runner.EffectLife
		_, err = e.Expire(e.ctx, after(late))
		e.ok(err)
		e.claim("two", late, true)
		r, err := e.Finish(e.ctx, someEffect, []byte("others"))
		e.ok(err)
		e.same("result", r.Result, "others")
		e.same("what was returned before", old.Result, "result")
	}},
}

var (
	someEffect = runner.EffectKey{Session: "a", Turn: 3, Position: 2}
	errLost    = errors.New("lost the race")
)

// claim claims someEffect for half a minute.
func (e *env) claim(owner string, at time.Duration, want bool) runner.EffectRecord {
	e.Helper()
	r, claimed, err := e.Claim(e.ctx, someEffect, owner, after(at), after(at+30*time.Second))
	e.ok(err)
	equal(e, "claimed", claimed, want)
	return r
}
