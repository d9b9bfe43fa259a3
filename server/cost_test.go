package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/store/bolt"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/jambonz"
	"callflow/server"
)

const costBase = "http://ivr.example.com"

// bankAnswer is what the bank's service answers.
const bankAnswer = `{"amount":250.75,"currency":"AUD"}`

// instant is a sign-in and a bank that cost nothing: what is measured is the turn.
type instant struct{}

func (instant) Authenticate(_ context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	if a.PIN.Reveal() != "1234" {
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: engine.Principal{Account: a.Account, ID: "u", Greeting: "Maria"}}, nil
}

func (instant) Request(context.Context, engine.Request) (engine.Answered, error) {
	return engine.Answered{Result: engine.AnswerOK, Body: []byte(bankAnswer)}, nil
}

func (instant) Action(context.Context, engine.Action) (engine.Answered, bool, error) {
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

func (instant) Idempotent(string) bool { return true }

// single is a catalog of one flow.
type single struct {
	program *engine.Program
	source  []byte
}

func (c single) Program(flow string) (*engine.Program, []byte, bool) {
	return c.program, c.source, flow == c.program.Flow()
}

func (c single) Compile([]byte) (*engine.Program, error) { return c.program, nil }

// costLog encodes lines as production does, and throws them away.
func costLog() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel))
}

