package twilioverify_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/smstest"
	"callflow/providers/sms/twilioverify"
)

func open(t *testing.T, base string) *twilioverify.Sender {
	t.Helper()
	s, err := twilioverify.New(twilioverify.Config{
		Account: "AC1", Password: engine.NewSecret(smstest.Secret), Service: "VA1", RateLimit: "ip_and_phone", BaseURL: base,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fault(code, status string) string {
	return `{"code":` + code + `,"message":"Blocked: +61412345678","more_info":"https://www.twilio.com/docs/errors/` + code + `","status":` + status + `}`
}

func TestSender(t *testing.T) {
	t.Parallel()
	smstest.Run(t, smstest.Suite{
		New: func(t *testing.T, base string) sms.Sender { return open(t, base) },
		Check: func(t *testing.T, r *http.Request, body []byte) {
			form, err := url.ParseQuery(string(body))
			user, password, _ := r.BasicAuth()
			var limits map[string]string
			if err != nil || json.Unmarshal([]byte(form.Get("RateLimits")), &limits) != nil || limits["ip_and_phone"] != smstest.Number+"|203.0.113.7" {
				t.Errorf("rate limits: %q", form.Get("RateLimits"))
			}
			if r.URL.Path != "/v2/Services/VA1/Verifications" || user != "AC1" || password != smstest.Secret || form.Get("To") != smstest.Number ||
				form.Get("Channel") != "sms" || form.Get("CustomCode") != smstest.Code || form.Get("Locale") != "en" || form.Get("DeviceIp") != "203.0.113.7" || form.Has("Body") {
				t.Errorf("%s %v", r.URL, form)
			}
		},
		Answers: []smstest.Answer{
			{Name: "pending", Status: 201, Body: `{"sid":"VE1","status":"pending","to":"+61412345678","channel":"sms","send_code_attempts":[{}]}`, ID: "VE1"},
			{Name: "parameter", Status: 400, Body: fault("60200", "400"), Kind: sms.ErrRefused},
			{Name: "too many sends", Status: 429, Body: fault("60203", "429"), Kind: sms.ErrRefused},
			{Name: "custom code off", Status: 403, Body: fault("60204", "403"), Kind: runner.ErrSetup},
			{Name: "landline", Status: 403, Body: fault("60205", "403"), Kind: sms.ErrRefused},
			{Name: "too many starts", Status: 429, Body: fault("60212", "429"), Kind: sms.ErrRefused},
			{Name: "embargo", Status: 403, Body: fault("60238", "403"), Kind: sms.ErrRefused},
			{Name: "fraud guard", Status: 403, Body: fault("60410", "403"), Kind: sms.ErrRefused},
			{Name: "fraud sign-up", Status: 403, Body: fault("60412", "403"), Kind: sms.ErrRefused},
			{Name: "geography", Status: 403, Body: fault("60605", "403"), Kind: sms.ErrRefused},
			{Name: "token", Status: 401, Body: fault("20003", "401"), Kind: runner.ErrCredentials},
			{Name: "no service", Status: 404, Body: fault("20404", "404"), Kind: runner.ErrSetup},
			{Name: "our own rate limit", Status: 429, Body: fault("20429", "429"), Kind: sms.ErrRefused},
			{Name: "down", Status: 503, Body: fault("20503", "503"), Kind: sms.ErrOutage},
			{Name: "without an id", Status: 201, Body: `{}`, Kind: sms.ErrOutage},
		},
	})
}

func TestChannels(t *testing.T) {
	t.Parallel()
	var channel string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		channel = r.FormValue("Channel")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid":"VE1"}`)
	}))
	defer server.Close()
	s := open(t, server.URL)
	for _, c := range []sms.Channel{sms.SMS, sms.Call, sms.WhatsApp, sms.Email} {
		m := smstest.Message()
		m.Channel = c
		got, err := s.Send(t.Context(), m)
		if err != nil || got.Channel != c || channel != string(c) || got.Feedback != "VE1" {
			t.Errorf("%s: %+v %v, asked for %s", c, got, err, channel)
		}
	}
	m := smstest.Message()
	m.Code = engine.Secret{}
	if _, err := s.Send(t.Context(), m); !errors.Is(err, runner.ErrSetup) {
		t.Errorf("a message without a code gave %v", err)
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"approved", 200, `{"sid":"VE1","status":"approved"}`, nil},
		{"over already", 404, fault("20404", "404"), nil},
		{"down", 503, `{}`, sms.ErrOutage},
		{"token", 401, fault("20003", "401"), runner.ErrCredentials},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v2/Services/VA1/Verifications/VE1" || r.FormValue("Status") != "approved" {
					t.Errorf("%s %v", r.URL, r.Form)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			if err := open(t, server.URL).Approve(t.Context(), "VE1"); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("got %v, expected %v", err, c.want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := twilioverify.Config{Account: "AC1", Password: engine.NewSecret("x"), Service: "VA1"}
	for name, spoil := range map[string]func(*twilioverify.Config){
		"account": func(c *twilioverify.Config) { c.Account = "" }, "password": func(c *twilioverify.Config) { c.Password = engine.Secret{} },
		"service": func(c *twilioverify.Config) { c.Service = "MG1" }, "template": func(c *twilioverify.Config) { c.Template = "x" },
		"channel": func(c *twilioverify.Config) { c.Channel = "fax" },
	} {
		c := good
		spoil(&c)
		if _, err := twilioverify.New(c); err == nil {
			t.Errorf("a wrong %s was accepted", name)
		}
	}
}
