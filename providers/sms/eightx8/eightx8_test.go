package eightx8_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/eightx8"
	"callflow/providers/sms/smstest"
)

func TestSender(t *testing.T) {
	t.Parallel()
	status := func(code string) string {
		return `{"umid":"u1","clientMessageId":"key-1","destination":"+61412345678","encoding":"UCS2","status":{"code":"` + code + `","description":"+61412345678"}}`
	}
	smstest.Run(t, smstest.Suite{
		New: func(t *testing.T, base string) sms.Sender {
			s, err := eightx8.New(eightx8.Config{Subaccount: "line_1", Key: engine.NewSecret(smstest.Secret), Source: "Bank", BaseURL: base})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Check: func(t *testing.T, r *http.Request, body []byte) {
			var m map[string]string
			if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != "/api/v1/subaccounts/line_1/messages" || r.Header.Get("Authorization") != "Bearer "+smstest.Secret ||
				m["destination"] != smstest.Number || m["text"] != smstest.Text || m["source"] != "Bank" || m["clientMessageId"] != "key-1" || m["encoding"] != "AUTO" {
				t.Errorf("%s %v", r.URL, m)
			}
		},
		Answers: []smstest.Answer{
			{Name: "queued", Status: 200, Body: status("QUEUED"), ID: "u1"},
			{Name: "rejected with 200", Status: 200, Body: status("REJECTED"), Kind: sms.ErrRefused},
			{Name: "a word nobody knows with 200", Status: 200, Body: status("PONDERING"), Kind: sms.ErrOutage},
			{Name: "invalid", Status: 400, Body: `{"code":1002,"message":"Invalid MSISDN +61412345678"}`, Kind: sms.ErrRefused},
			{Name: "credentials", Status: 401, Body: `{"code":1200,"message":"Unauthorized"}`, Kind: runner.ErrCredentials},
			{Name: "garbage with 200", Status: 200, Body: `<html>`, Kind: sms.ErrOutage},
		},
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	s, err := eightx8.New(eightx8.Config{Subaccount: "a", Key: engine.NewSecret("k"), BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	m := smstest.Message()
	m.To = "+012"
	if _, err := s.Send(t.Context(), m); !errors.Is(err, sms.ErrRefused) {
		t.Errorf("a number that is none gave %v", err)
	}
	for _, c := range []eightx8.Config{{}, {Subaccount: "a"}, {Subaccount: "a", Key: engine.NewSecret("k"), Region: "mars"}, {Subaccount: "a", Key: engine.NewSecret("k"), Source: "seventeen letters"}} {
		if _, err := eightx8.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
