package player

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// swmlFields are what SignalWire's pages list for every request for a document.
func swmlFields(state string, vars ...string) string {
	all := `call.call_id "call-1"
call.direction "inbound"
call.from "+6591110000"
call.from_number "+6591110000"
call.headers []
call.node_id "n-1"
call.project_id "11111111-2222-3333-4444-555555555555"
call.segment_id "g-1"
call.space_id "66666666-7777-8888-9999-000000000000"
call.to "+6531589999"
call.to_number "+6531589999"
call.type "phone"
envs {}` + fmt.Sprintf("\ncall.call_state %q", state)
	if len(vars) == 0 {
		all += "\nvars {}"
	}
	for _, v := range vars {
		all += "\nvars." + v
	}
	return all
}

// Every hook has what SignalWire's pages say that it has.
func TestSignalWireHooks(t *testing.T) {
	t.Parallel()
	const next = `,{"transfer":{"dest":"http://host/turn","params":{"turn":1}}}`
	steps := func(steps string) string { return swml(`{"answer":{}},` + steps + next) }
	bye := swml(swmlBye)
	ask := steps(`{"prompt":{"play":"say:PIN?","max_digits":4,"terminators":"#","speech_language":"en-US"}}`)
	dial := steps(`{"connect":{"to":"+15550100"}}`)
	refer := steps(`{"sip_refer":{"to_uri":"sips:a@example.com"}}`)
	tape := steps(`{"record":{"status_url":"http://host/status"}}`)
	const answered, params = `answer_result "success"`, `params.turn 1`
	const status = `event_channel "swml:call-1"
project_id "11111111-2222-3333-4444-555555555555"
space_id "66666666-7777-8888-9999-000000000000"
timestamp 1795257016
params.call_id "call-1"
params.node_id "n-1"`
	const taped = status + "\nevent_type \"calling.call.record\"\nparams.control_id \"c-1\"\n"
	const url = `"https://example.signalwire.com/api/v1/recordings/call-1-1/download"`
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	at := func(vars ...string) string {
		return hookOf("POST /turn", swmlFields("answered", append(vars, answered)...), params)
	}
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, nil, 0, hookOf("POST /v1/x/calls", swmlFields("created"), "params {}")},
		{"it is over", []string{bye}, nil, nil, 1, hookOf("POST /v1/x/status", status, `event_type "calling.call.state"`, `params.call_state "ended"`, `params.direction "inbound"`, `params.end_reason "hangup"`)},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 1, at(`prompt_result "match_digits"`, `prompt_value "12"`, `prompt_digit_terminator "#"`)},
		{"silence", []string{ask, bye}, []Move{{}}, nil, 1, at(`prompt_result "no_input"`, `prompt_value ""`)},
		{"words", []string{ask, bye}, []Move{words("my bill")}, nil, 1, at(`prompt_result "match_speech"`, `prompt_value "my bill"`, `prompt_speech_confidence 0.9`)},
		{"words that are not understood", []string{ask, bye}, []Move{{Say: engine.NewSecret("my bill"), Unclear: true}}, nil, 1, at(`prompt_result "no_match"`, `prompt_value ""`)},
		{"another entry leaves nothing of the one before", []string{ask, ask, bye}, []Move{press("12#"), {}}, nil, 2, at(`prompt_result "no_input"`, `prompt_value ""`)},
		{"transferred", []string{dial, bye}, nil, nil, 1, at(`connect_result "connected"`)},
		{"busy", []string{dial, bye}, nil, dials("busy"), 1, at(`connect_result "failed"`, `connect_failed_reason "busy"`)},
		{"handed over", []string{refer, bye}, nil, nil, 1, at(`sip_refer_to "sips:a@example.com"`, `sip_refer_result "success"`, `return_value "success"`, `sip_refer_response_code "202"`, `sip_refer_to_response_code "200"`)},
		{"to nobody", []string{refer, bye}, nil, dials("noAnswer"), 1, at(`sip_refer_to "sips:a@example.com"`, `sip_refer_result "failed"`, `return_value "failed"`, `sip_refer_response_code "202"`, `sip_refer_to_response_code "480"`)},
		{"a recording begins", []string{tape, bye}, nil, nil, 1, hookOf("POST /status", taped+`params.state "recording"`)},
		{"and is made", []string{tape, bye}, nil, nil, 2, hookOf("POST /status", taped+`params.state "finished"`, "params.duration 7", "params.size 112000", "params.url "+url)},
		{"recorded", []string{tape, bye}, nil, nil, 3, at(`record_result "success"`, "record_url "+url)},
		{"nothing recorded", []string{tape, bye}, nil, records("empty"), 2, hookOf("POST /status", taped+`params.state "no_input"`, "params.duration 0", "params.size 0")},
		{"a recording that fails", []string{tape, bye}, nil, records("failed"), 2, hookOf("POST /status", taped+`params.state "error"`)},
		{"of which nothing is left of the one before", []string{tape, tape, bye}, nil, func(o *Options) { o.Records = []string{"recorded", "failed"} }, 6, at(`record_result "failed"`)},
		{"the whole call is recorded", []string{steps(`{"record_call":{}}`), bye}, nil, nil, 1, at(`record_control_id "recording-1"`, `record_call_result "success"`)},
		{"twice at once", []string{steps(`{"record_call":{"control_id":"a"}},{"record_call":{"control_id":"a"}}`), bye}, nil, nil, 1, at(`record_control_id "a"`, `record_call_result "failed"`)},
		{"until it is stopped", []string{steps(`{"record_call":{}},{"stop_record_call":{}}`), bye}, nil, nil, 1, at(`record_control_id "recording-1"`, `record_call_result "success"`, `stop_record_call_result "success"`)},
		{"which can be done once", []string{steps(`{"stop_record_call":{"control_id":"a"}}`), bye}, nil, nil, 1, at(`stop_record_call_result "failed"`)},
	} {
		c.play(t, signalWireDesk(t), SignalWire)
	}
}

