package plivo

import (
	"errors"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// TestContext: header fields are told in Plivo's letters, and those that it would drop
// are refused.
func TestContext(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	dial := func(name, value string) (string, error) {
		reply, err := codec.Encode(codectest.With(engine.Dial{To: "sip:front@desk.example.com", Context: []engine.Header{{Name: name, Value: value}}}))
		return string(reply.Body), err
	}
	if body, err := dial("X-Account-Id", "a 1,é"); err != nil || !strings.Contains(body, `sipHeaders="AccountId=a%201%2C%C3%A9"`) {
		t.Errorf("%s, %v", body, err)
	}
	for _, name := range []string{"X-Plivo-Foo", "X-Sip-Auth", "X-Twilio", "X-Client-Region"} {
		if body, err := dial(name, "1"); !errors.Is(err, telephony.ErrUnsupported) {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
}

// TestManyKeys: a question that listens for more keys than a GetInput takes is asked for
// keys alone.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for most, want := range map[int]string{32: "<GetInput ", 33: "<GetDigits "} {
		g := codectest.Account()
		g.Max, g.Speech = most, &engine.Listen{Lang: "en"}
		if reply, err := codec.Encode(codectest.With(g)); err != nil || !strings.Contains(string(reply.Body), want) {
			t.Errorf("%d: %s, %v", most, reply.Body, err)
		}
	}
}

// TestHangupCauses: whose doing an end was, and what it complains of.
func TestHangupCauses(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ form, by, alarm string }{
		{"HangupSource=Caller&HangupCauseCode=4000", "caller", ""},
		{"HangupSource=Plivo&HangupCauseCode=4010", "us", ""},
		{"HangupSource=Answer+XML&HangupCauseCode=4000", "us", ""},
		{"HangupSource=Error&HangupCauseCode=7011&HangupCauseName=Error+Reaching+Answer+URL", "", "plivo ended a call because an answer did not come: Error Reaching Answer URL"},
		{"HangupSource=Error&HangupCauseCode=8011&HangupCauseName=Invalid+Answer+XML", "", "plivo ended a call because it could not use an answer: Invalid Answer XML"},
		{"HangupSource=Plivo&HangupCauseCode=1010", "", ""},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteNotice, Method: "POST", Body: []byte("CallUUID=c-1&CallStatus=completed&Event=Hangup&" + tt.form)})
		ended, is := in.Event.(engine.CallEnded)
		if err != nil || !is || ended.By != tt.by || in.Alarm != tt.alarm {
			t.Errorf("%s: got %+v, %q, %v", tt.form, in.Event, in.Alarm, err)
		}
	}
}
