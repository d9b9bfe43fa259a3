package clickatell_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/clickatell"
	"callflow/providers/sms/smstest"
)

func sender(api clickatell.API) func(*testing.T, string) sms.Sender {
	return func(t *testing.T, base string) sms.Sender {
		s, err := clickatell.New(clickatell.Config{
			API: api, Key: engine.NewSecret(smstest.Secret), User: "me", Password: engine.NewSecret(smstest.Secret), APIID: "77", From: "+15550100", BaseURL: base,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestOne(t *testing.T) {
	t.Parallel()
	fault := func(code string) string {
		return `{"messages":[{"apiMessageId":null,"accepted":false,"to":"61412345678","error":{"code":` + code + `,"description":"61412345678"}}],"error":null}`
	}
	smstest.Run(t, smstest.Suite{
		New: sender(clickatell.One),
		Check: func(t *testing.T, r *http.Request, body []byte) {
			var m struct{ Messages []map[string]string }
			if err := json.Unmarshal(body, &m); err != nil || len(m.Messages) != 1 || r.URL.Path != "/v1/message" || r.Header.Get("Authorization") != smstest.Secret {
				t.Fatalf("%s %v", r.URL, m)
			}
			if got := m.Messages[0]; got["channel"] != "sms" || got["to"] != "61412345678" || got["content"] != smstest.Text || got["from"] != "15550100" || got["clientMessageId"] != "key-1" {
				t.Errorf("%v", got)
			}
		},
		Answers: []smstest.Answer{
			{Name: "accepted", Status: 202, Body: `{"messages":[{"apiMessageId":"a1","accepted":true,"to":"61412345678","error":null}],"error":null}`, ID: "a1"},
			{Name: "a refusal inside 202", Status: 202, Body: fault("25"), Kind: sms.ErrRefused},
			{Name: "a refusal inside 207", Status: 207, Body: fault("26"), Kind: sms.ErrRefused},
			{Name: "key", Status: 401, Body: `{"messages":[],"error":{"code":1,"description":"x"}}`, Kind: runner.ErrCredentials},
			{Name: "balance", Status: 402, Body: `{"code":20,"description":"x"}`, Kind: runner.ErrSetup},
			{Name: "rate", Status: 400, Body: `{"code":43,"description":"x"}`, Kind: sms.ErrOutage},
			{Name: "down", Status: 503, Body: `{"code":18}`, Kind: sms.ErrOutage},
			{Name: "nothing accepted, nothing said", Status: 202, Body: `{"messages":[{"accepted":false}]}`, Kind: sms.ErrOutage},
		},
	})
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	smstest.Run(t, smstest.Suite{
		New: sender(clickatell.Platform),
		Check: func(t *testing.T, r *http.Request, body []byte) {
			var m struct {
				Content string
				To      []string
				From    string
			}
			if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != "/messages" || len(m.To) != 1 || m.To[0] != "61412345678" || m.Content != smstest.Text || r.Header.Get("Authorization") != smstest.Secret {
				t.Errorf("%s %+v", r.URL, m)
			}
		},
		Answers: []smstest.Answer{
			{Name: "accepted", Status: 202, Body: `{"messages":[{"apiMessageId":"a1","accepted":true,"to":"61412345678"}]}`, ID: "a1"},
			{Name: "a refusal inside 202", Status: 202, Body: `{"messages":[{"accepted":false,"to":"61412345678","errorCode":"105","errorDescription":"Invalid 61412345678"}]}`, Kind: sms.ErrRefused},
			{Name: "key", Status: 401, Body: `{"errorCode":108,"errorDescription":"Invalid key"}`, Kind: runner.ErrCredentials},
		},
	})
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	smstest.Run(t, smstest.Suite{
		New: sender(clickatell.HTTP),
		Check: func(t *testing.T, r *http.Request, _ []byte) {
			q := r.URL.Query()
			if r.URL.Path != "/http/sendmsg" || q.Get("user") != "me" || q.Get("password") != smstest.Secret || q.Get("api_id") != "77" || q.Get("to") != "61412345678" || q.Get("text") != smstest.Text {
				t.Errorf("%s", strings.ReplaceAll(r.URL.String(), smstest.Secret, "***"))
			}
		},
		Answers: []smstest.Answer{
			{Name: "sent", Status: 200, Body: "ID: abc123\n", ID: "abc123"},
			{Name: "a wrong password inside 200", Status: 200, Body: "ERR: 001, Authentication failed", Kind: runner.ErrCredentials},
			{Name: "our address", Status: 200, Body: "ERR: 007, IP lockdown violation", Kind: runner.ErrSetup},
			{Name: "destination", Status: 200, Body: "ERR: 105, Invalid destination address 61412345678", Kind: sms.ErrRefused},
			{Name: "route", Status: 200, Body: "ERR: 114, Cannot route message", Kind: sms.ErrRefused},
			{Name: "credit", Status: 200, Body: "ERR: 301, No credit left", Kind: runner.ErrSetup},
			{Name: "internal", Status: 200, Body: "ERR: 100, Internal error", Kind: sms.ErrOutage},
			{Name: "a code nobody knows", Status: 200, Body: "ERR: 999, x", Kind: sms.ErrOutage},
			{Name: "a page", Status: 200, Body: "<html>", Kind: sms.ErrOutage},
		},
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []clickatell.Config{{}, {API: "two", Key: engine.NewSecret("k")}, {API: clickatell.HTTP, User: "me", APIID: "1"}} {
		if _, err := clickatell.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
