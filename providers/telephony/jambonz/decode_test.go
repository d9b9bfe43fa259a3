package jambonz

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
		// Numbers as numbers, and what is not there.
		{start, "", `{"call_sid":"c","from":15551230000,"to":null}`, "nothing", ""},
		{start, "", `{"call_sid":12345}`, "nothing", ""},
		{turn, "", `{"call_sid":"c","reason":"dtmfDetected","digits":12}`, "digits 12 unknown", ""},
		{turn, "", `{"call_sid":"c","reason":"dtmfDetected","digits":1.5}`, "", "digits: expected at most 256 keys"},
		{turn, "", `{"call_sid":"c","reason":"timeout","digits":null}`, "noinput", ""},

		// Other ways to end a gather.
		{turn, "", `{"call_sid":"c","reason":"timeout","digits":""}`, "noinput", ""},
		{turn, "", `{"call_sid":"c","reason":"timeout","digits":"12"}`, "digits 12 unknown", ""},
		{turn, "", `{"call_sid":"c","reason":"speechDetected","speech":{"alternatives":[]}}`, "something said", ""},
		{turn, "", `{"call_sid":"c","reason":"speechDetected"}`, "something said", ""},
		{turn, "", `{"call_sid":"c","reason":"speechDetected","speech":{"alternatives":[{"transcript":["x"],"confidence":{}}]}}`, "something said", ""},
		{turn, "", `{"call_sid":"c","reason":"speechDetected","speech":{"alternatives":[ {"transcript":"one","confidence":93} ]}}`, `said "one" 1.00`, ""},
		{turn, "", `{"call_sid":"c","reason":"stt-low-confidence"}`, "something said", ""},
		{turn, "", `{"call_sid":"c","reason":"error","details":"recogniser"}`, "lost", ""},
		{turn, "", `{"call_sid":"c","reason":"somethingNew"}`, "lost", ""},
		{turn, "", `{"call_sid":"c","reason":{}}`, "lost", ""},
		{turn, "", `{"call_sid":"c","reason":"dtmfDetected"}`, "lost", ""},
		{turn, "lost=1", `{"call_sid":"c","reason":"dtmfDetected","digits":"12"}`, "lost", ""},
		{turn, "", `{"call_sid":"c","digits":{"a":1}}`, "", "digits: found an object, expected text"},
		{turn, "", `{"call_sid":["c"]}`, "", "call_sid: found a list, expected text"},
		{turn, "", `{"call_sid":"` + strings.Repeat("c", 129) + `"}`, "", "call_sid: 129 bytes long, expected at most 128"},

		// Dials: the last that was known of the other leg.
		{turn, "", `{"call_sid":"c","dial_call_status":"ringing"}`, "dial no_answer", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":"early-media"}`, "dial no_answer", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":"no-answer"}`, "dial no_answer", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":"in-progress"}`, "dial failed", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":"somethingNew"}`, "dial failed", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":7}`, "dial failed", ""},
		{turn, "", `{"call_sid":"c","dial_call_status":"trying","call_status":"completed"}`, "dial no_answer caller gone", ""},
		{turn, "on=dial", `{"call_sid":"c","call_status":"no-answer"}`, "dial failed caller gone", ""},

		// Notices.
		{notice, "", `{"call_sid":"c","call_status":"no-answer","sip_status":487}`, "ended by caller", ""},
		{notice, "", `{"call_sid":"c","call_status":"busy"}`, "ended by unknown", ""},
		{notice, "", `{"call_sid":"c","call_status":"failed","call_termination_by":"jambonz"}`, "ended by us", ""},
		{notice, "", `{"call_sid":"c","call_status":"completed","call_termination_by":"somebody"}`, "ended by unknown", ""},
		{notice, "", `{"call_sid":"c","call_status":"ringing"}`, "nothing", ""},
		{notice, "", `{"call_sid":"c"}`, "nothing", ""},
		{notice, "", `{"call_sid":"c","call_status":"completed","parent_call_sid":"p"}`, "nothing", ""},
		{notice, "", `{"call_sid":"c","call_status":"completed","parent_call_sid":null}`, "ended by unknown", ""},
		{notice, "", `{"error":"something","reason":"without a call"}`, "nothing", ""},
		{notice, "", `{"call_status":"completed"}`, "", "call_sid is missing"},

		// The status hook set to the URL of new calls.
		{start, "", `{"call_sid":"c","call_status":"completed"}`, "", "set the call status hook to"},
	} {
		r := telephony.Request{Route: tt.route, Method: "POST", URL: &url.URL{Path: "/x", RawQuery: tt.query}, Body: []byte(tt.body)}
		in, err := codec.Decode(r)
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

func TestDecodeNumbers(t *testing.T) {
	in, err := newCodec(t, Config{Unsigned: true}).Decode(telephony.Request{
		Route: telephony.RouteStart,
		Body:  []byte(`{"call_sid":"c","account_sid":7,"from":15551230000,"to":"16174000000","caller_name":null}`),
	})
	want := engine.Call{Platform: "jambonz", Account: "7", ID: "c", From: "15551230000", To: "16174000000"}
	if err != nil || in.Call != want {
		t.Errorf("got %+v, %v, want %+v", in.Call, err, want)
	}
}

func TestDisplayName(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{`"Test Caller"`, "Test Caller"},
		{`Test Caller`, "Test Caller"},
		{`"He said \"hi\" \\o/"`, `He said "hi" \o/`},
		{` "a" `, "a"},
		{`""`, ""},
		{`"`, `"`},
		{"\"a\r\nb\"", "a  b"},
		{strings.Repeat("é", 200), strings.Repeat("é", 128)},
	} {
		if got := displayName(tt.s); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.s, got, tt.want)
		}
	}
}

// TestAlarms: an operator hears what jambonz complained about, and no key.
func TestAlarms(t *testing.T) {
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ body, want string }{
		{
			`{"call_sid":"c","error":"invalid actionHook response","reason":"say: unknown property colour"}`,
			"jambonz reports: invalid actionHook response: say: unknown property colour",
		},
		{
			`{"call_sid":"c","error":"invalid actionHook response","reason":"Unexpected token in \"You entered 8642\""}`,
			`jambonz reports: invalid actionHook response: Unexpected token in "You entered ****"`,
		},
		{`{"call_sid":"c","error":{"code":500}}`, "jambonz reports"},
		{`{"call_sid":"c","error":null}`, ""},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteNotice, Body: []byte(tt.body)})
		if err != nil || in.Alarm != tt.want || in.Event != nil {
			t.Errorf("%s: got %q, %v, %v, want %q", tt.body, in.Alarm, in.Event, err, tt.want)
		}
	}
}

// TestVerifyGet: jambonz signs a body that a GET does not carry.
func TestVerifyGet(t *testing.T) {
	codec := newCodec(t, Config{Secrets: []engine.Secret{codectest.Current()}})
	h := http.Header{}
	h.Set(Header, telephony.Sign(codectest.Current(), codectest.At(), []byte(`{"call_sid":"c"}`)))
	err := codec.Verify(telephony.Request{Method: http.MethodGet, Header: h}, codectest.At())
	if !errors.Is(err, telephony.ErrSignature) || !strings.Contains(err.Error(), "set the hook's method to POST") {
		t.Errorf("got %v", err)
	}
}

// TestVerifyVector is the vector of the reference: the vendor's own package accepts
// it.
func TestVerifyVector(t *testing.T) {
	codec := newCodec(t, Config{Secrets: []engine.Secret{engine.NewSecret("wh_secret")}})
	h := http.Header{}
	h.Set(Header, "t=1795257016,v1=19af4133781f4b38976e68211d21792810136252f2388288b6ae4d2573e2edc3")
	r := telephony.Request{
		Method: http.MethodPost, Header: h,
		Body: []byte(`{"call_sid":"5f3e0d5f-ba6f-4b18-8d80-0f1ac2b17e01","reason":"dtmfDetected","digits":"4471"}`),
	}
	if err := codec.Verify(r, time.Unix(1795257016, 0)); err != nil {
		t.Error(err)
	}
}
