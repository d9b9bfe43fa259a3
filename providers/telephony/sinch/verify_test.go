package sinch

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

// The reference's test vector, which Sinch's own package accepts.
const (
	vectorSecret = "c2luY2gtc2VjcmV0LTAwMA=="
	vectorTime   = "2026-11-21T10:30:16.0000000Z"
	vectorBody   = `{"event":"pie","callid":"c-1","menuResult":{"menuId":"main","type":"sequence","value":"4471","inputMethod":"dtmf"}}`
	vectorSum    = "/6JI2FPS4o/wUN9rmPWcPZPLcpetAUHUuJbbVOacrLU="
	vectorAuth   = "application " + appKey + ":" + vectorSum
)

func vectorRequest() telephony.Request {
	return telephony.Request{
		Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/hooks/sinch/s-81f2"},
		Header: http.Header{Header: {vectorAuth}, timeHeader: {vectorTime}, typeHeader: {"application/json; charset=utf-8"}},
		Body:   []byte(vectorBody),
	}
}

func vectorAt(t testing.TB) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, vectorTime)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestText: what is signed is what the vector says, line by line.
func TestText(t *testing.T) {
	const want = "POST\n00t/cgo9M46PsbeTQzEp5g==\napplication/json; charset=utf-8\nx-timestamp:" + vectorTime + "\n/hooks/sinch/s-81f2"
	if got := string(text(vectorRequest(), vectorTime)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestVerify(t *testing.T) {
	codec := newCodec(t, Config{Key: appKey, Secrets: []engine.Secret{engine.NewSecret("b2xk"), engine.NewSecret(vectorSecret)}})
	set := func(name, value string) func(*telephony.Request) {
		return func(r *telephony.Request) { r.Header[name] = []string{value} }
	}
	for _, tt := range []struct {
		name   string
		change func(*telephony.Request)
		age    time.Duration
		want   error
	}{
		{"the vector", func(*telephony.Request) {}, 0, nil},
		{"in capitals", set(Header, "Application "+appKey+":"+vectorSum), 0, nil},
		{"with a query", func(r *telephony.Request) { r.URL.RawQuery = "a=b" }, 0, nil},
		{"five minutes old", func(*telephony.Request) {}, 300 * time.Second, nil},
		{"older", func(*telephony.Request) {}, 301 * time.Second, telephony.ErrStale},
		{"from the future", func(*telephony.Request) {}, -301 * time.Second, telephony.ErrStale},
		{"another path", func(r *telephony.Request) { r.URL.Path += "x" }, 0, telephony.ErrSignature},
		{"another method", func(r *telephony.Request) { r.Method = http.MethodPut }, 0, telephony.ErrSignature},
		{"another type", set(typeHeader, "application/json"), 0, telephony.ErrSignature},
		{"another time", set(timeHeader, "2026-11-21T10:30:17.0000000Z"), 0, telephony.ErrSignature},
		{"no time", set(timeHeader, "now"), 0, telephony.ErrSignature},
		{"the time is missing", func(r *telephony.Request) { delete(r.Header, timeHeader) }, 0, telephony.ErrSignature},
		{"another body", func(r *telephony.Request) { r.Body[10]++ }, 0, telephony.ErrSignature},
		{"no body", func(r *telephony.Request) { r.Body = nil }, 0, telephony.ErrSignature},
		{"another application", set(Header, "application x:"+vectorSum), 0, telephony.ErrSignature},
		{"another signature", set(Header, "application "+appKey+":"+strings.Replace(vectorSum, "6", "7", 1)), 0, telephony.ErrSignature},
		{"another spelling of it", set(Header, "application "+appKey+":"+strings.Replace(vectorSum, "LU=", "LV=", 1)), 0, telephony.ErrSignature},
		{"no padding", set(Header, strings.TrimRight(vectorAuth, "=")), 0, telephony.ErrSignature},
		{"another scheme", set(Header, "Basic YTpi"), 0, telephony.ErrSignature},
		{"twice", func(r *telephony.Request) { r.Header[Header] = []string{vectorAuth, vectorAuth} }, 0, telephony.ErrSignature},
		{"unsigned", func(r *telephony.Request) { delete(r.Header, Header) }, 0, telephony.ErrUnsigned},
	} {
		r := vectorRequest()
		tt.change(&r)
		if err := codec.Verify(r, vectorAt(t).Add(tt.age)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	other := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("b2xk")}})
	if err := other.Verify(vectorRequest(), vectorAt(t)); !errors.Is(err, telephony.ErrSignature) {
		t.Errorf("another secret: %v", err)
	}
}

func TestNew(t *testing.T) {
	secret := []engine.Secret{engine.NewSecret(vectorSecret)}
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no secret is set"},
		{"both", Config{Secrets: secret, Unsigned: true}, "both set"},
		{"empty secret", Config{Secrets: append(secret, engine.Secret{})}, "secret 2 is not the Base64"},
		{"no Base64", Config{Secrets: []engine.Secret{engine.NewSecret("a b")}}, "secret 1 is not the Base64"},
		{"tolerance", Config{Secrets: secret, Tolerance: -1}, "tolerance"},
		{"no voice", Config{Secrets: secret, Voices: map[string]Voice{"Karen": {}}}, "voices: Karen: the voice is missing"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

// FuzzVerify: whatever is changed about a signed event, it is refused, and nothing
// panics.
func FuzzVerify(f *testing.F) {
	codec := newCodec(f, Config{Secrets: []engine.Secret{engine.NewSecret(vectorSecret)}})
	f.Add(vectorAuth, vectorTime, "/hooks/sinch/s-81f2", vectorBody)
	f.Add("application :", "", "", "")
	f.Add("application x", vectorTime, "%", "{}")
	at := vectorAt(f)
	f.Fuzz(func(t *testing.T, auth, when, path, body string) {
		r := vectorRequest()
		r.Header[Header], r.Header[timeHeader], r.URL.Path, r.Body = []string{auth}, []string{when}, path, []byte(body)
		err := codec.Verify(r, at)
		scheme, pair, _ := strings.Cut(auth, " ")
		_, sum, _ := strings.Cut(pair, ":")
		if same := strings.EqualFold(scheme, "application") && sum == vectorSum && when == vectorTime && path == "/hooks/sinch/s-81f2" && body == vectorBody; err == nil && !same {
			t.Errorf("%q %q %q %q is accepted", auth, when, path, body)
		}
		if err != nil && !errors.Is(err, telephony.ErrSignature) && !errors.Is(err, telephony.ErrUnsigned) && !errors.Is(err, telephony.ErrStale) {
			t.Error(err)
		}
	})
}
