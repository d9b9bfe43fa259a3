package twiliolookup_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/twiliolookup"
)

func TestCarrier(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   sms.Carrier
		err    error
	}{
		{
			"mobile", 200, `{"phone_number":"+12025550123","valid":true,"country_code":"US","line_type_intelligence":{"mobile_country_code":"310","mobile_network_code":"456","carrier_name":"Acme","type":"mobile","error_code":null}}`,
			sms.Carrier{MCC: "310", MNC: "456", Name: "Acme", Type: "mobile", Country: "US", Valid: true},
			nil,
		},
		{
			"codes that are null", 200, `{"valid":true,"country_code":"US","line_type_intelligence":{"mobile_country_code":null,"mobile_network_code":null,"carrier_name":"Acme","type":"landline"}}`,
			sms.Carrier{Name: "Acme", Type: "landline", Country: "US", Valid: true},
			nil,
		},
		{"not a number", 200, `{"valid":false,"country_code":null,"line_type_intelligence":null}`, sms.Carrier{}, nil},
		{"unknown", 404, `{"code":20404}`, sms.Carrier{}, nil},
		{"not included", 200, `{"valid":true,"country_code":"US","line_type_intelligence":null}`, sms.Carrier{Valid: true, Country: "US"}, runner.ErrSetup},
		{"token", 401, `{"code":20003}`, sms.Carrier{}, runner.ErrCredentials},
		{"busy", 429, `{"code":20429}`, sms.Carrier{}, sms.ErrOutage},
		{"garbage", 200, `<html>`, sms.Carrier{}, sms.ErrOutage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				if r.URL.Path != "/v2/PhoneNumbers/+12025550123" || r.URL.RawQuery != "Fields=line_type_intelligence" || user != "AC1" || password != "token" {
					t.Errorf("%s", r.URL)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			l, err := twiliolookup.New(twiliolookup.Config{Account: "AC1", Password: engine.NewSecret("token"), BaseURL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.Carrier(t.Context(), "+12025550123")
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("got %v, expected %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []twiliolookup.Config{{}, {Account: "AC1"}, {Account: "SK1", Password: engine.NewSecret("x")}} {
		if _, err := twiliolookup.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