// What is at the bounds of SWML is taken, what is beyond them is not.
func TestSignalWireBounds(t *testing.T) {
	t.Parallel()
	for steps, good := range map[string]bool{
		`{"prompt":{"play":"say:x","max_digits":0}}`:                                true,
		`{"prompt":{"play":"say:x","max_digits":-1}}`:                               false,
		`{"prompt":{"play":["say:x","say:y"],"speech_hints":["a"]}}`:                true,
		`{"prompt":{"play":[]}}`:                                                    false,
		`{"prompt":{"play":[1]}}`:                                                   false,
		`{"prompt":{"play":4}}`:                                                     false,
		`{"prompt":{"play":"say:x","volume":"loud"}}`:                               false,
		`{"prompt":{"play":"say:x","speech_hints":"a"}}`:                            false,
		`{"record":{"beep":true}}`:                                                  true,
		`{"record":{"beep":"true"}}`:                                                false,
		`{"record":{"max_length":true}}`:                                            false,
		`{"transfer":{"dest":"http://h/x","params":{"a":1}}}`:                       true,
		`{"transfer":{"dest":"http://h/x","params":"a"}}`:                           false,
		`{"transfer":{"dest":{}}}`:                                                  false,
		`{"connect":{"to":"+1","headers":[{"name":"X-A","value":"b"}]}}`:            true,
		`{"connect":{"to":"+1","headers":[]}}`:                                      true,
		`{"connect":{"to":"+1","headers":[{"name":"X-A","value":1}]}}`:              false,
		`{"connect":{"to":"+1","headers":[{"name":1,"value":"b"}]}}`:                false,
		`{"connect":{"to":"+1","headers":[{"name":"X-A","value":"b","more":"c"}]}}`: false,
		`{"connect":{"to":"+1","headers":["X-A"]}}`:                                 false,
		`{"connect":{"to":"+1","headers":{"name":"X-A","value":"b"}}}`:              false,
		`{"connect":{}}`:                            false,
		`{"sip_refer":{}}`:                          false,
		`{"play":{}}`:                               false,
		`{"play":{"url":"say:x"}}`:                  true,
		`{"play":{"url":null}}`:                     false,
		`{"hangup":{"reason":"busy"}}`:              true,
		`{"hangup":{"reason":"decline"}}`:           true,
		`{"hangup":{"reason":"hangup"}}`:            true,
		`{"hangup":[]}`:                             false,
		`{"hangup":null}`:                           false,
		`{}`:                                        false,
		`"hangup"`:                                  false,
		`{"record":{"terminators":"0123456789*#"}}`: true,
		`{"record":{"terminators":"A"}}`:            false,
	} {
		if _, err := readSWML(answer{200, "application/json", []byte(swml(steps))}, swmlMethods()); (err == nil) != good {
			t.Errorf("%s: %v", steps, err)
		}
	}
	doc := []byte(swml(`{"hangup":{}}`))
	for _, c := range []struct {
		answer
		good bool
	}{
		{answer{200, "application/json; charset=utf-8", doc}, true},
		{answer{299, "application/json", doc}, true},
		{answer{300, "application/json", doc}, false},
		{answer{199, "application/json", doc}, false},
		{answer{404, "application/json", doc}, false},
		{answer{200, "", doc}, false},
		{answer{200, "text/html", doc}, false},
		{answer{200, "application/json", []byte(`{"sections":{"main":[{"hangup":{}}]}}`)}, true},
		{answer{200, "application/json", []byte(`{"sections":{"main":[{"hangup":{}}],"other":[]}}`)}, false},
		{answer{200, "application/json", []byte(`{"sections":[]}`)}, false},
		{answer{200, "application/json", []byte(`{"sections":{"main":{}}}`)}, false},
		{answer{200, "application/json", []byte(`[]`)}, false},
	} {
		if _, err := readSWML(c.answer, swmlMethods()); (err == nil) != c.good {
			t.Errorf("%d %q %s: %v", c.status, c.contentType, c.body, err)
		}
	}
}

