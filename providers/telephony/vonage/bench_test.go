package vonage

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// BenchmarkTurn is what one webhook costs in the codec: the one of the reference.
func BenchmarkTurn(b *testing.B) {
	codec := newCodec(b, Config{
		Secrets: []engine.Secret{engine.NewSecret("sig_secret")},
		Voices:  map[string]Voice{"Karen": {Language: "en-AU", Style: 2}},
	})
	r := telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, URL: &url.URL{}, Body: []byte(vectorBody)}
	bearer(&r, vectorToken)
	at, out := time.Unix(1795257016, 0), codectest.With(codectest.Account())
	verify := func(b *testing.B) {
		if err := codec.Verify(r, at); err != nil {
			b.Fatal(err)
		}
	}
	decode := func(b *testing.B) {
		if _, err := codec.Decode(r); err != nil {
			b.Fatal(err)
		}
	}
	encode := func(b *testing.B) {
		if _, err := codec.Encode(out); err != nil {
			b.Fatal(err)
		}
	}
	for _, bench := range []struct {
		name string
		run  []func(*testing.B)
	}{
		{"verify", []func(*testing.B){verify}},
		{"decode", []func(*testing.B){decode}},
		{"encode", []func(*testing.B){encode}},
		{"round trip", []func(*testing.B){verify, decode, encode}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, run := range bench.run {
					run(b)
				}
			}
		})
	}
}
