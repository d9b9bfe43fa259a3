package gateway_test

import (
	"context"
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
	"callflow/server/gateway"
)

// runAction runs the Action of one event as Auth0 does, and writes what it decides.
const runAction = `
const { onExecuteCustomPhoneProvider: run } = require(process.argv[2]);
const say = (what) => (reason) => process.stdout.write(what + ': ' + reason + '\n');
run(JSON.parse(process.argv[3]), { notification: { drop: say('drop'), retry: say('retry') } });
`

// The Action and the gateway understand each other.
func TestAction(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"action.js": gateway.ActionSource(), "run.js": runAction} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
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
		"not allowed":   {notification: map[string]any{"recipient": "+33612345678"}, said: "drop: callflow answered 403"},
		"wrong secret":  {secret: "another-secret-of-bytes", said: "drop: callflow answered 401"},
		"an outage":     {vendor: failing(sms.ErrOutage, false), said: "retry: callflow answered 502", sent: "+61412345678 326162 Your code is 326162 203.0.113.7"},
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
				"secrets": map[string]string{"GATEWAY_URL": srv.URL, "GATEWAY_SECRET": key, "GATEWAY_SUBJECT": subject, "GATEWAY_AUDIENCE": audience},
			})
			if err != nil {
				t.Fatal(err)
			}
			runs := 1
			if tt.again {
				runs = 2
			}
			for range runs {
				out, err := exec.CommandContext(t.Context(), node, filepath.Join(folder, "run.js"), filepath.Join(folder, "action.js"), string(event)).CombinedOutput()
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

// The README shows the Action as it is.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```js\n"+gateway.ActionSource()+"```") {
		t.Error("README.md has another Action than action.js")
	}
}
