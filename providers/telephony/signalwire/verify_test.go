package signalwire

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
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

func secrets(texts ...string) (all []engine.Secret) {
	for _, t := range texts {
		all = append(all, engine.NewSecret(t))
	}
	return all
}

func request(t testing.TB, address, body string) telephony.Request {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return telephony.Request{
		Route: telephony.RouteTurn, Method: http.MethodPost, URL: u, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}

// TestVectors: the first two sums were taken by SignalWire's own package, and made by
// other means.
func TestVectors(t *testing.T) {
	t.Parallel()
	const (
		address = "https://ivr.example.com/hooks/signalwire/s-81f2/ask_account/1"
		body    = `{"call":{"call_id":"c-1","call_state":"created"},"params":{},"vars":{}}`
		one     = "bd911ff07af06b6254c125a7e4ac7e75d1e7fc9b"
		two     = "202db122ff82595686274546d0a61d281e9f80f76bc0c8d03bfff423cc6433c1"
	)
	for _, tt := range []struct {
		name, key, address, body, header, sum string
		want                                  error
	}{
		{"SHA-1", "sw_key", address, body, Header, one, nil},
		{"SHA-256", "sw_key", address, body, Header256, two, nil},
		{"with a user", "sw_key", strings.Replace(address, "https://", "https://a:b@", 1), body, Header, one, nil},
		{"with a query", "sw_key", address + "?on=gather", body, Header, sign(sha1.New, "sw_key", address+"?on=gather", []byte(body)), nil},
		{"another key", "sw_kez", address, body, Header, one, telephony.ErrSignature},
		{"another host", "sw_key", strings.Replace(address, "ivr.", "evil.", 1), body, Header, one, telephony.ErrSignature},
		{"another query", "sw_key", address + "?lost=1", body, Header, one, telephony.ErrSignature},
		{"another body", "sw_key", address, strings.Replace(body, "c-1", "c-2", 1), Header, one, telephony.ErrSignature},
		{"another body, SHA-256", "sw_key", address, body + " ", Header256, two, telephony.ErrSignature},
		{"the other's sum", "sw_key", address, body, Header256, one, telephony.ErrSignature},
		{"nothing", "sw_key", address, body, Header, "", telephony.ErrUnsigned},
		{"of the right length", "sw_key", address, body, Header, strings.Repeat("0", 40), telephony.ErrSignature},
	} {
		codec := newCodec(t, Config{Keys: secrets("another", tt.key)})
		r := request(t, tt.address, tt.body)
		r.Header.Set(tt.header, tt.sum)
		if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		} else if err != nil && strings.Contains(err.Error(), "sw_key") {
			t.Errorf("%s: the message shows the key: %v", tt.name, err)
		}
	}
}

