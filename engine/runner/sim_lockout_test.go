package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
)

// The real lock-out stands in front of the sign-ins of a simulation. Callers who
// sign in again and again, and others who guess at the same accounts meanwhile, meet
// it on instances that crash between counting, trying and giving back, over a store
// that fails. A guard sees what reaches the identity provider, and knows by simple
// lists what may.

// What the lock-out is held to.
const (
	limited  = "no more PINs are tried than the limits allow"
	reasoned = "nobody is refused but for PINs that were wrong"
	counted  = "what was wrong stays counted, and nothing else"
)

const (
	// simSlack is how much earlier than it is tried an attempt is counted, at most: the
	// store is slow, and clocks differ.
	simSlack  = 15 * time.Second
	simWindow = 3 * time.Minute
)

// try is a sign-in on its way through the lock-out.
type try struct {
	in       *instance
	buckets  []*bucket
	began    time.Time // when it was tried
	failures int       // of the instance's counters before it
	seen     map[*bucket]int
	forgiven bool      // by the owner's sign-in, while it was tried
	met      bool      // one of another instance
	given    bool      // will be given back
	owes     []*bucket // where that will take away another's count
	forgave  int       // of its account
	took     []*bucket // where it took away another's count
}

// bucket is an account, a calling number or a trunk, as the guard knows it.
type bucket struct {
	id    lockout.ID
	limit lockout.Limit
	// counts are the tries that must be counted: those under way, those that were
	// wrong, and those that nobody saw the end of because the instance died.
	counts []*try
	open   []*try // those that the lock-out may have counted
	maybe  int    // those whose end it may have failed to note
	// leaving are forgiven, and counted until the sign-in has settled that forgave them.
	leaving int
}

// guard holds the lock-out to its promises. Its methods take the sim's lock.
type guard struct {
	*sim
	limits  lockout.Limits
	key     []byte
	buckets map[lockout.ID]*bucket
}

func newGuard(s *sim) *guard {
	free := 1 + s.pick(3, "free attempts")
	l := lockout.Limit{Free: free, Wait: time.Minute, Max: 10 * time.Hour, Forget: 1000 * time.Hour}
	g := &guard{sim: s, key: []byte("0123456789abcdef"), buckets: map[lockout.ID]*bucket{}}
	// Known callers are left out: who is one changes with what is remembered.
	g.limits = lockout.Limits{Account: l, Number: l, Trunk: lockout.Rate{Free: []int{3, 1000}[s.pick(2, "trunk")], Window: simWindow}}
	g.limits.Number.Free += 2
	return g
}

// lockout makes what stands in front of an instance's sign-ins.
func (g *guard) lockout(in *instance, store runner.Counters, now func() time.Time) runner.Authenticator {
	if g.plant.counters != nil {
		store = g.plant.counters(store)
	}
	front := func(next runner.Authenticator) runner.Authenticator {
		l, err := lockout.New(lockout.Deps{Next: next, Counters: store, Key: g.key, Limits: g.limits, Now: now})
		if err != nil {
			g.t.Fatal(err)
		}
		return l
	}
	if g.plant.front != nil {
		return guarded{g, in, g.plant.front(in, front)}
	}
	return guarded{g, in, front(in)}
}

// guarded tells the guard of sign-ins before and after the lock-out.
type guarded struct {
	*guard
	in   *instance
	next runner.Authenticator
}

type tryKey struct{}

func (g guarded) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	t := g.ask(g.in, a)
	in, err := g.next.Authenticate(context.WithValue(ctx, tryKey{}, t), a)
	g.settled(t, in.Result)
	return in, err
}

func (g *guard) bucket(id lockout.ID, l lockout.Limit) *bucket {
	b := g.buckets[id]
	if b == nil {
		b = &bucket{id: id, limit: l}
		g.buckets[id] = b
	}
	return b
}

