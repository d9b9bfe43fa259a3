package player

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"callflow/engine"
)

// desk answers webhooks of any platform from a list, and keeps of each what short makes
// of it. "down" is no answer, "slow" one that comes too late, "cut" one that breaks off,
// "500" and "204" those statuses, "text:…" another content type.
type desk struct {
	t       *testing.T
	kind    string // of the answers
	answers []string
	short   func(r *http.Request, body []byte) (text string, answered bool)
	posted  []string
	headers []http.Header
}

// header are the values of one header in all that was posted.
func (d *desk) header(name string) (all []string) {
	for _, h := range d.headers {
		all = append(all, h.Get(name))
	}
	return all
}

// options are those of a call at the desk.
func (d *desk) options() Options {
	return Options{
		URL: "http://host/v1/x/calls", StatusURL: "http://host/v1/x/status", Secret: engine.NewSecret("c2VjcmV0"),
		Call: Call{ID: "call-1", Account: "acme", From: "+6591110000", To: "+6531589999"}, Client: &http.Client{Transport: d},
	}
}

func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.URL.Fragment != "" {
		d.t.Errorf("%s: the fragment is sent", r.URL)
	}
	d.headers = append(d.headers, r.Header)
	text, answered := d.short(r, raw)
	d.posted = append(d.posted, text)
	w := httptest.NewRecorder()
	if !answered {
		return w.Result(), nil
	}
	if len(d.answers) == 0 {
		d.t.Errorf("%s is one webhook too many", text)
		return nil, errors.New("no answer is left")
	}
	answer := d.answers[0]
	d.answers = d.answers[1:]
	kind := d.kind
	switch {
	case answer == "down":
		return nil, errors.New("connection refused")
	case answer == "slow":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case answer == "cut":
		broken := w.Result()
		broken.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
		return broken, nil
	case answer == "500":
		w.WriteHeader(http.StatusInternalServerError)
		return w.Result(), nil
	case answer == "204":
		w.WriteHeader(http.StatusNoContent)
		return w.Result(), nil
	case strings.HasPrefix(answer, "text:"):
		kind, answer = "text/plain", answer[5:]
	}
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, answer)
	return w.Result(), nil
}

// conversation is a call that a player plays at a desk.
type conversation struct {
	name    string
	answers []string
	moves   []Move
	dials   []string
	end     End
	heard   []string
	posted  []string // without the first; nil: not looked at
}

func (c conversation) play(t *testing.T, d *desk, play func(context.Context, Options) Result, change func(*Options)) {
	t.Helper()
	d.t, d.answers = t, slices.Clone(c.answers)
	o := d.options()
	o.Script, o.Dials = c.moves, c.dials
	if change != nil {
		change(&o)
	}
	r := play(t.Context(), o)
	if r.End != c.end || !slices.Equal(r.Heard, c.heard) {
		t.Errorf("%s: %s (%v), heard %q; expected %s, %q", c.name, r.End, r.Err, r.Heard, c.end, c.heard)
	}
	if c.posted != nil && !slices.Equal(d.posted[1:], c.posted) {
		t.Errorf("%s: posted %q, expected %q", c.name, d.posted[1:], c.posted)
	}
	hangups := 0
	for _, line := range r.Conversation {
		if line.Kind == Hangup {
			hangups++
		}
	}
	if (hangups == 1) != (c.end == Left) || hangups > 1 {
		t.Errorf("%s: the caller hangs up %d times in %v", c.name, hangups, r.Conversation)
	}
	if (r.Err != nil) != (c.end == Refused || c.end == Broken) && r.Faults == 0 {
		t.Errorf("%s: %s, with the error %v", c.name, r.End, r.Err)
	}
	if len(d.answers) > 0 {
		t.Errorf("%s: %q came to no webhook", c.name, d.answers)
	}
}

