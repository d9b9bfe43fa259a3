package twilio

import (
	"net/http"
	"net/url"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
)

// TestForms: what the fields of forms mean where the situations do not tell.
func TestForms(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for name, tt := range map[string]struct {
		query, form string
		want        engine.Event
	}{
		"somebody hung up on the whisper": {"on=dial", "DialCallStatus=completed&DialBridged=false", engine.DialEnded{Result: engine.DialNoAnswer}},
		"they talked":                     {"on=dial", "DialCallStatus=completed&DialBridged=true", engine.DialEnded{Result: engine.DialCompleted}},
		"the caller gave up":              {"on=dial", "DialCallStatus=canceled&CallStatus=completed", engine.DialEnded{Result: engine.DialNoAnswer, CallerGone: true}},
		"taken out of the queue":          {"on=queue", "QueueResult=redirected", engine.QueueEnded{Result: engine.QueueLeft}},
		"hung up in the queue":            {"on=queue", "QueueResult=hangup", engine.QueueEnded{Result: engine.QueueLeft, CallerGone: true}},
		"hand-over: busy everywhere":      {"on=refer", "NotifySipResponseCode=600", engine.DialEnded{Result: engine.DialBusy}},
		"hand-over: not there":            {"on=refer", "NotifySipResponseCode=480", engine.DialEnded{Result: engine.DialNoAnswer}},
		"a place that is none":            {"on=wait", "QueuePosition=0", engine.QueueWaiting{}},
		"the last place":                  {"on=wait", "QueuePosition=1000000", engine.QueueWaiting{Position: 1_000_000}},
		"a place that nobody has":         {"on=wait", "QueuePosition=1000001", engine.QueueWaiting{}},

		"hung up at a silent question": {"on=gather", "CallStatus=completed", engine.Lost{}},
	} {
		u := &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/v1/twilio/turns/s/1/n", RawQuery: tt.query}
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteTurn, Method: http.MethodPost, URL: u, Header: http.Header{"Content-Type": {formType}},
			Body: []byte("AccountSid=AC1&CallSid=CA1&" + tt.form),
		})
		if err != nil || in.Event != tt.want {
			t.Errorf("%s: %+v %v, expected %+v", name, in.Event, err, tt.want)
		}
	}
}

// TestParents: a hook belongs to the call that it names. That of whoever is asked to take
// a transfer belongs to the call that is transferred.
func TestParents(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for query, want := range map[string]string{"": "CA2", "on=dial": "CA2", "on=whisper": "CA1"} {
		u := &url.URL{Scheme: "https", Host: "ivr.example.com", Path: "/v1/twilio/turns/s/1/n", RawQuery: query}
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteTurn, Method: http.MethodPost, URL: u, Header: http.Header{"Content-Type": {formType}},
			Body: []byte("AccountSid=AC1&CallSid=CA2&ParentCallSid=CA1&CallStatus=completed"),
		})
		if err != nil || in.Call.ID != want {
			t.Errorf("%q: %q %v, expected %s", query, in.Call.ID, err, want)
		}
	}
}