// ask notes an attempt before anybody knows of it.
func (g *guard) ask(in *instance, a engine.Authenticate) *try {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &try{in: in, failures: in.failures, seen: map[*bucket]int{}}
	h := lockout.NewHasher(g.key)
	t.buckets = append(t.buckets, g.bucket(h.Account(a.Account), g.limits.Account))
	if id, ok := h.Number(a.From); ok {
		t.buckets = append(t.buckets, g.bucket(id, g.limits.Number))
	}
	t.buckets = append(t.buckets, g.bucket(lockout.ID(lockout.Trunk), lockout.Limit{Free: g.limits.Trunk.Free}))
	for _, b := range t.buckets {
		b.open = append(b.open, t)
		for _, o := range b.open {
			o.seen[b] = max(o.seen[b], b.most()-1)
			o.met = o.met || o.in != in
			t.met = t.met || o.in != in
		}
	}
	return t
}

// most is how many may be counted, at most.
func (b *bucket) most() int {
	n := len(b.open) + b.maybe + b.leaving
	for _, t := range b.counts {
		if !slices.Contains(b.open, t) {
			n++
		}
	}
	return n
}

// tries notes that a PIN reaches the provider, and checks that it may.
func (g *guard) tries(t *try) {
	g.mu.Lock()
	var broken []string
	now := time.Now()
	for _, b := range t.buckets {
		if b.id == lockout.ID(lockout.Trunk) {
			n := 0
			for _, c := range b.counts {
				if now.Sub(c.began) < simWindow-simSlack {
					n++
				}
			}
			if n >= 2*b.limit.Free { // two windows may meet
				broken = append(broken, fmt.Sprintf("trunk: %d within %s", n+1, simWindow))
			}
		} else if n := len(b.counts); n >= b.limit.Free {
			var last time.Time
			for _, c := range b.counts {
				if c.began.After(last) {
					last = c.began
				}
			}
			wait := b.limit.Wait << min(n-b.limit.Free, 9)
			if passed := now.Sub(last); passed < wait-simSlack {
				broken = append(broken, fmt.Sprintf("%s: after %d, %s instead of %s", b.id.Kind(), n, passed, wait))
			}
		}
		b.counts = append(b.counts, t)
	}
	t.began = now
	g.mu.Unlock()
	for _, s := range broken {
		g.breaks(limited, "%s", s)
	}
}

func (b *bucket) drop(t *try) {
	if i := slices.Index(b.counts, t); i >= 0 {
		b.counts = slices.Delete(b.counts, i, i+1)
	} else if t.forgiven && len(b.counts) > 0 {
		b.counts[0].forgiven = true // what it gives back is another's
		b.counts = b.counts[1:]
		b.leaving++
		t.took = append(t.took, b)
	}
}

// forget lets the owner's sign-in forgive what was tried, perhaps but for what is on
// its way in the same process. It returns how many it forgives.
func (b *bucket) forget(mine *try) int {
	n := len(b.counts)
	for _, t := range b.counts {
		t.forgiven = true
		if t != mine && t.in == mine.in && slices.Contains(b.open, t) {
			b.maybe++
		}
	}
	for _, o := range b.open {
		if o.given && o.in != mine.in {
			o.owes = append(o.owes, b)
		}
	}
	b.counts = nil
	b.leaving += n
	return n
}

// answered notes what the provider said.
func (g *guard) answered(t *try, r engine.SignIn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.in.dead || r == engine.SignInDenied {
		return // nobody will give it back
	}
	t.given = true
	for i, b := range t.buckets {
		b.drop(t)
		if i == 0 && r == engine.SignInAuthenticated {
			t.forgave += b.forget(t)
		}
	}
}

// settled notes that the lock-out has done what it does.
func (g *guard) settled(t *try, r engine.SignIn) {
	g.mu.Lock()
	var why []string
	refused := r == engine.SignInLocked && !t.in.dead
	for _, b := range t.owes {
		if len(b.counts) > 0 {
			b.counts[0].forgiven = true
			b.counts = b.counts[1:]
		}
	}
	for _, b := range t.took {
		b.leaving--
		if t.in.dead || t.in.failures != t.failures {
			b.maybe++
		}
	}
	for i, b := range t.buckets {
		b.open = slices.DeleteFunc(b.open, func(o *try) bool { return o == t })
		if i == 0 && r == engine.SignInAuthenticated {
			// What came to its end since the provider answered may have done so before
			// the lock-out forgot, or after.
			n := b.forget(t)
			t.forgave += n
			b.maybe += n
		}
		if t.in.dead || t.in.failures != t.failures || t.met {
			b.maybe++
			if i == 0 {
				b.maybe += t.forgave
			}
		}
		if i == 0 {
			b.leaving -= t.forgave
		}
		why = append(why, fmt.Sprintf("%s %d of %d", b.id.Kind(), t.seen[b], b.limit.Free))
		refused = refused && t.seen[b] < b.limit.Free
	}
	g.mu.Unlock()
	if refused {
		g.breaks(reasoned, "%s", strings.Join(why, ", "))
	}
}

