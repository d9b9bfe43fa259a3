package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"flag"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

var update = flag.Bool("update", false, "rewrite testdata/replies.txtar")

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Tokens: []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices: map[string]Voice{
				"Karen": {Voice: "Polly.Olivia-Neural", Language: "en-AU"},
			},
			ReferHost:     "pbx.example.com",
			RecordingHost: "recorder.example.com",
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, _ time.Time) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
			pairs, err := signedPairs(*r)
			if err != nil {
				tb.Error(err)
			}
			r.Header.Set(Header, sign(secret.Reveal(), r.URL.String()+string(pairs)))
		},
		Dir:      "testdata",
		Speech:   spoken().Speech,
		Timeless: true,
		Same: func(a, b []byte) bool {
			form := func(body []byte) string {
				text, _ := signedPairs(telephony.Request{Method: http.MethodPost, Body: body})
				return string(text)
			}
			return form(a) == form(b)
		},
		Update: *update,
	}
}

func sign(token, text string) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// spoken is how Twilio's documents speak.
func spoken() codectest.XML {
	return codectest.XML{Say: "Say", Markup: isSpoken, Least: leastSay, Most: maxSay, Elements: allowed()}
}

// allowed are the elements that are written, with where they stand and what
// attributes they may have, as Twilio's pages list them.
func allowed() map[string]codectest.Element {
	return map[string]codectest.Element{
		"Response": {In: []string{""}},
		"Say":      {In: []string{"Response", "Gather"}, Attributes: []string{"voice", "language", "loop"}},
		"Play":     {In: []string{"Response", "Gather"}, Attributes: []string{"loop", "digits"}},
		"Pause":    {In: []string{"Response", "Gather"}, Attributes: []string{"length"}},
		"Gather": {In: []string{"Response"}, Attributes: []string{
			"action", "method", "input", "finishOnKey", "numDigits", "timeout", "actionOnEmptyResult", "bargeIn", "language", "hints",
			"speechTimeout", "speechModel", "enhanced", "maxSpeechTime", "profanityFilter", "partialResultCallback", "partialResultCallbackMethod", "debug",
		}},
		"Redirect": {In: []string{"Response"}, Attributes: []string{"method"}},
		"Hangup":   {In: []string{"Response"}},
		"Dial":     {In: []string{"Response"}, Attributes: []string{"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "hangupOnStar", "record"}},
		"Number":   {In: []string{"Dial"}, Attributes: []string{"url", "method"}},
		"Sip":      {In: []string{"Dial", "Refer"}, Attributes: []string{"url", "method"}},
		"Refer":    {In: []string{"Response"}, Attributes: []string{"action", "method"}},
		"Enqueue":  {In: []string{"Response"}, Attributes: []string{"action", "method", "waitUrl", "waitUrlMethod", "workflowSid"}},
		"Leave":    {In: []string{"Response"}},
		"Record": {In: []string{"Response"}, Attributes: []string{
			"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "trim", "transcribe",
			"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
		}},
	}
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

// TestHeaders: header fields of callers' telephone systems choose the flow.
func TestHeaders(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	const form = "CallSid=call-1&AccountSid=account-1&SipHeader_X-Desk=front+desk&SipHeader_x-desk=other&SipHeader_X-Long=" // and 300 letters
	long := strings.Repeat("a", 300)
	for _, tt := range []struct {
		name string
		r    telephony.Request
	}{
		{"by POST", telephony.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form + long + "&SipHeader_Via=x")}},
		{"by GET", telephony.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: form + long}}},
		{"as JSON", telephony.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"CallSid":"call-1","AccountSid":"account-1","SipHeader_X-Desk":"front desk","SipHeader_X-N":1,"SipHeader_From":"x"}`)}},
	} {
		tt.r.Route = telephony.RouteStart
		in, err := codec.Decode(tt.r)
		delete(in.Headers, "x-n")
		if err != nil || len(in.Headers) != 1 || in.Headers["x-desk"] != "front desk" {
			t.Errorf("%s: got %v, %v", tt.name, in.Headers, err)
		}
	}
}

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }
