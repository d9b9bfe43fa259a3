package vonage

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

func TestDecode(t *testing.T) {
	const (
		start  = telephony.RouteStart
		turn   = telephony.RouteTurn
		notice = telephony.RouteNotice
	)
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct {
		route telephony.Route
		query string
		body  string
		event string // "" where it is refused
		said  string
	}{
		// Silence, in every form that it was seen or feared in.
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":null,"timed_out":true}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"timed_out":true}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"","timed_out":"true"}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":null}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":"","timed_out":true}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","timed_out":true}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","speech":{"timeout_reason":"start_timeout"}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","speech":{"error":"no input"}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":null,"timed_out":false},"speech":{"timeout_reason":"start_timeout","results":[]}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"","timed_out":true},"speech":{"timeout_reason":"start_timeout"}}`, "noinput", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"","timed_out":false},"speech":{"error":"Speech overridden by DTMF"}}`, "digits none terminator", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"25","timed_out":true},"speech":{"error":"Speech overridden by DTMF"}}`, "digits 25 gap", ""},
		{turn, "", `{"conversation_uuid":"c","speech":["x"],"dtmf":{"digits":"","timed_out":true}}`, "noinput", ""},

		// Entries, old and new.
		{turn, "", `{"conversation_uuid":"c","dtmf":"4471","timed_out":false}`, "digits 4471 unknown", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":"44","timed_out":true}`, "digits 44 gap", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":"44"}`, "digits 44 unknown", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":"","timed_out":false}`, "digits none terminator", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"44","timed_out":true},"speech":{"error":"no speech"}}`, "digits 44 gap", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":44,"timed_out":false}}`, "digits 44 unknown", ""},
		// Should the finish key ever be shown, the engine knows what it is.
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":"4471#","timed_out":false}}`, "digits 4471# unknown", ""},
		// What stands beside an object is not part of it.
		{turn, "", `{"conversation_uuid":"c","timed_out":true,"dtmf":{"digits":"44","timed_out":false}}`, "digits 44 unknown", ""},
		{turn, "lost=1", `{"conversation_uuid":"c","dtmf":{"digits":"44","timed_out":false}}`, "lost", ""},
		{turn, "", `{"conversation_uuid":"c","dtmf":{"digits":1.5}}`, "", "dtmf: expected at most 256 keys"},
		{turn, "", `{"conversation_uuid":"c","dtmf":["4"]}`, "", "dtmf: found a list, expected text"},
		{turn, "", `{"conversation_uuid":["c"]}`, "", "conversation_uuid: found a list, expected text"},
		{turn, "", `{"conversation_uuid":"` + strings.Repeat("c", 129) + `"}`, "", "129 bytes long, expected at most 128"},
		{turn, "", `{"uuid":"c"}`, "", "conversation_uuid is missing"},

		// Back from a notify, and by the fallback answer URL.
		{turn, "", `{"conversation_uuid":"c","payload":{"on":"continue"}}`, "resumed", ""},
		{turn, "", `{"conversation_uuid":"c","payload":{"dtmf":"1"}}`, "resumed", ""},
		{turn, "", `{"conversation_uuid":"c","reason":"Connection closed","original_request":{"url":"https://x","type":"event"}}`, "lost", ""},
		{start, "", `{"conversation_uuid":"c","reason":"Connection closed","original_request":{"url":"https://x","type":"event"},"status":"x"}`, "lost", ""},

		// A complaint is no answer, wherever it is posted.
		{turn, "", `{"conversation_uuid":"c","reason":"Syntax error in NCCO"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","reason":"Syntax error in NCCO"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"busy","reason":"user busy"}`, "dial busy", ""},

		// Transfers: the leg's events, then that it is over.
		{turn, "on=dial", `{"conversation_uuid":"c","status":"started"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"ringing"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"answered"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"machine"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"somethingNew"}`, "nothing", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"unanswered"}`, "dial no_answer", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"cancelled"}`, "dial no_answer", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"rejected"}`, "dial failed", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":"disconnected"}`, "dial failed", ""},
		{turn, "on=dial", `{"conversation_uuid":"c","status":{}}`, "dial failed", ""},
		{turn, "on=dialled", `{"conversation_uuid":"c","payload":{"on":"dialled"}}`, "dial completed", ""},
		{turn, "on=record&recording=s1-1", `{"conversation_uuid":"c","payload":{"on":"record"}}`, "recording recorded", ""},
		{turn, "on=record", `{"conversation_uuid":"c"}`, "", "names no recording"},

		// Notices.
		{notice, "", `{"conversation_uuid":"c","status":"completed"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"completed","disconnected_by":"somebody"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"busy"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"cancelled"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"unanswered","disconnected_by":"user"}`, "ended by caller", ""},
		{notice, "", `{"conversation_uuid":"c","status":"rejected"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"timeout"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"disconnected"}`, "ended by unknown", ""},
		{notice, "", `{"conversation_uuid":"c","status":"completed","direction":"outbound"}`, "nothing", ""},
		{notice, "", `{"conversation_uuid":"c","call_uuid":"d","status":"human"}`, "nothing", ""},
		{notice, "", `{"conversation_uuid":"c","status":"input","dtmf":{"digits":"1"}}`, "nothing", ""},
		{notice, "", `{"conversation_uuid":"c","status":7}`, "nothing", ""},
		{notice, "", `{"conversation_uuid":"c"}`, "nothing", ""},
		{notice, "", `{"conversation_uuid_from":"c","conversation_uuid_to":"d","uuid":"e"}`, "nothing", ""},
		{notice, "", `{"reason":"something","timestamp":"now"}`, "nothing", ""},
		{notice, "", `{"status":"completed"}`, "", "conversation_uuid is missing"},
		{notice, "recording=s1-1", `{"conversation_uuid":"c","recording_url":"https://api.nexmo.com/v1/files/x"}`, "recording s1-1 ready at https://api.nexmo.com/v1/files/x", ""},
		{notice, "recording=s1-1", `{"conversation_uuid":"c","recording_url":"https://api-us-2.vonage.com/v1/files/x"}`, "recording s1-1 ready at https://api-us-2.vonage.com/v1/files/x", ""},
		{notice, "recording=s1-1", `{"conversation_uuid":"c","recording_url":"file:///etc/passwd"}`, "nothing", ""},
		{notice, "recording=..%2Fx", `{"conversation_uuid":"c","recording_url":"https://api.nexmo.com/v1/files/x"}`, "nothing", ""},
		{notice, "", `{"conversation_uuid":"c","recording_url":"https://api.nexmo.com/v1/files/x"}`, "nothing", ""},

		// The event URL set to the URL of new calls.
		{start, "", `{"conversation_uuid":"c","status":"completed","direction":"inbound"}`, "", "set the event URL to"},
	} {
		r := telephony.Request{Route: tt.route, Method: http.MethodPost, URL: &url.URL{Path: "/x", RawQuery: tt.query}, Body: []byte(tt.body)}
		in, err := codec.Decode(r)
		switch {
		case tt.event == "":
			if !errors.Is(err, telephony.ErrMalformed) || !strings.Contains(err.Error(), tt.said) {
				t.Errorf("%s %.100s:\n got %v\nwant %s", tt.route, tt.body, err, tt.said)
			}
		case err != nil:
			t.Errorf("%s %.100s: %v", tt.route, tt.body, err)
		case codectest.Describe(in.Event) != tt.event:
			t.Errorf("%s %s %.100s: got %s, want %s", tt.route, tt.query, tt.body, codectest.Describe(in.Event), tt.event)
		case in.Progress != (tt.route == turn && tt.event == "nothing"):
			t.Errorf("%s %s %.100s: progress is %v", tt.route, tt.query, tt.body, in.Progress)
		}
	}
}

