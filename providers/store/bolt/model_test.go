package bolt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/store/memory"
)

// begun is when the model's time begins.
var begun = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// model makes up operations. Two stores that are given the same ones answer alike.
type model struct {
	random *rand.Rand
	now    time.Time
	ticks  int
}

func newModel(seed uint64) *model {
	return &model{random: rand.New(rand.NewPCG(seed, 7)), now: begun}
}

// at is an instant that no other has.
func (m *model) at(most time.Duration) time.Time {
	m.ticks++
	return m.now.Add(time.Duration(m.random.Int64N(int64(most)))).Truncate(time.Second).Add(time.Duration(m.ticks) * time.Microsecond)
}

func (m *model) key(prefix string, n int) string { return fmt.Sprint(prefix, m.random.IntN(n)) }

func (m *model) bytes() []byte {
	b := make([]byte, m.random.IntN(m.random.IntN(3000)+1))
	for i := range b {
		b[i] = byte(m.random.IntN(4)) * 60 // whole runs of zeros too
	}
	return b
}

func (m *model) promise(session string) runner.Promise {
	return runner.Promise{
		Key: m.key("p", 60), Session: session, Seq: m.random.IntN(4), Data: m.bytes(), Resend: m.random.IntN(2) == 0,
		CreatedAt: m.now, NextAt: m.at(time.Minute), ExpiresAt: m.at(time.Hour),
	}
}

// say is what an operation answered, for comparing.
func say(err error, results ...any) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", results)
}

// operation makes up one, which may be run on any number of stores.
func (m *model) operation() func(ctx context.Context, s runner.Store) string {
	m.now = m.now.Add(time.Duration(m.random.IntN(2000)) * time.Millisecond)
	now, id, key := m.now, m.key("s", 30), m.key("p", 60)
	owner, data, window := m.key("o", 2), m.bytes(), time.Duration(1+m.random.IntN(60))*time.Second
	record := runner.Record{ID: id, Data: data, Reply: m.bytes(), Wake: m.at(time.Minute), ExpiresAt: m.at(time.Hour)}
	at, pick, drop := m.at(time.Minute), m.random.IntN(2) == 0, m.random.IntN(3)
	promises := make([]runner.Promise, m.random.IntN(3))
	for i := range promises {
		promises[i] = m.promise(id)
	}
	effect := runner.EffectKey{Session: id, Turn: m.random.IntN(3), Position: m.random.IntN(2)}
	version := func(ctx context.Context, s runner.Store) int64 {
		r, _ := s.Load(ctx, id)
		return r.Version
	}
	switch m.random.IntN(26) {
	case 0, 1, 2:
		return func(ctx context.Context, s runner.Store) string { return say(s.Insert(ctx, record)) }
	case 3, 4, 5, 6, 7:
		return func(ctx context.Context, s runner.Store) string {
			mail, _ := s.Mail(ctx, id)
			var read int64
			if len(mail) > drop {
				read = mail[drop].ID
			}
			record.Version = version(ctx, s)
			return say(s.Commit(ctx, record, promises, read), record.Version)
		}
	case 8:
		return func(ctx context.Context, s runner.Store) string {
			record.Version = version(ctx, s)
			return say(s.Entomb(ctx, record, promises), record.Version)
		}
	case 9, 10:
		return func(ctx context.Context, s runner.Store) string { return say(s.Post(ctx, id, data, at)) }
	case 11, 12:
		return func(ctx context.Context, s runner.Store) string {
			r, claimed, err := s.Claim(ctx, effect, owner, now, at)
			return say(err, r, claimed)
		}
	case 13:
		return func(ctx context.Context, s runner.Store) string {
			r, err := s.Finish(ctx, effect, data)
			return say(err, r)
		}
	case 14, 15:
		p := m.promise(id)
		return func(ctx context.Context, s runner.Store) string {
			p, err := s.Promise(ctx, p)
			return say(err, p)
		}
	case 16, 17:
		return func(ctx context.Context, s runner.Store) string {
			p, err := s.Lease(ctx, key, owner, now, at)
			return say(err, p)
		}
	case 18:
		return func(ctx context.Context, s runner.Store) string {
			return say(s.Settle(ctx, key, owner, pick, data, at))
		}
	case 19:
		delta := m.random.IntN(4) - 1
		return func(ctx context.Context, s runner.Store) string {
			n, err := s.Add(ctx, id, delta, now, window)
			return say(err, n)
		}
	case 20:
		n := m.random.IntN(3)
		return func(ctx context.Context, s runner.Store) string {
			old, err := s.Count(ctx, id, now)
			return say(errors.Join(err, s.Swap(ctx, old, runner.Counter{Key: id, N: n, At: now, Until: at}, now)), old)
		}
	case 21:
		return func(ctx context.Context, s runner.Store) string { return say(s.SaveProgram(ctx, id, data)) }
	case 22:
		users := make([]runner.PhoneUser, m.random.IntN(4))
		for i := range users {
			users[i] = runner.PhoneUser{
				ID: m.key("u", 20), Name: m.key("n", 5), UpdatedAt: now, Deleted: m.random.IntN(5) == 0,
				Numbers: []runner.PhoneNumber{{Number: m.key("+1202", 9), Kind: runner.PhoneMFA}},
			}
		}
		return func(ctx context.Context, s runner.Store) string {
			n, err := s.PutUsers(ctx, users)
			return say(err, n)
		}
	case 23:
		if pick {
			data = nil
		}
		return func(ctx context.Context, s runner.Store) string { return say(s.Mark(ctx, id, data)) }
	case 24:
		return func(ctx context.Context, s runner.Store) string {
			for {
				if more, err := s.Expire(ctx, now); err != nil || !more {
					return say(err)
				}
			}
		}
	default:
		return func(ctx context.Context, s runner.Store) string {
			ids, err := s.Due(ctx, now, 1000)
			return say(err, ids)
		}
	}
}