// bankFlow is the source of the bank line.
func bankFlow(tb testing.TB) []byte {
	tb.Helper()
	source, err := os.ReadFile("../examples/authzero/flow.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return source
}

// onDisk is a bolt store of the benchmark's own.
func onDisk(tb testing.TB) runner.Store {
	tb.Helper()
	store, err := bolt.Open(filepath.Join(tb.TempDir(), "calls.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

// sealerOf is what callflow serve seals a store with.
func sealerOf(tb testing.TB, store runner.Store) *runner.Sealer {
	tb.Helper()
	if _, ok := store.(*memory.Store); ok {
		return runner.Unsealed()
	}
	sealer, err := runner.NewSealer([]runner.Key{{ID: "a", Secret: bytes.Repeat([]byte{7}, 32)}}, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return sealer
}

// stack is the whole of callflow behind jambonz, and more platforms.
func stack(tb testing.TB, source []byte, store runner.Store, more ...telephony.Codec) http.Handler {
	tb.Helper()
	return commandingStack(tb, source, store, nil, more...)
}

// commandingStack is one that tells platforms what to do where answers do not.
func commandingStack(tb testing.TB, source []byte, store runner.Store, commander runner.Commander, more ...telephony.Codec) http.Handler {
	tb.Helper()
	program, diags := flows.CompileSource("flow.yaml", source, flows.Options{})
	if err := diags.Err(); err != nil {
		tb.Fatal(err)
	}
	codec, err := jambonz.New(jambonz.Config{Secrets: []engine.Secret{engine.NewSecret(lineSecret)}})
	if err != nil {
		tb.Fatal(err)
	}
	program.Warm()
	run, err := runner.New(runner.Deps{
		Catalog: single{program, source}, Store: store, Authenticator: instant{}, Services: instant{},
		Sealer: sealerOf(tb, store), Log: costLog(), Now: time.Now, Commander: commander,
	})
	if err != nil {
		tb.Fatal(err)
	}
	srv, err := server.New(server.Deps{
		Runner: run, Codecs: append([]telephony.Codec{codec}, more...), Flows: func() []string { return []string{program.Flow()} }, Flow: program.Flow(),
		Ping: store.Ping, PublicURL: costBase, Log: costLog(), Commander: commander,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = run.Close(context.Background()) })
	return srv
}

// signed is a jambonz hook as it arrives.
func signed(target string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, bytes.NewReader(body))
	sign(r, body, time.Now())
	return r
}

// sign signs a hook as jambonz does.
func sign(r *http.Request, body []byte, now time.Time) {
	at := fmt.Sprint(now.Unix())
	mac := hmac.New(sha256.New, []byte(lineSecret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	r.Header.Set("Jambonz-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("Content-Type", "application/json")
}

// hooks are the bodies of a whole bank call, taken from a recorded one.
type hooks struct{ first, turn, firstID, turnID string }

func recorded(tb testing.TB) hooks {
	tb.Helper()
	f, err := os.Open("../providers/telephony/jambonz/testdata/jambonz-captures.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	var h hooks
	for h.first == "" || h.turn == "" {
		var line struct {
			Request struct{ URL, Raw string }
		}
		if err := dec.Decode(&line); err != nil {
			tb.Fatal(err)
		}
		switch {
		case h.first == "" && line.Request.URL == "/v1/jambonz":
			h.first = line.Request.Raw
		case strings.Contains(line.Request.Raw, `"digits":"123"`):
			h.turn = line.Request.Raw
		}
	}
	h.firstID, h.turnID = field(tb, h.first, "call_sid"), field(tb, h.turn, "call_sid")
	return h
}

// field reads a top-level member of a hook.
func field(tb testing.TB, body, name string) string {
	tb.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		tb.Fatal(err)
	}
	s, _ := m[name].(string)
	return s
}

// play makes one whole call of a handler.
func play(tb testing.TB, h http.Handler, firstURL, sid string, raw hooks, keys []string) {
	tb.Helper()
	call(tb, func(target, body string) []byte {
		r, w := signed(target, []byte(body)), httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			tb.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		return w.Body.Bytes()
	}, firstURL, sid, raw, keys)
}

// call makes one whole call, hook by hook.
func call(tb testing.TB, send func(target, body string) []byte, firstURL, sid string, raw hooks, keys []string) {
	tb.Helper()
	reply := send(firstURL, strings.ReplaceAll(raw.first, raw.firstID, sid))
	for _, k := range keys {
		_, after, ok := bytes.Cut(reply, []byte(`"actionHook":"`))
		if !ok {
			tb.Fatalf("nothing to answer in %s", reply)
		}
		next, _, _ := bytes.Cut(after, []byte(`"`))
		u, err := url.Parse(string(next))
		if err != nil {
			tb.Fatal(err)
		}
		u.Fragment = ""
		reply = send(u.String(), strings.ReplaceAll(strings.ReplaceAll(raw.turn, raw.turnID, sid), `"digits":"123"`, `"digits":"`+k+`"`))
	}
	if !bytes.Contains(reply, []byte("Goodbye.")) {
		tb.Fatalf("the call ended with %s", reply)
	}
}

var bankKeys = []string{"12345", "1234", "1", "2", "9"}

// canned answers a call with what another handler answered: what is left is the
// cost of asking.
type canned struct{ replies map[string][]byte }

func (c canned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = w.Write(c.replies[r.URL.Path])
}

// cpu is the processor time this process has used.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTurn is a call of the bank line on jambonz, six turns with sign-in and
// balance: through the whole stack, through a hand-written handler that does the
// same, and through one that answers from memory, which is what asking costs.
// The cost of a turn is its cpu-us/turn less that of asking. Calls come side by
// side, as at a busy server: processors that look for work would count as cost.
func BenchmarkTurn(b *testing.B) {
	raw := recorded(b)
	b.Run("callflow", func(b *testing.B) {
		b.SetParallelism(8)
		turns(b, stack(b, bankFlow(b), memory.New()), costBase+"/v1/jambonz/calls", raw)
	})
	b.Run("callflow-bolt", func(b *testing.B) {
		b.SetParallelism(64)
		turns(b, stack(b, bankFlow(b), onDisk(b)), costBase+"/v1/jambonz/calls", raw)
	})
	b.Run("handwritten", func(b *testing.B) {
		b.SetParallelism(8)
		turns(b, byHand(), costBase+"/call", raw)
	})
	b.Run("asking", func(b *testing.B) {
		c := canned{map[string][]byte{}}
		h := byHand()
		play(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			c.replies[r.URL.Path] = rec.Body.Bytes()
			_, _ = w.Write(rec.Body.Bytes())
		}), costBase+"/call", "call", raw, bankKeys)
		turns(b, c, costBase+"/call", raw)
	})
}

// BenchmarkTurnAmongWaiting is the same while that many calls wait for their
// callers, as at a server that has work: what is kept is gone through whenever
// memory is collected.
func BenchmarkTurnAmongWaiting(b *testing.B) {
	raw := recorded(b)
	for _, n := range []int{10_000, 100_000} {
		for _, side := range []struct {
			name, first string
			open        func(*testing.B) http.Handler
		}{
			{"callflow", costBase + "/v1/jambonz/calls", func(b *testing.B) http.Handler { return stack(b, bankFlow(b), memory.New()) }},
			{"handwritten", costBase + "/call", func(*testing.B) http.Handler { return byHand() }},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, side.name), func(b *testing.B) {
				h := side.open(b)
				waiting(b, h, side.first, raw, n)
				b.SetParallelism(8)
				turns(b, h, side.first, raw)
			})
			b.Run(fmt.Sprintf("%d/%s-http", n, side.name), func(b *testing.B) {
				h := side.open(b)
				waiting(b, h, side.first, raw, n)
				turnsOverHTTP(b, h, side.first, raw)
			})
		}
	}
}

// turns has calls played of a handler, side by side.
func turns(b *testing.B, h http.Handler, first string, raw hooks) {
	var calls atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			play(b, h, first, fmt.Sprintf("call-%08d", calls.Add(1)), raw, bankKeys)
		}
	})
	report(b, calls.Load(), before)
}

// report reports what that many calls of the bank line took.
func report(b *testing.B, calls int64, before time.Duration) {
	turns := float64(calls) * float64(len(bankKeys)+1)
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/turns, "cpu-us/turn")
	b.ReportMetric(turns/b.Elapsed().Seconds(), "turns/s")
}

// waiting starts n calls, which wait at their first question, and returns how many
// bytes that has.
func waiting(tb testing.TB, h http.Handler, first string, raw hooks, n int) (reply int) {
	tb.Helper()
	for i := range n {
		r, w := signed(first, []byte(strings.ReplaceAll(raw.first, raw.firstID, fmt.Sprintf("waiting-%08d", i)))), httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			tb.Fatalf("%s: %d %s", first, w.Code, w.Body)
		}
		reply = w.Body.Len()
	}
	return reply
}

