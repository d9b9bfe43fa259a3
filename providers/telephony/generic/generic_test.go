package generic

import (
	"errors"
	"flag"
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
		Codec:    newCodec(tb, Config{Secrets: []engine.Secret{codectest.Current(), codectest.Previous()}}),
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

// bodies are requests by route, right and wrong. said is what the message names.
var bodies = []struct {
	route telephony.Route
	body  string
	event string // "" where it is refused
	said  string
}{
	{telephony.RouteStart, `{"call":{"id":"c"}}`, "nothing", ""},
	{telephony.RouteStart, `{"call":{"id":"c"},"event":{"type":"whatever"}}`, "nothing", ""},
	{telephony.RouteStart, `{"call":{"id":"c","language":"es-MX","from":""}}`, "nothing", ""},
	{telephony.RouteStart, `{}`, "", "call: missing"},
	{telephony.RouteStart, `{"call":null}`, "", "call: found null, expected an object"},
	{telephony.RouteStart, `{"call":"c"}`, "", "call: found text, expected an object"},
	{telephony.RouteStart, `{"call":{}}`, "", "call.id: missing"},
	{telephony.RouteStart, `{"call":{"id":""}}`, "", "call.id: missing or empty"},
	{telephony.RouteStart, `{"call":{"id":7}}`, "", "call.id: found a number, expected text"},
	{telephony.RouteStart, `{"call":{"id":"c","from":6591110000}}`, "", "call.from: found a number, expected text"},
	{telephony.RouteStart, `{"call":{"id":"c","to":null}}`, "", "call.to: found null, expected text"},
	{telephony.RouteStart, `{"call":{"id":"c","account":[]}}`, "", "call.account: found a list, expected text"},
	{telephony.RouteStart, `{"call":{"id":"c","name":{}}}`, "", "call.name: found an object, expected text"},
	{telephony.RouteStart, `{"call":{"id":"c","language":"<en>"}}`, "", "call.language: expected a BCP 47 tag"},
	{telephony.RouteStart, `{"call":{"id":"` + strings.Repeat("é", 128) + `"}}`, "nothing", ""},
	{telephony.RouteStart, `{"call":{"id":"` + strings.Repeat("é", 129) + `"}}`, "", "129 characters long, expected at most 128"},

	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"1"}}`, "digits 1 unknown", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"keys":"1","type":"digits","ended":"unknown"}}`, "digits 1 unknown", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"12345#1234","ended":"open"}}`, "digits 12345#1234 open", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"12","ended":"\u0067ap"}}`, "digits 12 gap", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"","ended":"terminator"}}`, "digits none terminator", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"A*D"}}`, "digits A*D unknown", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"dial_ended","result":"busy","caller_gone":true}}`, "dial busy caller gone", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"lost","more":1}}`, "lost", ""},
	{telephony.RouteTurn, `{"call":{"id":"c"}}`, "", "event: missing"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":[]}`, "", "event: found a list, expected an object"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{}}`, "", `event.type: found "", expected digits, speech, silence, lost, continued, dial_ended, recorded, waiting, queue_ended or whisper`},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digit","keys":"1"}}`, "", `event.type: found "digit"`},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":1}}`, "", "event.type: found a number, expected text"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"call_ended"}}`, "", "belongs to the notice URL"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits"}}`, "", "event.keys: missing"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":null}}`, "", "event.keys: found null"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":""}}`, "", "only a bare terminator"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"","ended":"gap"}}`, "", "only a bare terminator"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"1","ended":"timeout"}}`, "", `event.ended: found "timeout", expected terminator, length, gap, open or unknown`},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"digits","keys":"1","ended":""}}`, "", `event.ended: found ""`},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"dial_ended"}}`, "", "event.result: missing"},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"dial_ended","result":"no-answer"}}`, "", `event.result: found "no-answer", expected completed, busy, no_answer or failed`},
	{telephony.RouteTurn, `{"call":{"id":"c"},"event":{"type":"dial_ended","result":"busy","caller_gone":"yes"}}`, "", "event.caller_gone: found text, expected true or false"},

	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"call_ended"}}`, "ended by unknown", ""},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"call_ended","by":"","reason":""}}`, "ended by unknown", ""},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"problem"}}`, "nothing", ""},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"call_ended","by":"callee"}}`, "", `event.by: found "callee", expected caller or us`},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"call_ended","reason":7}}`, "", "event.reason: found a number"},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"problem","detail":7}}`, "", "event.detail: found a number"},
	{telephony.RouteNotice, `{"call":{"id":"c"},"event":{"type":"silence"}}`, "", `event.type: found "silence", expected call_ended, recording_ready or problem`},
}

func TestDecode(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range bodies {
		in, err := codec.Decode(telephony.Request{Route: tt.route, Method: "POST", Body: []byte(tt.body)})
		switch {
		case tt.event == "":
			if !errors.Is(err, telephony.ErrMalformed) || !strings.Contains(err.Error(), tt.said) {
				t.Errorf("%s %.100s:\n got %v\nwant %s", tt.route, tt.body, err, tt.said)
			}
		case err != nil:
			t.Errorf("%s %.100s: %v", tt.route, tt.body, err)
		case codectest.Describe(in.Event) != tt.event:
			t.Errorf("%s %.100s: got %s, want %s", tt.route, tt.body, codectest.Describe(in.Event), tt.event)
		}
	}
}

// TestDecodeKeepsKeysToItself: no message shows what a caller pressed.
func TestDecodeKeepsKeysToItself(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, body := range []string{
		`{"call":{"id":"c"},"event":{"type":"digits","keys":"8642 "}}`,
		`{"call":{"id":"c"},"event":{"type":"digits","keys":8642}}`,
		`{"call":{"id":"c"},"event":{"type":"digits","keys":"8642","ended":"?"}}`,
		`{"call":{"id":"c"},"event":{"type":"digits","keys":"8642"`,
		`{"call":{"id":"c"},"event":{"type":"digits","keys":8642x}}`,
	} {
		_, err := codec.Decode(telephony.Request{Route: telephony.RouteTurn, Body: []byte(body)})
		if err == nil || strings.Contains(err.Error(), "8642") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestNew(t *testing.T) {
	secret := []engine.Secret{engine.NewSecret("s")}
	for _, tt := range []struct {
		name string
		c    Config
		said string
	}{
		{"nothing", Config{}, "no secret is set"},
		{"both", Config{Secrets: secret, Unsigned: true}, "both set"},
		{"empty secret", Config{Secrets: []engine.Secret{{}}}, "secret 1 is empty"},
		{"backwards", Config{Secrets: secret, Tolerance: -1}, "tolerance"},
	} {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.said)
		}
	}
}

func BenchmarkTurn(b *testing.B) {
	f := fixture(b)
	body := []byte(`{"call":{"id":"call-1","account":"account-1"},"event":{"type":"digits","keys":"4471#","ended":"terminator"}}`)
	r := telephony.Request{Route: telephony.RouteTurn, Method: "POST", Header: map[string][]string{}, Body: body}
	f.Sign(&r, codectest.Current(), codectest.At())
	out := codectest.With(codectest.Account())
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Codec.Verify(r, codectest.At()); err != nil {
			b.Fatal(err)
		}
		if _, err := f.Codec.Decode(r); err != nil {
			b.Fatal(err)
		}
		if _, err := f.Codec.Encode(out); err != nil {
			b.Fatal(err)
		}
	}
}
