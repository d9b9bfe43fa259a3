package jambonz

import (
	"flag"
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
			Recorder: Recorder{Stream: "wss://recorder.example.com/jambonz", Files: "https://recorder.example.com/{id}.wav", Calls: "sip:recorder.example.com"},
			Secrets:  []engine.Secret{codectest.Current(), codectest.Previous()},
			Voices:   map[string]Voice{"Karen": {Vendor: "google", Language: "en-AU", Voice: "en-AU-Standard-A"}},
		}),
		Unsigned: newCodec(tb, Config{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, at time.Time) {
			r.Header.Set(Header, telephony.Sign(secret, at, r.Body))
		},
		Dir:    "testdata",
		Speech: codectest.JSONSpeech,
		Update: *update,
	}
}

func newCodec(tb testing.TB, c Config) *Codec {
	tb.Helper()
	codec, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

func TestConformance(t *testing.T) { codectest.Run(t, fixture(t)) }

func FuzzDecode(f *testing.F) { codectest.FuzzDecode(f, fixture(f)) }

func FuzzEncode(f *testing.F) { codectest.FuzzEncode(f, fixture(f)) }
