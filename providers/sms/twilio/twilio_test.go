package twilio_test

import (
	"net/http"
	"net/url"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/smstest"
	"callflow/providers/sms/twilio"
)

func TestSender(t *testing.T) {
	t.Parallel()
	refused := func(code, status string) string {
		return `{"code":` + code + `,"message":"The 'To' number +61412345678 is not valid","more_info":"https://www.twilio.com/docs/errors/` + code + `","status":` + status + `}`
	}
	smstest.Run(t, smstest.Suite{
		New: func(t *testing.T, base string) sms.Sender {
			s, err := twilio.New(twilio.Config{Account: "AC1", Password: engine.NewSecret(smstest.Secret), From: "+15550100", BaseURL: base})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Check: func(t *testing.T, r *http.Request, body []byte) {
			user, password, _ := r.BasicAuth()
			form, err := url.ParseQuery(string(body))
			if r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "AC1" || password != smstest.Secret || err != nil ||
				form.Get("To") != smstest.Number || form.Get("From") != "+15550100" || form.Get("Body") != smstest.Text || r.Method != http.MethodPost {
				t.Errorf("%s %s %v", r.Method, r.URL, form)
			}
		},
		Answers: []smstest.Answer{
			{Name: "queued", Status: 201, Body: `{"sid":"SM1","status":"queued","error_code":null}`, ID: "SM1"},
			{Name: "failed at once", Status: 201, Body: `{"sid":"SM1","status":"failed","error_code":21610}`, Kind: sms.ErrRefused},
			{Name: "no number", Status: 400, Body: refused("21211", "400"), Kind: sms.ErrRefused},
			{Name: "region", Status: 403, Body: refused("21408", "403"), Kind: sms.ErrRefused},
			{Name: "opted out", Status: 400, Body: refused("21610", "400"), Kind: sms.ErrRefused},
			{Name: "landline", Status: 400, Body: refused("21614", "400"), Kind: sms.ErrRefused},
			{Name: "from", Status: 400, Body: refused("21606", "400"), Kind: runner.ErrSetup},
			{Name: "trial", Status: 400, Body: refused("21608", "400"), Kind: runner.ErrSetup},
			{Name: "token", Status: 401, Body: refused("20003", "401"), Kind: runner.ErrCredentials},
			{Name: "busy", Status: 429, Body: refused("20429", "429"), Kind: sms.ErrOutage},
			{Name: "a code nobody knows", Status: 400, Body: refused("29999", "400"), Kind: runner.ErrSetup},
			{Name: "a good answer without an id", Status: 201, Body: `{}`, Kind: sms.ErrOutage},
		},
	})
}

func TestService(t *testing.T) {
	t.Parallel()
	for _, c := range []twilio.Config{
		{},
		{Account: "SK1", Password: engine.NewSecret("x"), From: "+1"},
		{Account: "AC1", From: "+1"},
		{Account: "AC1", Password: engine.NewSecret("x")},
		{Account: "AC1", Password: engine.NewSecret("x"), From: "+1", Service: "MG1"},
	} {
		if _, err := twilio.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
