package runner_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catalog holds live programs, and what sources compile to.
type catalog struct {
	mu      sync.Mutex
	live    map[string]*engine.Program
	sources map[string]*engine.Program
}

func newCatalog(live ...*engine.Program) *catalog {
	c := &catalog{live: map[string]*engine.Program{}, sources: map[string]*engine.Program{}}
	for _, p := range live {
		c.live[p.Flow()] = p
		c.sources["source of "+p.Hash()] = p
	}
	return c
}

func (c *catalog) Program(flow string) (*engine.Program, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.live[flow]
	if p == nil {
		return nil, nil, false
	}
	return p, []byte("source of " + p.Hash()), true
}

func (c *catalog) Compile(source []byte) (*engine.Program, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.sources[string(source)]; p != nil {
		return p, nil
	}
	return nil, errors.New("does not compile")
}

// identity signs in whoever enters 1234.
type identity struct {
	mu    sync.Mutex
	calls []string // the PINs
	// do replaces the answer for the n-th call, from 1.
	do func(ctx context.Context, n int) (engine.SignedIn, error)
}

func (a *identity) Authenticate(ctx context.Context, e engine.Authenticate) (engine.SignedIn, error) {
	a.mu.Lock()
	a.calls = append(a.calls, e.PIN.Reveal())
	n, do := len(a.calls), a.do
	a.mu.Unlock()
	if do != nil {
		return do(ctx, n)
	}
	if e.PIN.Reveal() != "1234" {
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	return maria(), nil
}

func (a *identity) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}

func maria() engine.SignedIn {
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: "12345", ID: "auth0|maria", Greeting: "Maria"}}
}

// sent is an action as a service got it.
type sent struct {
	key, path string
	at        time.Time
}

// world is the services.
type world struct {
	mu       sync.Mutex
	requests int
	actions  []sent
	// request and action replace the answers; n counts, from 1.
	request func(ctx context.Context, n int) (engine.Answered, error)
	action  func(ctx context.Context, a engine.Action, n int) (engine.Answered, bool, error)
}

