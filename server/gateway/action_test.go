package gateway_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callflow/providers/sms"
)

// runAction runs the Action of one event as Auth0 does, and writes what it decides.
const runAction = `
const { onExecuteCustomPhoneProvider: run } = require(process.argv[2]);
const say = (what) => (reason) => process.stdout.write(what + ': ' + reason + '\n');
run(JSON.parse(process.argv[3]), { notification: { drop: say('drop'), retry: say('retry') } });
`

// The Action that is installed in a tenant and the gateway understand each other.
func TestAction(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	action, err := filepath.Abs("../../providers/identity/auth0/actions/phone_provider.js")
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run.js")
	if err := os.WriteFile(run, []byte(runAction), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		notification map[string]any
		secret       string
		vendor       func(context.Context, int) (sms.Receipt, error)
		said, sent   string
		again        bool
	}{
		"sent":          {sent: "+61412345678 326162 Your code is 326162 203.0.113.7"},
		"asked twice":   {again: true, sent: "+61412345678 326162 Your code is 326162 203.0.113.7"},
		"spoken":        {notification: map[string]any{"delivery_method": "voice"}, sent: "+61412345678 326162 3, 2, 6, 1, 6, 2 203.0.113.7 call"},
		"not allowed":   {notification: map[string]any{"recipient": "+33612345678"}, said: "drop: callflow answers 403"},
		"wrong secret":  {secret: "another-secret-of-bytes", said: "drop: callflow answers 401"},
		"an outage":     {vendor: failing(sms.ErrOutage, false), said: "retry: callflow answers 502", sent: "+61412345678 326162 Your code is 326162 203.0.113.7"},
		"no code in it": {notification: map[string]any{"code": nil, "as_text": "Blocked", "message_type": "blocked_account"}, sent: "+61412345678  Blocked 203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.vendor.do = tt.vendor
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if b.inbox.Authorize(r.Header.Get("Authorization")) != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				w.WriteHeader(b.inbox.Take(r.Context(), body).Status)
			}))
			defer srv.Close()
			notification := map[string]any{
				"recipient": number, "as_text": "Your code is " + code, "as_voice": "3, 2, 6, 1, 6, 2", "code": code,
				"delivery_method": "text", "message_type": "otp_verify", "locale": "en",
			}
			for name, value := range tt.notification {
				if notification[name] = value; value == nil {
					delete(notification, name)
				}
			}
			key := secret.Reveal()
			if tt.secret != "" {
				key = tt.secret
			}
			event, err := json.Marshal(map[string]any{
				"notification": notification, "request": map[string]string{"ip": "203.0.113.7", "user_agent": "x"},
				"secrets": map[string]string{
					"CALLFLOW_URL": srv.URL, "CALLFLOW_KEY": base64.RawURLEncoding.EncodeToString([]byte(key)),
					"CALLFLOW_SUBJECT": subject, "CALLFLOW_AUDIENCE": audience,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			runs := 1
			if tt.again {
				runs = 2
			}
			for range runs {
				out, err := exec.CommandContext(t.Context(), node, run, action, string(event)).CombinedOutput()
				if got := strings.TrimSpace(string(out)); err != nil || got != tt.said {
					t.Errorf("it says %q, %v; expected %q", got, err, tt.said)
				}
			}
			var sent []string
			for _, m := range b.vendor.sent {
				sent = append(sent, strings.TrimSpace(strings.Join([]string{m.To, m.Code.Reveal(), m.Text.Reveal(), m.IP, string(m.Channel)}, " ")))
			}
			if got := strings.Join(sent, "; "); got != tt.sent {
				t.Errorf("sent %q, expected %q", got, tt.sent)
			}
		})
	}
}
