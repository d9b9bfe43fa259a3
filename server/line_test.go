package server_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/examples/authzero/bank/accounts"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/providers/identity/directory"
	"callflow/providers/services"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
	"callflow/server"
)

const lineSecret = "wh_secret_testtesttesttest"

// line is the whole of callflow on a real HTTP server: real codecs, the users
// file and the store, and real services at addresses of their own.
type line struct {
	t      testing.TB
	url    string
	runner *runner.Runner
	store  *memory.Store
	logs   *syncBuffer
	auth   *countingAuth
	telnyx *player.TelnyxAPI

	mu      sync.Mutex
	replies []byte // every answer, one after the other
	now     func() time.Time
}

// lineOptions say how a line differs from the plain one.
type lineOptions struct {
	flow     string // the file; authzero without it
	source   string // instead of the file's content
	audio    map[string]*flows.Audio
	services map[string]http.Handler
	signIn   func(context.Context, engine.Authenticate) (engine.SignedIn, error) // before the users file
	timing   runner.Timing
	// callbacks are how numbers begin that may be called back.
	callbacks []string
	now       func() time.Time
	// timeout is how long a service may take; zero: as long as services may.
	timeout time.Duration
	// replied is told every answer.
	replied func(body []byte)
}

// syncBuffer collects log lines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) Sync() error { return nil }

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// timelessEncoder writes lines of a log without times and durations: among their digits
// there may be, by chance, those of an entry that the log must not hold.
func timelessEncoder() zapcore.Encoder {
	c := zap.NewProductionEncoderConfig()
	c.TimeKey = zapcore.OmitKey
	c.EncodeDuration = anyDuration
	return zapcore.NewJSONEncoder(c)
}

func anyDuration(_ time.Duration, to zapcore.PrimitiveArrayEncoder) { to.AppendString("some") }

// countingAuth counts sign-ins.
type countingAuth struct {
	next  runner.Authenticator
	first func(context.Context, engine.Authenticate) (engine.SignedIn, error)
	mu    sync.Mutex
	n     int
}

func (c *countingAuth) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	if c.first != nil {
		return c.first(ctx, a)
	}
	return c.next.Authenticate(ctx, a)
}