// TestStatusPassword: what tells of the course of a call brings a password, and opens
// nothing else.
func TestStatusPassword(t *testing.T) {
	t.Parallel()
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	own := Config{Keys: secrets("sw_key"), StatusPasswords: secrets("old", "pass:word")}
	for _, tt := range []struct {
		name          string
		config        Config
		route         telephony.Route
		authorization string
		want          error
	}{
		{"the password", own, telephony.RouteNotice, basic("callflow:pass:word"), nil},
		{"the old one", own, telephony.RouteNotice, basic("x:old"), nil},
		{"the key, where there is a password", own, telephony.RouteNotice, basic("callflow:sw_key"), telephony.ErrSignature},
		{"the key, where there is none", Config{Keys: secrets("sw_key")}, telephony.RouteNotice, basic("callflow:sw_key"), nil},
		{"another one", own, telephony.RouteNotice, basic("callflow:word"), telephony.ErrSignature},
		{"of another kind", own, telephony.RouteNotice, "Bearer old", telephony.ErrSignature},
		{"no Base64", own, telephony.RouteNotice, "Basic ?", telephony.ErrSignature},
		{"none", own, telephony.RouteNotice, "", telephony.ErrUnsigned},
		{"for a turn", own, telephony.RouteTurn, basic("callflow:old"), telephony.ErrUnsigned},
		{"for a start", own, telephony.RouteStart, basic("callflow:old"), telephony.ErrUnsigned},
	} {
		r := request(t, "https://ivr.example.com/v1/signalwire/status", "{}")
		r.Route = tt.route
		if tt.authorization != "" {
			r.Header.Set("Authorization", tt.authorization)
		}
		if err := newCodec(t, tt.config).Verify(r, time.Time{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestRecordingStatus: what tells of a recording is believed at the address that we have
// given for it, and nowhere else.
func TestRecordingStatus(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Keys: secrets("sw_key", "sw_old")})
	before := newCodec(t, Config{Keys: secrets("sw_old")})
	given := func(codec *Codec, id string) string {
		out := codectest.With(engine.RecordVoice{ID: id, Max: time.Minute})
		out.Call.ID = "call-1"
		reply, err := codec.Encode(out)
		if err != nil {
			t.Fatal(err)
		}
		_, after, ok := strings.Cut(string(reply.Body), `"status_url":"`)
		address, _, _ := strings.Cut(after, `"`)
		if !ok || strings.Contains(address, "sw_key") {
			t.Fatalf("the address is %q in %s", address, reply.Body)
		}
		return address
	}
	good := given(codec, "s1-1")
	for _, tt := range []struct {
		name, address string
		route         telephony.Route
		want          error
	}{
		{"as it was given", good, telephony.RouteNotice, nil},
		{"with the key of before", given(before, "s1-1"), telephony.RouteNotice, nil},
		{"with another key", given(newCodec(t, Config{Keys: secrets("x")}), "s1-1"), telephony.RouteNotice, telephony.ErrSignature},
		{"of another recording", strings.Replace(good, "s1-1", "s1-2", 1), telephony.RouteNotice, telephony.ErrSignature},
		{"of another call", strings.Replace(good, "call-1", "call-2", 1), telephony.RouteNotice, telephony.ErrSignature},
		{"with more behind it", good + "&lost=1", telephony.RouteNotice, telephony.ErrSignature},
		{"without its seal", good[:strings.Index(good, "&seal=")], telephony.RouteNotice, telephony.ErrUnsigned},
		{"for a turn", good, telephony.RouteTurn, telephony.ErrUnsigned},
	} {
		r := request(t, tt.address, "{}")
		r.Route = tt.route
		if err := codec.Verify(r, time.Time{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	// A bench without an account seals nothing, and takes what another one has sealed.
	open, err := New(Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	sealed := request(t, good, "{}")
	sealed.Route = telephony.RouteNotice
	if err := open.Verify(sealed, time.Time{}); err != nil {
		t.Errorf("unsigned: %v", err)
	}
	decode := func(event, params string) (telephony.Inbound, error) {
		r := request(t, good, `{"event_type":"`+event+`","params":{"call_id":"call-9",`+params+`}}`)
		r.Route = telephony.RouteNotice
		return codec.Decode(r)
	}
	const recorded = "https://example.signalwire.com/r/1"
	for _, tt := range []struct {
		name, params string
		want         engine.Event
		alarm        bool
	}{
		{"finished", `"state":"finished","duration":15.25,"url":"` + recorded + `"`, engine.RecordingReady{ID: "s1-1", URL: recorded, Length: 15250 * time.Millisecond}, false},
		{"of nothing", `"state":"no_input","duration":0`, engine.RecordingReady{ID: "s1-1"}, false},
		{"failed", `"state":"error"`, engine.RecordingReady{ID: "s1-1"}, false},
		{"begun", `"state":"recording"`, nil, false},
		{"elsewhere", `"state":"finished","url":"https://evil.example.com/x"`, engine.RecordingReady{ID: "s1-1"}, true},
		{"for ever", `"state":"finished","duration":1e300,"url":"` + recorded + `"`, engine.RecordingReady{ID: "s1-1", URL: recorded}, false},
	} {
		in, err := decode("calling.call.record", tt.params)
		if err != nil || in.Event != tt.want || in.Call.ID != "call-1" || (in.Alarm != "") != tt.alarm {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, in, err, tt.want)
		}
	}
	if in, err := decode("calling.call.state", `"call_state":"ended"`); !errors.Is(err, telephony.ErrMalformed) {
		t.Errorf("the end of a call at the address of a recording: got %+v, %v", in, err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no signing key is set"},
		{"both", Config{Keys: secrets("a"), Unsigned: true}, "both set"},
		{"empty", Config{Keys: append(secrets("a"), engine.Secret{})}, "signing key 2 is empty"},
		{"empty password", Config{Keys: secrets("a"), StatusPasswords: make([]engine.Secret, 1)}, "status password 1 is empty"},
		{"voice without a name", Config{Unsigned: true, Voices: map[string]Voice{"Karen": {Language: "en"}}}, "voices: Karen: the voice is missing"},
		{"two lines", Config{Unsigned: true, RecordingHost: "a\r\nb"}, "recording_host"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

// FuzzVerify: a request whose signature is right is taken whatever it holds, and one
// whose address or body is another is not.
func FuzzVerify(f *testing.F) {
	f.Add(`{"call":{}}`, "lost=1", byte(3))
	f.Add("", "", byte(0))
	codec, err := New(Config{Keys: secrets("sw_key")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, query string, at byte) {
		r := telephony.Request{
			Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/x", RawQuery: query}, Header: http.Header{}, Body: []byte(body),
		}
		for header, sum := range map[string]string{
			Header:    sign(sha1.New, "sw_key", r.URL.String(), r.Body),
			Header256: sign(sha256.New, "sw_key", r.URL.String(), r.Body),
		} {
			r.Header, r.Body, r.URL.Path = http.Header{header: {sum}}, []byte(body), "/x"
			if err := codec.Verify(r, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if len(r.Body) > 0 {
				r.Body[int(at)%len(r.Body)] ^= 1
				if err := codec.Verify(r, time.Time{}); !errors.Is(err, telephony.ErrSignature) {
					t.Errorf("another body: %v", err)
				}
				r.Body = []byte(body)
			}
			r.URL.Path = "/y"
			if err := codec.Verify(r, time.Time{}); !errors.Is(err, telephony.ErrSignature) {
				t.Errorf("at another address: %v", err)
			}
		}
	})
}
