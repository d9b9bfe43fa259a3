package tropo

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// BenchmarkTurn is what one webhook costs in the codec.
func BenchmarkTurn(b *testing.B) {
	codec := newCodec(b, Config{
		Secrets: []engine.Secret{engine.NewSecret("s3cret")},
		Voices:  map[string]Voice{"Karen": {Voice: "karen", Language: "en-AU"}},
	})
	u, err := url.Parse(sealed(b, codec))
	if err != nil {
		b.Fatal(err)
	}
	r := telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, URL: u, Header: http.Header{}, Body: []byte(turnBody)}
	out := codectest.With(codectest.Account())
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"verify", func() error { return codec.Verify(r, time.Time{}) }},
		{"decode", func() error { _, err := codec.Decode(r); return err }},
		{"encode", func() error { _, err := codec.Encode(out); return err }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
