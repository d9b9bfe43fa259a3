package runner_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// recording is a store that remembers every byte it was given.
type recording struct {
	runner.Store
	mu   sync.Mutex
	seen strings.Builder
}

func (s *recording) note(parts ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		fmt.Fprintf(&s.seen, "%s\n", p)
	}
}

func (s *recording) Insert(ctx context.Context, r runner.Record) error {
	s.note(r.Data, r.Reply)
	return s.Store.Insert(ctx, r)
}

func (s *recording) Commit(ctx context.Context, r runner.Record, p []runner.Promise, read int64) error {
	s.note(r.Data, r.Reply)
	return s.Store.Commit(ctx, r, p, read)
}

func (s *recording) Entomb(ctx context.Context, r runner.Record, p []runner.Promise) error {
	s.note(r.Data, r.Reply)
	return s.Store.Entomb(ctx, r, p)
}

func (s *recording) Finish(ctx context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	s.note(result)
	return s.Store.Finish(ctx, k, result)
}

func (s *recording) Promise(ctx context.Context, p runner.Promise) (runner.Promise, error) {
	s.note(p.Key, p.Data)
	return s.Store.Promise(ctx, p)
}

func (s *recording) Settle(ctx context.Context, key, owner string, done bool, result []byte, next time.Time) error {
	s.note(key, result)
	return s.Store.Settle(ctx, key, owner, done, result, next)
}

// After a whole call, what a caller entered, is, or was told stands neither in the
// log nor in the store.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pin = "4071"
		b := newBench(t)
		logs := b.observe()
		store := &recording{Store: b.store}
		b.identity.do = func(_ context.Context, n int) (engine.SignedIn, error) {
			if n == 1 {
				panic("broken by " + pin)
			}
			time.Sleep(2 * time.Second) // held, with the PIN in the session
			return maria(), nil
		}
		p := b.phone(b.runner(store))
		p.start().press(pin).hears("say Trouble.", "hangup")
		p.call.ID, p.token = "call-2", runner.Token{}
		p.start().press(pin).was(runner.Held)
		p.resume().hears("say Welcome Maria.", "say Menu?", "gather")
		p.press("1").hears("say Balance 7.", "say Menu?", "gather")
		p.press("2").hears("say Recorded.", "say Menu?", "gather")
		p.press("9")
		b.close()

		for _, hidden := range []string{pin, "Balance 7.", "Maria", p.call.From, p.call.Name, "amount", "sign_in", maria().Principal.ID} {
			if strings.Contains(store.seen.String(), hidden) {
				t.Errorf("%q is in the store", hidden)
			}
		}
		for _, hidden := range []string{pin, "Maria", "+15550123", "Balance 7"} {
			if logs.has(hidden) {
				t.Errorf("%q is in the log:\n%s", hidden, logs)
			}
		}
		if n := logs.count(`"msg":"turn"`); n != 8 {
			t.Errorf("%d lines for 8 turns:\n%s", n, logs)
		}
		if !logs.has(`"msg":"turn"`, `"outcome":"stepped"`, `"call":"call-2"`, `"session":"`+p.id()+`"`, `"turn":4`, `"flow":"desk"`,
			`"from":"menu"`, `"outcomes":"option.2 done next"`, `"to":"menu"`, `"verbs":1`, `"took":`) {
			t.Errorf("no such line:\n%s", logs)
		}
	})
}

// An idle live session is small.
func TestIdleSize(t *testing.T) {
	b := newBench(t)
	p := b.phone(b.runner())
	p.call.Platform, p.call.Account, p.call.ID = "jambonz", "b4a1c1c8-5e2f-4a5f-9b2b-1f0d7b6f3a11", "9a7f2f7e-2c55-4d38-a6a6-6a3f0e2b9c10"
	p.start().press("1234").press("1")
	if n := len(p.alive().Data); n > 512 {
		t.Errorf("%d bytes", n)
	}
	b.close()
}
