package plivo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"net/http"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

var update = flag.Bool("update", false, "rewrite testdata/replies.txtar")

const testNonce = "37300338173920782155"

// fixture is this codec, for the suite.
func fixture(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newCodec(tb, Config{
			Tokens:        []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices:        map[string]Voice{"Karen": {Voice: "Polly.Olivia", Language: "en-AU"}},
			RecordingHost: "recorder.example.com",
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, _ time.Time) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			text, err := signedText(*r)
			if err != nil {
				tb.Error(err)
			}
			r.Header.Set(NonceHeader, testNonce)
			r.Header.Set(Header, sign(secret.Reveal(), string(text)+"."+testNonce))
		},
		Dir:      "testdata",
		Speech:   spoken().Speech,
		Timeless: true,
		Same: func(a, b []byte) bool {
			form := func(body []byte) string {
				text, _ := signedText(telephony.Request{Method: http.MethodPost, Body: body})
				return string(text)
			}
			return form(a) == form(b)
		},
		Update: *update,
	}
}

func sign(token, text string) string {
	mac := hmac.New(sha256.New, []byte(token))
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

// spoken is how Plivo's documents speak.
func spoken() codectest.XML {
	return codectest.XML{Say: "Speak", Markup: isSpoken, Least: leastSpeak, Most: maxSpeak, Elements: allowed()}
}

// allowed are the elements that are written, with where they stand and what
// attributes they may have, as Plivo's pages list them.
func allowed() map[string]codectest.Element {
	return map[string]codectest.Element{
		"Response": {In: []string{""}},
		"Speak":    {In: []string{"Response", "GetDigits", "GetInput"}, Attributes: []string{"voice", "language", "loop"}},
		"Play":     {In: []string{"Response", "GetDigits", "GetInput"}, Attributes: []string{"loop"}},
		"Wait":     {In: []string{"Response"}, Attributes: []string{"length"}},
		"GetDigits": {In: []string{"Response"}, Attributes: []string{
			"action", "method", "timeout", "digitTimeout", "finishOnKey", "numDigits", "retries", "redirect", "playBeep", "validDigits", "log",
		}},
		"GetInput": {In: []string{"Response"}, Attributes: []string{
			"action", "method", "inputType", "executionTimeout", "digitEndTimeout", "speechEndTimeout", "finishOnKey", "numDigits", "language", "hints", "log",
		}},
		"Redirect": {In: []string{"Response"}, Attributes: []string{"method"}},
		"Hangup":   {In: []string{"Response"}},
		"Dial":     {In: []string{"Response"}, Attributes: []string{"action", "method", "timeout", "timeLimit", "callerId", "confirmSound"}},
		"Number":   {In: []string{"Dial"}},
		"User":     {In: []string{"Dial"}, Attributes: []string{"sipHeaders"}},
		"Record":   {In: []string{"Response"}, Attributes: []string{"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "callbackUrl", "callbackMethod"}},
	}
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }
