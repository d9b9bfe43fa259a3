package lockout_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/lockout"
	"callflow/providers/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

const pin = "1234"

// provider signs in whoever enters 1234, to accounts that begin with "1": others
// are unknown.
type provider struct {
	mu    sync.Mutex
	tried []string // accounts
	do    func(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error)
}

func (p *provider) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	p.mu.Lock()
	p.tried = append(p.tried, a.Account)
	do := p.do
	p.mu.Unlock()
	if do != nil {
		return do(ctx, a)
	}
	if a.PIN.Reveal() != pin || !strings.HasPrefix(a.Account, "1") {
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: a.Account, ID: "u"}}, nil
}

func (p *provider) tries() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tried)
}

// answer makes every sign-in end alike; "" is an error.
func (p *provider) answer(r engine.SignIn) {
	p.do = func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
		if r == "" {
			return engine.SignedIn{}, errors.New("no answer")
		}
		return engine.SignedIn{Result: r}, nil
	}
}

// line is an installation with a clock of its own.
type line struct {
	*testing.T
	*provider
	store runner.Store
	mu    sync.Mutex
	at    time.Time
	lock  *lockout.Lockout
	limit lockout.Limits
	log   *observer.ObservedLogs
	core  zapcore.Core
}

func newLine(t *testing.T, change ...func(*lockout.Limits)) *line {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	l := &line{T: t, provider: &provider{}, store: store, at: t0, limit: lockout.Defaults()}
	for _, c := range change {
		c(&l.limit)
	}
	l.core, l.log = observer.New(zapcore.DebugLevel)
	l.lock = l.instance(store)
	return l
}

// instance is another process over a store.
func (l *line) instance(counters runner.Counters) *lockout.Lockout {
	l.Helper()
	lock, err := lockout.New(lockout.Deps{
		Next: l.provider, Counters: counters, Key: []byte("0123456789abcdef"), Limits: l.limit, Log: zap.New(l.core),
		Now: func() time.Time {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.at
		},
	})
	if err != nil {
		l.Fatal(err)
	}
	return lock
}

func (l *line) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = l.at.Add(d)
}

// dial signs in from a number.
func (l *line) dial(from, account, pin string) engine.SignIn {
	l.Helper()
	in, err := l.lock.Authenticate(l.Context(), engine.Authenticate{
		Account: account, PIN: engine.NewSecret(pin), From: from, To: "+61255500100", Trunk: "test/a",
	})
	if err != nil {
		l.Fatal(err)
	}
	return in.Result
}

// is dials and expects an answer.
func (l *line) is(want engine.SignIn, from, account, pin string) {
	l.Helper()
	if got := l.dial(from, account, pin); got != want {
		l.Fatalf("%s from %q: %s, not %s", account, from, got, want)
	}
}

// locked is when sign-ins are refused without asking anybody.
func (l *line) locked(from, account string) {
	l.Helper()
	before := l.tries()
	l.is(engine.SignInLocked, from, account, pin)
	if l.tries() != before {
		l.Fatal("a refused sign-in was tried")
	}
}

const (
	ok     = engine.SignInAuthenticated
	denied = engine.SignInDenied
)

func number(i int) string { return fmt.Sprintf("+1555%06d", i) }

func TestParallelGuesses(t *testing.T) {
	t.Parallel()
	for _, instances := range []int{1, 2} {
		for _, account := range []string{"12345", "99999"} { // of which the second is unknown
			t.Run(fmt.Sprintf("%d instances, %s", instances, account), func(t *testing.T) {
				t.Parallel()
				l := newLine(t)
				locks := []*lockout.Lockout{l.lock}
				for len(locks) < instances {
					locks = append(locks, l.instance(l.store))
				}
				answers := guess(l, locks, 1000, func(i int) (string, string) { return number(i), account })
				if n := l.tries(); n != 3 {
					t.Errorf("the provider was asked %d times, not 3", n)
				}
				if answers[denied] != 3 || answers[engine.SignInLocked] != 997 {
					t.Errorf("answers: %v", answers)
				}
			})
		}
	}
}

