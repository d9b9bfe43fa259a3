package twilio

import (
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// BenchmarkTurn measures what one webhook of a gather costs in the codec.
func BenchmarkTurn(b *testing.B) {
	fx := fixture(b)
	const body = "AccountSid=account-1&ApiVersion=2010-04-01&CallSid=call-1&CallStatus=in-progress&Called=%2B6531589999&" +
		"Caller=%2B6591110000&Digits=4471&Direction=inbound&FinishedOnKey=%23&From=%2B6591110000&To=%2B6531589999&msg=Gather+End"
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