// TestDecodeCall: whose call it is, from a body and from the query of a GET.
func TestDecodeCall(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct {
		name  string
		r     telephony.Request
		want  engine.Call
		event string
	}{
		{
			"GET",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodGet, URL: &url.URL{
				RawQuery: "to=442079460000&from=447700900000&conversation_uuid=CON-1&uuid=u&SipHeader_X-UserId=1938ND9&SipHeader_X-to=1",
			}},
			engine.Call{ID: "CON-1", From: "+447700900000", To: "+442079460000"},
			"nothing",
		},
		{
			"GET with escapes, twice and hostile",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodGet, URL: &url.URL{
				RawQuery: "to=sip%3Afront%40desk&from=a%22%2C%22to%22%3A%22b%0D%0A&conversation_uuid=CON-1&conversation_uuid=CON-2&&=&to=1",
			}},
			engine.Call{ID: "CON-1", From: "a\",\"to\":\"b\r\n", To: "sip:front@desk"},
			"nothing",
		},
		{
			"GET of a fallback",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodGet, URL: &url.URL{RawQuery: "conversation_uuid=CON-1&reason=x&original_request=%7B%7D"}},
			engine.Call{ID: "CON-1"},
			"lost",
		},
		{
			"GET for a whisper",
			telephony.Request{Route: telephony.RouteTurn, Method: http.MethodGet, URL: &url.URL{RawQuery: "on=whisper&call=CON-1&to=15550100&from=6531589999&conversation_uuid=CON-2"}},
			engine.Call{ID: "CON-1", From: "+6531589999", To: "+15550100"},
			"whisper wanted",
		},
		{
			"numbers as numbers",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":7,"from":15551230000,"to":null}`)},
			engine.Call{ID: "7", From: "+15551230000"},
			"nothing",
		},
		{
			"short and odd numbers stay",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":"c","from":"unknown","to":"0123456789"}`)},
			engine.Call{ID: "c", From: "unknown", To: "0123456789"},
			"nothing",
		},
		{
			"a caller in an app",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":"c","from_user":"JaneDoe","to":"6531589999"}`)},
			engine.Call{ID: "c", From: "JaneDoe", To: "+6531589999"},
			"nothing",
		},
		{
			"back where it began, by a notify",
			telephony.Request{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":"c","payload":{"on":"lost","from":"+6591110000","to":"+6531589999"}}`)},
			engine.Call{ID: "c", From: "+6591110000", To: "+6531589999"},
			"nothing",
		},
		{
			"another leg, whose URL is not believed when it is none of ours",
			telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, URL: &url.URL{RawQuery: "call=a%20b"}, Body: []byte(`{"conversation_uuid":"c"}`)},
			engine.Call{ID: "c"},
			"resumed",
		},
		{
			"a notice, whose URL says nothing of calls",
			telephony.Request{Route: telephony.RouteNotice, Method: http.MethodPost, URL: &url.URL{RawQuery: "call=CON-2"}, Body: []byte(`{"conversation_uuid":"c"}`)},
			engine.Call{ID: "c"},
			"nothing",
		},
	} {
		tt.want.Platform = Name
		in, err := codec.Decode(tt.r)
		if err != nil || in.Call != tt.want || codectest.Describe(in.Event) != tt.event {
			t.Errorf("%s: got %+v, %s, %v, want %+v, %s", tt.name, in.Call, codectest.Describe(in.Event), err, tt.want, tt.event)
		}
	}
	for _, query := range []string{"", "conversation_uuid=%", "to=1", "conversation_uuid=" + strings.Repeat("c", 200), strings.Repeat("a", maxQuery+1)} {
		r := telephony.Request{Route: telephony.RouteStart, Method: http.MethodGet, URL: &url.URL{RawQuery: query}}
		if in, err := codec.Decode(r); !errors.Is(err, telephony.ErrMalformed) {
			t.Errorf("GET ?%.40s: got %+v, %v", query, in, err)
		}
	}
	if _, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Method: http.MethodGet}); !errors.Is(err, telephony.ErrMalformed) {
		t.Errorf("GET without a URL: %v", err)
	}
}

