package twilio

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

func secrets(texts ...string) (all []engine.Secret) {
	for _, t := range texts {
		all = append(all, engine.NewSecret(t))
	}
	return all
}

func request(t testing.TB, method, address, contentType, body, signature string) telephony.Request {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r := telephony.Request{Route: telephony.RouteTurn, Method: method, URL: u, Header: http.Header{}, Body: []byte(body)}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if signature != "" {
		r.Header.Set(Header, signature)
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

// TestVectors: what Twilio publishes, and what its package has accepted.
func TestVectors(t *testing.T) {
	t.Parallel()
	const step = "https://ivr.example.com/hooks/twilio/s-81f2/ask_account/1?lost=1"
	const form = "AccountSid=AC0123456789abcdef0123456789abcdef&CallSid=CA0123456789abcdef0123456789abcdef&CallStatus=in-progress&" +
		"Digits=4471&FinishedOnKey=%23&From=%2B6591110000&To=%2B6531589999"
	const stepSum = "hmVl2J9fAmWYXIWL5gyO2QA8KFQ="
	const hashed = "https://ivr.example.com/x?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
	const hashedSum = "KgrTxI18wojbYexjgce2dpE8v3o="
	const published = "https://mycompany.com/myapp.php?foo=1&bar=2"
	const publishedForm = "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212"
	const publishedSum = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
	for _, tt := range []struct {
		name, token, method, url, contentType, body, sum string
		want                                             error
	}{
		{"a step", "tw_token", "POST", step, formType, form, stepSum, nil},
		{"in another order", "tw_token", "POST", step, formType + "; charset=UTF-8", "To=%2b6531589999&" + strings.TrimSuffix(form, "&To=%2B6531589999"), stepSum, nil},
		{"a field twice, alike", "tw_token", "POST", step, formType, form + "&Digits=4471", stepSum, nil},
		{"with the port", "tw_token", "POST", strings.Replace(step, ".com/", ".com:443/", 1), formType, form, stepSum, nil},
		{"signed with the port", "tw_token", "POST", step, formType, form, sign("tw_token", strings.Replace(step, ".com/", ".com:443/", 1)+
			"AccountSidAC0123456789abcdef0123456789abcdefCallSidCA0123456789abcdef0123456789abcdefCallStatusin-progressDigits4471FinishedOnKey#From+6591110000To+6531589999"), nil},
		{"with a fragment", "tw_token", "POST", step + "#rc=2", formType, form, stepSum, nil},
		{"published", "12345", "POST", published, formType, publishedForm, publishedSum, nil},
		{"a hashed body", "tw_token", "POST", hashed, "application/json", `{"a":1}`, hashedSum, nil},
		{"by GET", "tw_token", "GET", "https://ivr.example.com/v1/twilio/calls?CallSid=CA1&Digits=1", "", "", sign("tw_token", "https://ivr.example.com/v1/twilio/calls?CallSid=CA1&Digits=1"), nil},
		{"plain", "tw_token", "POST", "http://ivr.example.com:8080/x", formType, "", sign("tw_token", "http://ivr.example.com:8080/x"), nil},

		{"another token", "tw_tokem", "POST", step, formType, form, stepSum, telephony.ErrSignature},
		{"another host", "tw_token", "POST", strings.Replace(step, "ivr.", "evil.", 1), formType, form, stepSum, telephony.ErrSignature},
		{"another query", "tw_token", "POST", strings.Replace(step, "lost=1", "lost=0", 1), formType, form, stepSum, telephony.ErrSignature},
		{"another scheme", "tw_token", "POST", strings.Replace(step, "https", "http", 1), formType, form, stepSum, telephony.ErrSignature},
		{"another port", "tw_token", "POST", step, formType, form, sign("tw_token", strings.Replace(step, ".com/", ".com:8443/", 1)), telephony.ErrSignature},
		{"a field more", "tw_token", "POST", step, formType, form + "&X=1", stepSum, telephony.ErrSignature},
		{"a field less", "tw_token", "POST", step, formType, strings.TrimSuffix(form, "&To=%2B6531589999"), stepSum, telephony.ErrSignature},
		{"a field twice, unlike", "tw_token", "POST", step, formType, form + "&Digits=4472", stepSum, telephony.ErrSignature},
		{"a body of another hash", "tw_token", "POST", hashed, "application/json", `{"a":2}`, hashedSum, telephony.ErrSignature},
		{"a form of another hash", "tw_token", "POST", hashed, formType, form, hashedSum, telephony.ErrSignature},
		{"a hash that is none", "tw_token", "POST", "https://ivr.example.com/x?bodySHA256=zz", "application/json", `{"a":1}`, sign("tw_token", "https://ivr.example.com/x?bodySHA256=zz"), telephony.ErrSignature},
		{"JSON without a hash", "tw_token", "POST", step, "application/json", `{"CallSid":"CA1"}`, sign("tw_token", step), telephony.ErrSignature},
		{"a body of another type, signed as a form", "tw_token", "POST", "https://ivr.example.com/x", "text/plain", "CallSid=CA1", sign("tw_token", "https://ivr.example.com/xCallSidCA1"), telephony.ErrSignature},
		{"a form after a GET", "tw_token", "POST", step, formType, form, sign("tw_token", step), telephony.ErrSignature},
		{"nothing", "tw_token", "POST", step, formType, form, "", telephony.ErrUnsigned},
		{"no Base64", "tw_token", "POST", step, formType, form, "not Base64 at all, is it?", telephony.ErrSignature},
		{"of the right length", "tw_token", "POST", step, formType, form, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", telephony.ErrSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			codec := newCodec(t, Config{Tokens: secrets("another", tt.token)})
			r := request(t, tt.method, tt.url, tt.contentType, tt.body, tt.sum)
			if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			} else if err != nil && strings.Contains(err.Error(), "tw_token") {
				t.Errorf("the message shows the token: %v", err)
			}
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no auth token is set"},
		{"both", Config{Tokens: secrets("a"), Unsigned: true}, "both set"},
		{"empty", Config{Tokens: append(secrets("a"), engine.Secret{})}, "auth token 2 is empty"},
		{"voice without a name", Config{Unsigned: true, Voices: map[string]Voice{"a": {Voice: "man"}, "Karen": {Language: "en"}}}, "voices: Karen: the voice is missing"},
		{"no host", Config{Unsigned: true, ReferHost: "sip:a@b"}, "refer_host"},
		{"two lines", Config{Unsigned: true, RecordingHost: "a\r\nb"}, "recording_host"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

// FuzzVerify: a request whose signature is right is taken whatever it holds, and
// one whose address or form is another is not.
func FuzzVerify(f *testing.F) {
	f.Add("Digits=1&CallSid=CA1", "lost=1", "x", "1")
	f.Add("a=%zz&&=", "", "Digits", "4471")
	f.Add("a=1&a=1", "on=gather&bodySHA256=00", "a", "1")
	codec, err := New(Config{Tokens: secrets("tw_token")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, form, query, name, value string) {
		r := telephony.Request{
			Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/x", RawQuery: query},
			Header: http.Header{"Content-Type": {formType}}, Body: []byte(form),
		}
		pairs, err := signedPairs(r)
		if err != nil {
			return // a hash of another body
		}
		r.Header.Set(Header, sign("tw_token", r.URL.String()+string(pairs)))
		if err := codec.Verify(r, time.Time{}); err != nil {
			t.Fatal(err)
		}
		r.Body = []byte(form + "&" + url.QueryEscape(name) + "=" + url.QueryEscape(value))
		more, err := signedPairs(r)
		same := err == nil && string(more) == string(pairs)
		if err := codec.Verify(r, time.Time{}); (err == nil) != same {
			t.Errorf("with a field more: %v", err)
		}
		r.Body = []byte(form)
		r.URL.Path = "/y"
		if err := codec.Verify(r, time.Time{}); !errors.Is(err, telephony.ErrSignature) {
			t.Errorf("at another address: %v", err)
		}
	})
}
