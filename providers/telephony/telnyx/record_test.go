package telnyx

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// decoded is what an event says, of which a command with that state was the last.
func decoded(t *testing.T, c *Codec, kind, state, more string) (telephony.Inbound, error) {
	t.Helper()
	body := fmt.Sprintf(`{"data":{"event_type":%q,"id":"e1","payload":{"connection_id":"account-1","client_state":%q%s}}}`,
		kind, base64.StdEncoding.EncodeToString([]byte(state)), more)
	return c.Decode(telephony.Request{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(body)})
}

// TestRecordings: a recording ends by the flow's key and by no other; the event of its end
// need not name the call, and is there for whoever waits for it after a hang-up.
func TestRecordings(t *testing.T) {
	t.Parallel()
	const named = `,"call_control_id":"call-1"`
	codec := newCodec(t, Config{Unsigned: true})
	reply, err := codec.Encode(func() telephony.Outbound {
		o := codectest.With(engine.Say{Text: "Speak."}, engine.RecordVoice{ID: "s1-1", Max: time.Minute, Terminator: "#"})
		o.Call = engine.Call{ID: "call-1", Account: "account-1"}
		return o
	}())
	if err != nil || len(reply.Commands) != 3 {
		t.Fatalf("got %d commands, %v", len(reply.Commands), err)
	}
	plain, err := base64.StdEncoding.DecodeString(member(t, reply.Commands[1], "client_state"))
	if err != nil {
		t.Fatal(err)
	}
	recording := string(plain)
	for digit, part := range map[string]int{"#": 2, "*": 0, "1": 0, "": 0} {
		in, err := decoded(t, codec, "call.dtmf.received", recording, fmt.Sprintf(`%s,"digit":%q`, named, digit))
		if err != nil || in.Part != part || in.Event != nil || (part > 0) != (in.Route == telephony.RouteTurn && in.Progress) {
			t.Errorf("key %q: got %+v, %v, want part %d", digit, in, err, part)
		}
	}
	const urls = `,"recording_started_at":"2026-11-21T10:30:00.5Z","recording_ended_at":"2026-11-21T10:30:08Z","recording_urls":{"wav":"https://a.telnyx.com/a.wav","mp3":%q},"public_recording_urls":{"mp3":%s}`
	for _, c := range []struct{ name, private, public, want, ready string }{
		{"private", "https://s3.amazonaws.com/telephony-recorder-prod/a.mp3?X-Amz-Expires=600", "null", "recording recorded at https://s3.amazonaws.com/telephony-recorder-prod/a.mp3?X-Amz-Expires=600 of 7.5s", "recording s1-1 ready at https://s3.amazonaws.com/telephony-recorder-prod/a.mp3?X-Amz-Expires=600"},
		{"public", "https://s3.amazonaws.com/telephony-recorder-prod/a.mp3", `"https://b.telnyx.com/b.mp3"`, "recording recorded at https://b.telnyx.com/b.mp3 of 7.5s", "recording s1-1 ready at https://b.telnyx.com/b.mp3"},
		{"elsewhere", "https://evil.example/a.mp3", "null", "recording recorded of 7.5s", ""},
		{"a bucket", "s3://bucket/a", "null", "recording recorded of 7.5s", ""},
	} {
		in, err := decoded(t, codec, "call.recording.saved", recording, fmt.Sprintf(urls, c.private, c.public))
		if err != nil || in.Call.ID != "call-1" || codectest.Describe(in.Event) != c.want || (in.Alarm != "") != (c.ready == "") {
			t.Errorf("%s: got %s, %+v, %v, want %s", c.name, codectest.Describe(in.Event), in, err, c.want)
		}
		ready := ""
		if in.Ready != nil {
			ready = codectest.Describe(*in.Ready)
		}
		if ready != c.ready {
			t.Errorf("%s: %q, want %q", c.name, ready, c.ready)
		}
	}
	if in, err := decoded(t, codec, "call.recording.saved", "s1/3/n?on=over", named); err != nil || in.Event != nil || in.Route != telephony.RouteNotice {
		t.Errorf("a recording that nobody asked for: %+v, %v", in, err)
	}
	if in, err := decoded(t, codec, "call.recording.error", recording, `,"reason":"Internal server error"`); err != nil || codectest.Describe(in.Event) != "recording failed" || !strings.Contains(in.Alarm, "Internal server error") {
		t.Errorf("a recording that failed: %+v, %v", in, err)
	}
	for _, c := range []Config{{ReferHost: "sip:a@b"}, {RecordingHost: "https://x"}} {
		c.Unsigned, c.APIKey = true, engine.NewSecret("KEY")
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
