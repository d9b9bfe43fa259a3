package runner_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/store/memory"
)

// A simulation plays calls at two instances over one store while everything fails
// that can: instances crash between any two steps, answers get lost, hooks come
// twice, late and in another order, the store fails before and after its work, and
// services are slow. A seed decides all of it:
//
//	go test ./engine/runner -run TestSimulation -sim.runs 100000
//	go test ./engine/runner -run TestSimulation -sim.seed 4711 -sim.runs 1 -sim.log
var (
	simSeed = flag.Uint64("sim.seed", 1, "the first seed of the simulation")
	simRuns = flag.Int("sim.runs", 1500, "how many seeds the simulation plays")
	simLog  = flag.Bool("sim.log", false, "write what happens in the simulation")
)

// The promises that a simulation holds the runner to.
const (
	oneStep   = "one step for each hook"
	oneSignIn = "at most one sign-in for each PIN entered"
	oneKey    = "each committed action is delivered, under one key"
	strictly  = "what must not be seen twice is not sent twice"
	inOrder   = "the actions of a call are delivered in order"
	noDeadAir = "no dead air"
	endsOnce  = "a call ends once"
)

// plant is a bug that a promise must catch.
type plant struct {
	store      func(runner.Store) runner.Store
	encode     runner.Encode
	idempotent bool // even of services that are not
	rekey      bool // another key each time
	// counters are what the lock-out counts by, front is how it is asked.
	counters func(runner.Counters) runner.Counters
	front    func(next runner.Authenticator, front func(runner.Authenticator) runner.Authenticator) runner.Authenticator
	alone    bool // each instance counts by itself
	unsure   bool // of a code that may have been sent nothing is assumed
}