// guess tries n wrong PINs at once.
func guess(l *line, locks []*lockout.Lockout, n int, who func(int) (from, account string)) map[engine.SignIn]int {
	l.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[engine.SignIn]int{}
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			from, account := who(i)
			in, err := locks[i%len(locks)].Authenticate(l.Context(), engine.Authenticate{
				Account: account, PIN: engine.NewSecret(fmt.Sprintf("%04d", 2000+i)), From: from, Trunk: "test/a",
			})
			if err != nil {
				l.Error(err)
			}
			mu.Lock()
			answers[in.Result]++
			mu.Unlock()
		})
	}
	close(start)
	wg.Wait()
	return answers
}

// Guesses that are slow to be answered are counted all the same. The others wait to
// see how they end, and are refused then.
func TestParallelGuessesOfASlowProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.do = func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
			time.Sleep(10 * time.Second)
			return engine.SignedIn{Result: denied}, nil
		}
		began := time.Now()
		answers := guess(l, []*lockout.Lockout{l.lock}, 100, func(i int) (string, string) { return number(i), "12345" })
		if l.tries() != 3 || answers[engine.SignInLocked] != 97 {
			t.Errorf("tried %d times: %v", l.tries(), answers)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// Many who are right at once are all signed in, though no more than the limit are
// tried at a time.
func TestParallelSignIns(t *testing.T) {
	t.Parallel()
	for from, limit := range map[string]int{"": 3, "+15550123": 3 + 3} { // not known yet, and known
		synctest.Test(t, func(t *testing.T) {
			l := newLine(t)
			var mu sync.Mutex
			var running, most int
			l.do = func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
				return engine.SignedIn{Result: ok, Principal: engine.Principal{Account: "12345", ID: "u"}}, nil
			}
			answers := guess(l, []*lockout.Lockout{l.lock}, 60, func(int) (string, string) { return from, "12345" })
			if answers[ok] != 60 || most > limit {
				t.Errorf("from %q: %v, %d at once", from, answers, most)
			}
			if left := l.entries(true); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// Nobody waits longer than they want to, and an outage is one for those who waited.
func TestWaitingGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.do = func(ctx context.Context, _ engine.Authenticate) (engine.SignedIn, error) {
			<-ctx.Done()
			return engine.SignedIn{}, ctx.Err()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := l.lock.Authenticate(ctx, engine.Authenticate{Account: "12345", PIN: engine.NewSecret(pin)})
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if left := l.entries(true); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		l.do = nil
		l.is(ok, "", "12345", pin)
	})
}

func TestOneNumberAgainstManyAccounts(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	answers := guess(l, []*lockout.Lockout{l.lock, l.instance(l.store)}, 1000, func(i int) (string, string) {
		return "+15550123", fmt.Sprint(10000 + i)
	})
	if l.tries() != 10 || answers[engine.SignInLocked] != 990 {
		t.Errorf("tried %d times: %v", l.tries(), answers)
	}
	l.locked("+1 555-0123", "1") // the same number, written differently
	l.is(ok, "+15550124", "10001", pin)
}

func TestManyNumbersAgainstOneAccount(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for i := range 3 {
		l.is(denied, number(i), "12345", "0000")
	}
	for i := range 20 {
		l.locked(number(100+i), "12345")
	}
	l.locked("", "12345")
	l.is(ok, number(100), "12346", pin) // other accounts are open
}

func TestAnonymousCallersHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 100 })
	for i, from := range []string{"", "anonymous", "Anonymous", "sip:anonymous@anonymous.invalid", "restricted", "+266696687", "unknown", " ", "0000"} {
		for n := range 10 { // ninety from no number at all, which one number would not be allowed
			l.is(denied, from, fmt.Sprint(200+10*i+n), "0000")
		}
	}
	for i := range 10 {
		l.is(denied, "", fmt.Sprint(300+i), "0000")
	}
	l.locked("", "12345") // the trunk's hundred
	l.locked(number(1), "12345")
	l.pass(l.limit.Trunk.Window)
	l.is(ok, "", "12345", pin)
}

func TestTrunkInParallel(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 50 })
	answers := guess(l, []*lockout.Lockout{l.lock, l.instance(l.store)}, 1000, func(i int) (string, string) {
		return number(i), fmt.Sprint(10000 + i)
	})
	if n := l.tries(); n > 50 || answers[denied] != n {
		t.Errorf("tried %d times: %v", n, answers)
	}
}

func TestTrunksAreApart(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 1 })
	for _, a := range []engine.Authenticate{
		{Trunk: "test/a"}, {Trunk: "test/b"}, {To: "+15550100"}, {To: "+15550101"},
	} {
		a.Account = "2" + a.Trunk + a.To
		for _, want := range []engine.SignIn{denied, engine.SignInLocked} {
			if got, err := l.lock.Authenticate(t.Context(), a); err != nil || got.Result != want {
				t.Errorf("%+v: %v, %v", a, got.Result, err)
			}
		}
	}
}

func TestOutagesUseUpNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		outage  func(*line) // one sign-in that is an outage
		locked  int         // refused attempts before
		counted int
	}{
		{"no answer", fails(""), 0, 0},
		{"unavailable", fails(engine.SignInUnavailable), 0, 0},
		{"no answer after two", fails(""), 2, 2},
		{"panic", panics, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 5 })
			for range tt.locked {
				l.is(denied, "+15550123", "12345", "0000")
			}
			for range 50 {
				tt.outage(l)
			}
			entries := l.entries(true)
			for _, e := range entries {
				if e.Attempts != tt.counted {
					t.Errorf("%s: %d counted, not %d", e.ID.Kind(), e.Attempts, tt.counted)
				}
			}
			if tt.counted == 0 && len(entries) > 0 {
				t.Errorf("left: %v", entries)
			}
			l.do = nil
			l.is(ok, "+15550123", "12345", pin)
		})
	}
}

func fails(r engine.SignIn) func(*line) {
	return func(l *line) {
		l.answer(r)
		_, err := l.lock.Authenticate(l.Context(), engine.Authenticate{
			Account: "12345", PIN: engine.NewSecret(pin), From: "+15550123", Trunk: "test/a",
		})
		if (err != nil) != (r == "") {
			l.Errorf("error: %v", err)
		}
		l.do = nil
	}
}

func panics(l *line) {
	l.do = func(context.Context, engine.Authenticate) (engine.SignedIn, error) { panic("ouch") }
	defer func() {
		if recover() == nil {
			l.Error("the panic is gone")
		}
		l.do = nil
	}()
	l.dial("+15550123", "12345", pin)
}

// An outage in the one attempt after a wait costs no second wait.
func TestOutageAfterAWait(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for range 3 {
		l.is(denied, "+15550123", "12345", "0000")
	}
	l.locked("+15550123", "12345")
	l.pass(30 * time.Second)
	for range 5 {
		fails("")(l)
	}
	l.is(ok, "+15550123", "12345", pin)
}

// Outages and refusals that overlap leave the refusals.
func TestOutagesAmongRefusals(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Account.Free, l.Number.Free = 500, 500 })
	l.do = func(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
		if a.PIN.Reveal() < "2200" {
			return engine.SignedIn{Result: denied}, nil
		}
		return engine.SignedIn{}, context.DeadlineExceeded
	}
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			_, _ = l.lock.Authenticate(t.Context(), engine.Authenticate{
				Account: "12345", PIN: engine.NewSecret(fmt.Sprint(2000 + i)), From: "+15550123", Trunk: "test/a",
			})
		})
	}
	wg.Wait()
	for _, e := range l.entries(true) {
		if e.Attempts != 200 {
			t.Errorf("%s: %d counted, not 200", e.ID.Kind(), e.Attempts)
		}
	}
}

// The caller who gives up waiting gives up nothing else.
func TestCancelledSignInIsGivenBack(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, cancel := context.WithCancel(t.Context())
	l.do = func(ctx context.Context, _ engine.Authenticate) (engine.SignedIn, error) {
		cancel()
		return engine.SignedIn{}, ctx.Err()
	}
	if _, err := l.lock.Authenticate(ctx, engine.Authenticate{Account: "12345", From: "+15550123"}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if left := l.entries(true); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestSuccessResets(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Known = false })
	for range 5 {
		l.is(denied, "+15550123", "12345", "0000")
		l.is(denied, "+15550124", "12345", "0000")
		l.is(ok, "+15550125", "12345", pin)
	}
	// The numbers did not earn it. The one that was right was never counted.
	for _, e := range l.entries(true) {
		if want := map[lockout.Kind]int{lockout.Number: 5, lockout.Trunk: 10}[e.ID.Kind()]; e.Attempts != want {
			t.Errorf("%s: %d, not %d", e.ID.Kind(), e.Attempts, want)
		}
	}
}