// TestAlarms: an operator hears what Vonage complained about, and no key.
func TestAlarms(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ body, want string }{
		{`{"conversation_uuid":"c","reason":"Syntax error in NCCO. Invalid value type or action."}`, "Vonage reports: Syntax error in NCCO. Invalid value type or action."},
		{`{"conversation_uuid":"c","reason":"Unexpected \"You entered 8642\""}`, `Vonage reports: Unexpected "You entered ****"`},
		{`{"reason":{"code":500}}`, "Vonage reports"},
		{`{"conversation_uuid":"c","reason":null}`, ""},
		{`{"conversation_uuid":"c","status":"failed","reason":"x"}`, ""},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteNotice, Method: http.MethodPost, Body: []byte(tt.body)})
		if err != nil || in.Alarm != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.body, in.Alarm, err, tt.want)
		}
	}
}

// FuzzQuery: a GET of whatever query is read or refused.
func FuzzQuery(f *testing.F) {
	codec := newCodec(f, Config{Unsigned: true})
	f.Add("to=442079460000&from=447700900000&conversation_uuid=CON-1&uuid=u&SipHeader_X-UserId=1938ND9")
	f.Add("conversation_uuid=%22%00%ff&from=%zz")
	f.Fuzz(func(t *testing.T, query string) {
		for _, route := range []telephony.Route{telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice} {
			in, err := codec.Decode(telephony.Request{Route: route, Method: http.MethodGet, URL: &url.URL{RawQuery: query}})
			switch {
			case err != nil && !errors.Is(err, telephony.ErrMalformed):
				t.Errorf("%q: %v", query, err)
			case err == nil && (in.Call.ID == "" && in.Alarm == "" || len(in.Call.ID) > maxID || len(in.Call.From)+len(in.Call.To) > 2*maxParty+2):
				t.Errorf("%q: %+v", query, in.Call)
			}
		}
	})
}