func TestSimulation(t *testing.T) {
	t.Parallel()
	const batch = 250
	for first := 0; first < *simRuns; first += batch {
		t.Run(fmt.Sprintf("%d", *simSeed+uint64(first)), func(t *testing.T) {
			t.Parallel()
			for i := first; i < min(first+batch, *simRuns); i++ {
				seed := *simSeed + uint64(i)
				for _, v := range simulate(t, seed, plant{}) {
					t.Errorf("seed %d: %s\nagain: go test ./engine/runner -run TestSimulation -sim.seed %d -sim.runs 1 -sim.log", seed, v, seed)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// Each promise is one that can be broken.
func TestSimulationFindsBugs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		promise, bug string
		plant        plant
	}{
		{oneStep, "the last writer wins", plant{store: func(s runner.Store) runner.Store { return lastWriter{s} }}},
		{oneSignIn, "effect records are not kept", plant{store: func(s runner.Store) runner.Store { return forgetful{s} }}},
		{oneCode, "nobody keeps what was sent", plant{store: func(s runner.Store) runner.Store { return forgetful{s} }}},
		{oneCheck, "nobody keeps what was checked", plant{store: func(s runner.Store) runner.Store { return forgetful{s} }}},
		{surely, "nothing is assumed of a code", plant{unsure: true}},
		{oneKey, "promises are forgotten", plant{store: func(s runner.Store) runner.Store { return promiseless{s} }}},
		{oneKey, "a key for each attempt", plant{rekey: true}},
		{strictly, "everything is sent again", plant{idempotent: true}},
		{inOrder, "all promises are ready", plant{store: func(s runner.Store) runner.Store { return orderless{s} }}},
		{noDeadAir, "nothing is said while an effect runs", plant{encode: speechless}},
		{noDeadAir, "what was answered is not kept", plant{store: func(s runner.Store) runner.Store { return &lossy{Store: s} }}},
		{endsOnce, "the end is not kept", plant{store: func(s runner.Store) runner.Store { return immortal{s} }}},
		{limited, "a PIN is tried, then counted", plant{front: triedFirst}},
		{limited, "each instance counts by itself", plant{alone: true}},
		{limited, "the last count wins", plant{counters: func(c runner.Counters) runner.Counters { return lastCount{c} }}},
		{reasoned, "outages use up attempts", plant{counters: func(c runner.Counters) runner.Counters { return onlyUp{c} }}},
		{counted, "outages use up attempts, it shows", plant{counters: func(c runner.Counters) runner.Counters { return onlyUp{c} }}},
		{counted, "everything is given back", plant{counters: func(c runner.Counters) runner.Counters { return lavish{c} }}},
	} {
		t.Run(tt.bug, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2000) {
				for _, v := range simulate(t, seed, tt.plant) {
					if strings.HasPrefix(v, tt.promise) {
						return
					}
				}
			}
			t.Errorf("%q is never found broken", tt.promise)
		})
	}
}

// sim is one run.
type sim struct {
	t        *testing.T
	seed     uint64
	plant    plant
	began    time.Time
	shared   *ledger
	catalog  *catalog
	sealer   engine.Sealer
	failing  float64 // how often the store fails
	crashing float64 // how often an instance is one that crashes
	losing   float64 // how often an answer is lost
	wrong    int     // one PIN of so many is wrong
	guard    *guard

	mu        sync.Mutex
	calm      bool // nothing fails any more
	instances []*instance
	made      int
	broken    []string
	replies   map[string][]byte // by hook
	pins      map[string]int
	sends     map[string]*delivered // by key
	codes     *codes
}

// delivered is what became of an action.
type delivered struct {
	path     string
	n        int
	sent     bool // bytes have left
	answered bool
}

// simulate plays a run and returns the promises that were broken.
func simulate(t *testing.T, seed uint64, p plant) []string {
	t.Helper()
	var s *sim
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		var under runner.Store = store
		if p.store != nil {
			under = p.store(under)
		}
		s = &sim{
			t: t, seed: seed, plant: p, began: time.Now(), shared: &ledger{Store: under, inserted: map[string]int{}, entombed: map[string]int{}},
			catalog: newCatalog(signsInAgain(t)), replies: map[string][]byte{}, pins: map[string]int{}, sends: map[string]*delivered{}, codes: newCodes(),
		}
		s.sealer = runner.Unsealed()
		if s.pick(2, "sealed") == 0 {
			var err error
			if s.sealer, err = throwaway(&counting{}); err != nil {
				t.Fatal(err)
			}
		}
		s.failing = []float64{0, 0, 0.02, 0.1}[s.pick(4, "failing")]
		s.crashing = []float64{0, 0.5, 0.9}[s.pick(3, "crashing")]
		s.losing = []float64{0, 0.1, 0.3}[s.pick(3, "losing")]
		s.wrong = []int{6, 2, 1}[s.pick(3, "wrong PINs")]
		s.guard = newGuard(s)
		s.instances = []*instance{s.instance(), s.instance()}
		var wg sync.WaitGroup
		for i := range 1 + s.pick(2, "calls") {
			c := s.caller(i)
			wg.Go(c.play)
		}
		for i := range s.pick(4, "guessers") {
			wg.Go(func() { s.guard.guess(fmt.Sprintf("guesser %d", i)) })
		}
		wg.Wait()
		s.settle()
	})
	return s.broken
}

// signsInAgain is a desk where callers may sign in as often as they like, and go on
// when they are refused.
func signsInAgain(t *testing.T) *engine.Program {
	s := deskSpec(t, "hash-1")
	for i, tr := range s.Transitions {
		switch {
		case tr.From == "sign_in" && tr.Outcome == engine.OutDenied:
			s.Transitions[i].To = "again"
		case tr.From == "sign_in" && tr.Outcome == engine.OutLocked:
			s.Transitions[i].To = "menu"
		}
	}
	s.say("again", "Refused.", "pin")
	s.option("menu", "7", "pin")
	withCodes(s)
	return s.program()
}

// counting is a source of randomness that is none, so that a run can be repeated.
type counting struct {
	mu sync.Mutex
	n  byte
}

func (c *counting) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b {
		c.n++
		b[i] = c.n * 31
	}
	return len(b), nil
}

// dice are thrown by name, not in the order of whatever runs at once.
func (s *sim) dice(what string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what))
	return rand.New(rand.NewPCG(s.seed, h.Sum64()))
}

func (s *sim) pick(n int, what string) int        { return s.dice(what).IntN(n) }
func (s *sim) chance(p float64, what string) bool { return p > 0 && s.dice(what).Float64() < p }
func (s *sim) upTo(d time.Duration, w string) time.Duration {
	return time.Duration(s.dice(w).Int64N(int64(d)))
}

func (s *sim) breaks(promise, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, promise+": "+fmt.Sprintf(format, args...))
}

func (s *sim) logf(format string, args ...any) {
	if *simLog {
		s.t.Logf("%9s  %s", time.Since(s.began).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
}

// instance is a process: a runner with its own view of the store, the services and
// the time.
type instance struct {
	*sim
	id    int
	run   *runner.Runner
	front runner.Authenticator
	ops   map[string]int
	dead  bool
	// failures counts those of its store.
	failures int
	// crash is the call of the store at which it dies, before or after.
	crashOp    string
	crashN     int
	crashAfter bool
}

var simOps = []string{
	"insert", "load", "commit", "entomb", "tombstone", "due", "claim", "finish", "post", "mail",
	"promise", "promised", "lease", "ready", "settle", "save program", "count", "swap", "add",
}

// instance starts a process. The caller holds the lock, or is alone.
func (s *sim) instance() *instance {
	s.made++
	in := &instance{sim: s, id: s.made, ops: map[string]int{}}
	name := fmt.Sprintf("instance %d", in.id)
	if s.chance(s.crashing, name+" crashes") {
		in.crashOp, in.crashN = simOps[s.pick(len(simOps), name+" op")], 1+s.pick(4, name+" n")
		in.crashAfter = s.chance(0.5, name+" after")
	}
	skew := s.upTo(600*time.Millisecond, name+" skew") - 300*time.Millisecond
	now := func() time.Time { return time.Now().Add(skew) }
	store := &faults{Store: s.shared, fail: in.fail}
	in.front = s.guard.lockout(in, store, now)
	if s.plant.alone {
		in.front = s.guard.lockout(in, memory.New(), now)
	}
	nonces := 0
	var mu sync.Mutex
	r, err := runner.New(runner.Deps{
		Catalog: s.catalog, Store: store, Authenticator: in.front, Services: in, Codes: in, Finder: in, Sealer: s.sealer,
		Log: zap.NewNop(), Jitter: func() float64 { return 0.5 }, Owner: fmt.Sprint("i", in.id), Now: now,
		Nonce: func() string {
			mu.Lock()
			defer mu.Unlock()
			nonces++
			return fmt.Sprintf("n%dx%d", in.id, nonces)
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	in.run = r
	return in
}

// fail decides what becomes of one call of the store.
func (in *instance) fail(_ int, op string) (before, after bool) {
	defer func() {
		if before || after {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.failures++
		}
	}()
	in.mu.Lock()
	in.ops[op]++
	n := in.ops[op]
	if in.dead || in.calm {
		before = in.dead
		in.mu.Unlock()
		return before, false
	}
	if op == in.crashOp && n == in.crashN {
		in.dead = true
		in.mu.Unlock()
		in.logf("instance %d crashes at %s %d (after: %v)", in.id, op, n, in.crashAfter)
		return !in.crashAfter, in.crashAfter
	}
	in.mu.Unlock()
	what := fmt.Sprintf("store %d %s %d", in.id, op, n)
	if op == "swap" { // which many do at once
		time.Sleep(in.upTo(100*time.Millisecond, what+" takes"))
	}
	if in.chance(in.failing, what+" slow") {
		time.Sleep(in.upTo(time.Second, what))
	}
	before, after = in.chance(in.failing, what+" before"), in.chance(in.failing, what+" after")
	if before || after {
		in.logf("%s fails (before: %v)", what, before)
	}
	return before, after
}

func (in *instance) isDead() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.dead
}

// any is an instance that lives; one that died is replaced.
func (s *sim) any(i int) *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	i %= 2
	for j := len(s.instances) - 1; j >= 0; j-- { // the latest of its kind
		if in := s.instances[j]; j%2 == i && !in.dead {
			return in
		}
	}
	for {
		in := s.instance()
		s.instances = append(s.instances, in)
		if (len(s.instances)-1)%2 == i {
			return in
		}
	}
}

// wait is what a call of a service takes. It returns false when the process has
// died or does not wait so long.
func (in *instance) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !in.isDead()
	case <-ctx.Done():
		return false
	}
}

var errSim = errors.New("no answer")

// Authenticate signs in whoever enters an even PIN.
func (in *instance) Authenticate(ctx context.Context, a engine.Authenticate) (got engine.SignedIn, err error) {
	if in.isDead() {
		return engine.SignedIn{}, errSim
	}
	t := ctx.Value(tryKey{}).(*try)
	in.guard.tries(t)
	defer func() { in.guard.answered(t, got.Result) }()
	pin := a.From + " " + a.PIN.Reveal()
	in.mu.Lock()
	in.pins[pin]++
	n := in.pins[pin]
	in.mu.Unlock()
	in.logf("instance %d signs in %s", in.id, pin)
	if n > 1 {
		in.breaks(oneSignIn, "PIN %s is tried %d times", pin, n)
	}
	switch in.pick(10, "sign-in "+pin) {
	case 0:
		return engine.SignedIn{}, errSim
	case 1, 2, 3:
		if !in.wait(ctx, in.upTo(25*time.Second, "sign-in takes "+pin)) {
			return engine.SignedIn{}, errSim
		}
	}
	if strings.ContainsAny(pin[len(pin)-1:], "13579") {
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	return maria(), nil
}

// Request answers, or not, or late.
func (in *instance) Request(ctx context.Context, r engine.Request) (engine.Answered, error) {
	in.mu.Lock()
	in.ops["request"]++
	what := fmt.Sprintf("request %d %d", in.id, in.ops["request"])
	in.mu.Unlock()
	switch in.pick(8, what) {
	case 0:
		return engine.Answered{}, errSim
	case 1, 2:
		if !in.wait(ctx, in.upTo(25*time.Second, what+" takes")) {
			return engine.Answered{}, errSim
		}
	}
	return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":"7"}`)}, nil
}

// Action takes notes of what was sent under which key.
func (in *instance) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	if in.isDead() {
		return engine.Answered{}, false, errSim
	}
	in.mu.Lock()
	if in.plant.rekey {
		a.Key = fmt.Sprintf("%s.%d", a.Key, len(in.sends))
	}
	d := in.sends[a.Key]
	if d == nil {
		d = &delivered{path: a.Path}
		in.sends[a.Key] = d
	}
	d.n++
	again, path, calm, what := d.sent, d.path, in.calm, fmt.Sprintf("action %s %d", a.Key, d.n)
	first := in.sends[strings.Replace(a.Key, "/second/", "/first/", 1)]
	early := a.Path == "/second" && (first == nil || !first.answered)
	in.mu.Unlock()
	in.logf("instance %d sends %s", in.id, what)
	switch {
	case path != a.Path:
		in.breaks(oneKey, "%s goes to %s and to %s", a.Key, path, a.Path)
	case again && a.Service == "once":
		in.breaks(strictly, "%s is sent again", a.Key)
	case early:
		in.breaks(inOrder, "%s overtakes", a.Key)
	}
	answer := func(r engine.Answer) (engine.Answered, bool, error) {
		in.mu.Lock()
		defer in.mu.Unlock()
		d.sent, d.answered = true, true
		return engine.Answered{Result: r}, true, nil
	}
	if calm {
		return answer(engine.AnswerDone)
	}
	switch in.pick(10, what) {
	case 0:
		return engine.Answered{}, false, errSim
	case 1, 2:
		in.mu.Lock()
		d.sent = true
		in.mu.Unlock()
		return engine.Answered{}, true, errSim
	case 3:
		return answer(engine.AnswerRejected)
	case 4, 5:
		in.mu.Lock()
		d.sent = true
		in.mu.Unlock()
		if !in.wait(ctx, in.upTo(25*time.Second, what+" takes")) {
			return engine.Answered{}, true, errSim
		}
	}
	return answer(engine.AnswerDone)
}

// Idempotent is false of one service.
func (in *instance) Idempotent(service string) bool { return service != "once" || in.plant.idempotent }

// encode is how answers are written.
func (s *sim) encode(o runner.Out) (runner.Reply, error) {
	if s.plant.encode != nil {
		return s.plant.encode(o)
	}
	return encode(o)
}

// heard checks an answer that a platform got. name is the hook's.
func (s *sim) heard(name string, reply runner.Reply, outcome runner.Outcome) {
	switch outcome {
	case runner.Stepped, runner.Held, runner.Repeated:
	default:
		return
	}
	s.mu.Lock()
	before, ok := s.replies[name]
	s.replies[name] = reply.Body
	s.mu.Unlock()
	if ok && !bytes.Equal(before, reply.Body) {
		s.breaks(oneStep, "hook %s was answered %q, and then %q", name, before, reply.Body)
	}
}

// caller is a call: the platform, and who holds the phone.
type caller struct {
	*sim
	name    string
	call    engine.Call
	rand    *rand.Rand
	wg      sync.WaitGroup
	token   runner.Token
	holds   int
	verbs   []string
	history []func(*instance)
	pin     int
	code    int
	// pressed counts the keys that were answered, tried those that may have been.
	pressed, tried map[string]int
	gone           bool // hung up, or was
}

func (s *sim) caller(i int) *caller {
	name := fmt.Sprintf("call-%d", i)
	return &caller{
		sim: s, name: name, rand: s.dice(name), pressed: map[string]int{}, tried: map[string]int{},
		call: engine.Call{Platform: "test", Account: "a", ID: name, From: fmt.Sprintf("+1555012%d", i), To: "+15550199"},
	}
}

// most is how long a platform waits for an answer.
const most = 15 * time.Second

// deliver sends a hook until it is answered. It returns false when the platform gives
// up.
func (c *caller) deliver(name string, send func(*instance) (runner.Reply, runner.Outcome, error)) (runner.Reply, runner.Outcome, bool) {
	once := func(in *instance) (runner.Reply, runner.Outcome, bool) {
		began := time.Now()
		reply, outcome, err := send(in)
		took := time.Since(began)
		if in.isDead() {
			return reply, outcome, false
		}
		if err != nil {
			c.breaks(noDeadAir, "%s: no answer: %v", name, err)
		}
		if took > most {
			c.breaks(noDeadAir, "%s: the answer took %s", name, took)
		}
		c.logf("%s %s answered by instance %d after %s: %s %q", c.name, name, in.id, took, outcome, reply.Body)
		c.heard(c.name+" "+name, reply, outcome)
		return reply, outcome, true
	}
	late := func(in *instance) { once(in) }
	c.history = append(c.history, late)
	for try := range 6 {
		in := c.any(c.rand.IntN(2))
		if c.rand.IntN(5) == 0 { // twice at once, or nearly
			other, pause := c.any(c.rand.IntN(2)), time.Duration(c.rand.IntN(3000))*time.Millisecond
			c.wg.Go(func() {
				time.Sleep(pause)
				late(other)
			})
		}
		if n := len(c.history); c.rand.IntN(8) == 0 && n > 1 { // an old one comes again
			old, pause := c.history[c.rand.IntN(n-1)], time.Duration(c.rand.IntN(5000))*time.Millisecond
			c.wg.Go(func() {
				time.Sleep(pause)
				old(in)
			})
		}
		lost := c.rand.Float64() < c.losing
		reply, outcome, ok := once(in)
		if ok && !lost {
			return reply, outcome, true
		}
		c.logf("%s %s: answer %d is lost", c.name, name, try+1)
		time.Sleep(time.Duration(c.rand.IntN(2000)) * time.Millisecond)
	}
	return runner.Reply{}, "", false
}

// send delivers one hook and hears the answer.
func (c *caller) send(ev engine.Event, key string) {
	token, holds := c.token, c.holds
	name := fmt.Sprintf("%d %s", token.Turn, token.Nonce)
	send := func(in *instance) (runner.Reply, runner.Outcome, error) {
		return in.run.Turn(c.t.Context(), runner.Hook{Token: token, Call: c.call, Event: ev, Holds: holds, Encode: c.encode})
	}
	if token == (runner.Token{}) {
		name = "start"
		send = func(in *instance) (runner.Reply, runner.Outcome, error) {
			return in.run.Start(c.t.Context(), runner.Start{Flow: "desk", Call: c.call, Holds: holds, Encode: c.encode})
		}
	}
	c.tried[key]++
	reply, outcome, ok := c.deliver(name, send)
	if !ok {
		c.logf("%s: the platform gives up", c.name)
		c.gone = true
		return
	}
	switch outcome {
	case runner.Stepped, runner.Held, runner.Repeated:
		c.pressed[key]++
	}
	p := (&phone{bench: &bench{T: c.t}}).heard(reply, outcome, nil)
	c.token, c.holds, c.verbs = p.token, p.holds, p.verbs
}

// play plays the call to its end.
func (c *caller) play() {
	defer c.wg.Wait()
	c.send(nil, "")
	for range 80 {
		if c.gone {
			break
		}
		if c.rand.IntN(6) == 0 { // meanwhile somebody sweeps and delivers
			in := c.any(c.rand.IntN(2))
			c.wg.Go(func() {
				_ = in.run.Sweep(c.t.Context())
				_ = in.run.Deliver(c.t.Context())
			})
		}
		if c.rand.IntN(25) == 0 { // the clock jumps
			time.Sleep(time.Duration(c.rand.IntN(200)) * time.Second)
		}
		last := ""
		if len(c.verbs) > 0 {
			last = c.verbs[len(c.verbs)-1]
		}
		switch last {
		case "hangup":
			c.gone = true
		case "continue":
			time.Sleep(time.Duration(c.rand.IntN(1500)) * time.Millisecond)
			c.send(engine.Resumed{}, "")
		case "dial":
			time.Sleep(time.Duration(c.rand.IntN(100)) * time.Second)
			c.send(engine.DialEnded{Result: engine.DialCompleted}, "")
		case "gather":
			time.Sleep(time.Duration(c.rand.IntN(4000)) * time.Millisecond)
			c.answer()
		default:
			c.breaks(noDeadAir, "%s hears %q in turn %d", c.name, c.verbs, c.token.Turn)
			c.gone = true
		}
	}
	c.end()
}

// answer presses keys, is silent, hangs up, or comes back without an answer.
func (c *caller) answer() {
	key, ev := "", engine.Event(engine.NoInput{})
	switch c.rand.IntN(20) {
	case 0:
	case 1:
		ev = engine.Lost{}
	case 2:
		c.gone = true
		if c.rand.IntN(2) == 0 {
			return
		}
		c.end() // which overtakes the last key
		fallthrough
	default:
		last := 2 * c.rand.IntN(50) // even: right
		if c.rand.IntN(c.wrong) == 0 {
			last++
		}
		const choices = "12223344444569788800"
		switch {
		case slices.Contains(c.verbs, "say PIN?"):
			c.pin++
			key = fmt.Sprintf("%02d%02d", c.pin, last)
		case slices.Contains(c.verbs, "say Code?"):
			c.code++
			key = fmt.Sprintf("%02d%02d", c.code, last)
		default:
			key = string(choices[c.rand.IntN(len(choices))])
		}
		ev = keys(key)
	}
	gone := c.gone
	c.send(ev, key)
	c.gone = c.gone || gone
}

// end tells of the end of the call, once or twice.
func (c *caller) end() {
	for n := 1 + c.rand.IntN(2); n > 0; n-- {
		for range 5 {
			in := c.any(c.rand.IntN(2))
			err := in.run.Notice(c.t.Context(), runner.Notice{Call: c.call, Event: engine.CallEnded{By: "caller"}})
			c.logf("%s is over, says instance %d: %v", c.name, in.id, err)
			if err == nil && !in.isDead() {
				break
			}
			time.Sleep(time.Second)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shared.calls = append(c.shared.calls, c)
}

// settle lets everything come to its end, and looks whether it did.
func (s *sim) settle() {
	s.mu.Lock()
	s.calm = true
	s.mu.Unlock()
	s.logf("calm")
	in := s.any(0)
	ctx := s.t.Context()
	for range 400 {
		if err := errors.Join(in.run.Sweep(ctx), in.run.Deliver(ctx)); err != nil {
			s.breaks(endsOnce, "a store that works fails: %v", err)
		}
		live, _ := s.shared.Live(ctx)
		backlog, _ := s.shared.Backlog(ctx)
		if live == 0 && backlog == 0 {
			break
		}
		time.Sleep(10 * time.Second)
	}
	for _, in := range s.instances {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		if err := in.run.Close(ctx); err != nil && !in.isDead() {
			s.breaks(endsOnce, "instance %d does not close: %v", in.id, err)
		}
		cancel()
	}
	if live, err := s.shared.Live(ctx); live != 0 || err != nil {
		s.breaks(endsOnce, "%d sessions are still live: %v", live, err)
	}
	if n, err := s.shared.Backlog(ctx); n != 0 || err != nil {
		s.breaks(oneKey, "%d promises are not kept: %v", n, err)
	}
	for _, c := range s.shared.calls {
		c.check()
	}
	s.guard.check()
}

// check holds a call that is over to its promises.
func (c *caller) check() {
	id := runner.SessionID(c.call)
	if n := c.shared.inserted[id]; n > 1 {
		c.breaks(endsOnce, "%s began %d times", c.name, n)
	}
	if n := c.shared.entombed[id]; n != c.shared.inserted[id] {
		c.breaks(endsOnce, "%s ended %d times", c.name, n)
	}
	for _, a := range []struct{ key, path string }{{"2", "report"}, {"3", "strict"}, {"4", "first"}, {"4", "second"}} {
		for visit := 1; visit <= c.pressed[a.key] && a.path != "strict"; visit++ { // which may end unknown
			if d := c.sends[fmt.Sprintf("%s/%s/%d", id, a.path, visit)]; d == nil || !d.answered {
				c.breaks(oneKey, "%s: %s number %d was committed and not delivered", c.name, a.path, visit)
			}
		}
		if n := c.keys(id + "/" + a.path + "/"); n > c.tried[a.key] {
			c.breaks(oneKey, "%s: %s was asked for %d times and has %d keys", c.name, a.path, c.tried[a.key], n)
		}
	}
	c.checkCodes()
	if n := c.keys(id + "/note/"); n > 1 {
		c.breaks(endsOnce, "%s has %d last notes", c.name, n)
	}
	for _, key := range slices.Sorted(maps.Keys(c.sends)) {
		if strings.HasPrefix(key, id) && strings.Contains(key, "~") {
			c.breaks(oneKey, "%s was delivered beside another", key)
		}
	}
}

func (c *caller) keys(prefix string) (n int) {
	for key := range c.sends {
		if strings.HasPrefix(key, prefix) {
			n++
		}
	}
	return n
}

// ledger counts how sessions begin and end.
type ledger struct {
	runner.Store
	mu                 sync.Mutex
	inserted, entombed map[string]int
	calls              []*caller // that are over
}

func (l *ledger) Insert(ctx context.Context, r runner.Record) error {
	err := l.Store.Insert(ctx, r)
	l.count(l.inserted, r.ID, err)
	return err
}

func (l *ledger) Entomb(ctx context.Context, r runner.Record, p []runner.Promise) error {
	err := l.Store.Entomb(ctx, r, p)
	l.count(l.entombed, r.ID, err)
	return err
}

func (l *ledger) count(by map[string]int, id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		by[id]++
	}
}

// The bugs.

// lastWriter commits whatever the version is.
type lastWriter struct{ runner.Store }

func (s lastWriter) Commit(ctx context.Context, r runner.Record, p []runner.Promise, read int64) error {
	err := s.Store.Commit(ctx, r, p, read)
	if errors.Is(err, runner.ErrConflict) {
		if now, err := s.Load(ctx, r.ID); err == nil {
			r.Version = now.Version
			return s.Store.Commit(ctx, r, p, read)
		}
	}
	return err
}

// lossy says of one commit in ten that it was kept.
type lossy struct {
	runner.Store
	n atomic.Int32
}

func (s *lossy) Commit(ctx context.Context, r runner.Record, p []runner.Promise, read int64) error {
	if s.n.Add(1)%10 == 0 {
		return nil
	}
	return s.Store.Commit(ctx, r, p, read)
}

// forgetful makes everybody the first to claim an effect.
type forgetful struct{ runner.Store }

func (s forgetful) Claim(_ context.Context, k runner.EffectKey, owner string, now, lease time.Time) (runner.EffectRecord, bool, error) {
	return runner.EffectRecord{Key: k, Owner: owner, Lease: lease, Started: now}, true, nil
}

func (s forgetful) Finish(_ context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	return runner.EffectRecord{Key: k, Done: true, Result: result}, nil
}

// promiseless shows nobody what is to be delivered, and counts it as delivered.
type promiseless struct{ runner.Store }

func (promiseless) Ready(context.Context, time.Time, int) ([]runner.Promise, error) { return nil, nil }

func (promiseless) Backlog(context.Context) (int, error) { return 0, nil }

// orderless lets every promise be a session of its own.
type orderless struct{ runner.Store }

func (s orderless) Promise(ctx context.Context, p runner.Promise) (runner.Promise, error) {
	p.Session = p.Key
	return s.Store.Promise(ctx, p)
}

// immortal says that a session was entombed, and keeps it.
type immortal struct{ runner.Store }

func (immortal) Entomb(context.Context, runner.Record, []runner.Promise) error { return nil }

// speechless leaves out what is said while an effect runs.
func speechless(o runner.Out) (runner.Reply, error) {
	if n := len(o.Verbs); n > 0 {
		if _, waiting := o.Verbs[n-1].(engine.Continue); waiting {
			o.Verbs = nil
		}
	}
	return encode(o)
}
