package server_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/flows"
	callsjambonz "callflow/providers/calls/jambonz"
	callsplivo "callflow/providers/calls/plivo"
	callssinch "callflow/providers/calls/sinch"
	callstelnyx "callflow/providers/calls/telnyx"
	callstexml "callflow/providers/calls/texml"
	callstwilio "callflow/providers/calls/twilio"
	callsvonage "callflow/providers/calls/vonage"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
	"callflow/providers/telephony/player"
	"callflow/server"
)

// reminder is a flow that calls people.
const reminder = `callflow: 1
flow: reminder
start: who
variables:
  name: { type: text, default: "" }
  amount: { type: number, default: 0 }
  code: { type: secret }
states:
  who:
    branch:
      when: [ { if: call.answered_by == "machine", next: notice } ]
      else: hello
  hello:
    menu:
      prompt: "Hello ${name}. This is a reminder, and you are ${call.answered_by}. Press 1 to confirm or 2 to hear your number."
      options: { 1: thanks, 2: number }
  number: { say: "We have called ${digits(call.to)}, ${call.direction}, for ${text(amount)}.", next: hello }
  thanks: { hangup: { say: Thank you. } }
  notice: { say: You are a machine., next: message }
  message: { hangup: { say: "A message for ${name}." } }
`

const dialler = "cf_dialler"

// exchange is a platform's API together with the telephones it calls: calls that it is
// asked for are played against the answer URL.
type exchange struct {
	t        *testing.T
	platform string
	bench    *bench
	api      *httptest.Server

	mu sync.Mutex
	// asked are the requests, and results what became of calls that were answered.
	asked   []placed
	results []player.Result
	// outcomes are what becomes of calls, in order; the last repeats: answer, or a body
	// posted to the status URL; "" : answer.
	outcomes []string
	// statuses are what the API answers, in order; the last repeats; zero: it takes the call.
	statuses []int
	after    string // Retry-After of answers that take no call
	script   string
	who      string // the platform's word for who answered
	before   func() // what happens before the API answers, or nil
	wg       sync.WaitGroup
}

// placed is what was asked for.
type placed struct {
	to, from, answer, status, auth string
	detect                         string
	order                          string // what the platform hands back, where it has one URL
	body                           map[string]any
}

