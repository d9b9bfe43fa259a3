package tropo

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

const turnBody = `{"result":{"sessionId":"call-1","state":"ANSWERED","actions":{"name":"entry","disposition":"SUCCESS","value":"4471"}}}`

// sealed is the address that a document gives for an entry.
func sealed(t testing.TB, codec *Codec) string {
	t.Helper()
	reply, err := codec.Encode(codectest.With(codectest.Account()))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(reply.Body), `{"event":"continue","next":"`)
	address, _, _ := strings.Cut(after, `"`)
	return address
}

func TestVerify(t *testing.T) {
	secret, old := engine.NewSecret("now & then"), engine.NewSecret("old")
	codec := newCodec(t, Config{Secrets: []engine.Secret{secret, old}})
	before := newCodec(t, Config{Secrets: []engine.Secret{old}})
	good := sealed(t, codec)
	if strings.Contains(good, url.QueryEscape(secret.Reveal())) || !strings.Contains(good, "&seal=") {
		t.Fatalf("the address of a document is %s", good)
	}
	const calls = "https://ivr.example.com/v1/tropo/calls"
	for _, tt := range []struct {
		name, address string
		header        []string
		want          error
	}{
		{"the secret in the URL", calls + "?key=now+%26+then", nil, nil},
		{"an old one", calls + "?a=b&key=old", nil, nil},
		{"another", calls + "?key=now", nil, telephony.ErrSignature},
		{"none", calls, nil, telephony.ErrUnsigned},
		{"an empty one", calls + "?key=", nil, telephony.ErrUnsigned},
		{"a broken one", calls + "?key=%zz", nil, telephony.ErrUnsigned},
		{"basic authentication", calls, []string{"Basic dHJvcG86b2xk"}, nil},
		{"in small letters", calls, []string{"basic dHJvcG86b2xk"}, nil},
		{"of another user", calls, []string{"Basic dHJhcG86b2xk"}, telephony.ErrSignature},
		{"with another password", calls, []string{"Basic dHJvcG86b2xs"}, telephony.ErrSignature},
		{"twice", calls, []string{"Basic dHJvcG86b2xk", "Basic dHJvcG86b2xk"}, telephony.ErrSignature},
		{"a wrong one beside a good URL", calls + "?key=old", []string{"Bearer x"}, telephony.ErrSignature},
		{"a sealed URL", good, nil, nil},
		{"sealed with the old secret", sealed(t, before), nil, nil},
		{"a sealed URL beside a wrong password", good, []string{"Basic dHJvcG86b2xs"}, telephony.ErrSignature},
		{"a sealed URL beside a good one", good, []string{"Basic dHJvcG86b2xk"}, nil},
		{"of another turn", strings.Replace(good, "/3/", "/4/", 1), nil, telephony.ErrSignature},
		{"about something else", strings.Replace(good, "on=ask", "on=dial", 1), nil, telephony.ErrSignature},
		{"with more behind it", good + "&lost=1", nil, telephony.ErrSignature},
		{"with more before it", strings.Replace(good, "?", "?lost=1&", 1), nil, telephony.ErrSignature},
		{"with half a seal", good[:len(good)-1], nil, telephony.ErrSignature},
		{"without its seal", good[:strings.Index(good, "&seal=")], nil, telephony.ErrUnsigned},
		{"an empty seal", calls + "?seal=", nil, telephony.ErrSignature},
	} {
		u, err := url.Parse(tt.address)
		if err != nil {
			u = &url.URL{RawQuery: tt.address[strings.Index(tt.address, "?")+1:]}
		}
		r := telephony.Request{Method: http.MethodPost, URL: u, Header: http.Header{}, Body: []byte(turnBody)}
		if tt.header != nil {
			r.Header["Authorization"] = tt.header
		}
		err = codec.Verify(r, time.Time{})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), secret.Reveal()) {
			t.Errorf("%s: the message shows the secret: %v", tt.name, err)
		}
	}
}

func TestNew(t *testing.T) {
	secret := []engine.Secret{engine.NewSecret("s")}
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no secret is set"},
		{"both", Config{Secrets: secret, Unsigned: true}, "both set"},
		{"empty secret", Config{Secrets: append(secret, engine.Secret{})}, "secret 2 is empty"},
		{"no voice", Config{Secrets: secret, Voices: map[string]Voice{"Karen": {}}}, "voices: Karen: the voice is missing"},
		{"a recorder for one recording", Config{Secrets: secret, Recorder: "https://recorder.example.com/a.wav"}, "recorder is"},
		{"a recorder of no web", Config{Secrets: secret, Recorder: "ftp://recorder.example.com/{id}.wav"}, "recorder is"},
		{"recordings without a recorder", Config{Secrets: secret, Recordings: "https://recorder.example.com/{id}.wav"}, "recorder is"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

// FuzzVerify: whatever is changed about a sealed URL, it is refused, and nothing
// panics.
func FuzzVerify(f *testing.F) {
	codec := newCodec(f, Config{Secrets: []engine.Secret{engine.NewSecret("s3cret")}})
	good, err := url.Parse(sealed(f, codec))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Path, good.RawQuery, "")
	f.Add(good.Path, "key=s3cre", "Basic dHJvcG86czNjcmV")
	f.Add("/", "seal=&seal=", "Basic ")
	f.Fuzz(func(t *testing.T, path, query, header string) {
		r := telephony.Request{Method: http.MethodPost, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}, Body: []byte(turnBody)}
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		err := codec.Verify(r, time.Time{})
		if err == nil && (r.URL.EscapedPath() != good.EscapedPath() || query != good.RawQuery) && !strings.Contains(query+header, "s3cret") && !strings.Contains(header, "dHJvcG86czNjcmV0") {
			t.Errorf("%q %q %q is accepted", path, query, header)
		}
		if err != nil && !errors.Is(err, telephony.ErrSignature) && !errors.Is(err, telephony.ErrUnsigned) {
			t.Error(err)
		}
	})
}