// everything reads all that the model can have put into a store.
func (m *model) everything(ctx context.Context, s runner.Store) string {
	var b strings.Builder
	line := func(what string, err error, results ...any) {
		fmt.Fprintln(&b, what, say(err, results...))
	}
	for i := range 60 {
		id := fmt.Sprint("s", i)
		r, err := s.Load(ctx, id)
		line(id, err, r)
		t, err := s.Tombstone(ctx, id)
		line(id+" dead", err, t)
		mail, err := s.Mail(ctx, id)
		for _, l := range mail {
			line(id+" mail", err, string(l.Data))
		}
		for _, k := range []runner.EffectKey{{Session: id}, {Session: id, Position: 1}, {Session: id, Turn: 1}, {Session: id, Turn: 2, Position: 1}} {
			e, err := s.Effect(ctx, k)
			line(fmt.Sprint(k), err, e)
		}
		p, err := s.Promised(ctx, fmt.Sprint("p", i))
		line(fmt.Sprint("p", i), err, p)
		c, err := s.Count(ctx, id, m.now)
		line(id+" count", err, c)
		source, err := s.LoadProgram(ctx, id)
		line(id+" source", err, source)
		u, err := s.PhoneUser(ctx, fmt.Sprint("u", i))
		line(fmt.Sprint("u", i), err, u)
		found, err := s.UsersByPhone(ctx, fmt.Sprint("+1202", i), 50)
		line(fmt.Sprint("+1202", i), err, found)
		mark, err := s.Marked(ctx, id)
		line(id+" mark", err, mark)
	}
	for _, after := range []time.Duration{0, time.Minute, 1000 * time.Hour} {
		ids, err := s.Due(ctx, m.now.Add(after), 1000)
		line("due", err, ids)
		ready, err := s.Ready(ctx, m.now.Add(after), 1000)
		line("ready", err, ready)
	}
	counts, err := s.Counts(ctx, "s", "s1", m.now, 1000)
	line("counts", err, counts)
	users, err := s.PhoneUsers(ctx, "u1", 1000)
	line("users", err, users)
	live, err := s.Live(ctx)
	line("live", err, live)
	backlog, err := s.Backlog(ctx)
	line("backlog", err, backlog)
	return b.String()
}

// copyStore copies a store's file with what lies beside it, as a crash would leave
// them, and returns the copy's name.
func copyStore(tb testing.TB, path string) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), "copy.db")
	names := journalNames(path)
	// The file last: a journal may be carried into it meanwhile, and removed.
	for _, name := range append(names[:], journalPart(path), path) {
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+strings.TrimPrefix(name, path), b, 0o600)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return to
}

// small are limits with which there is a checkpoint every few batches.
var small = limits{carry: 8 << 10, every: time.Hour, most: 32 << 10}

// roomy are limits with which there is a checkpoint only when the test says so.
var roomy = limits{carry: 1 << 40, every: time.Hour, most: 1 << 40}

