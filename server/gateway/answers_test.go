package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/server/gateway"
)

// auth0Says is what Auth0 makes of an answer of its gateway's, by its documentation.
func auth0Says(status int, took time.Duration) string {
	switch {
	case took >= 30*time.Second:
		return "sms_provider_error: Timeout while calling the SMS gateway"
	case status == 200:
		return "the code was sent"
	case status == 401:
		return "sms_provider_error: Authentication failed while calling the SMS gateway: 401"
	}
	return fmt.Sprintf("sms_provider_error: Unexpected response while calling the SMS gateway: %d", status)
}

// What Auth0 makes of every situation, what is counted and what is logged.
func TestAnswers(t *testing.T) {
	t.Parallel()
	unexpected := func(status int) string {
		return fmt.Sprintf("sms_provider_error: Unexpected response while calling the SMS gateway: %d", status)
	}
	blocked := func(d *gateway.Deps) {
		d.Block.Carriers = []gateway.Carrier{{MCC: "505", MNC: "01"}}
		d.Carriers = &directory{carrier: sms.Carrier{MCC: "505", MNC: "01", Valid: true, Country: "AU"}}
	}
	broke := func(d *gateway.Deps) { d.Limits.Daily = d.Limits.Cost - 1 }
	crowded := func(d *gateway.Deps) { d.Limits.Line.N = 0 }
	for _, tt := range []struct {
		name    string
		option  func(*gateway.Deps)
		vendor  func(context.Context, int) (sms.Receipt, error)
		down    bool
		body    string // "": the connection's
		claims  map[string]any
		want    string
		counted gateway.Outcome
		logged  string
		sent    int
	}{
		{name: "delivered", want: "the code was sent", counted: gateway.Delivered, logged: `"outcome":"delivered","to":"+614******78","country":"AU","sender":"vendor"`, sent: 1},
		{name: "another's token", claims: map[string]any{"sub": subject, "aud": "urn:other"}, want: auth0Says(401, 0), counted: gateway.Unsigned},
		{name: "no number", body: legacy("me", code, ""), want: unexpected(400), counted: gateway.Malformed, logged: "the recipient is not a telephone number"},
		{name: "no code", body: legacy(number, "none", ""), want: unexpected(400), counted: gateway.Malformed, logged: "no code is found in the text"},
		{name: "two codes", body: legacy(number, code+" or 111111", ""), want: unexpected(400), counted: gateway.Malformed, logged: "more than one code may be meant in the text"},
		{name: "no JSON", body: "recipient=1", want: unexpected(400), counted: gateway.Malformed, logged: "not a JSON object"},
		{name: "a prefix that is not allowed", body: legacy("+33612345678", code, ""), want: unexpected(403), counted: gateway.Blocked, logged: "its prefix is not allowed"},
		{name: "a country that is blocked", option: func(d *gateway.Deps) { d.Block.Countries = []string{"AU"} }, want: unexpected(403), counted: gateway.Blocked, logged: "its country is blocked: AU"},
		{name: "a carrier that is blocked", option: blocked, want: unexpected(403), counted: gateway.Blocked, logged: "its carrier is blocked: 505-01"},
		{name: "limited", option: crowded, want: unexpected(429), counted: gateway.Limited, logged: "limited by line"},
		{name: "spent", option: broke, want: unexpected(429), counted: gateway.Spent, logged: `"budget":"0.0499","alarm":true`},
		{name: "the vendor's decision", vendor: failing(sms.ErrRefused, false), want: unexpected(403), counted: gateway.Refused, logged: "it does not work", sent: 1},
		{name: "an outage", vendor: failing(sms.ErrOutage, false), want: unexpected(502), counted: gateway.Outage, logged: "it does not work", sent: 1},
		{name: "wrong credentials", vendor: failing(runner.ErrCredentials, false), want: unexpected(502), counted: gateway.Credentials, logged: `"alarm":true`, sent: 1},
		{name: "wrong set-up", vendor: failing(runner.ErrSetup, false), want: unexpected(502), counted: gateway.Setup, logged: `"alarm":true`, sent: 1},
		{name: "a connection that broke off", vendor: failing(sms.ErrOutage, true), want: unexpected(502), counted: gateway.Doubtful, logged: "it does not work", sent: 1},
		{
			name: "a vendor that never answers",
			vendor: func(ctx context.Context, _ int) (sms.Receipt, error) {
				<-ctx.Done()
				return sms.Receipt{}, &sms.Failure{Sender: "vendor", Kind: sms.ErrOutage, Reason: "timed out", Maybe: true}
			},
			want: unexpected(502), counted: gateway.Doubtful, logged: "timed out", sent: 1,
		},
		{name: "a sender that panics", vendor: func(context.Context, int) (sms.Receipt, error) { panic("code " + code) }, want: unexpected(502), counted: gateway.Doubtful, logged: "sender panicked", sent: 1},
		{name: "a sender that fails in other words", vendor: func(context.Context, int) (sms.Receipt, error) {
			return sms.Receipt{}, fmt.Errorf("cannot send %s to %s", code, number)
		}, want: unexpected(502), counted: gateway.Doubtful, logged: "not its own", sent: 1},
		{name: "no store", down: true, want: unexpected(503), counted: gateway.StoreDown, logged: "the store does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var options []func(*gateway.Deps)
				if tt.option != nil {
					options = append(options, tt.option)
				}
				b := newBench(t, options...)
				b.vendor.do = tt.vendor
				b.store.set(tt.down)
				if tt.claims == nil {
					tt.claims = good()
				}
				if tt.body == "" {
					tt.body = legacy(number, code, "203.0.113.7")
				}
				started, status := time.Now(), 401
				if b.inbox.Authorize("Bearer "+token(t, tt.claims, secret)) == nil {
					status = b.inbox.Take(t.Context(), []byte(tt.body)).Status
				}
				took := time.Since(started)
				if got := auth0Says(status, took); got != tt.want {
					t.Errorf("Auth0 says %q, expected %q", got, tt.want)
				}
				if took > gateway.Budget {
					t.Errorf("it took %s", took)
				}
				if len(b.counted) != 1 || b.counted[tt.counted] != 1 {
					t.Errorf("counted %v, expected one %s", b.counted, tt.counted)
				}
				if !strings.Contains(b.said(), tt.logged) {
					t.Errorf("the log says %s, expected %s", b.said(), tt.logged)
				}
				if n := b.vendor.count(); n != tt.sent {
					t.Errorf("%d messages, expected %d", n, tt.sent)
				}
				b.discreet()
			})
		})
	}
}

