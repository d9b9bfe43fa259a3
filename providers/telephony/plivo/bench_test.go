package plivo

import (
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// BenchmarkTurn measures what one webhook of a gather costs in the codec.
func BenchmarkTurn(b *testing.B) {
	fx := fixture(b)
	const body = "CallUUID=call-1&CallStatus=in-progress&Direction=inbound&" +
		"Digits=4471&Event=&From=6591110000&To=6531589999"
	r := request(b, "POST", codectest.TurnURL+"?on=gather", formType, body, "")
	r.Route = telephony.RouteTurn
	fx.Sign(&r, codectest.Current(), codectest.At())
	out := codectest.With(codectest.Account())
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"verify", func() error { return fx.Codec.Verify(r, codectest.At()) }},
		{"decode", func() error { _, err := fx.Codec.Decode(r); return err }},
		{"encode", func() error { _, err := fx.Codec.Encode(out); return err }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			if part.name == "encode" {
				reply, err := fx.Codec.Encode(out)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(reply.Body)), "document-bytes")
			}
			for b.Loop() {
				if err := part.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
