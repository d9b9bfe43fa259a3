package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/flows"
	"callflow/providers/identity/directory"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/eightx8"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/jambonz"
	"callflow/providers/telephony/player"
	"callflow/providers/telephony/plivo"
	"callflow/providers/telephony/signalwire"
	"callflow/providers/telephony/sinch"
	"callflow/providers/telephony/telnyx"
	"callflow/providers/telephony/tropo"
	"callflow/providers/telephony/twilio"
	"callflow/providers/telephony/vonage"
	"callflow/server"
)

// publicURL is how platforms reach the server of a bench.
const publicURL = "https://ivr.example.com"

// secret signs what the platforms of a bench post.
var secret = engine.NewSecret("wh_secret_testtesttesttest")

// bench is a server over the real stack: codecs, runner, memory store, directory,
// the flows of the examples. Services and sign-in can be slow, or down.
type bench struct {
	t        testing.TB
	store    *outage
	auth     *doorman
	services *clerk
	run      *runner.Runner
	srv      *server.Server
	logs     *observer.ObservedLogs
	log      *lines
	telnyx   *player.TelnyxAPI
	sent     *sent
	api      http.Handler // takes what is sent: telnyx, or another that stands for it
}

// option changes what a bench is made of.
type option func(*server.Deps)

func newBench(t testing.TB, options ...option) *bench {
	t.Helper()
	return newBenchIn(t, runner.Timing{}, options...)
}

// newBenchIn is newBench with times of its own. Where time is real a caller has to be
// more patient than by default, or may be told to wait where the machine is busy.
func newBenchIn(t testing.TB, timing runner.Timing, options ...option) *bench {
	t.Helper()
	bundle, diags := flows.Load(os.DirFS("../examples"), []string{"*/flow.yaml"}, flows.Options{})
	if bundle == nil {
		t.Fatal(diags)
	}
	users, err := directory.Open("../examples/authzero/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	b := &bench{
		t:        t,
		store:    &outage{Store: memory.New()},
		auth:     &doorman{Authenticator: users},
		services: &clerk{},
		logs:     logs,
		log:      &lines{},
		telnyx:   player.NewTelnyxAPI(apiKey, nil),
		sent:     &sent{},
	}
	text := zapcore.NewCore(timelessEncoder(), b.log, zapcore.DebugLevel)
	log := zap.New(zapcore.NewTee(core, text))
	b.api = b.telnyx
	commander := commanderTo(codecs(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.api.ServeHTTP(w, r) }))
	b.run, err = runner.New(runner.Deps{
		Commander: commander,
		Catalog:   catalog{bundle}, Store: b.store, Authenticator: b.auth, Services: b.services, Sealer: runner.Unsealed(), Log: log, Timing: timing,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = b.run.Close(ctx) // it may be closed, or what it called may never answer
	})
	deps := server.Deps{
		Runner:    b.run,
		Codecs:    codecs(t),
		Commander: commander,
		Flows:     bundle.Names,
		Numbers:   []server.Number{{Number: "+61 2 5550 0100", Flow: "authzero"}, {Number: "+61255500101", Flow: "herd", Language: "es"}},
		Ping:      b.store.Ping,
		PublicURL: publicURL,
		Log:       log,
	}
	for _, o := range options {
		o(&deps)
	}
	commander.Sent = func(c telephony.Command, status int, answer []byte) {
		b.sent.add(c)
		deps.Capture.Sent(c, status, answer)
	}
	if b.srv, err = server.New(deps); err != nil {
		t.Fatal(err)
	}
	return b
}

// background runs what the runner does by itself, until the test ends.
func (b *bench) background() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.run.Run(ctx)
	}()
	b.t.Cleanup(func() {
		stop()
		<-done
		if err := b.run.Close(context.Background()); err != nil {
			b.t.Error(err)
		}
	})
}

// codecs are those of all platforms. They keep no state: all tests have the same.
func codecs(t testing.TB) []telephony.Codec {
	t.Helper()
	all, err := everyCodec()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(all)
}

