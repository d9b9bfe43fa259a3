package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/store/memory"
	"callflow/server"
	"callflow/server/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	number   = "+61412345678"
	code     = "326162"
	subject  = "urn:Auth0"
	audience = "urn:callflow"
)

var (
	secret = engine.NewSecret("a-secret-of-enough-bytes")
	key    = []byte("0123456789abcdef0123456789abcdef")
)

// vendor is a sender that takes every message, or does what it is told.
type vendor struct {
	mu   sync.Mutex
	sent []sms.Message
	// do replaces the answer to the n-th message, from 1.
	do func(ctx context.Context, n int) (sms.Receipt, error)
}

func (*vendor) Name() string { return "vendor" }

func (v *vendor) Send(ctx context.Context, m sms.Message) (sms.Receipt, error) {
	v.mu.Lock()
	v.sent = append(v.sent, m)
	n, do := len(v.sent), v.do
	v.mu.Unlock()
	if do != nil {
		return do(ctx, n)
	}
	return sms.Receipt{Sender: "vendor", ID: fmt.Sprint("VE", n), Feedback: fmt.Sprint("VE", n)}, nil
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.sent)
}

// failing answers every message with a failure.
func failing(kind error, maybe bool) func(context.Context, int) (sms.Receipt, error) {
	return func(context.Context, int) (sms.Receipt, error) {
		return sms.Receipt{}, &sms.Failure{Sender: "vendor", Kind: kind, Code: "HTTP 500", Reason: "it does not work", Maybe: maybe}
	}
}

// directory tells who carries a number.
type directory struct {
	carrier sms.Carrier
	err     error
	asked   int
}

func (d *directory) Carrier(context.Context, string) (sms.Carrier, error) {
	d.asked++
	return d.carrier, d.err
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
		return errors.New("dial store: refused")
	}
	return nil
}

func (o *outage) Claim(ctx context.Context, k runner.EffectKey, owner string, now, lease time.Time) (runner.EffectRecord, bool, error) {
	if err := o.err(); err != nil {
		return runner.EffectRecord{}, false, err
	}
	return o.Store.Claim(ctx, k, owner, now, lease)
}

func (o *outage) Finish(ctx context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	if err := o.err(); err != nil {
		return runner.EffectRecord{}, err
	}
	return o.Store.Finish(ctx, k, result)
}

func (o *outage) Promise(ctx context.Context, p runner.Promise) (runner.Promise, error) {
	if err := o.err(); err != nil {
		return runner.Promise{}, err
	}
	return o.Store.Promise(ctx, p)
}

// bench is a gateway with everything around it.
type bench struct {
	t       testing.TB
	vendor  *vendor
	store   *outage
	logs    *observer.ObservedLogs
	mu      sync.Mutex
	counted map[gateway.Outcome]int
	gateway *gateway.Gateway
	inbox   server.Inbox
}

// small are limits that tests reach.
func small() gateway.Limits {
	return gateway.Limits{
		Recipient: gateway.Rate{N: 3, Window: 10 * time.Minute},
		Address:   gateway.Rate{N: 10, Window: time.Hour},
		Range:     gateway.Rate{N: 20, Window: time.Hour},
		Line:      gateway.Rate{N: 100, Window: time.Hour},
		Daily:     10_000 * 5, Cost: 500, // 5.00 and 0.05: a hundred messages
	}
}

func newBench(t testing.TB, options ...func(*gateway.Deps)) *bench {
	t.Helper()
	b := &bench{t: t, vendor: &vendor{}, store: &outage{Store: memory.New()}, counted: map[gateway.Outcome]int{}}
	core, logs := observer.New(zapcore.DebugLevel)
	b.logs = logs
	b.gateway = b.instance("a", append([]func(*gateway.Deps){func(d *gateway.Deps) { d.Log = zap.New(core) }}, options...)...)
	b.inbox = endpoint(t, b.gateway)
	return b
}

// instance is one more gateway over the same store and vendor.
func (b *bench) instance(owner string, options ...func(*gateway.Deps)) *gateway.Gateway {
	b.t.Helper()
	d := gateway.Deps{
		Sender: b.vendor, Store: b.store, Key: key, Owner: owner, Allow: []string{"+61", "+1"}, Limits: small(),
		Count: func(o gateway.Outcome) {
			b.mu.Lock()
			b.counted[o]++
			b.mu.Unlock()
		},
	}
	for _, o := range options {
		o(&d)
	}
	g, err := gateway.New(d)
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

func endpoint(t testing.TB, g *gateway.Gateway) server.Inbox {
	t.Helper()
	find, err := gateway.NewFinder("", 6)
	if err != nil {
		t.Fatal(err)
	}
	return gateway.Endpoint{Gateway: g, Token: &gateway.Token{Keys: []engine.Secret{secret}, Subject: subject, Audience: audience}, Find: find}.Inbox()
}

// token signs as Auth0 does.
func token(t testing.TB, claims map[string]any, key engine.Secret) string {
	t.Helper()
	tok := jwt.New()
	for name, value := range claims {
		if err := tok.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := jwt.Sign(tok, jwt.WithKey(jwa.HS256, []byte(key.Reveal())))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func good() map[string]any { return map[string]any{"sub": subject, "aud": audience} }

// post is one request of Auth0's.
func (b *bench) post(in server.Inbox, body string) int {
	b.t.Helper()
	if err := in.Authorize("Bearer " + token(b.t, good(), secret)); err != nil {
		return 401
	}
	return in.Take(b.t.Context(), []byte(body)).Status
}

// legacy is what the connection posts.
func legacy(to, code, ip string) string {
	body, _ := json.Marshal(map[string]any{
		"recipient": to, "body": "Your one time password is " + code, "sender": "+11111111111",
		"req": map[string]string{"ip": ip, "user-agent": "test"}, "new": []int{1},
	})
	return string(body)
}

// said is everything that was logged, as it was.
func (b *bench) said() string {
	var all strings.Builder
	enc := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	for _, e := range b.logs.All() {
		buf, err := enc.EncodeEntry(e.Entry, e.Context)
		if err != nil {
			b.t.Fatal(err)
		}
		all.Write(buf.Bytes())
	}
	return all.String()
}

// discreet wants neither codes nor numbers in the log.
func (b *bench) discreet() {
	b.t.Helper()
	for _, s := range []string{code, number, number[1:], "one time password", secret.Reveal()} {
		if strings.Contains(b.said(), s) {
			b.t.Errorf("%q is in the log: %s", s, b.said())
		}
	}
}

func (b *bench) count(o gateway.Outcome) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counted[o]
}

// spent is what the day has cost.
func (b *bench) spent(now time.Time) gateway.Amount {
	b.t.Helper()
	c, err := b.store.Count(b.t.Context(), "sms.daily/"+now.UTC().Format("2006-01-02"), now)
	if err != nil {
		b.t.Fatal(err)
	}
	return gateway.Amount(c.N)
}

func sign512(t testing.TB) string {
	t.Helper()
	tok := jwt.New()
	for name, value := range good() {
		if err := tok.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := jwt.Sign(tok, jwt.WithKey(jwa.HS512, []byte(secret.Reveal())))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}