// TestPublishedSignatures: the players sign as the platforms do, not as the codecs think.
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	t.Run("twilio", func(t *testing.T) {
		call := twilioCall{played: begin(Options{Secret: engine.NewSecret("12345")})}
		form := url.Values{
			"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+12349013030"}, "Digits": {"1234"}, "From": {"+12349013030"}, "To": {"+18005551212"},
		}
		if got := string(call.signed("https://mycompany.com/myapp.php?foo=1&bar=2", form)); got != "0/KCTR6DLpKmkAf8muzZqo1nDgQ=" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("plivo", func(t *testing.T) {
		call := plivoCall{played: begin(Options{Secret: engine.NewSecret("pl_token")})}
		at, err := url.Parse("https://ivr.example.com/v1/plivo/turns/s-81f2/3/n0nce?on=gather&lost=1")
		form := url.Values{"To": {"6531589999"}, "CallUUID": {"c-1"}, "Digits": {"44#71"}, "From": {"6591110000"}}
		// As Plivo's own package signs it.
		if got := string(call.signed(at, form, "37300338173920782155")); err != nil || got != "yKS38nbFKGksnxDysylUS3jKIs3ky4muIl1DOPdEzPU=" {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("signalwire", func(t *testing.T) {
		call := signalWireCall{played: begin(Options{Secret: engine.NewSecret("sw_key")})}
		at, err := url.Parse("https://callflow:pw@ivr.example.com/hooks/signalwire/s-81f2/ask_account/1")
		if err != nil {
			t.Fatal(err)
		}
		got := call.signed(*at, []byte(`{"call":{"call_id":"c-1","call_state":"created"},"params":{},"vars":{}}`))
		if got.Get("X-SignalWire-Signature") != "bd911ff07af06b6254c125a7e4ac7e75d1e7fc9b" ||
			got.Get("X-SignalWire-SHA256-Signature") != "202db122ff82595686274546d0a61d281e9f80f76bc0c8d03bfff423cc6433c1" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("telnyx", func(t *testing.T) {
		seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
		if err != nil {
			t.Fatal(err)
		}
		secret := engine.NewSecret(base64.StdEncoding.EncodeToString(seed))
		p := begin(Options{Secret: secret, Now: func() time.Time { return time.Unix(1795257016, 0) }})
		d := delivery{more: http.Header{}, body: []byte(`{"data":{"event_type":"call.gather.ended","id":"0ccc7b54-4df3-4bca-a65a-3da1ecc777f0","payload":{"digits":"4471","status":"valid"}}}`)}
		p.signTelnyx(&d)
		if got := string(d.signature); got != "SpUKnww5+jJma24hWmg0bahJdTQC+uZgUB4NbXAdiC8/Fw6qj5uR3cCL0bz/hCiQ411bC6XazPvu/LBK1dw2Aw==" || d.more.Get("telnyx-timestamp") != "1795257016" {
			t.Errorf("got %s of %v", got, d.more)
		}
		if got := TelnyxPublicKey(secret); got != "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" {
			t.Errorf("the public key is %s", got)
		}
	})
	t.Run("jambonz", func(t *testing.T) {
		o := Options{Secret: engine.NewSecret("wh_secret"), Now: func() time.Time { return time.Unix(1795257016, 0) }}
		got := string(o.sign([]byte(`{"call_sid":"5f3e0d5f-ba6f-4b18-8d80-0f1ac2b17e01","reason":"dtmfDetected","digits":"4471"}`)))
		if got != "t=1795257016,v1=19af4133781f4b38976e68211d21792810136252f2388288b6ae4d2573e2edc3" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("sinch", func(t *testing.T) {
		call := sinchCall{played: begin(Options{Secret: engine.NewSecret("c2luY2gtc2VjcmV0LTAwMA=="), URL: "https://ivr.example.com/hooks/sinch/s-81f2"})}
		got, err := call.signed([]byte(`{"event":"pie","callid":"c-1","menuResult":{"menuId":"main","type":"sequence","value":"4471","inputMethod":"dtmf"}}`), "2026-11-21T10:30:16.0000000Z")
		if _, sum, _ := strings.Cut(string(got), ":"); err != nil || sum != "/6JI2FPS4o/wUN9rmPWcPZPLcpetAUHUuJbbVOacrLU=" {
			t.Errorf("got %s, %v", got, err)
		}
	})
}
