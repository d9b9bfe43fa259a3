package telnyx

import (
	"net/http"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

func newTeXML(tb testing.TB, c TeXMLConfig) *TeXML {
	tb.Helper()
	codec, err := NewTeXML(c)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// documents is the codec of TeXML, for the suite.
func documents(tb testing.TB) codectest.Fixture {
	tb.Helper()
	return codectest.Fixture{
		Codec: newTeXML(tb, TeXMLConfig{
			PublicKeys: []engine.Secret{publicKey(codectest.Current()), publicKey(codectest.Previous())},
			Voices:     map[string]Voice{"Karen": {Voice: "Polly.Olivia-Neural", Language: "en-AU"}}, RecordingHost: "recorder.example.com", ReferHost: "pbx.example.com",
		}),
		Unsigned: newTeXML(tb, TeXMLConfig{Unsigned: true}),
		Sign: func(r *telephony.Request, secret engine.Secret, at time.Time) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			sign(r, secret, at)
		},
		Dir:    "testdata/texml",
		Speech: codectest.XML{Say: "Say", Least: leastSaid, Most: maxSaid, Elements: elements()}.Speech,
		Update: *update,
	}
}

// elements are where each element may stand, and what it may have, as Telnyx' pages of
// TeXML have it.
func elements() map[string]codectest.Element {
	return map[string]codectest.Element{
		"Response": {In: []string{""}},
		"Say":      {In: []string{"Response", "Gather"}, Attributes: []string{"voice", "language"}},
		"Play":     {In: []string{"Response", "Gather"}},
		"Pause":    {In: []string{"Response"}, Attributes: []string{"length"}},
		"Gather":   {In: []string{"Response"}, Attributes: []string{"action", "method", "input", "minDigits", "maxDigits", "finishOnKey", "timeout", "transcriptionEngine", "language", "hints", "speechTimeout"}},
		"Record":   {In: []string{"Response"}, Attributes: []string{"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "channels", "recordingStatusCallback", "recordingStatusCallbackMethod"}},
		"Redirect": {In: []string{"Response"}, Attributes: []string{"method"}},
		"Hangup":   {In: []string{"Response"}},
		"Dial":     {In: []string{"Response"}, Attributes: []string{"action", "method", "callerId", "timeout", "timeLimit"}},
		"Number":   {In: []string{"Dial"}, Attributes: []string{"url", "method"}},
		"Sip":      {In: []string{"Dial", "Refer"}, Attributes: []string{"url", "method"}},
		"Refer":    {In: []string{"Response"}, Attributes: []string{"action", "method"}},
	}
}

func TestTeXMLConformance(t *testing.T) { codectest.Run(t, documents(t)) }

func FuzzDecodeForm(f *testing.F) { codectest.FuzzDecode(f, documents(f)) }

func FuzzEncodeDocument(f *testing.F) { codectest.FuzzEncode(f, documents(f)) }

// BenchmarkTurn measures what one webhook of a question costs, in each of the two ways.
func BenchmarkTurn(b *testing.B) {
	for _, way := range []struct {
		fx          codectest.Fixture
		query, body string
	}{
		{commands(b), "", `{"data":{"event_type":"call.gather.ended","id":"e1","payload":{"call_control_id":"call-1","connection_id":"account-1","client_state":"czEvMy9uMG5jZT9vbj1nYXRoZXI=","digits":"4471","status":"valid"}}}`},
		{documents(b), "on=gather", "AccountSid=account-1&CallSid=call-1&From=%2B6591110000&To=%2B6531589999&Digits=4471"},
	} {
		u := "https://ivr.example.com/v1/x/turns/s1/3/n0nce?" + way.query
		req, err := http.NewRequest(http.MethodPost, u, nil)
		if err != nil {
			b.Fatal(err)
		}
		r := telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, URL: req.URL, Header: req.Header, Body: []byte(way.body)}
		way.fx.Sign(&r, codectest.Current(), codectest.At())
		out := codectest.With(codectest.Account())
		for _, part := range []struct {
			name string
			do   func() error
		}{
			{"verify", func() error { return way.fx.Codec.Verify(r, codectest.At()) }},
			{"decode", func() error { _, err := way.fx.Codec.Decode(r); return err }},
			{"encode", func() error { _, err := way.fx.Codec.Encode(out); return err }},
		} {
			b.Run(way.fx.Codec.Name()+"/"+part.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := part.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