// wire is a connection of a platform's, kept for many hooks.
type wire struct {
	tb   testing.TB
	conn net.Conn
	in   *bufio.Reader
	out  bytes.Buffer
	body []byte
}

// send posts a hook and returns the answer, which the next one overwrites. It
// does no more than it must: what it costs is part of every figure.
func (l *wire) send(target, body string) []byte {
	r := signed(target, []byte(body))
	l.out.Reset()
	if err := r.Write(&l.out); err != nil {
		l.tb.Fatal(err)
	}
	if _, err := l.conn.Write(l.out.Bytes()); err != nil {
		l.tb.Fatal(err)
	}
	resp, err := http.ReadResponse(l.in, r)
	if err != nil {
		l.tb.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		l.tb.Fatalf("%s: %s", target, resp.Status)
	}
	l.body = append(l.body[:0], make([]byte, max(resp.ContentLength, 0))...)
	if _, err := io.ReadFull(resp.Body, l.body); err != nil {
		l.tb.Fatal(err)
	}
	_ = resp.Body.Close()
	return l.body
}

// BenchmarkTurnOverHTTP is the same call over real connections, kept alive: what
// a platform would see. Compare turns/s.
func BenchmarkTurnOverHTTP(b *testing.B) {
	raw := recorded(b)
	b.Run("callflow", func(b *testing.B) {
		turnsOverHTTP(b, stack(b, bankFlow(b), memory.New()), costBase+"/v1/jambonz/calls", raw)
	})
	b.Run("callflow-bolt", func(b *testing.B) {
		turnsOverHTTP(b, stack(b, bankFlow(b), onDisk(b)), costBase+"/v1/jambonz/calls", raw)
	})
	b.Run("handwritten", func(b *testing.B) { turnsOverHTTP(b, byHand(), costBase+"/call", raw) })
}

// turnsOverHTTP is turns over 64 connections for each processor.
func turnsOverHTTP(b *testing.B, h http.Handler, first string, raw hooks) {
	srv := httptest.NewServer(h)
	defer srv.Close()
	var calls atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		var d net.Dialer
		conn, err := d.DialContext(b.Context(), "tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		l := wire{tb: b, conn: conn, in: bufio.NewReader(conn)}
		for pb.Next() {
			call(b, l.send, first, fmt.Sprintf("call-%08d", calls.Add(1)), raw, bankKeys)
		}
	})
	report(b, calls.Load(), before)
}

// menus is a flow of n menus, of which a caller meets the first.
func menus(n int) []byte {
	var b strings.Builder
	b.WriteString("callflow: 1\nflow: menus\nstart: m0\nstates:\n")
	for i := range n {
		fmt.Fprintf(&b, "  m%d:\n    menu:\n      prompt: Press 1 to go on, 2 to hear this again, or 9 to finish.\n      options: { 1: m%d, 2: m0, 9: bye }\n", i, (i+1)%n)
	}
	b.WriteString("  bye:\n    hangup: { say: Goodbye. }\n")
	return []byte(b.String())
}

// BenchmarkTurnByFlow is a call of five turns on flows of growing size: a turn must
// not grow with the flow.
func BenchmarkTurnByFlow(b *testing.B) {
	raw := recorded(b)
	for _, n := range []int{50, 10_000} {
		b.Run(fmt.Sprintf("%dstates", n), func(b *testing.B) {
			h := stack(b, menus(n), memory.New())
			var calls atomic.Int64
			b.SetParallelism(8)
			b.ResetTimer()
			before := cpu(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					play(b, h, costBase+"/v1/jambonz/calls", fmt.Sprintf("call-%08d", calls.Add(1)), raw, []string{"1", "1", "2", "9"})
				}
			})
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(5*calls.Load()), "cpu-us/turn")
		})
	}
}

func byHand() http.Handler {
	h, handler := newHandwritten(lineSecret, costLog(), costBase)
	h.signIn = func(_, pin string) (string, bool) { return "Maria", pin == "1234" }
	h.fetch = func(string) []byte { return []byte(bankAnswer) }
	return handler
}

// BenchmarkLiveSession starts calls that wait at their first question, through the
// whole stack, and weighs what they hold: with the saved reply, which is what a
// redelivered hook is answered with. Run it with -benchtime 1x.
func BenchmarkLiveSession(b *testing.B) {
	raw := recorded(b)
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("%dcalls", n), func(b *testing.B) {
			for b.Loop() {
				store := memory.New()
				h := stack(b, bankFlow(b), store)
				before := heap()
				reply := waiting(b, h, costBase+"/v1/jambonz/calls", raw, n)
				live, err := store.Live(b.Context())
				if err != nil || live != n {
					b.Fatalf("%d sessions, %v", live, err)
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "B/session")
				b.ReportMetric(float64(reply), "B/reply")
			}
		})
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
