package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
)

// commander keeps what it was told to deliver.
type commander struct {
	mu  sync.Mutex
	got []string
	// do is what becomes of the n-th attempt, from 1; nil: it is delivered.
	do func(n int, command string) error
}

func (c *commander) Deliver(_ context.Context, command []byte) error {
	c.mu.Lock()
	c.got = append(c.got, string(command))
	n, do := len(c.got), c.do
	c.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(n, string(command))
}

func (c *commander) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// inParts encodes an answer as two commands and one that ends the call.
func inParts(o runner.Out) (runner.Reply, error) {
	r, err := encode(o)
	r.Commands = runner.Commands{
		Parts: [][]byte{fmt.Appendf(nil, "%d first", o.Token.Turn), fmt.Appendf(nil, "%d second", o.Token.Turn)},
		Last:  []byte("end"),
	}
	return r, err
}

// commanded is a runner whose commands go to c, and what it logs.
func commanded(b *bench, c runner.Commander) (*runner.Runner, *observer.ObservedLogs) {
	b.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	r, err := runner.New(runner.Deps{
		Catalog: b.catalog, Store: b.store, Authenticator: b.identity, Services: b.world, Sealer: b.sealer, Commander: c,
		Log: zap.New(core), Jitter: func() float64 { return 0.5 }, Owner: "test",
	})
	if err != nil {
		b.Fatal(err)
	}
	return r, logs
}

func alarms(logs *observer.ObservedLogs) int { return logs.FilterField(zap.Bool("alarm", true)).Len() }

// run begins a call whose answers are commands, and returns the token of the turn that
// follows.
func beginCommanded(t *testing.T, r *runner.Runner) runner.Token {
	t.Helper()
	var next runner.Token
	reply, outcome, err := r.Start(t.Context(), runner.Start{Flow: "desk", Call: newCall(), Encode: func(o runner.Out) (runner.Reply, error) {
		next = o.Token
		return inParts(o)
	}})
	if err != nil || outcome != runner.Stepped || len(reply.Commands.Parts) != 0 {
		t.Fatalf("got %+v, %s, %v: what is saved is the runner's to deliver", reply, outcome, err)
	}
	return next
}

func closed(t *testing.T, r *runner.Runner) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestCommandsAreDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, c := newBench(t), &commander{}
		r, _ := commanded(b, c)
		defer closed(t, r)
		token := beginCommanded(t, r)
		synctest.Wait()
		// The platform tells of the end of the first part, more than once; of parts that
		// there are not, and of another turn.
		for _, p := range []struct {
			token runner.Token
			n     int
		}{
			{token, 1},
			{token, 1},
			{token, 2},
			{token, 0},
			{runner.Token{Session: token.Session, Turn: token.Turn, Nonce: "guessed"}, 1},
			{runner.Token{Session: token.Session, Turn: token.Turn + 1, Nonce: token.Nonce}, 1},
		} {
			if err := r.Part(t.Context(), runner.Hook{Token: p.token, Call: newCall()}, p.n); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		// The first hook comes again.
		reply, outcome, err := r.Start(t.Context(), runner.Start{Flow: "desk", Call: newCall(), Encode: inParts})
		if err != nil || outcome != runner.Repeated || len(reply.Commands.Parts) != 0 {
			t.Errorf("again: got %+v, %s, %v", reply, outcome, err)
		}
		synctest.Wait()
		if got, want := c.all(), []string{"1 first", "1 second"}; !slices.Equal(got, want) {
			t.Errorf("delivered %q, want %q", got, want)
		}
	})
}

func TestCommandsOfAnswersThatAreNotSaved(t *testing.T) {
	t.Parallel()
	b, c := newBench(t), &commander{}
	r, _ := commanded(b, c)
	defer closed(t, r)
	reply, outcome, err := r.Start(t.Context(), runner.Start{Flow: "nowhere", Call: newCall(), Encode: inParts})
	if err != nil || outcome != runner.Failed || len(reply.Commands.Parts) != 2 || len(c.all()) != 0 {
		t.Errorf("got %+v, %s, %v and delivered %q: an apology is for whoever asked", reply, outcome, err, c.all())
	}
}

func TestCommandsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		do     func(n int, command string) error
		want   []string // each once, in order
		alarms int
		within time.Duration
	}{
		{"twice", func(n int, _ string) error {
			if n < 3 {
				return errors.New("reset")
			}
			return nil
		}, []string{"1 first"}, 0, 5 * time.Second},
		{"a call that is over", func(int, string) error { return runner.ErrCallOver }, []string{"1 first"}, 0, time.Second},
		{"refused", func(_ int, command string) error {
			if command == "end" {
				return nil
			}
			return fmt.Errorf("%w: HTTP 422", runner.ErrRefused)
		}, []string{"1 first", "end"}, 1, time.Second},
		{"a panic, and then for ever", func(n int, command string) error {
			if n == 1 {
				panic("boom")
			}
			if command == "end" {
				return nil
			}
			return errors.New("timed out")
		}, []string{"1 first", "end"}, 1, 30 * time.Second},
		{"nothing at all", func(int, string) error { return errors.New("timed out") }, []string{"1 first", "end"}, -1, 90 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, c := newBench(t), &commander{do: tt.do}
				r, logs := commanded(b, c)
				ctx, stop := context.WithCancel(t.Context())
				go r.Run(ctx)
				defer closed(t, r)
				defer stop()
				beginCommanded(t, r)
				time.Sleep(tt.within)
				synctest.Wait()
				got := c.all()
				if distinct := slices.Compact(slices.Clone(got)); !slices.Equal(distinct, tt.want) {
					t.Errorf("delivered %q, want %q, each as often as it takes", got, tt.want)
				}
				if len(got) > 40 {
					t.Errorf("%d attempts", len(got))
				}
				if n := alarms(logs); tt.alarms >= 0 && n != tt.alarms || tt.alarms < 0 && n == 0 {
					t.Errorf("%d alarms, want %d: %v", n, tt.alarms, logs.All())
				}
				before := len(got)
				time.Sleep(2 * time.Minute)
				if after := len(c.all()); after != before {
					t.Errorf("%d more attempts after it was settled", after-before)
				}
			})
		})
	}
}

// TestCommandsAfterACrash has the instance that answered go away with its commands
// undelivered: another one delivers them, unless the call has gone on meanwhile.
func TestCommandsAfterACrash(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprint("gone on: ", on), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				dead := &commander{do: func(int, string) error { return errors.New("the process is gone") }}
				first, _ := commanded(b, dead)
				token := beginCommanded(t, first)
				synctest.Wait()
				closed(t, first)
				if len(dead.all()) != 1 {
					t.Fatalf("tried %q", dead.all())
				}
				c := &commander{}
				second, logs := commanded(b, c)
				if on { // the platform had the command after all
					if _, outcome, err := second.Turn(t.Context(), runner.Hook{
						Token: token, Call: newCall(), Event: engine.Digits{Keys: engine.NewSecret("1"), Ended: engine.EndLength}, Encode: inParts,
					}); outcome != runner.Stepped || err != nil {
						t.Fatalf("got %s, %v", outcome, err)
					}
				}
				ctx, stop := context.WithCancel(t.Context())
				go second.Run(ctx)
				defer closed(t, second)
				defer stop()
				time.Sleep(15 * time.Second)
				synctest.Wait()
				want := "1 first"
				if on {
					want = "2 first"
				}
				if got := c.all(); len(got) != 1 || got[0] != want {
					t.Errorf("delivered %q, want %q alone", got, want)
				}
				if n := alarms(logs); n != 0 {
					t.Errorf("%d alarms", n)
				}
			})
		})
	}
}

// TestCallsThatFallSilentAreEnded ends a call by a command of which nothing is heard
// any more.
func TestCallsThatFallSilentAreEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, c := newBench(t), &commander{}
		r, _ := commanded(b, c)
		ctx, stop := context.WithCancel(t.Context())
		go r.Run(ctx)
		defer closed(t, r)
		defer stop()
		beginCommanded(t, r)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if got := strings.Join(c.all(), ", "); got != "1 first, end" {
			t.Errorf("delivered %q", got)
		}
	})
}

func newCall() engine.Call {
	return engine.Call{Platform: "test", Account: "a", ID: "call-1", From: "+15550123", To: "+15550199"}
}