// check compares what is counted in the end with what should be.
func (g *guard) check() {
	l, err := lockout.New(lockout.Deps{Next: g.instances[0], Counters: g.shared, Key: g.key, Limits: g.limits})
	if err != nil {
		g.t.Fatal(err)
	}
	list, err := l.List(g.t.Context(), true)
	if err != nil {
		g.breaks(counted, "a store that works fails: %v", err)
	}
	have := map[lockout.ID]int{}
	for _, e := range list {
		have[e.ID] = e.Attempts
	}
	for id, b := range g.buckets {
		if id == lockout.ID(lockout.Trunk) || len(b.counts)+b.maybe >= b.limit.Free+8 { // counting ends somewhere
			continue
		}
		if n := have[id]; n < len(b.counts) || n > len(b.counts)+b.maybe {
			g.breaks(counted, "%s: %d, and not %d to %d", id.Kind(), n, len(b.counts), len(b.counts)+b.maybe)
		}
	}
}

// guess signs in without a call of its own, as fast as others do with many.
func (g *guard) guess(name string) {
	r := g.dice(name)
	for i := range 1 + r.IntN(6) {
		if r.IntN(3) > 0 {
			time.Sleep(time.Duration(r.IntN(40_000)) * time.Millisecond)
		}
		a := engine.Authenticate{
			Account: []string{"12345", "12345", "54321"}[r.IntN(3)], From: []string{"", "+15559990", "+15559991"}[r.IntN(3)],
			PIN: engine.NewSecret(fmt.Sprintf("%s %d %d", name, i, r.IntN(10))), Trunk: "test/a",
		}
		in := g.any(r.IntN(2))
		ctx, cancel := context.WithTimeout(g.t.Context(), 20*time.Second)
		got, err := in.front.Authenticate(ctx, a)
		cancel()
		g.logf("%s at instance %d: %s %v", name, in.id, got.Result, err)
	}
}

// The bugs.

// triedFirst asks the provider before the lock-out counts.
func triedFirst(next runner.Authenticator, front func(runner.Authenticator) runner.Authenticator) runner.Authenticator {
	type answer struct {
		in  engine.SignedIn
		err error
	}
	type key struct{}
	lock := front(authenticator(func(ctx context.Context, _ engine.Authenticate) (engine.SignedIn, error) {
		a := ctx.Value(key{}).(answer)
		return a.in, a.err
	}))
	return authenticator(func(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
		in, err := next.Authenticate(ctx, a)
		return lock.Authenticate(context.WithValue(ctx, key{}, answer{in, err}), a)
	})
}

type authenticator func(context.Context, engine.Authenticate) (engine.SignedIn, error)

func (f authenticator) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	return f(ctx, a)
}

// lastCount swaps whatever stands there.
type lastCount struct{ runner.Counters }

func (s lastCount) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	err := s.Counters.Swap(ctx, old, next, now)
	if errors.Is(err, runner.ErrConflict) {
		if old, err = s.Count(ctx, old.Key, now); err == nil {
			return s.Counters.Swap(ctx, old, next, now)
		}
	}
	return err
}

// onlyUp never counts backwards.
type onlyUp struct{ runner.Counters }

func (s onlyUp) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	if next.N < old.N {
		return nil
	}
	return s.Counters.Swap(ctx, old, next, now)
}

// lavish gives everything back where one was to be given back.
type lavish struct{ runner.Counters }

func (s lavish) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	if next.N < old.N {
		next = runner.Counter{Key: next.Key}
	}
	return s.Counters.Swap(ctx, old, next, now)
}