func (x *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p := placed{auth: r.Header.Get("Authorization"), body: map[string]any{}}
	switch x.platform {
	case "twilio":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			x.t.Error(err)
		}
		p.to, p.from, p.answer, p.status, p.detect = form.Get("To"), form.Get("From"), form.Get("Url"), form.Get("StatusCallback"), form.Get("MachineDetection")
	default:
		if err := json.Unmarshal(body, &p.body); err != nil {
			x.t.Error(err)
		}
	}
	switch x.platform {
	case "jambonz":
		p.to, p.from = p.body["to"].(map[string]any)["number"].(string), p.body["from"].(string)
		p.answer, p.status = p.body["call_hook"].(map[string]any)["url"].(string), p.body["call_status_hook"].(map[string]any)["url"].(string)
		if p.body["amd"] != nil {
			p.detect = "amd"
		}
	case "plivo":
		p.to, p.from = p.body["to"].(string), p.body["from"].(string)
		p.answer, p.status = p.body["answer_url"].(string), p.body["hangup_url"].(string)
		if p.body["machine_detection_url"] == p.status {
			p.detect, _ = p.body["machine_detection"].(string)
		}
	case "texml":
		p.to, p.from = p.body["To"].(string), p.body["From"].(string)
		p.answer, p.status = p.body["Url"].(string), p.body["StatusCallback"].(string)
		p.detect, _ = p.body["MachineDetection"].(string)
	case "telnyx":
		p.to, p.from, p.order = p.body["to"].(string), p.body["from"].(string), p.body["client_state"].(string)
		p.answer = publicURL + "/v1/telnyx/calls"
		p.detect, _ = p.body["answering_machine_detection"].(string)
	case "sinch":
		custom := p.body["customCallout"].(map[string]any)
		p.order, p.answer = custom["custom"].(string), publicURL+"/v1/sinch/calls"
		var ice struct{ Action map[string]any }
		if err := json.Unmarshal([]byte(custom["ice"].(string)), &ice); err != nil || p.body["method"] != "customCallout" {
			x.t.Error(err, p.body["method"])
		}
		p.to, p.from = ice.Action["number"].(string), ice.Action["cli"].(string)
		if amd, ok := ice.Action["amd"].(map[string]any); ok {
			p.detect = fmt.Sprintf("async %v", amd["async"])
		}
	case "vonage":
		p.to, p.from = "+"+p.body["to"].([]any)[0].(map[string]any)["number"].(string), "+"+p.body["from"].(map[string]any)["number"].(string)
		p.answer, p.status = p.body["answer_url"].([]any)[0].(string), p.body["event_url"].([]any)[0].(string)
		if d, ok := p.body["advanced_machine_detection"].(map[string]any); ok {
			p.detect = d["mode"].(string)
		}
	}
	x.mu.Lock()
	x.asked = append(x.asked, p)
	n := len(x.asked)
	status, outcome := nth(x.statuses, n), nth(x.outcomes, n)
	x.mu.Unlock()
	if x.before != nil {
		x.before()
	}
	if status != 0 {
		w.Header().Set("Retry-After", x.after)
		w.WriteHeader(status)
		return
	}
	id := fmt.Sprintf("call-%d", n)
	w.WriteHeader(http.StatusCreated)
	switch x.platform {
	case "vonage":
		fmt.Fprintf(w, `{"uuid":"leg-%d","status":"started","direction":"outbound","conversation_uuid":%q}`, n, id)
	case "plivo":
		fmt.Fprintf(w, `{"message":"call fired","request_uuid":"request-%d","api_id":"a"}`, n)
	case "telnyx":
		fmt.Fprintf(w, `{"data":{"call_control_id":%q,"call_leg_id":"leg-%d","call_session_id":"s-%d","is_alive":false,"record_type":"call"}}`, id, n, n)
	case "sinch":
		fmt.Fprintf(w, `{"callId":%q}`, id)
	case "texml":
		fmt.Fprintf(w, `{"from":%q,"to":%q,"status":"queued"}`, p.from, p.to)
	default:
		fmt.Fprintf(w, `{"sid":%q}`, id)
	}
	x.wg.Add(1)
	go func() {
		defer x.wg.Done()
		x.play(p, id, outcome)
	}()
}

func nth[T any](list []T, n int) (v T) {
	if len(list) == 0 {
		return v
	}
	return list[min(n, len(list))-1]
}

// play answers a call, or tells why nobody does.
func (x *exchange) play(p placed, id, outcome string) {
	call := player.Call{ID: id, Account: "acme", From: p.from, To: p.to}
	if outcome != "" {
		x.bench.tellStage(x.platform, p, call, outcome)
		return
	}
	r := benchPlayers()[x.platform](context.Background(), player.Options{
		URL: p.answer, StatusURL: p.status, Secret: secret, Call: call, Placed: true, AnsweredBy: x.who, Order: p.order, API: x.bench.telnyx,
		Script: moves(x.script), Client: &http.Client{Transport: x.bench},
		Wait: func(ctx context.Context, d time.Duration) error { return pass(ctx, min(d, 20*time.Millisecond)) },
	})
	x.mu.Lock()
	x.results = append(x.results, r)
	x.mu.Unlock()
}

// callOf is a call as the platform has it.
func callOf(v outbound.View, id string) player.Call {
	return player.Call{ID: id, Account: "acme", From: v.From, To: v.To}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// line is a bench that makes calls.
type callLine struct {
	*bench
	x     *exchange
	clock *callClock
	desk  *outbound.Desk
}

type callClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *callClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *callClock) add(d time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(d)
	c.mu.Unlock()
}

// late is a runner that is there when it is asked.
type late struct{ run *runner.Runner }

func (l *late) Promised(line string, a engine.Action, at time.Time) (runner.Promise, error) {
	return l.run.Promised(line, a, at)
}

