package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
	"callflow/providers/sms/httpapi"
	"callflow/providers/store/memory"
	"callflow/server"
	"callflow/server/gateway"
)

const (
	gatewayKey      = "key-of-the-sms-gateway"
	gatewayAudience = "urn:callflow"
)

// vendor is an SMS vendor on the network.
type vendor struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	// do replaces the answer: a message that was taken.
	do http.HandlerFunc
}

func newVendor(t *testing.T, do http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{do: do}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.bodies = append(v.bodies, string(body))
		v.mu.Unlock()
		if v.do != nil {
			v.do(w, r)
		}
	}))
	v.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
	v.Start()
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) messages() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.bodies)
}

func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func drops(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// loop is all of it on a network: calls, the tenant, our gateway that it posts to, and
// the vendor that this sends with.
type loop struct {
	*tenantLine
	vendor *vendor
	url    string // of the gateway
}

func newLoop(t *testing.T, do http.HandlerFunc, change func(*gateway.Deps), connection map[string]any) *loop {
	t.Helper()
	l := &loop{vendor: newVendor(t, do)}
	sender, err := httpapi.New(httpapi.Config{URL: l.vendor.URL, Body: `{"to":"{to}","text":"{text}"}`, Refused: "422"})
	if err != nil {
		t.Fatal(err)
	}
	l.tenantLine = newTenantLine(t, tenantOptions{inboxes: func(log *zap.Logger, store *memory.Store) []server.Inbox {
		d := gateway.Deps{
			Sender: sender, Store: store, Key: []byte("0123456789abcdef0123456789abcdef"), Owner: "one", Allow: []string{"+61"}, Log: log,
			Limits: gateway.Limits{
				Recipient: gateway.Rate{N: 5, Window: 10 * time.Minute}, Address: gateway.Rate{N: 20, Window: time.Hour},
				Range: gateway.Rate{N: 100, Window: time.Hour}, Line: gateway.Rate{N: 1000, Window: time.Hour}, Daily: 500_000, Cost: 500,
			},
		}
		if change != nil {
			change(&d)
		}
		g, err := gateway.New(d)
		if err != nil {
			t.Fatal(err)
		}
		find, err := gateway.NewFinder("", 6)
		if err != nil {
			t.Fatal(err)
		}
		return []server.Inbox{gateway.Endpoint{
			Gateway: g, Find: find,
			Token: &gateway.Token{Keys: []engine.Secret{engine.NewSecret(gatewayKey)}, Subject: "urn:Auth0", Audience: gatewayAudience},
		}.Inbox()}
	}})
	ours := httptest.NewServer(l.srv)
	t.Cleanup(ours.Close)
	l.url = ours.URL + gateway.Path
	options := map[string]any{
		"provider": "sms_gateway", "gateway_url": l.url, "from": "+61255500100", "template": "Your code is @@password@@", "forward_req_info": true,
		"gateway_authentication": map[string]any{"method": "bearer", "subject": "urn:Auth0", "audience": gatewayAudience, "secret": gatewayKey},
	}
	for name, value := range connection {
		options[name] = value
	}
	l.tenant.Install("connections", map[string]any{"name": fake.SMSConnection, "strategy": "sms", "options": options})
	return l
}

// What Auth0 makes of our gateway's answers, as far as the caller.
func TestAuth0GatewayAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		we         string // answer
		vendor     http.HandlerFunc
		gateway    func(*gateway.Deps)
		connection map[string]any
		hears      string
		counted    string
		logged     []string
		alarm      bool
		sent       int
	}{
		{we: "200: delivered", hears: "Welcome Ana.", counted: sentOne, logged: []string{`"outcome":"delivered"`}, sent: 1},
		{we: "200, where the vendor answers 202", vendor: answers(202), hears: "Welcome Ana.", counted: sentOne, logged: []string{`"outcome":"delivered"`}, sent: 1},
		{
			we: "401: authentication failed", connection: map[string]any{"gateway_authentication": map[string]any{"subject": "urn:Auth0", "audience": "urn:other", "secret": gatewayKey}},
			hears: "Call later.", logged: []string{"400 sms_provider_error: the SMS gateway refuses Auth0's token"}, alarm: true,
		},
		{
			we: "400: unexpected response", connection: map[string]any{"template": "No code here"},
			hears: "Call later.", logged: []string{"no code is found in the text", "the SMS gateway answered 400"},
		},
		{
			we: "403: blocked country", gateway: func(d *gateway.Deps) { d.Block.Countries = []string{"AU"} },
			hears: "Call later.", logged: []string{"its country is blocked: AU", "the SMS gateway answered 403"},
		},
		{
			we: "403: the vendor's decision", vendor: answers(422),
			hears: "Call later.", logged: []string{`"outcome":"refused"`, "the SMS gateway answered 403"}, sent: 1,
		},
		{
			we: "429: limited", gateway: func(d *gateway.Deps) { d.Limits.Line.N = 0 },
			hears: "Call later.", logged: []string{"limited by line", "the SMS gateway answered 429"},
		},
		{
			we: "429: the day's money is spent", gateway: func(d *gateway.Deps) { d.Limits.Daily = 1 },
			hears: "Call later.", logged: []string{`"budget":"0.0001"`, "the SMS gateway answered 429"}, alarm: true,
		},
		{
			we: "502: the vendor fails", vendor: answers(500),
			hears: "Call later.", logged: []string{`"outcome":"outage"`, "the SMS gateway answered 502"}, sent: 1,
		},
		{
			we: "502: our credentials at the vendor", vendor: answers(401),
			hears: "Call later.", logged: []string{`"outcome":"credentials"`, "the SMS gateway answered 502"}, alarm: true, sent: 1,
		},
		{
			we: "502: the connection to the vendor drops", vendor: drops,
			hears: "Call later.", logged: []string{`"outcome":"doubtful"`, "the SMS gateway answered 502"}, sent: 1,
		},
		{
			we: "nothing", connection: map[string]any{"gateway_url": "http://127.0.0.1:0/auth0/sms"},
			hears: "Call later.", logged: []string{"400 sms_provider_error: the SMS gateway did not answer in time"},
		},
	} {
		t.Run(c.we, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t, c.vendor, c.gateway, c.connection)
			if hears, all := l.call("2 " + tenantCode); hears != c.hears {
				t.Errorf("the caller hears %q, expected %q at the end", all, c.hears)
			}
			if got := l.counted(); got != c.counted {
				t.Errorf("counted is %q, expected %q", got, c.counted)
			}
			logged, alarm := l.told()
			for _, want := range c.logged {
				if !strings.Contains(logged, want) {
					t.Errorf("logged is %s, expected %q", logged, want)
				}
			}
			if alarm != c.alarm {
				t.Errorf("alarm: %v, expected %v: %s", alarm, c.alarm, logged)
			}
			if n := l.vendor.messages(); n != c.sent {
				t.Errorf("the vendor was asked %d times, expected %d", n, c.sent)
			}
			if n := l.tenant.Count(fake.Code); n != 1 {
				t.Errorf("Auth0 was asked for %d codes", n)
			}
		})
	}
}

