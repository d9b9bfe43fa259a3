package plivo

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
		r.Header.Set(NonceHeader, testNonce)
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

// TestVectors: what is signed is put together as Plivo's page on signatures shows it,
// and each good one was taken by Plivo's own package.
func TestVectors(t *testing.T) {
	t.Parallel()
	const (
		step     = "https://ivr.example.com/v1/plivo/turns/s-81f2/3/n0nce"
		asked    = step + "?on=gather&lost=1"
		form     = "To=6531589999&CallUUID=c-1&Digits=44%2371&From=6591110000"
		pairs    = "CallUUIDc-1Digits44#71From6591110000To6531589999"
		token    = "pl_token"
		got      = "https://ivr.example.com/v1/plivo/calls?To=6531589999&CallUUID=c-1&From=%2B6591110000"
		gotText  = "https://ivr.example.com/v1/plivo/calls?CallUUID=c-1&From=+6591110000&To=6531589999"
		askedSum = "yKS38nbFKGksnxDysylUS3jKIs3ky4muIl1DOPdEzPU="
	)
	signed := func(text string) string { return sign(token, text+"."+testNonce) }
	for _, tt := range []struct {
		name, method, url, contentType, body, sum string
		want                                      error
	}{
		{"a turn", "POST", asked, formType, form, askedSum, nil},
		{"its text", "POST", asked, formType, form, signed(step + "?lost=1&on=gather." + pairs), nil},
		{"in another order", "POST", asked, formType + "; charset=UTF-8", "Digits=44%2371&From=6591110000&CallUUID=c-1&To=6531589999", askedSum, nil},
		{"without a query", "POST", step, formType, form, signed(step + "?" + pairs), nil},
		{"without a form", "POST", asked, "", "", signed(step + "?lost=1&on=gather"), nil},
		{"without either", "POST", step, "", "", signed(step), nil},
		{"by GET", "GET", got, "", "", signed(gotText), nil},
		{"a field twice", "POST", step, formType, form + "&To=1", signed(step + "?" + strings.Replace(pairs, "To", "To1To", 1)), nil},
		{"with a fragment", "POST", asked + "#rc=2", formType, form, askedSum, nil},
		{"with a port", "POST", "http://ivr.example.com:8080/x", formType, "a=1", signed("http://ivr.example.com:8080/x?a1"), nil},
		{"of two tokens", "POST", asked, formType, form, sign("another", "x") + "," + askedSum, nil},

		{"another token", "POST", asked, formType, form, sign("pl_tokem", step+"?lost=1&on=gather."+pairs+"."+testNonce), telephony.ErrSignature},
		{"another nonce", "POST", asked, formType, form, sign(token, step+"?lost=1&on=gather."+pairs+".1"), telephony.ErrSignature},
		{"another host", "POST", strings.Replace(asked, "ivr.", "evil.", 1), formType, form, askedSum, telephony.ErrSignature},
		{"another path", "POST", strings.Replace(asked, "/3/", "/4/", 1), formType, form, askedSum, telephony.ErrSignature},
		{"another query", "POST", strings.Replace(asked, "lost=1", "lost=0", 1), formType, form, askedSum, telephony.ErrSignature},
		{"another scheme", "POST", strings.Replace(asked, "https", "http", 1), formType, form, askedSum, telephony.ErrSignature},
		{"another port", "POST", strings.Replace(asked, ".com/", ".com:8443/", 1), formType, form, askedSum, telephony.ErrSignature},
		{"a field more", "POST", asked, formType, form + "&X=1", askedSum, telephony.ErrSignature},
		{"a field less", "POST", asked, formType, strings.TrimSuffix(form, "&From=6591110000"), askedSum, telephony.ErrSignature},
		{"a body of JSON", "POST", step, "application/json", `{"CallUUID":"c-1"}`, signed(step), telephony.ErrSignature},
		{"a body of another type, signed as a form", "POST", step, "text/plain", form, signed(step + "?" + pairs), telephony.ErrSignature},
		{"a form after a GET", "POST", step, formType, form, signed(step), telephony.ErrSignature},
		{"nothing", "POST", asked, formType, form, "", telephony.ErrUnsigned},
		{"no Base64", "POST", asked, formType, form, "not Base64 at all, is it?", telephony.ErrSignature},
		{"of the right length", "POST", asked, formType, form, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", telephony.ErrSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			codec := newCodec(t, Config{Tokens: secrets("another one", token)})
			r := request(t, tt.method, tt.url, tt.contentType, tt.body, tt.sum)
			if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			} else if err != nil && strings.Contains(err.Error(), token) {
				t.Errorf("the message shows the token: %v", err)
			}
			// The main account's signature is as good.
			if tt.sum != "" {
				r.Header.Del(Header)
				r.Header.Set(MainHeader, tt.sum)
				if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
					t.Errorf("the main account's: got %v, want %v", err, tt.want)
				}
				r.Header.Del(NonceHeader)
				if err := codec.Verify(r, time.Time{}); !errors.Is(err, telephony.ErrSignature) {
					t.Errorf("without a nonce: got %v", err)
				}
			}
		})
	}
}

// TestNonces: one is needed, and not one of any length.
func TestNonces(t *testing.T) {
	t.Parallel()
	const address = "https://ivr.example.com/x"
	codec := newCodec(t, Config{Tokens: secrets("pl_token")})
	for _, tt := range []struct {
		length int
		want   error
	}{{0, telephony.ErrSignature}, {1, nil}, {256, nil}, {257, telephony.ErrSignature}} {
		nonce := strings.Repeat("7", tt.length)
		r := request(t, "POST", address, "", "", sign("pl_token", address+"."+nonce))
		r.Header.Set(NonceHeader, nonce)
		if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
			t.Errorf("%d bytes: got %v, want %v", tt.length, err, tt.want)
		}
	}
}

// TestPublished: the example of Plivo's page on signatures.
func TestPublished(t *testing.T) {
	t.Parallel()
	r := request(t, "POST", "https://example.com/abcd?foo=bar", formType,
		"To=%2B15555555555&Digits=1234&From=%2B15551111111&CallUuid=4vbcpem8-0u46-x1ha-9af1-438vc92bf374", "")
	const want = "https://example.com/abcd?foo=bar.CallUuid4vbcpem8-0u46-x1ha-9af1-438vc92bf374Digits1234From+15551111111To+15555555555"
	if text, err := signedText(r); err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
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
		{"voice without a name", Config{Unsigned: true, Voices: map[string]Voice{"a": {Voice: "MAN"}, "Karen": {Language: "en"}}}, "voices: Karen: the voice is missing"},
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
	f.Add("Digits=1&CallUUID=c-1", "lost=1", "x", "1")
	f.Add("a=%zz&&=", "", "Digits", "4471")
	f.Add("a=1&a=1", "on=gather&b=%2e", "a", "1")
	codec, err := New(Config{Tokens: secrets("pl_token")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, form, query, name, value string) {
		r := telephony.Request{
			Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/x", RawQuery: query},
			Header: http.Header{"Content-Type": {formType}}, Body: []byte(form),
		}
		text, err := signedText(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(NonceHeader, testNonce)
		r.Header.Set(Header, sign("pl_token", string(text)+"."+testNonce))
		if err := codec.Verify(r, time.Time{}); err != nil {
			t.Fatal(err)
		}
		r.Body = []byte(form + "&" + url.QueryEscape(name) + "=" + url.QueryEscape(value))
		more, err := signedText(r)
		same := err == nil && string(more) == string(text)
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