// TestSaid: what is said counts, and keys count more.
func TestSaid(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct {
		body, text string
		sure       float64
	}{
		{`"speech":{"results":[{"text":"yes please","confidence":"0.9"},{"text":"no","confidence":"0.1"}]}`, "yes please", 0.9},
		{`"dtmf":{"digits":"","timed_out":true},"speech":{"results":[{"text":" balance\n","confidence":0.5}],"timeout_reason":"end_on_silence_timeout"}`, "balance", 0.5},
		{`"speech":{"results":[{"text":"x","confidence":"very"}]}`, "x", 0},
		{`"speech":{"results":[],"timeout_reason":"end_on_silence_timeout"}`, "", 0},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteTurn, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":"c",` + tt.body + `}`)})
		said, ok := in.Event.(engine.Speech)
		if err != nil || !ok || said.Text.Reveal() != tt.text || said.Confidence != tt.sure {
			t.Errorf("%s: got %T %q %v, %v", tt.body, in.Event, said.Text.Reveal(), said.Confidence, err)
		}
	}
}

// TestHeaders: those that a SIP caller's own telephone system adds are for routing.
func TestHeaders(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, r := range []telephony.Request{
		{Route: telephony.RouteStart, Method: http.MethodPost, Body: []byte(`{"conversation_uuid":"c","SipHeader_X-UserId":"19 38","SipHeader_X-List":["a"],"SipHeader_From":"x","X-Not":"y"}`)},
		{Route: telephony.RouteStart, Method: http.MethodGet, URL: &url.URL{RawQuery: "conversation_uuid=c&SipHeader_X-UserId=19%2038&SipHeader_X-Bad=%zz&SipHeader_From=x"}},
	} {
		in, err := codec.Decode(r)
		if err != nil || len(in.Headers) != 1 || in.Headers["x-userid"] != "19 38" {
			t.Errorf("%s: got %v, %v", r.Method, in.Headers, err)
		}
	}
}

// TestHeaderBounds: so many header fields of an invitation are kept, and no longer ones.
func TestHeaderBounds(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	decode := func(members string) map[string]string {
		t.Helper()
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteStart, Method: http.MethodPost, URL: &url.URL{Path: "/v1/vonage/calls"},
			Body: []byte(`{"conversation_uuid":"c"` + members + `}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return in.Headers
	}
	many := ""
	for i := range 40 {
		many += fmt.Sprintf(`,"SipHeader_X-%d":"v"`, i)
	}
	if got := decode(many); len(got) != maxHeaders || got["x-0"] != "v" {
		t.Errorf("%d of 40 are kept: %v", len(got), got)
	}
	long := strings.Repeat("v", maxHeader)
	got := decode(`,"SipHeader_X-Long":"` + long + `","SipHeader_X-Longer":"` + long + `v","SipHeader_X-` + long + `":"v","SipHeader_Via":"v","X-Other":"v","SipHeader_X-List":["v"]`)
	if len(got) != 1 || got["x-long"] != long {
		t.Errorf("%v", got)
	}
}
