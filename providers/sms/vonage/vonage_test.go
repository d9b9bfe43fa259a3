package vonage_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/smstest"
	"callflow/providers/sms/vonage"
)

func sender(api vonage.API) func(*testing.T, string) sms.Sender {
	return func(t *testing.T, base string) sms.Sender {
		s, err := vonage.New(vonage.Config{API: api, Key: "key", Secret: engine.NewSecret(smstest.Secret), From: "+15550100", BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestSMS(t *testing.T) {
	t.Parallel()
	part := func(status string) string {
		return `{"message-count":"1","messages":[{"to":"61412345678","message-id":"m1","status":"` + status + `","error-text":"Bad to 61412345678"}]}`
	}
	smstest.Run(t, smstest.Suite{
		New: sender(vonage.SMS),
		Check: func(t *testing.T, r *http.Request, body []byte) {
			form, err := url.ParseQuery(string(body))
			if err != nil || r.URL.Path != "/sms/json" || form.Get("to") != "61412345678" || form.Get("from") != "15550100" ||
				form.Get("text") != smstest.Text || form.Get("type") != "unicode" || form.Get("api_secret") != smstest.Secret || form.Get("client-ref") != "key-1" {
				t.Errorf("%s %v", r.URL, form)
			}
		},
		Answers: []smstest.Answer{
			{Name: "sent", Status: 200, Body: part("0"), ID: "m1"},
			{Name: "sent in parts", Status: 200, Body: `{"message-count":"2","messages":[{"message-id":"m1","status":"0"},{"message-id":"m2","status":"0"}]}`, ID: "m1"},
			{Name: "half of it", Status: 200, Body: `{"messages":[{"message-id":"m1","status":"0"},{"status":"1"}]}`, Kind: sms.ErrOutage},
			{Name: "throttled", Status: 200, Body: part("1"), Kind: sms.ErrOutage},
			{Name: "missing", Status: 200, Body: part("2"), Kind: runner.ErrSetup},
			{Name: "invalid", Status: 200, Body: part("3"), Kind: sms.ErrRefused},
			{Name: "credentials", Status: 200, Body: part("4"), Kind: runner.ErrCredentials},
			{Name: "internal", Status: 200, Body: part("5"), Kind: sms.ErrOutage},
			{Name: "barred", Status: 200, Body: part("7"), Kind: sms.ErrRefused},
			{Name: "quota", Status: 200, Body: part("9"), Kind: runner.ErrSetup},
			{Name: "a status nobody knows", Status: 200, Body: part("99"), Kind: sms.ErrOutage},
			{Name: "no parts", Status: 200, Body: `{"message-count":"0","messages":[]}`, Kind: sms.ErrOutage},
		},
	})
}

func TestMessages(t *testing.T) {
	t.Parallel()
	problem := `{"type":"https://developer.vonage.com/api-errors","title":"Invalid","detail":"61412345678 is no number","instance":"x"}`
	smstest.Run(t, smstest.Suite{
		New: sender(vonage.Messages),
		Check: func(t *testing.T, r *http.Request, body []byte) {
			var m map[string]string
			user, password, _ := r.BasicAuth()
			if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != "/v1/messages" || user != "key" || password != smstest.Secret ||
				m["to"] != "61412345678" || m["text"] != smstest.Text || m["channel"] != "sms" || m["message_type"] != "text" || m["client_ref"] != "key-1" {
				t.Errorf("%s %v", r.URL, m)
			}
		},
		Answers: []smstest.Answer{
			{Name: "accepted", Status: 202, Body: `{"message_uuid":"u1"}`, ID: "u1"},
			{Name: "invalid", Status: 422, Body: problem, Kind: sms.ErrRefused},
			{Name: "balance", Status: 402, Body: problem, Kind: runner.ErrSetup},
			{Name: "credentials", Status: 401, Body: problem, Kind: runner.ErrCredentials},
			{Name: "throttled", Status: 429, Body: problem, Kind: sms.ErrOutage},
			{Name: "without an id", Status: 202, Body: `{}`, Kind: sms.ErrOutage},
		},
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := vonage.Config{Key: "k", Secret: engine.NewSecret("s"), From: "me"}
	for name, spoil := range map[string]func(*vonage.Config){
		"api": func(c *vonage.Config) { c.API = "voice" }, "key": func(c *vonage.Config) { c.Key = "" },
		"secret": func(c *vonage.Config) { c.Secret = engine.Secret{} }, "from": func(c *vonage.Config) { c.From = "" },
	} {
		c := good
		spoil(&c)
		if _, err := vonage.New(c); err == nil {
			t.Errorf("a wrong %s was accepted", name)
		}
	}
}