// One connection that drops while a code is sent costs one message, wherever it is: at
// the tenant, at a second factor, between gateway and vendor.
func TestOneDropOneMessage(t *testing.T) {
	t.Parallel()
	for at, script := range map[string]string{"passwordless": "2 ", "second factor": "1 4711002# " + tenantPIN} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			l := newTenantLine(t, tenantOptions{fault: "code=drop*1"}) // a second try would succeed
			if hears, all := l.call(script); hears != "Call later." {
				t.Errorf("the caller hears %q", all)
			}
			if n := l.tenant.Count(fake.Code); n != 1 {
				t.Errorf("Auth0 was asked %d times", n)
			}
		})
	}
	t.Run("vendor", func(t *testing.T) {
		t.Parallel()
		var once sync.Once
		l := newLoop(t, func(http.ResponseWriter, *http.Request) {
			dropped := false
			once.Do(func() { dropped = true })
			if dropped {
				panic(http.ErrAbortHandler)
			}
		}, nil, nil)
		l.call("2 ")
		if n := l.vendor.messages(); n != 1 {
			t.Errorf("the vendor was asked %d times", n)
		}
	})
}

// ask posts to the gateway as Auth0 does.
func (l *loop) ask(ctx context.Context, code string) (int, error) {
	now := time.Now()
	token, err := jwt.NewBuilder().Subject("urn:Auth0").Audience([]string{gatewayAudience}).IssuedAt(now).Expiration(now.Add(time.Minute)).Build()
	if err != nil {
		return 0, err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256, []byte(gatewayKey)))
	if err != nil {
		return 0, err
	}
	body, err := json.Marshal(map[string]any{
		"recipient": tenantPhone, "body": "Your code is " + code, "sender": "+61255500100", "req": map[string]string{"ip": "203.0.113.7"},
	})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+string(signed))
	res, err := (&http.Client{Transport: apart}).Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// The gateway is called five times for one code, and delivers one: one after the other,
// at once, and by an Auth0 that hangs up in between.
func TestFiveCallsOneMessageOverHTTP(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"one after the other", "at once", "after hanging up"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			arrived, release := make(chan struct{}, 5), make(chan struct{})
			l := newLoop(t, func(w http.ResponseWriter, _ *http.Request) {
				arrived <- struct{}{}
				<-release
				w.WriteHeader(http.StatusOK)
			}, nil, nil)
			first, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			var calls sync.WaitGroup
			ask := func(ctx context.Context, want string) {
				status, err := l.ask(ctx, tenantCode)
				if got := fmt.Sprint(status, err != nil); got != want {
					t.Errorf("answered %d, %v", status, err)
				}
			}
			const delivered, gone = "200 false", "0 true"
			switch at {
			case "one after the other":
				close(release)
				for range 5 {
					ask(t.Context(), delivered)
				}
			case "at once":
				for range 5 {
					calls.Go(func() { ask(t.Context(), delivered) })
				}
				<-arrived
				close(release)
			case "after hanging up":
				calls.Go(func() { ask(first, gone) })
				<-arrived
				hangUp()
				calls.Wait() // or the answer comes while it is hanging up
				close(release)
				for range 4 {
					ask(t.Context(), delivered)
				}
			}
			calls.Wait()
			if n := l.vendor.messages(); n != 1 {
				t.Errorf("the vendor was asked for %d messages", n)
			}
			// Nobody waits for the line of the one who has hung up.
			eventually(t, "one delivery is logged", func() bool {
				logged, _ := l.told()
				return strings.Count(logged, `"outcome":"delivered"`) == 1
			})
		})
	}
}