// Turns of a call that nothing else here takes.
func TestSignalWireTurns(t *testing.T) {
	t.Parallel()
	bye := swml(swmlBye)
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"silence that is none", []string{swml(`{"play":{"url":"silence:long"}}`)}, nil, nil, Broken, nil, []string{swmlOver}}, nil},
		{conversation{"what cannot be played", []string{swml(`{"play":{"url":"ftp://host/a"}}`)}, nil, nil, Broken, nil, []string{swmlOver}}, nil},
		{conversation{"nor asked", []string{swml(`{"prompt":{"play":"tts:x"}}`)}, nil, nil, Broken, nil, []string{swmlOver}}, nil},
		{conversation{"another address than of the web", []string{swml(`{"transfer":{"dest":"ftp://host/a"}}`)}, nil, nil, Broken, nil, []string{swmlOver}}, nil},
		{conversation{"what is whispered does not come", []string{swml(`{"connect":{"to":"+1","confirm":"http://host/w"}}`), "500"}, nil, nil, Broken, nil, []string{"/w call-1-b created connect_result=connected", swmlOver}}, nil},
		{conversation{"a question for whoever takes the call", []string{swml(`{"connect":{"to":"+1","confirm":"http://host/w"}}`), swml(swmlPrompt)}, nil, nil, Broken, nil, []string{"/w call-1-b created connect_result=connected", swmlOver}}, nil},
		{conversation{"nobody is told", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL = "" }},
		{conversation{"in the middle there is no other address", []string{swml(`{"transfer":{"dest":"http://host/turn"}}`), "500"}, nil, nil, Broken, nil, []string{"/turn call-1 created", swmlOver}}, func(o *Options) { o.FallbackURL = "http://host/other" }},
	} {
		c.play(t, signalWireDesk(t), SignalWire, c.change)
	}
	var passed []time.Duration
	d := signalWireDesk(t)
	d.t, d.answers = t, []string{swml(`{"play":{"urls":["silence:1.5","say:x"]}}`)}
	o := d.options()
	o.Wait = func(_ context.Context, d time.Duration) error { passed = append(passed, d); return nil }
	if SignalWire(t.Context(), o); !slices.Equal(passed, []time.Duration{1500 * time.Millisecond}) {
		t.Errorf("%v passed", passed)
	}
	o.Secret, d.short = engine.Secret{}, func(r *http.Request, _ []byte) (string, bool) {
		if _, _, ok := r.BasicAuth(); ok || r.Header.Get("X-SignalWire-Signature") != "" {
			t.Errorf("%s: signed without a secret", r.URL)
		}
		return "", r.URL.Path != "/v1/x/status"
	}
	d.answers = []string{bye}
	SignalWire(t.Context(), o)
	var user *url.Userinfo
	o.StatusURL, d.answers = "http://me:pw@host/v1/x/status", []string{bye}
	o.Secret = engine.NewSecret("s")
	d.short = func(r *http.Request, _ []byte) (string, bool) {
		if name, password, ok := r.BasicAuth(); ok {
			user = url.UserPassword(name, password)
		}
		return "", !strings.HasSuffix(r.URL.Path, "/status")
	}
	if SignalWire(t.Context(), o); user == nil || user.String() != "me:pw" {
		t.Errorf("the status comes from %v", user)
	}
}