// The owner's sign-in does not make room for more guesses than are on their way.
func TestSuccessAmongGuesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.do = func(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
			if a.PIN.Reveal() == pin {
				return engine.SignedIn{Result: ok, Principal: engine.Principal{Account: a.Account, ID: "u"}}, nil
			}
			time.Sleep(time.Second)
			return engine.SignedIn{Result: denied}, nil
		}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { l.dial(number(i), "12345", "0000") })
		}
		synctest.Wait()
		l.is(ok, number(9), "12345", pin)
		wg.Wait()
		l.is(denied, number(2), "12345", "0000")
		l.locked(number(3), "12345")
	})
}

// Who has an account cannot go on guessing at others by signing in between.
func TestSignInDoesNotClearANumber(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Known = false })
	for i := range 10 {
		l.is(denied, "+15550123", fmt.Sprint(20000+i), "0000")
		if i < 9 {
			l.is(ok, "+15550123", "12345", pin)
		}
	}
	l.locked("+15550123", "12345")
}

func TestChallengeIsNoProof(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.is(denied, "+15550123", "12345", "0000")
	l.answer(engine.SignInChallenge)
	for range 20 {
		l.is(engine.SignInChallenge, "+15550123", "12345", pin)
	}
	for _, e := range l.entries(true) {
		if e.Attempts != 1 {
			t.Errorf("%s: %d, not 1", e.ID.Kind(), e.Attempts)
		}
	}
}

func TestLockedByTheProviderCounts(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.answer(engine.SignInLocked)
	for range 10 {
		l.is(engine.SignInLocked, "+15550123", "12345", pin)
	}
	if l.tries() != 3 {
		t.Errorf("tried %d times", l.tries())
	}
}

// Guessing as fast as it is allowed, each wait is at least as long as the one
// before, and none is longer than the longest.
func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Account.Forget = 30 * 24 * time.Hour })
	var waits []time.Duration
	waited := time.Duration(0)
	for len(waits) < 14 {
		switch got := l.dial("", "12345", "0000"); got {
		case denied:
			waits = append(waits, waited)
			waited = 0
		case engine.SignInLocked:
			l.pass(time.Second)
			waited += time.Second
		default:
			t.Fatal(got)
		}
	}
	want := "[0s 0s 0s 30s 1m0s 2m0s 4m0s 8m0s 16m0s 32m0s 1h0m0s 1h0m0s 1h0m0s 1h0m0s]"
	if fmt.Sprint(waits) != want {
		t.Errorf("waits: %v, not %s", waits, want)
	}
}

// However patient somebody is, an account is tried no more than its free attempts
// and one in each Forget.
func TestSustainedGuessing(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	const days = 20
	for range days * 24 * 60 {
		l.dial("", "12345", "0000")
		l.pass(time.Minute)
	}
	if n := l.tries(); n > days*24+11 || n < days*24 {
		t.Errorf("tried %d times in %d days", n, days)
	}
	// And the owner is never further away than the longest wait.
	l.pass(l.limit.Account.Max)
	l.is(ok, "", "12345", pin)
}

func TestTimeFrees(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for range 3 {
		l.is(denied, "+15550123", "12345", "0000")
	}
	l.pass(29 * time.Second)
	l.locked("+15550123", "12345")
	l.pass(time.Second)
	l.is(denied, "+15550123", "12345", "0000")
	l.locked("+15550123", "12345")
	l.pass(4 * time.Hour)
	if more, err := l.store.Expire(t.Context(), l.at); err != nil || more {
		t.Fatal(more, err)
	}
	if left := l.entries(true); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	for range 3 {
		l.is(denied, "+15550123", "12345", "0000")
	}
	l.locked("+15550123", "12345")
}

// Attempts are forgotten one by one, one in each Forget, not all at the end: who
// guesses again soon waits about as long as before.
func TestForgottenOneByOne(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for range 3 {
		l.is(denied, "", "12345", "0000")
	}
	l.pass(30 * time.Second)
	l.is(denied, "", "12345", "0000")
	l.pass(time.Minute)
	l.is(denied, "", "12345", "0000")
	attempts := func() int {
		for _, e := range l.entries(true) {
			if e.ID == l.lock.Account("12345") {
				return e.Attempts
			}
		}
		return 0
	}
	for _, tt := range []struct {
		pass time.Duration
		left int
	}{{0, 5}, {58 * time.Minute, 5}, {2 * time.Minute, 4}, {90 * time.Minute, 3}, {30 * time.Minute, 2}, {117 * time.Minute, 1}, {2 * time.Minute, 0}} {
		l.pass(tt.pass)
		if got := attempts(); got != tt.left {
			t.Errorf("%s on, at %s, %d attempts are left, not %d", tt.pass, l.at.Sub(t0), got, tt.left)
		}
	}
}

