package jambonz

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// benchmark measures what one webhook costs in the codec.
func benchmark(b *testing.B, r telephony.Request) {
	codec := newCodec(b, Config{Secrets: []engine.Secret{engine.NewSecret(capturedSecret)}})
	at := signedAt(b, r)
	out := codectest.With(codectest.Account())
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := codec.Verify(r, at); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := codec.Decode(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := codec.Encode(out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("naive", func(b *testing.B) { naive(b, r) })
	b.Run("round trip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := codec.Verify(r, at); err != nil {
				b.Fatal(err)
			}
			if _, err := codec.Decode(r); err != nil {
				b.Fatal(err)
			}
			if _, err := codec.Encode(out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// naive does the same by hand, with encoding/json: what the codec is measured
// against.
func naive(b *testing.B, r telephony.Request) {
	b.ReportAllocs()
	for b.Loop() {
		seconds, sum, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(Header), "t="), ",v1=")
		mac := hmac.New(sha256.New, []byte(capturedSecret))
		mac.Write([]byte(seconds + "."))
		mac.Write(r.Body)
		if want, err := hex.DecodeString(sum); err != nil || !hmac.Equal(mac.Sum(nil), want) {
			b.Fatal("signature")
		}
		var in struct {
			CallSID    string  `json:"call_sid"`
			AccountSID string  `json:"account_sid"`
			From       string  `json:"from"`
			To         string  `json:"to"`
			CallerName string  `json:"caller_name"`
			CallStatus string  `json:"call_status"`
			Reason     string  `json:"reason"`
			Digits     *string `json:"digits"`
		}
		if err := json.Unmarshal(r.Body, &in); err != nil {
			b.Fatal(err)
		}
		_, err := json.Marshal([]map[string]any{
			{
				"verb": "gather", "actionHook": codectest.TurnURL, "input": []string{"digits"},
				"minDigits": 1, "maxDigits": 10, "finishOnKey": "#", "timeout": 5, "interDigitTimeout": 3,
				"dtmfBargein": true, "say": map[string]any{"text": "Please enter your account number."},
			},
			{"verb": "redirect", "actionHook": codectest.LostURL},
			{"verb": "say", "text": "Sorry, something went wrong."},
			{"verb": "hangup"},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is a recorded first hook, with the whole SIP invitation.
func BenchmarkStart(b *testing.B) { benchmark(b, captures(b)[0].request(b)) }

// BenchmarkTurn is a recorded hook of a gather.
func BenchmarkTurn(b *testing.B) {
	for _, c := range captures(b) {
		if c.Request.URL == "/d" {
			benchmark(b, c.request(b))
			return
		}
	}
	b.Fatal("no turn hook was recorded")
}