func (w *world) Request(ctx context.Context, _ engine.Request) (engine.Answered, error) {
	w.mu.Lock()
	w.requests++
	n, do := w.requests, w.request
	w.mu.Unlock()
	if do != nil {
		return do(ctx, n)
	}
	return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"7"}`)}, nil
}

func (w *world) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	w.mu.Lock()
	w.actions = append(w.actions, sent{a.Key, a.Path, time.Now()})
	n, do := len(w.actions), w.action
	w.mu.Unlock()
	if do != nil {
		return do(ctx, a, n)
	}
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

func (*world) Idempotent(service string) bool { return service != "once" }

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// paths of the actions sent, in order.
func (w *world) paths() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var p []string
	for _, a := range w.actions {
		p = append(p, a.path)
	}
	return p
}

// keys of the actions sent to a path, each once.
func (w *world) keys(path string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var k []string
	for _, a := range w.actions {
		if a.path == path && !slices.Contains(k, a.key) {
			k = append(k, a.key)
		}
	}
	return k
}

// bench is one installation: a store, and runners over it.
type bench struct {
	*testing.T
	store    runner.Store
	catalog  *catalog
	identity *identity
	world    *world
	sealer   engine.Sealer
	log      *zap.Logger
	runners  []*runner.Runner
}

// throwaway seals with a key that nobody else will ever have.
func throwaway(random io.Reader) (*runner.Sealer, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, err
	}
	return runner.NewSealer([]runner.Key{{ID: "-", Secret: secret}}, random)
}

func newBench(t *testing.T, programs ...*engine.Program) *bench {
	t.Helper()
	if len(programs) == 0 {
		programs = []*engine.Program{desk(t, "hash-1")}
	}
	sealer, err := throwaway(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	return &bench{T: t, store: store, catalog: newCatalog(programs...), identity: &identity{}, world: &world{}, sealer: sealer, log: zap.NewNop()}
}

// runner returns another instance over the same store, or over one of its own.
func (b *bench) runner(store ...runner.Store) *runner.Runner {
	b.Helper()
	s := b.store
	if len(store) > 0 {
		s = store[0]
	}
	r, err := runner.New(runner.Deps{
		Catalog: b.catalog, Store: s, Authenticator: b.identity, Services: b.world, Sealer: b.sealer,
		Log: b.log, Jitter: func() float64 { return 0.5 }, Owner: "test",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.runners = append(b.runners, r)
	return r
}

// close closes the runners, and finds nothing left behind.
func (b *bench) close() {
	b.Helper()
	for _, r := range b.runners {
		if err := r.Close(b.Context()); err != nil {
			b.Error(err)
		}
		if r.Busy() != 0 || r.Flying() != 0 {
			b.Errorf("left behind: %d locks, %d flights", r.Busy(), r.Flying())
		}
	}
}

// encode writes an answer as lines: the token, then the verbs.
func encode(o runner.Out) (runner.Reply, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d %s %d %v %s\n", o.Token.Session, o.Token.Turn, o.Token.Nonce, o.Held, o.Ended, o.Apology.Text)
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			fmt.Fprintln(&b, "say", v.Text)
		case engine.Gather:
			for _, s := range v.Prompts {
				fmt.Fprintln(&b, "say", s.Text)
			}
			fmt.Fprintln(&b, "gather")
		case engine.RecordVoice:
			fmt.Fprintf(&b, "record %s\n", v.ID)
		case engine.Dial:
			fmt.Fprint(&b, "dial")
			if v.Limit > 0 {
				fmt.Fprintf(&b, " for %s", v.Limit)
			}
			fmt.Fprintln(&b)
		case engine.Pause:
			fmt.Fprintln(&b, "pause")
		case engine.Continue:
			fmt.Fprintln(&b, "continue")
		case engine.Hangup:
			fmt.Fprintln(&b, "hangup")
		}
	}
	return runner.Reply{Status: 200, ContentType: "text/plain", Body: b.Bytes()}, nil
}

// phone is a call, seen from its platform.
type phone struct {
	*bench
	run     *runner.Runner
	call    engine.Call
	flow    string
	token   runner.Token
	holds   int
	reply   runner.Reply
	verbs   []string
	outcome runner.Outcome
}

func (b *bench) phone(r *runner.Runner) *phone {
	return &phone{bench: b, run: r, flow: "desk", call: engine.Call{
		Platform: "test", Account: "a", ID: "call-1", From: "+15550123", To: "+15550199", Name: "Maria Example",
	}}
}

// heard reads a reply: where it leads, and what the caller hears.
func (p *phone) heard(reply runner.Reply, outcome runner.Outcome, err error) *phone {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
	p.reply, p.outcome = reply, outcome
	lines := strings.Split(strings.Trim(string(reply.Body), "\n"), "\n")
	head := strings.SplitN(lines[0], " ", 6)
	turn, _ := strconv.Atoi(head[1])
	p.token = runner.Token{Session: head[0], Turn: turn, Nonce: head[2]}
	p.holds, _ = strconv.Atoi(head[3])
	p.verbs = lines[1:]
	return p
}

func (p *phone) starting() runner.Start {
	return runner.Start{Flow: p.flow, Call: p.call, Holds: p.holds, Encode: encode}
}

func (p *phone) hook(ev engine.Event) runner.Hook {
	return runner.Hook{Token: p.token, Call: p.call, Event: ev, Holds: p.holds, Encode: encode}
}

func (p *phone) start() *phone {
	p.Helper()
	return p.heard(p.run.Start(p.Context(), p.starting()))
}

func (p *phone) send(ev engine.Event) *phone {
	p.Helper()
	return p.heard(p.run.Turn(p.Context(), p.hook(ev)))
}

func keys(k string) engine.Event {
	return engine.Digits{Keys: engine.NewSecret(k), Ended: engine.EndLength}
}

func (p *phone) press(k string) *phone { p.Helper(); return p.send(keys(k)) }

// resume follows a continue.
func (p *phone) resume() *phone { p.Helper(); return p.send(engine.Resumed{}) }

func (p *phone) hears(verbs ...string) *phone {
	p.Helper()
	if !slices.Equal(p.verbs, verbs) {
		p.Fatalf("heard %q, not %q", p.verbs, verbs)
	}
	return p
}

func (p *phone) was(outcome runner.Outcome) *phone {
	p.Helper()
	if p.outcome != outcome {
		p.Fatalf("outcome %s, not %s; heard %q", p.outcome, outcome, p.verbs)
	}
	return p
}

// ended reports the end of the call.
func (p *phone) ended() {
	p.Helper()
	if err := p.run.Notice(p.Context(), runner.Notice{Call: p.call, Event: engine.CallEnded{By: "caller", Reason: "completed"}}); err != nil {
		p.Fatal(err)
	}
}

// id is the session's.
func (p *phone) id() string { return runner.SessionID(p.call) }

// dead fails the test unless the session is a tombstone.
func (p *phone) dead() {
	p.Helper()
	if _, err := p.store.Load(p.Context(), p.id()); !errors.Is(err, runner.ErrEntombed) {
		p.Fatalf("session: %v, not %v", err, runner.ErrEntombed)
	}
}

// alive fails the test unless the session is live, and returns it.
func (p *phone) alive() runner.Record {
	p.Helper()
	rec, err := p.store.Load(p.Context(), p.id())
	if err != nil {
		p.Fatal(err)
	}
	return rec
}

// sweep passes once, and again after each second given.
func (b *bench) sweep(r *runner.Runner) {
	b.Helper()
	if err := r.Sweep(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) deliver(r *runner.Runner) {
	b.Helper()
	if err := r.Deliver(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) backlog() int {
	b.Helper()
	n, err := b.store.Backlog(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", want); g != w {
		t.Fatalf("%s: %s, not %s", what, g, w)
	}
}