func TestRestartGoesOnCounting(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for range 3 {
		l.is(denied, "+15550123", "12345", "0000")
		l.lock = l.instance(l.store)
	}
	l.locked("+15550199", "12345")
}

func TestKnownCallersAreNotKeptOut(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 200 })
	owner := "+61255500123"
	l.is(ok, owner, "12345", pin)
	for i := range 3 {
		l.is(denied, number(i), "12345", "0000")
	}
	for i := range 197 {
		l.is(denied, number(100+i), fmt.Sprint(20000+i), "0000")
	}
	l.locked(number(9), "12345") // account and trunk are both closed
	l.is(ok, owner, "12345", pin)
	// It opens nothing for others, and not for the owner's guesses elsewhere.
	l.locked(number(9), "12345")
	l.locked(owner, "12346")
	// Whoever forges the number has the account's own limit.
	for range 3 {
		l.is(denied, owner, "12345", "0000")
	}
	l.locked(owner, "12345")
	l.pass(30 * time.Second)
	l.is(ok, owner, "12345", pin)
	// After a quarter of a year it is a number like any other.
	l.pass(90 * 24 * time.Hour)
	for i := range 3 {
		l.is(denied, number(i), "12345", "0000")
	}
	l.locked(owner, "12345")
}

func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.pass(1000 * time.Hour)
	for range 3 {
		l.is(denied, "", "12345", "0000")
	}
	l.pass(-1000 * time.Hour)
	l.is(denied, "", "12345", "0000")
	l.locked("", "12345")
	l.pass(time.Hour)
	l.is(ok, "", "12345", pin)
}

// broken is a store whose counters fail.
type broken struct {
	runner.Counters
	fail func(op string) bool
}

var errDown = errors.New("down")

func (b broken) Count(ctx context.Context, key string, now time.Time) (runner.Counter, error) {
	if b.fail("count") {
		return runner.Counter{}, errDown
	}
	return b.Counters.Count(ctx, key, now)
}

func (b broken) Swap(ctx context.Context, old, next runner.Counter, now time.Time) error {
	if b.fail("swap") {
		return errDown
	}
	return b.Counters.Swap(ctx, old, next, now)
}

func (b broken) Add(ctx context.Context, key string, delta int, now time.Time, window time.Duration) (int, error) {
	if b.fail("add") {
		return 0, errDown
	}
	return b.Counters.Add(ctx, key, delta, now, window)
}

// Wherever the store fails: nobody is tried without being counted, and who was
// right is signed in.
func TestStoreFailures(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		l := newLine(t)
		calls, early := 0, false // whether the store failed before anybody was tried
		l.lock = l.instance(broken{l.store, func(string) bool {
			calls++
			early = early || calls == n && l.tries() == 0
			return calls == n
		}})
		in, err := l.lock.Authenticate(t.Context(), engine.Authenticate{Account: "12345", PIN: engine.NewSecret(pin), From: "+15550123", Trunk: "test/a"})
		if calls < n {
			if n < 10 {
				t.Errorf("only %d calls of the store", n-1)
			}
			return
		}
		switch {
		case early && l.tries() > 0:
			t.Errorf("call %d: tried, though the store did not count it", n)
		case l.tries() == 0 && !errors.Is(err, errDown):
			t.Errorf("call %d: not tried: %v, %v", n, in.Result, err)
		case l.tries() == 1 && (err != nil || in.Result != ok):
			t.Errorf("call %d: %v, %v", n, in.Result, err)
		case l.tries() == 0 && len(l.entries(true)) > 0:
			t.Errorf("call %d: not tried, and yet counted: %v", n, l.entries(true))
		}
	}
}

