package jambonz

import (
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
	b.ReportAllocs()
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