func openLimited(tb testing.TB, path string, l limits, step func(string)) *Store {
	tb.Helper()
	s, err := openWith(path, l, step)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func nothing(string) {}

// TestModel has the memory store and this one do the same at random, with checkpoints
// at any moment, restarts and crashes: they answer alike.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			m := newModel(seed)
			right := memory.New()
			defer right.Close()
			l := roomy
			if seed%2 == 0 {
				l = small
			}
			path := filepath.Join(t.TempDir(), "callflow.db")
			s := openLimited(t, path, l, nothing)
			for n := range 1000 {
				op := m.operation()
				if got, want := op(ctx, s), op(ctx, right); got != want {
					t.Fatalf("operation %d answered\n%s\nexpected\n%s", n, got, want)
				}
				switch m.random.IntN(200) {
				case 0:
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = openLimited(t, path, l, nothing)
				case 1:
					if err := s.ask(ctx, func() { path = copyStore(t, path) }); err != nil {
						t.Fatal(err)
					}
					_ = s.Close()
					s = openLimited(t, path, l, nothing)
				case 2, 3, 4, 5:
					if err := s.ask(ctx, s.checkpoint); err != nil {
						t.Fatal(err)
					}
				case 6:
					if err := s.ask(ctx, s.await); err != nil {
						t.Fatal(err)
					}
				case 7, 8:
					if got, want := m.everything(ctx, s), m.everything(ctx, right); got != want {
						t.Fatalf("after %d operations %s", n, firstDifference(got, want))
					}
				}
			}
			if got, want := m.everything(ctx, s), m.everything(ctx, right); got != want {
				t.Fatal(firstDifference(got, want))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("it has\n%s\nexpected\n%s", g[i], w[i])
		}
	}
	return fmt.Sprintf("it has %d lines, expected %d", len(g), len(w))
}

// Readers see what was acknowledged, as a whole and each change once, while
// checkpoints carry it from under them.
func TestReadersAndCheckpoints(t *testing.T) {
	t.Parallel()
	const sessions, versions = 40, 60
	s := openLimited(t, filepath.Join(t.TempDir(), "callflow.db"), limits{carry: 4 << 10, every: time.Millisecond, most: 8 << 10}, nothing)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	name := func(i int) string { return fmt.Sprintf("session %04d", i) }
	for i := range sessions {
		if err := s.Insert(ctx, runner.Record{ID: name(i), Wake: begun.Add(time.Hour), ExpiresAt: begun.Add(9 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	var writers, readers sync.WaitGroup
	var mu sync.Mutex
	acknowledged := make([]int64, sessions)
	known := func(i int) int64 {
		mu.Lock()
		defer mu.Unlock()
		return acknowledged[i]
	}
	for i := range sessions {
		writers.Go(func() {
			for v := int64(1); v <= versions; v++ {
				// Each goes to another place in the order of wakes, earlier than before.
				r := runner.Record{
					ID: name(i), Version: v, Data: fmt.Append(nil, v+1), Reply: make([]byte, 200),
					Wake: begun.Add(time.Hour - time.Duration(v)*time.Second), ExpiresAt: begun.Add(9 * time.Hour),
				}
				key := fmt.Sprintf("%d/%d", i, v)
				p := runner.Promise{Key: key, Session: name(i), Seq: int(v), NextAt: begun, ExpiresAt: begun.Add(time.Hour)}
				err := s.Commit(ctx, r, []runner.Promise{p}, 0)
				_, lerr := s.Lease(ctx, key, "one", begun, begun.Add(time.Minute))
				if err := errors.Join(err, lerr, s.Settle(ctx, key, "one", true, nil, begun)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged[i] = v + 1
				mu.Unlock()
			}
		})
	}
	for n := range 4 {
		readers.Go(func() {
			for i := n; ctx.Err() == nil; i++ {
				least := known(i % sessions)
				r, err := s.Load(ctx, name(i%sessions))
				if ctx.Err() != nil {
					return
				}
				if err != nil || r.Version < least || r.Version > 1 && string(r.Data) != fmt.Sprint(r.Version) {
					t.Errorf("%s has version %d with data %s after %d was acknowledged: %v", r.ID, r.Version, r.Data, least, err)
					return
				}
				if i%8 != 0 {
					continue
				}
				ids, err := s.Due(ctx, begun.Add(time.Hour), 1000)
				if ctx.Err() != nil {
					return
				}
				slices.Sort(ids)
				if once := slices.Compact(slices.Clone(ids)); err != nil || len(ids) != sessions || len(once) != sessions {
					t.Errorf("%d are due, %d different ones, expected %d: %v", len(ids), len(once), sessions, err)
					return
				}
				// Of each session one promise at most is to be delivered.
				ready, err := s.Ready(ctx, begun.Add(24*time.Hour), 1000)
				if ctx.Err() == nil && (err != nil || len(ready) > sessions) {
					t.Errorf("%d are ready: %v", len(ready), err)
					return
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	if t.Failed() {
		return
	}
	for i := range sessions {
		if r, err := s.Load(t.Context(), name(i)); err != nil || r.Version != versions+1 {
			t.Errorf("%s has version %d: %v", name(i), r.Version, err)
		}
	}
}