// The store and the log see neither accounts, numbers nor PINs.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.is(ok, "+61255500123", "1234567890", pin)
	for range 5 {
		l.dial("+61255500123", "1234567890", "8642")
		l.dial("+61255500124", "1234567891", "8642")
	}
	l.clear(l.lock.Account("1234567891"))
	all, err := l.store.Counts(t.Context(), "", "", l.at, 100)
	if err != nil || len(all) < 4 {
		t.Fatal(all, err)
	}
	var seen strings.Builder
	for _, c := range all {
		fmt.Fprintln(&seen, c)
	}
	for _, e := range l.log.All() {
		fmt.Fprintln(&seen, e.Message, e.ContextMap())
	}
	for _, secret := range []string{"1234567890", "1234567891", "61255500123", "61255500124", "255500123", "8642"} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%s is seen in\n%s", secret, &seen)
		}
	}
	other, err := lockout.New(lockout.Deps{Next: l.provider, Counters: l.store, Key: []byte("fedcba9876543210"), Limits: l.limit})
	if err != nil {
		t.Fatal(err)
	}
	if other.Account("12345") == l.lock.Account("12345") {
		t.Error("the key changes nothing")
	}
}

// entries are what is listed.
func (l *line) entries(all bool) []lockout.Entry {
	l.Helper()
	entries, err := l.lock.List(l.Context(), all)
	if err != nil {
		l.Fatal(err)
	}
	return entries
}

func (l *line) clear(id lockout.ID) (lockout.Entry, bool) {
	l.Helper()
	was, ok, err := l.lock.Clear(l.Context(), id, "operator")
	if err != nil {
		l.Fatal(err)
	}
	return was, ok
}

func TestListAndClear(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.is(ok, "+15550001", "12346", pin)
	for range 3 {
		l.is(denied, "+15550123", "12345", "0000")
	}
	l.is(denied, "+15550001", "12346", "0000") // known by now
	account := l.lock.Account("12345")
	waiting := l.entries(false)
	if len(waiting) != 1 || waiting[0].ID != account || waiting[0].Attempts != 3 ||
		!waiting[0].Last.Equal(t0) || !waiting[0].Opens.Equal(t0.Add(30*time.Second)) || !waiting[0].Until.Equal(t0.Add(3*time.Hour)) {
		t.Errorf("waiting: %+v", waiting)
	}
	var kinds []string
	for _, e := range l.entries(true) {
		kinds = append(kinds, fmt.Sprint(e.ID.Kind(), " ", e.Attempts, " ", e.Waiting()))
	}
	if want := "[account 3 true caller 1 false number 3 false trunk 3 false]"; fmt.Sprint(kinds) != want {
		t.Errorf("all: %v, not %s", kinds, want)
	}

	was, cleared := l.clear(account)
	if !cleared || was.Attempts != 3 || !was.Waiting() {
		t.Errorf("cleared: %v, %+v", cleared, was)
	}
	if _, cleared := l.clear(account); cleared {
		t.Error("cleared twice")
	}
	for _, id := range []lockout.ID{"", "x", "account/", "known/0"} {
		if _, cleared := l.clear(id); cleared {
			t.Errorf("cleared %q", id)
		}
	}
	audit := l.log.FilterMessage("audit: lock-out cleared").All()
	if len(audit) != 1 || audit[0].ContextMap()["by"] != "operator" || audit[0].ContextMap()["lockout"] != string(account) {
		t.Errorf("audit: %v", audit)
	}
	l.is(ok, "+15550123", "12345", pin)
}

// A list longer than a page is whole.
// An ID is read as it is shown, and tells whose it is.
func TestIDs(t *testing.T) {
	t.Parallel()
	h := lockout.NewHasher(bytes.Repeat([]byte{7}, 16))
	number, _ := h.Number("+61255500123")
	ben := h.Account("12346")
	for _, tt := range []struct {
		id   lockout.ID
		of   string
		want bool
	}{
		{h.Account("12345"), "12345", true},
		{h.Caller("12345", "+61255500123"), "12345", true},
		{h.Caller("12345", "+61255500124"), "12345", true},
		{h.Caller("12346", "+61255500123"), "12345", false},
		{number, "12345", false},
		{ben, "12345", false},
	} {
		if got, ok := lockout.ParseID(string(tt.id)); !ok || got != tt.id {
			t.Errorf("%s is read as %q, %v", tt.id, got, ok)
		}
		if got := tt.id.Of(h.Account(tt.of)); got != tt.want {
			t.Errorf("%s of %s: %v", tt.id, tt.of, got)
		}
	}
	if a, b := h.Caller("12345", "1"), h.Caller("12345", "2"); a == b {
		t.Error("two callers of an account are one")
	}
	if h.Caller("12345", "1").Of(h.Caller("12345", "2")) {
		t.Error("a caller is no account")
	}
	for _, s := range []string{
		"", "account", "account/", "account/123", "folder/" + strings.Repeat("0", 32), "known/" + strings.Repeat("0", 32),
		strings.ToUpper(string(ben)), "account/" + strings.Repeat("g", 32), string(ben) + "00", string(ben) + "/x",
	} {
		if id, ok := lockout.ParseID(s); ok {
			t.Errorf("%q is read as %s", s, id)
		}
	}
}