var everyCodec = sync.OnceValues(func() (all []telephony.Codec, err error) {
	add := func(c telephony.Codec, bad error) { all, err = append(all, c), errors.Join(err, bad) }
	add(jambonz.New(jambonz.Config{
		Secrets:  []engine.Secret{secret},
		Recorder: jambonz.Recorder{Stream: "wss://recorder.example.com/jambonz", Files: "https://recorder.example.com/{id}.wav", Calls: "sip:recorder.example.com"},
	}))
	add(generic.New(generic.Config{Secrets: []engine.Secret{secret}}))
	add(twilio.New(twilio.Config{Tokens: []engine.Secret{secret}, ReferHost: "pbx.example.com"}))
	add(vonage.New(vonage.Config{Secrets: []engine.Secret{secret}}))
	add(plivo.New(plivo.Config{Tokens: []engine.Secret{secret}}))
	add(signalwire.New(signalwire.Config{Keys: []engine.Secret{secret}, ReferHost: "pbx.example.com"}))
	add(tropo.New(tropo.Config{Secrets: []engine.Secret{secret}, Recorder: "https://recorder.example.com/{id}.wav"}))
	add(sinch.New(sinch.Config{Secrets: []engine.Secret{secret}}))
	add(eightx8.New(eightx8.Config{Secrets: []engine.Secret{secret}}))
	keys := []engine.Secret{engine.NewSecret(player.TelnyxPublicKey(secret))}
	add(telnyx.New(telnyx.Config{PublicKeys: keys, APIKey: apiKey, ReferHost: "pbx.example.com"}))
	add(telnyx.NewTeXML(telnyx.TeXMLConfig{PublicKeys: keys, ReferHost: "pbx.example.com"}))
	return all, err
})

// RoundTrip hands a request to the server, so that a platform can be played
// without a network.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.RequestURI = r.URL.RequestURI()
	inner.RemoteAddr = "192.0.2.1:1234"
	w := httptest.NewRecorder()
	b.srv.ServeHTTP(w, inner)
	return w.Result(), nil
}

// do sends one request.
func (b *bench) do(method, path string, body []byte, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.srv.ServeHTTP(w, r)
	return w
}

// post sends a hook signed as its platform does.
func (b *bench) post(path, body string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(http.MethodPost, path, []byte(body), append(header, signedHeader(path, body)...)...)
}

func signedHeader(path, body string) []string {
	name := generic.Header
	if strings.HasPrefix(path, "/v1/jambonz/") {
		name = jambonz.Header
	}
	return []string{name, telephony.Sign(secret, time.Now(), []byte(body))}
}

// benchPlayers play calls, by the platform they play.
func benchPlayers() map[string]func(context.Context, player.Options) player.Result {
	return map[string]func(context.Context, player.Options) player.Result{
		"generic": player.Generic,
		"jambonz": player.Jambonz,
		"twilio":  player.Twilio,
		"vonage":  player.Vonage,
		"tropo":   player.Tropo,
		"sinch":   player.Sinch,
		"eightx8": player.EightX8,
		"plivo":   player.Plivo,

		"signalwire": player.SignalWire,
		"telnyx":     player.Telnyx,
		"texml":      player.TeXML,
	}
}

// call plays a call.
func (b *bench) call(platform, flow, id string, script []player.Move) player.Result {
	b.t.Helper()
	return benchPlayers()[platform](b.t.Context(), player.Options{
		URL:       b.srv.StartURL(platform, flow),
		StatusURL: b.srv.StatusURL(platform),
		Secret:    secret,
		Call:      player.Call{ID: id, Account: "acme", From: "+15550100", To: "+61255500100"},
		Script:    script,
		Client:    &http.Client{Transport: b},
		Wait:      pass,
		API:       b.telnyx,
	})
}

func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// moves reads moves: keys, "-" for silence, a last "x" for hanging up.
func moves(text string) []player.Move {
	var moves []player.Move
	for word := range strings.FieldsSeq(text) {
		keys, hangup := strings.CutSuffix(word, "x")
		if keys == "-" {
			keys = ""
		}
		moves = append(moves, player.Move{Keys: engine.NewSecret(keys), Hangup: hangup})
	}
	return moves
}

// catalog is a bundle as the runner wants it.
type catalog struct{ *flows.Bundle }

func (c catalog) Program(flow string) (*engine.Program, []byte, bool) {
	p, ok := c.Flows[flow]
	return p, c.Sources[c.Files[flow]], ok
}

func (c catalog) Compile(source []byte) (*engine.Program, error) {
	p, diags := flows.CompileSource("saved", source, flows.Options{})
	return p, diags.Err()
}

// outage is a store that can be down.
type outage struct {
	runner.Store
	mu   sync.Mutex
	down bool
}

func (o *outage) set(down bool) {
	o.mu.Lock()
	o.down = down
	o.mu.Unlock()
}

func (o *outage) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return fmt.Errorf("dial store: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

func (o *outage) Ping(ctx context.Context) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.Ping(ctx)
}

func (o *outage) Load(ctx context.Context, id string) (runner.Record, error) {
	if err := o.err(); err != nil {
		return runner.Record{}, err
	}
	return o.Store.Load(ctx, id)
}

func (o *outage) Post(ctx context.Context, session string, data []byte, wake time.Time) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.Post(ctx, session, data, wake)
}

// doorman counts sign-ins, and can be slow or out.
type doorman struct {
	runner.Authenticator
	mu    sync.Mutex
	asked int
	slow  time.Duration
	out   bool
}

func (d *doorman) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	d.mu.Lock()
	d.asked++
	slow, out := d.slow, d.out
	d.mu.Unlock()
	if err := pass(ctx, slow); err != nil {
		return engine.SignedIn{Result: engine.SignInUnavailable}, err
	}
	if out {
		return engine.SignedIn{Result: engine.SignInUnavailable}, fmt.Errorf("tenant: %w", io.ErrUnexpectedEOF)
	}
	return d.Authenticator.Authenticate(ctx, a)
}

func (d *doorman) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// clerk stands for the services of the examples.
type clerk struct {
	mu      sync.Mutex
	actions []string // bodies that were taken
	keys    []string // and those that were sent, taken or not
	slow    time.Duration
	down    bool
}

func (c *clerk) Request(ctx context.Context, f engine.Request) (engine.Answered, error) {
	if f.Path != "/accounts/12345/balance" && f.Path != "/accounts/"+longAccount+"/balance" {
		return engine.Answered{Result: engine.AnswerNotFound}, nil
	}
	return engine.Answered{Result: engine.AnswerOK, Body: []byte(`{"amount":250.75,"currency":"AUD"}`)}, nil
}

func (c *clerk) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	c.mu.Lock()
	slow, down := c.slow, c.down
	c.keys = append(c.keys, a.Key)
	c.mu.Unlock()
	if err := pass(ctx, slow); err != nil {
		return engine.Answered{}, true, err
	}
	if down {
		return engine.Answered{Result: engine.AnswerPending, Detail: "HTTP 503"}, true, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actions = append(c.actions, string(a.Body))
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

func (*clerk) Idempotent(string) bool { return true }

// longAccount is an account that nothing is called by chance, not even among many drawn
// digits.
const longAccount = "7215048396"

// lines keeps a log as it would be written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (*lines) Sync() error { return nil }

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// broken is a codec that goes wrong where a test says so.
type broken struct {
	telephony.Codec
	decode func(telephony.Request) (telephony.Inbound, error)
	encode func(telephony.Outbound) (telephony.Reply, error)
}

func (b broken) Decode(r telephony.Request) (telephony.Inbound, error) {
	if b.decode != nil {
		return b.decode(r)
	}
	return b.Codec.Decode(r)
}

func (b broken) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if b.encode != nil {
		return b.encode(o)
	}
	return b.Codec.Encode(o)
}

func withMedia(media map[string]fs.FS) option { return func(d *server.Deps) { d.Media = media } }