// The message has what was asked for, and the connection's sender only where it is
// wanted.
func TestMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post(b.inbox, legacy("+61 412 345 678", code, "203.0.113.7"))
	b.post(b.inbox, `{"notification":{"recipient":"`+number+`","as_text":"t","as_voice":"Your code is 1 2 3","code":"abc123","delivery_method":"voice","locale":"pt_BR","from":"+1"},"request":{"ip":"x"}}`)
	b.post(gateway.Endpoint{Gateway: b.gateway, From: true, Find: finder(t, "", 6)}.Inbox(), legacy(number, "999999", ""))
	b.post(b.inbox, `{"recipient":"`+number+`","body":"Your account is blocked","message_type":"blocked_account"}`)
	want := []string{
		"+61412345678  Your one time password is 326162 326162   203.0.113.7",
		"+61412345678  Your code is 1 2 3 abc123 call pt-BR ",
		"+61412345678 +11111111111 Your one time password is 999999 999999   ",
	}
	for i, m := range b.vendor.sent {
		got := fmt.Sprint(m.To, " ", m.From, " ", m.Text.Reveal(), " ", m.Code.Reveal(), " ", m.Channel, " ", m.Locale, " ", m.IP)
		if i >= len(want) || got != want[i] {
			t.Errorf("message %d is %q", i, got)
		}
	}
	// The fourth is beyond the recipient's limit.
	if b.vendor.count() != len(want) || b.count(gateway.Limited) != 1 {
		t.Errorf("%d messages, %v", b.vendor.count(), b.counted)
	}
}
