package capture

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/twilio"
)

// The names of members and of fields are a caller's too, where they are no words of a
// platform's.
func TestNames(t *testing.T) {
	t.Parallel()
	form, err := twilio.New(twilio.Config{Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	const start = `"call":{"account":"acme","id":"call-8f3e","from":"+15557730142","to":"+61255500188","name":"Quillfeather"}`
	for _, tt := range []struct {
		name  string
		codec telephony.Codec
		body  string
		gone  []string
		stays []string
	}{
		{
			"members", codec(t),
			`{` + start + `,"by":{"+15557730142":{"Maria O'Neil":1},"83619274":[{"1234567890":2}],"Quillfeather":null,"zoë":true,"2026-11-22":0,"` + strings.Repeat("a", 65) + `":""},"caller_name":1,"statuses[0].x":"y"}`,
			[]string{"15557730142", "Maria", "O'Neil", "83619274", "1234567890", "Quillfeather", "zoë", "2026-11-22", strings.Repeat("a", 65)},
			[]string{`"by"`, `"caller_name"`, `"statuses[0].x"`, `"call"`, `"from"`},
		},
		{
			"fields", form,
			"CallSid=call-8f3e&AccountSid=acme&From=%2B15557730142&To=%2B61255500188&CallerName=Quillfeather&%2B15557730142=1&83619274=x&Maria+Quillfeather=2&SipHeader_X-Line=3&1234567890=",
			[]string{"15557730142", "Maria", "83619274", "1234567890", "Quillfeather"},
			[]string{"CallSid=", "SipHeader_X-Line=", "CallerName="},
		},
	} {
		request := telephony.Request{
			Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/" + tt.codec.Name() + "/calls", RawQuery: "83619274=1&a=2"},
			Header: http.Header{}, Body: []byte(tt.body),
		}
		in, err := tt.codec.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		c := newCall(nil, "id", "bank", tt.codec, time.Time{})
		kept, err := c.redact(Hook{Request: request, Inbound: in}, nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		text := string(kept.body)
		for _, gone := range tt.gone {
			if strings.Contains(text, gone) {
				t.Errorf("%s: %q is kept: %s", tt.name, gone, text)
			}
		}
		for _, stays := range tt.stays {
			if !strings.Contains(text, stays) {
				t.Errorf("%s: there is no %q: %s", tt.name, stays, text)
			}
		}
		if strings.Contains(kept.query, "83619274") || !strings.Contains(kept.query, "&a=") {
			t.Errorf("%s: the query is %q", tt.name, kept.query)
		}
		if len(text) != len(tt.body) {
			t.Errorf("%s: %d bytes became %d: %s", tt.name, len(tt.body), len(text), text)
		}
		request.Body = kept.body
		if again, err := tt.codec.Decode(request); err != nil || again.Call.From == "" || again.Call.From == in.Call.From {
			t.Errorf("%s: %+v, %v", tt.name, again.Call, err)
		}
	}
}

// What a platform writes of a number as the name of a member is the same number as
// elsewhere in the call.
func TestNamesAreTheSame(t *testing.T) {
	t.Parallel()
	m := newMasks([]byte("key"))
	m.learn("+15557730142")
	if name, value := m.name("+15557730142"), m.values("+15557730142"); name != value || name == "+15557730142" {
		t.Errorf("%q and %q", name, value)
	}
	if name := m.name("83619274"); name == "83619274" || m.values("of 83619274") != "of "+name {
		t.Errorf("%q, and then %q", name, m.values("of 83619274"))
	}
}

// A name that the codec needs stays, when it is a word, and ends the recording otherwise.
func TestNameThatIsNeeded(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"digits": true, "digits 12345": false} {
		codec := needing{codec(t), name}
		request := telephony.Request{
			Route: telephony.RouteStart, Method: "POST", URL: &url.URL{Path: "/v1/generic/calls"}, Header: http.Header{},
			Body: []byte(`{"call":{"id":"call-8f3e","from":"digits"},"` + name + `":1}`),
		}
		in, err := codec.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := newCall(nil, "id", "bank", codec, time.Time{}).redact(Hook{Request: request, Inbound: in}, nil)
		if (err == nil) != ok {
			t.Errorf("%s: %s, %v", name, kept.body, err)
		}
	}
}

// needing is a codec that needs a member of a name.
type needing struct {
	telephony.Codec
	name string
}

func (n needing) Decode(r telephony.Request) (telephony.Inbound, error) {
	if !strings.Contains(string(r.Body), n.name+`":1`) {
		return telephony.Inbound{}, telephony.ErrMalformed
	}
	return telephony.Inbound{Call: engine.Call{ID: "call-8f3e", From: "digits"}}, nil
}