func TestLongList(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(l *lockout.Limits) { l.Trunk.Free = 5000; l.Account.Free = 1 })
	for i := range 1200 {
		l.is(denied, "", fmt.Sprint(20000+i), "0000")
	}
	if n := len(l.entries(false)); n != 1200 {
		t.Errorf("%d waiting", n)
	}
}

// What was cleared while somebody tried stays cleared when the attempt is given
// back.
func TestGiveBackAfterClear(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.is(denied, "", "12345", "0000")
	l.do = func(context.Context, engine.Authenticate) (engine.SignedIn, error) {
		l.clear(l.lock.Account("12345"))
		return engine.SignedIn{}, errors.New("no answer")
	}
	_, _ = l.lock.Authenticate(t.Context(), engine.Authenticate{Account: "12345", Trunk: "test/a"})
	for _, e := range l.entries(true) {
		if e.ID.Kind() != lockout.Trunk || e.Attempts != 1 {
			t.Errorf("left: %+v", e)
		}
	}
}

// At random: refused attempts are what is counted, no matter what else happened.
func TestRandomly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLine(t, func(l *lockout.Limits) {
			l.Account = lockout.Limit{Free: 5, Wait: time.Minute, Max: time.Hour, Forget: 1000 * time.Hour}
			l.Number.Free, l.Known = 1000, false
		})
		wrong := 0
		for range 100 {
			want := []engine.SignIn{denied, ok, "", engine.SignInUnavailable, engine.SignInChallenge}[r.IntN(5)]
			l.answer(want)
			before := l.tries()
			in, err := l.lock.Authenticate(t.Context(), engine.Authenticate{Account: "1", From: "+15550123", Trunk: "test/a"})
			switch {
			case l.tries() == before:
				if wrong < 5 || in.Result != engine.SignInLocked {
					t.Fatalf("seed %d: refused after %d wrong attempts: %v, %v", seed, wrong, in.Result, err)
				}
			case want == denied:
				wrong++
			case want == ok:
				wrong = 0
			}
			if r.IntN(3) == 0 {
				l.pass(time.Duration(r.IntN(90)) * time.Second)
			}
			if r.IntN(5) == 0 {
				l.lock = l.instance(l.store)
			}
			for _, e := range l.entries(true) {
				if e.ID.Kind() == lockout.Account && e.Attempts != min(wrong, 11) {
					t.Fatalf("seed %d: %d counted, not %d", seed, e.Attempts, wrong)
				}
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() lockout.Deps {
		return lockout.Deps{Next: &provider{}, Counters: memory.New(), Key: make([]byte, 16), Limits: lockout.Defaults()}
	}
	for _, tt := range []struct {
		change func(*lockout.Deps)
		want   string
	}{
		{func(*lockout.Deps) {}, ""},
		{func(d *lockout.Deps) { d.Next = nil }, "Next or Counters is missing"},
		{func(d *lockout.Deps) { d.Counters = nil }, "Next or Counters is missing"},
		{func(d *lockout.Deps) { d.Key = d.Key[:15] }, "the key has 15 bytes, expected at least 16"},
		{func(d *lockout.Deps) { d.Limits.Account.Free = 0 }, "lockout: account.free is 0; expected at least 1"},
		{func(d *lockout.Deps) { d.Limits.Number.Wait = 0 }, "lockout: number.wait is 0s; expected at least 1ms"},
		{func(d *lockout.Deps) { d.Limits.Number.Max = time.Second }, "lockout: number.max is 1s, shorter than the first wait of 30s"},
		{func(d *lockout.Deps) { d.Limits.Account.Forget = time.Second }, "lockout: account.forget is 1s, shorter than the first wait of 30s"},
		{func(d *lockout.Deps) { d.Limits.Trunk.Free = 0 }, "lockout: trunk.free is 0"},
		{func(d *lockout.Deps) { d.Limits.Trunk.Window = 0 }, "lockout: trunk.window is 0s"},
	} {
		d := good()
		tt.change(&d)
		_, err := lockout.New(d)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, not %q", err, tt.want)
		}
	}
}
