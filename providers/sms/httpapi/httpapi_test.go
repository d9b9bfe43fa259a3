package httpapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/httpapi"
	"callflow/providers/sms/smstest"
)

func TestSender(t *testing.T) {
	t.Parallel()
	smstest.Run(t, smstest.Suite{
		New: func(t *testing.T, base string) sms.Sender {
			s, err := httpapi.New(httpapi.Config{
				URL:     base + "/v2/{digits}/send?lang={locale}",
				Headers: []engine.Secret{engine.NewSecret("Authorization: Key " + smstest.Secret), engine.NewSecret("Idempotency-Key: {key}")},
				Body:    `{"to": "{to}", "parts": [{"text": "{text}", "n": 1.50}], "flash": false}`,
				Refused: "400, 422", Expect: "status.code=OK", ID: "ids.0",
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Check: func(t *testing.T, r *http.Request, body []byte) {
			want, err := json.Marshal(map[string]any{"to": smstest.Number, "parts": []any{map[string]any{"text": smstest.Text, "n": json.Number("1.50")}}, "flash": false})
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if json.Unmarshal(body, &a) != nil || json.Unmarshal(want, &b) != nil || !strings.Contains(string(body), "1.50") {
				t.Errorf("%s", body)
			}
			if got, _ := json.Marshal(a); string(got) != func() string { s, _ := json.Marshal(b); return string(s) }() {
				t.Errorf("got %s, want %s", got, want)
			}
			if r.URL.Path != "/v2/61412345678/send" || r.URL.RawQuery != "lang=en-AU" || r.Header.Get("Authorization") != "Key "+smstest.Secret || r.Header.Get("Idempotency-Key") != "key-1" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
		},
		Answers: []smstest.Answer{
			{Name: "taken", Status: 200, Body: `{"status":{"code":"OK"},"ids":["i1"]}`, ID: "i1"},
			{Name: "not what is expected", Status: 200, Body: `{"status":{"code":"NO"}}`, Kind: sms.ErrOutage},
			{Name: "refused", Status: 422, Body: `{"error":"61412345678"}`, Kind: sms.ErrRefused},
			{Name: "forbidden", Status: 403, Kind: runner.ErrCredentials},
		},
	})
}

// TestHostile sends values that try to become more than values.
func TestHostile(t *testing.T) {
	t.Parallel()
	text := "a&b=c\"}],\"to\":\"+1\r\nX: y</text><x/>/../{code}"
	for name, c := range map[string]httpapi.Config{
		"json": {Body: `{"to":"{to}","text":"{text}"}`},
		"form": {ContentType: "application/x-www-form-urlencoded", Body: "to={to}&text={text}"},
		"xml":  {ContentType: "text/xml", Body: "<m><to>{to}</to><text>{text}</text></m>"},
		"get":  {Method: http.MethodGet, URL: "?to={to}&text={text}"},
		"path": {Method: http.MethodGet, URL: "/send/{text}/to/{digits}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				switch name {
				case "json":
					var m map[string]string
					if err := json.Unmarshal(body, &m); err != nil || len(m) != 2 || m["text"] != text || m["to"] != smstest.Number {
						t.Errorf("%s", body)
					}
				case "form":
					q, err := url.ParseQuery(string(body))
					if err != nil || len(q) != 2 || q.Get("text") != text {
						t.Errorf("%s", body)
					}
				case "xml":
					if strings.Count(string(body), "<") != 6 {
						t.Errorf("%s", body)
					}
				case "get":
					if q := r.URL.Query(); len(q) != 2 || q.Get("text") != text {
						t.Errorf("%s", r.URL)
					}
				case "path":
					if n := strings.Count(r.URL.EscapedPath(), "/"); n != 4 {
						t.Errorf("%s", r.URL.EscapedPath())
					}
				}
			}))
			defer server.Close()
			c.URL = server.URL + c.URL
			s, err := httpapi.New(c)
			if err != nil {
				t.Fatal(err)
			}
			m := smstest.Message()
			m.Text = engine.NewSecret(text)
			if _, err := s.Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s, err := httpapi.New(httpapi.Config{URL: "https://example.com/", Body: `{"to":"{to}","code":"{code}"}`, Headers: []engine.Secret{engine.NewSecret("X-Key: {key}")}})
	if err != nil {
		t.Fatal(err)
	}
	m := smstest.Message()
	m.Key = "a\r\nX-Other: b"
	if _, err := s.Send(t.Context(), m); !errors.Is(err, sms.ErrRefused) {
		t.Errorf("a line break went into a header: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]httpapi.Config{
		"begins with https://":     {URL: "ftp://example.com/{to}/{text}"},
		"in its host":              {URL: "https://{to}.example.com/?t={text}"},
		"fragment":                 {URL: "https://example.com/{to}/{text}#x"},
		"{number} is not known":    {URL: "https://example.com/{number}/{text}"},
		"whom to send to":          {URL: "https://example.com/", Body: `{"text":"{text}"}`},
		"what to send":             {URL: "https://example.com/", Body: `{"to":"{to}"}`},
		"body is not JSON":         {URL: "https://example.com/", Body: `to={to}&text={text}`},
		"body can be":              {URL: "https://example.com/", ContentType: "image/png", Body: "{to}{text}"},
		"expected POST":            {URL: "https://example.com/{to}/{text}", Method: "DELETE"},
		"found \"2xx\"":            {URL: "https://example.com/{to}/{text}", Success: "2xx"},
		"a header is written":      {URL: "https://example.com/{to}/{text}", Headers: []engine.Secret{engine.NewSecret("nothing")}},
		"{txt} is not known":       {URL: "https://example.com/", Body: `{"to":"{to}","text":"{text}","x":["{txt}"]}`},
		"header X: {id} is not":    {URL: "https://example.com/{to}/{text}", Headers: []engine.Secret{engine.NewSecret("X: {id}")}},
		"content_type is not one,": {URL: "https://example.com/", ContentType: "nonsense/", Body: "{to}{text}"},
	} {
		if _, err := httpapi.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected a message with %q", err, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("https://example.com/{to}?t={text}", "application/json", `{"a":"{text}"}`, "value")
	f.Add("https://example.com/", "text/xml", `<a>{to}{text}</a>`, "</a>")
	f.Fuzz(func(t *testing.T, url, kind, body, value string) {
		s, err := httpapi.New(httpapi.Config{URL: url, ContentType: kind, Body: body})
		if err != nil {
			return
		}
		ctx, cancel := contextDone(t)
		defer cancel()
		m := smstest.Message()
		m.Text = engine.NewSecret(value)
		if _, err := s.Send(ctx, m); err == nil {
			t.Error("a message was sent without time to do so")
		}
	})
}
