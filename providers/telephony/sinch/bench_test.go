package sinch

import (
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// BenchmarkTurn is what one webhook costs in the codec: the one of the reference, with
// the cookie of a turn.
func BenchmarkTurn(b *testing.B) {
	codec := newCodec(b, Config{
		Secrets: []engine.Secret{engine.NewSecret(vectorSecret)},
		Voices:  map[string]Voice{"Karen": {Voice: "Nicole", Language: "en-AU"}},
	})
	r, at := vectorRequest(), vectorAt(b)
	turn := telephony.Request{Route: telephony.RouteStart, Body: []byte(`{"event":"pie","callid":"c-1","menuResult":{"menuId":"main","type":"sequence","value":"4471","inputMethod":"dtmf"},"cookies":[{"key":"turn","value":"s1/3/n0nce?on=ask"}]}`)}
	out := codectest.With(codectest.Account())
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"verify", func() error { return codec.Verify(r, at) }},
		{"decode", func() error { _, err := codec.Decode(turn); return err }},
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