type callsCatalog struct {
	p      *engine.Program
	source []byte
}

func (c callsCatalog) Program(flow string) (*engine.Program, []byte, bool) {
	return c.p, c.source, flow == "reminder"
}

func (c callsCatalog) Compile(source []byte) (*engine.Program, error) {
	p, diags := flows.CompileSource("saved", source, flows.Options{})
	return p, diags.Err()
}

// newCallLine makes calls through a platform, whose API answers on this machine. change
// may set what it likes before anything begins.
func newCallLine(t *testing.T, platform string, change func(*outbound.Deps, *exchange)) *callLine {
	t.Helper()
	return openCallLine(t, platform, memory.New(), &callClock{at: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}, change)
}

func openCallLine(t *testing.T, platform string, store runner.Store, clock *callClock, change func(*outbound.Deps, *exchange)) *callLine {
	t.Helper()
	b := &bench{t: t, log: &lines{}, telnyx: player.NewTelnyxAPI(apiKey, nil)}
	commander := commanderTo(codecs(t), b.telnyx)
	x := &exchange{t: t, platform: platform, bench: b, script: "1"}
	x.api = httptest.NewServer(x)
	t.Cleanup(func() { x.wg.Wait(); x.api.Close() })
	p, diags := flows.CompileSource("reminder.yaml", []byte(reminder), flows.Options{})
	if p == nil {
		t.Fatal(diags)
	}
	catalog := callsCatalog{p, []byte(reminder)}
	sealer, err := runner.NewSealer([]runner.Key{{ID: "a", Secret: bytes.Repeat([]byte{7}, 32)}}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	promiser := &late{}
	d := outbound.Deps{
		Store: store, Sealer: sealer, Promiser: promiser, Programs: catalog, Platforms: []outbound.Platform{placer(t, platform, x.api.URL)},
		Normalize: phone.Region{}.Normalize, Nonce: rand.Text, Now: clock.now, Log: zap.NewNop(),
		AnswerURL: func(platform, flow, token string) string { return server.AnswerURL(publicURL, platform, flow, token) },
		StatusURL: func(platform, token string) string { return server.FollowURL(publicURL, platform, token) },
		Settings:  outbound.Settings{From: "+61255500100", Platform: platform, PerSecond: 100},
	}
	if change != nil {
		change(&d, x)
	}
	desk, err := outbound.New(d)
	if err != nil {
		t.Fatal(err)
	}
	b.services = &clerk{}
	b.run, err = runner.New(runner.Deps{
		Catalog: catalog, Store: store, Authenticator: &doorman{}, Services: desk.Services(b.services), Sealer: sealer, Now: clock.now,
		Timing: runner.Timing{Lease: 30 * time.Second}, Commander: commander,
	})
	if err != nil {
		t.Fatal(err)
	}
	promiser.run = b.run
	b.srv, err = server.New(server.Deps{
		Runner: b.run, Codecs: codecs(t), Commander: commander, Flows: func() []string { return []string{"reminder"} }, Ping: store.Ping, PublicURL: publicURL,
		Calls: &server.Calls{Desk: desk, Tokens: append([]server.Token{
			{Name: "crm", Hash: sha256.Sum256([]byte(dialler)), Roles: []string{server.RoleDialler}},
			{Name: "desk", Hash: sha256.Sum256([]byte("cf_agent")), Roles: []string{server.RoleAgent}},
		}, moreDiallers()...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &callLine{b, x, clock, desk}
}

func placer(t *testing.T, platform, base string) outbound.Platform {
	t.Helper()
	var p outbound.Platform
	var err error
	switch platform {
	case "jambonz":
		p, err = callsjambonz.New(callsjambonz.Config{BaseURL: base, Account: "acme", Key: engine.NewSecret("api-key")})
	case "plivo":
		p, err = callsplivo.New(callsplivo.Config{BaseURL: base, Account: "acme", Token: engine.NewSecret("token")})
	case "texml":
		p, err = callstexml.New(callstexml.Config{BaseURL: base, Account: "acme", Application: "app-1", Key: engine.NewSecret("key")})
	case "sinch":
		p, err = callssinch.New(callssinch.Config{BaseURL: base, Key: "app", Secret: secret})
	case "telnyx":
		p, err = callstelnyx.New(callstelnyx.Config{BaseURL: base, Connection: "acme", Key: apiKey})
	case "twilio":
		p, err = callstwilio.New(callstwilio.Config{BaseURL: base, Account: "acme", Password: engine.NewSecret("token")})
	case "vonage":
		key, kerr := rsa.GenerateKey(rand.Reader, 2048)
		if kerr != nil {
			t.Fatal(kerr)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		p, err = callsvonage.New(callsvonage.Config{BaseURL: base, Application: "app-1", Key: engine.NewSecret(string(text))})
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// order posts an order.
func (l *callLine) order(body string, header ...string) (outbound.View, int) {
	l.t.Helper()
	w := l.do(http.MethodPost, "/api/calls", []byte(body), append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + dialler}, header...)...)
	var v outbound.View
	if w.Code < 300 {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			l.t.Fatal(err)
		}
	}
	return v, w.Code
}

// must orders a call.
func (l *callLine) must(body string) outbound.View {
	l.t.Helper()
	v, status := l.order(body)
	if status != http.StatusAccepted {
		l.t.Fatalf("the order is answered with %d", status)
	}
	return v
}

// settle does what is due, and waits for the telephones.
func (l *callLine) settle() {
	l.t.Helper()
	for range 3 {
		if err := l.run.Deliver(l.t.Context()); err != nil {
			l.t.Fatal(err)
		}
		l.x.wg.Wait()
	}
}

func (l *callLine) view(id string) outbound.View {
	l.t.Helper()
	w := l.do(http.MethodGet, "/api/calls/"+id, nil, "Authorization", "Bearer "+dialler)
	var v outbound.View
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != 200 {
		l.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return v
}

func (l *callLine) heard() string {
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	var all []string
	for _, r := range l.x.results {
		if r.Err != nil {
			l.t.Errorf("the call: %s: %v", r.End, r.Err)
		}
		all = append(all, strings.Join(strings.Fields(strings.Join(r.Heard, " ")), " ")) // some say several lines at once
	}
	return strings.Join(all, " | ")
}

// A call is ordered, dialled, answered, and runs on its flow with its values.
func TestCallIsMade(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"jambonz", "twilio", "vonage", "texml", "plivo", "telnyx", "sinch"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			l := newCallLine(t, platform, func(_ *outbound.Deps, x *exchange) { x.script = "2 1" })
			v := l.must(`{"flow":"reminder","to":"+61 412 345 678","with":{"name":"Maria","amount":"12.5","code":"1234"}}`)
			if v.Status != outbound.Queued || v.To != "+61412345678" || v.From != "+61255500100" {
				t.Errorf("%+v", v)
			}
			l.settle()
			if got, want := l.heard(), "Hello Maria. This is a reminder, and you are unknown. Press 1 to confirm or 2 to hear your number. We have called + 6 1 4 1 2 3 4 5 6 7 8, outbound, for 12.5. Hello Maria."; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "Thank you.") {
				t.Errorf("heard: %s", got)
			}
			v = l.view(v.ID)
			if v.Status != outbound.Done || !v.Final || len(v.Attempts) != 1 || v.Attempts[0].Call != "call-1" || v.Attempts[0].Session == "" || v.Attempts[0].Answered.IsZero() {
				t.Errorf("%+v", v)
			}
			if p := l.x.asked[0]; p.to != "+61412345678" || p.from != "+61255500100" || p.auth == "" || p.detect != "" || p.order == "" && !strings.HasPrefix(p.answer, publicURL+"/v1/"+platform+"/calls/reminder/"+v.ID+".") {
				t.Errorf("%+v", p)
			}
			l.clock.add(3 * time.Hour)
			l.settle()
			if len(l.x.asked) != 1 {
				t.Errorf("the platform was asked %d times", len(l.x.asked))
			}
		})
	}
}
