package telnyx

import (
	"net/http"
	"net/url"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// TestEntries: what a gather came to, in the forms that no page settles.
func TestEntries(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, Config{Unsigned: true})
	for _, tt := range []struct{ status, digits, want string }{
		{"valid", `"4471"`, "digits 4471 unknown"},
		{"valid", `"4471#"`, "digits 4471# unknown"}, // which the engine takes apart
		{"valid", `4471`, "digits 4471 unknown"},
		{"valid", `"44"`, "digits 44 unknown"}, // an entry that was broken off may be called either
		{"timeout", `"44"`, "digits 44 gap"},
		{"invalid", `"*"`, "digits * unknown"},
		{"timeout", `""`, "noinput"},
		{"timeout", `null`, "noinput"},
		{"valid", `""`, "digits none terminator"}, // and so may the finish key alone
		{"invalid", `""`, "digits none terminator"},
		{"call_hangup", `"4"`, "nothing"},
		{"cancelled", `""`, "nothing"},
		{"cancelled_amd", `""`, "nothing"},
	} {
		in, err := codec.Decode(telephony.Request{Route: telephony.RouteStart, Body: []byte(
			`{"data":{"event_type":"call.gather.ended","id":"e1","payload":{"call_control_id":"call-1","connection_id":"account-1",` +
				`"client_state":"` + state("s1/3/n0nce", onGather) + `","digits":` + tt.digits + `,"status":"` + tt.status + `"}}}`)})
		got := codectest.Describe(in.Event)
		if err != nil || got != tt.want || in.Route != telephony.RouteTurn || in.Progress != (tt.want == "nothing") {
			t.Errorf("%s %s: got %s, %+v, %v, want %s", tt.status, tt.digits, got, in, err, tt.want)
		}
	}
}

// TestDocumentEntries: the same of a document's gather. Callers who hang up while they are
// asked are not silent.
func TestDocumentEntries(t *testing.T) {
	t.Parallel()
	codec := newTeXML(t, TeXMLConfig{Unsigned: true})
	for _, tt := range []struct{ query, form, want string }{
		{"on=gather", "CallStatus=in-progress&Digits=4471", "digits 4471 unknown"},
		{"on=gather", "CallStatus=in-progress&Digits=4471%23", "digits 4471# unknown"},
		{"on=gather", "CallStatus=in-progress&Digits=", "noinput"},
		{"on=gather", "CallStatus=in-progress", "noinput"},
		{"lost=1&on=silence", "CallStatus=in-progress", "noinput"},
		{"on=gather", "CallStatus=completed&Digits=44", "digits 44 unknown"},
		{"on=gather", "CallStatus=completed", "lost"},
		{"lost=1&on=silence", "CallStatus=completed", "lost"},
		{"lost=1", "CallStatus=in-progress", "lost"},
		{"", "CallStatus=in-progress&Digits=1", "resumed"},
	} {
		in, err := codec.Decode(telephony.Request{
			Route: telephony.RouteTurn, Method: http.MethodPost, URL: &url.URL{RawQuery: tt.query}, Body: []byte("CallSid=call-1&AccountSid=account-1&" + tt.form),
		})
		if got := codectest.Describe(in.Event); err != nil || got != tt.want {
			t.Errorf("%s, %s: got %s, %v, want %s", tt.query, tt.form, got, err, tt.want)
		}
	}
}