func (c *countingAuth) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func newLine(t testing.TB, o lineOptions) *line {
	t.Helper()
	if o.flow == "" {
		o.flow = "../examples/authzero/flow.yaml"
	}
	source, err := os.ReadFile(o.flow)
	if err != nil {
		t.Fatal(err)
	}
	if o.source != "" {
		source = []byte(o.source)
	}
	program, diags := flows.CompileSource(o.flow, source, flows.Options{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	users, err := directory.Open("../examples/authzero/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if o.timing.Patience == 0 {
		// Nobody is told to wait because this machine is busy.
		o.timing.Patience, o.timing.Deadline = unhurried.Patience, cmp.Or(o.timing.Deadline, unhurried.Deadline)
	}
	if o.services == nil {
		o.services = map[string]http.Handler{"bank": accounts.Handler(accounts.Demo())}
	}
	named := map[string]services.Service{}
	for name, h := range o.services {
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		named[name] = services.Service{URL: srv.URL, Private: true, Timeout: o.timeout}
	}
	svc, err := services.New(services.Config{Services: named, Callbacks: o.callbacks})
	if err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, store: memory.New(), logs: &syncBuffer{}, auth: &countingAuth{next: users, first: o.signIn}, telnyx: player.NewTelnyxAPI(apiKey, o.now), now: o.now}
	if l.now == nil {
		l.now = time.Now
	}
	log := zap.New(zapcore.NewCore(timelessEncoder(), l.logs, zap.DebugLevel))
	commander := commanderTo(codecs(t), l.telnyx)
	l.runner, err = runner.New(runner.Deps{
		Commander: commander,
		Catalog:   single{program, source}, Store: l.store, Authenticator: l.auth, Services: svc,
		Sealer: runner.Unsealed(), Log: log, Now: l.now, Timing: o.timing,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The address is known only once the server listens.
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		l.mu.Lock()
		l.replies = append(l.replies, rec.Body.Bytes()...)
		l.replies = append(l.replies, '\n')
		l.mu.Unlock()
		if o.replied != nil {
			o.replied(rec.Body.Bytes())
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	l.url = srv.URL
	handler, err = server.New(server.Deps{
		Runner: l.runner, Codecs: codecs(t), Commander: commander, Flows: func() []string { return []string{program.Flow()} },
		Flow: program.Flow(), Ping: l.store.Ping, PublicURL: srv.URL, Log: log, Now: l.now,
		Audio: o.audio,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := l.runner.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		svc.Close()
	})
	return l
}

// play makes a call from a script.
func (l *line) play(platform, id, script string) player.Result {
	l.t.Helper()
	return l.playWith(platform, id, script, func(*player.Options) {})
}

// playWith is play with what change makes of the options.
func (l *line) playWith(platform, id, script string, change func(*player.Options)) player.Result {
	l.t.Helper()
	parsed, err := flowtest.ParseScript(script)
	if err != nil {
		l.t.Fatal(err)
	}
	o := player.Options{
		URL: l.url + "/v1/" + platform + "/calls", StatusURL: l.url + "/v1/" + platform + "/status",
		Secret: engine.NewSecret(lineSecret), Now: l.now, Client: &http.Client{Transport: apart, Timeout: 20 * time.Second}, API: l.telnyx,
		Call: player.Call{ID: id, Account: "acc", From: "+15550100", To: "+61255500100", Name: "Zoë"},
	}
	for _, m := range parsed {
		o.Script = append(o.Script, player.Move{Keys: m.Keys, Say: m.Say, Unclear: m.Unclear, Hangup: m.Hangup})
	}
	change(&o)
	return benchPlayers()[platform](l.t.Context(), o)
}

// said is everything a caller heard, in one line.
func said(r player.Result) string { return strings.Join(r.Heard, " | ") }

// inOrder tells that the texts stand in heard one after the other.
func inOrder(t testing.TB, heard string, texts ...string) {
	t.Helper()
	rest := heard
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Errorf("%q was not heard, or not in this order, in: %s", text, heard)
			return
		}
		rest = after
	}
}

// eventually waits for what goes on behind the caller's back.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it did not come to be: %s", what)
}

var players = []string{"jambonz", "generic"}

// scripted are the platforms that scenarios are played at: players, and those that
// other tests do not know how to sign for.
var scripted = append(slices.Clone(players),
	"twilio",
	"vonage",
	"plivo",
	"signalwire",
	"tropo",
	"sinch",
	"eightx8",
	"telnyx", "texml",
)

func eachPlatform(t *testing.T, f func(t *testing.T, platform string)) {
	eachOf(t, players, f)
}

// eachAble runs f for the platforms that can do something.
func eachAble(t *testing.T, can func(telephony.Capabilities) bool, f func(t *testing.T, platform string)) {
	var able []string
	for _, c := range codecs(t) {
		if can(c.Capabilities()) {
			able = append(able, c.Name())
		}
	}
	eachOf(t, able, f)
}

func eachOf(t *testing.T, platforms []string, f func(t *testing.T, platform string)) {
	for _, p := range platforms {
		t.Run(p, func(t *testing.T) {
			t.Parallel()
			f(t, p)
		})
	}
}

// callID is a call's name as platforms make them: letters, digits and dashes.
func callID(t *testing.T, n int) string {
	return fmt.Sprintf("%s-%d", strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			return c
		}
		return '-'
	}, t.Name()), n)
}

// runs starts the runner's own work, and ends it with the test.
func runs(t *testing.T, l *line) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.runner.Run(context.Background())
	}()
	t.Cleanup(func() {
		_ = l.runner.Close(context.Background())
		<-done
	})
}

// hooksOf are recorded bodies under a call id of a test's own.
type hooksOf struct {
	hooks
	id string
}

func recordedAs(t *testing.T, id string) hooksOf {
	h := hooksOf{recorded(t), id}
	h.first = strings.ReplaceAll(h.first, h.firstID, id)
	h.turn = strings.ReplaceAll(h.turn, h.turnID, id)
	return h
}

// keys is the hook in which somebody pressed keys.
func (h hooksOf) keys(keys string) string {
	return strings.ReplaceAll(h.turn, `"digits":"123"`, `"digits":"`+keys+`"`)
}

// completed is the status hook at the end of the call.
func (h hooksOf) completed() string {
	return strings.NewReplacer(`"call_status":"in-progress"`, `"call_status":"completed","call_termination_by":"caller","duration":4`,
		`"digits":"123"`, `"x":""`, `"reason":"dtmfDetected"`, `"y":""`).Replace(h.turn)
}

// post signs and delivers a jambonz hook and returns what was answered.
func (l *line) post(url, body string) []byte {
	l.t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body)) //nolint:noctx // ends with the test
	if err != nil {
		l.t.Error(err)
		return nil
	}
	sign(r, []byte(body), l.now())
	resp, err := (&http.Client{Transport: apart}).Do(r)
	if err != nil {
		l.t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		l.t.Errorf("%s: %d %v", url, resp.StatusCode, err)
	}
	return b
}

// version is the version of the only session.
func (l *line) version() int64 {
	const account = "9351f46a-678c-43f5-b8a6-d4eb58d131af" // of every recorded call
	rec, err := l.store.Load(context.Background(), runner.SessionID(engine.Call{Platform: "jambonz", Account: account, ID: "sixteen"}))
	if err != nil {
		l.t.Errorf("the session: %v", err)
	}
	return rec.Version
}
