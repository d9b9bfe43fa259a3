package player

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// signalWireDesk answers requests for documents, each of which has to be signed, and
// takes statuses, which bring a password.
func signalWireDesk(t *testing.T) *desk {
	return &desk{kind: "application/json", short: func(r *http.Request, body []byte) (string, bool) {
		var e struct {
			Call struct {
				CallID    string `json:"call_id"`
				CallState string `json:"call_state"`
			}
			Vars      map[string]any
			EventType string `json:"event_type"`
			Params    struct {
				State, URL string
				CallState  string `json:"call_state"`
			}
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("%s: %s: %v", r.URL, body, err)
		}
		if e.EventType != "" {
			if _, password, _ := r.BasicAuth(); (password == "c2VjcmV0") != (e.EventType == "calling.call.state") || r.Header.Get("X-Signalwire-Signature") != "" {
				t.Errorf("%s: a status that is signed, or without its password", r.URL)
			}
			return strings.TrimSpace(fmt.Sprint(r.URL.Path, " ", e.EventType, " ", strings.TrimSpace(e.Params.State+e.Params.CallState), " ", e.Params.URL)), false
		}
		if got := r.Header.Get("X-Signalwire-Signature"); got != signalWireSum(r.URL.String(), string(body)) {
			t.Errorf("%s is signed %q", r.URL, got)
		}
		text := r.URL.Path + " " + e.Call.CallID + " " + e.Call.CallState
		for _, name := range []string{"prompt_result", "prompt_value", "prompt_digit_terminator", "connect_result", "connect_failed_reason", "record_result", "record_url", "sip_refer_result", "sip_refer_response_code", "sip_refer_to_response_code"} {
			if v := e.Vars[name]; v != nil {
				text += fmt.Sprintf(" %s=%v", strings.TrimPrefix(name, "prompt_"), v)
			}
		}
		return text, true
	}}
}

func signalWireSum(address, body string) string {
	mac := hmac.New(sha1.New, []byte("c2VjcmV0"))
	mac.Write([]byte(address + body))
	return hex.EncodeToString(mac.Sum(nil))
}

// swml is a document of these steps.
func swml(steps string) string { return `{"version":"1.0.0","sections":{"main":[` + steps + `]}}` }

const (
	swmlPrompt = `{"answer":{}},{"prompt":{"play":"say:PIN?","max_digits":4,"terminators":"#","digit_timeout":5,"initial_timeout":5}}`
	swmlNext   = `,{"transfer":{"dest":"http://host/turn"}}`
	swmlBye    = `{"play":{"urls":["say:Bye."]}},{"hangup":{}},{"play":{"urls":["say:never"]}}`
	swmlOver   = "/v1/x/status calling.call.state ended"
	swmlTape   = "https://example.signalwire.com/api/v1/recordings/call-1-1/download"
)

func TestSignalWire(t *testing.T) {
	t.Parallel()
	const (
		turn   = "/turn call-1 answered"
		dial   = `{"answer":{}},{"connect":{"to":"+15550100","timeout":20}},{"transfer":{"dest":"http://host/turn"}}`
		refer  = `{"answer":{}},{"sip_refer":{"to_uri":"sip:a@example.com"}},{"transfer":{"dest":"http://host/turn"}}`
		record = `{"answer":{}},{"record":{"terminators":"#","max_length":60,"status_url":"http://host/tape/status"}},{"transfer":{"dest":"http://host/turn"}}`
	)
	ask, bye := swml(swmlPrompt+swmlNext), swml(swmlBye)
	with := func(old, other string) string { return swml(strings.Replace(swmlPrompt, old, other, 1) + swmlNext) }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	listens := with(`"digit_timeout":5`, `"digit_timeout":5,"speech_language":"en-US"`)
	deaf := swml(`{"answer":{}},{"prompt":{"play":"say:PIN?","speech_end_timeout":1}}` + swmlNext)
	words, unclear := Move{Say: engine.NewSecret("my bill")}, Move{Say: engine.NewSecret("hm"), Unclear: true}
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		// Entries.
		{conversation{"an entry, and keys too many", []string{ask, bye}, []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"the terminator is told apart", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=12 digit_terminator=#", swmlOver}}, nil},
		{conversation{"one of several terminators", []string{with(`"terminators":"#"`, `"terminators":"*#"`), bye}, []Move{press("12*")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=12 digit_terminator=*", swmlOver}}, nil},
		{conversation{"no terminator", []string{with(`,"terminators":"#"`, ""), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=12#", swmlOver}}, nil},
		{conversation{"partial", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=12", swmlOver}}, nil},
		{conversation{"silence", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=no_input value=", swmlOver}}, nil},
		{conversation{"the terminator alone", []string{ask, bye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value= digit_terminator=#", swmlOver}}, nil},
		{conversation{"left out, there is one key", []string{with(`"max_digits":4,`, ""), bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=1", swmlOver}}, nil},
		{conversation{"keys between prompts are lost, and what was entered before", []string{ask, ask, bye}, []Move{press("1234567#"), {}}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{turn + " result=match_digits value=1234", turn + " result=no_input value=", swmlOver}}, nil},
		{conversation{"what is said", []string{listens, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_speech value=my bill", swmlOver}}, nil},
		{conversation{"keys where it listens too", []string{listens, bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"what is not understood", []string{listens, bye}, []Move{unclear}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=no_match value=", swmlOver}}, nil},
		{conversation{"words where only keys count", []string{ask, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=no_input value=", swmlOver}}, nil},
		{conversation{"keys where only words count", []string{deaf, bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=no_input value=", swmlOver}}, nil},
		{conversation{"words where only they count", []string{deaf, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " result=match_speech value=my bill", swmlOver}}, nil},

		// Documents.
		{conversation{"a transfer does not come back", []string{swml(`{"transfer":{"dest":"http://host/turn"}},{"play":{"url":"say:never"}}`), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn call-1 created", swmlOver}}, nil},
		{conversation{"an execute comes back", []string{swml(`{"execute":{"dest":"http://host/inner"}},{"play":{"url":"say:Again."}}`), swml(`{"play":{"url":"say:Inner."}}`)}, nil, nil, HungUp, []string{"Inner.", "Again."}, []string{"/inner call-1 created", swmlOver}}, nil},
		{conversation{"a transfer within an execute does not", []string{swml(`{"execute":{"dest":"http://host/inner"}},{"play":{"url":"say:never"}}`), swml(`{"transfer":{"dest":"http://host/turn"}}`), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/inner call-1 created", "/turn call-1 created", swmlOver}}, nil},
		{conversation{"a document that runs out", []string{swml(`{"play":{"urls":["say:Bye.","silence:1.5","https://host/a.mp3"]}}`)}, nil, nil, HungUp, []string{"Bye.", "recording https://host/a.mp3"}, []string{swmlOver}}, nil},

		// Ends.
		{conversation{"hang-up", []string{ask}, nil, nil, Left, []string{"PIN?"}, []string{swmlOver}}, nil},
		{conversation{"hang-up inside an entry", []string{ask}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{swmlOver}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},

		// Requests that fail.
		{conversation{"nothing is asked for again", []string{ask, "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"not where nobody is reached", []string{ask, "down"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"nor where the answer is late", []string{ask, "slow"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"nor where it is lost", []string{ask, "cut"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"a bad document ends the call", []string{ask, swml(`{"sing":{}}`)}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " result=match_digits value=1234", swmlOver}}, nil},
		{conversation{"the first one at the other address", []string{"500", bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/other call-1 created", swmlOver}}, func(o *Options) { o.FallbackURL = "http://host/other" }},
		{conversation{"and nowhere else", []string{"500"}, nil, nil, Refused, nil, nil}, nil},

		// Transfers of the call.
		{conversation{"a transfer", []string{swml(dial), bye}, nil, nil, HungUp, []string{"Bye."}, []string{turn + " connect_result=connected", swmlOver}}, nil},
		{conversation{"busy", []string{swml(dial), bye}, nil, []string{"busy"}, HungUp, []string{"Bye."}, []string{turn + " connect_result=failed connect_failed_reason=busy", swmlOver}}, nil},
		{conversation{"nobody answers, then somebody does", []string{swml(dial), swml(dial), bye}, nil, []string{"noAnswer", "completed"}, HungUp, []string{"Bye."}, []string{turn + " connect_result=failed connect_failed_reason=noAnswer", turn + " connect_result=connected", swmlOver}}, nil},
		{conversation{"who hangs up while it rings", []string{swml(dial)}, []Move{{Hangup: true}}, nil, Left, nil, []string{swmlOver}}, nil},

		{conversation{"handed over", []string{swml(refer), bye}, nil, nil, HungUp, []string{"Bye."}, []string{turn + " sip_refer_result=success sip_refer_response_code=202 sip_refer_to_response_code=200", swmlOver}}, nil},
		{conversation{"busy there, then not taken at all", []string{swml(refer), swml(refer), bye}, nil, []string{"busy", "failed"}, HungUp, []string{"Bye."}, []string{turn + " sip_refer_result=failed sip_refer_response_code=202 sip_refer_to_response_code=486", turn + " sip_refer_result=failed sip_refer_response_code=405", swmlOver}}, nil},
		{conversation{"to nobody at all", []string{swml(strings.Replace(refer, "sip:a@example.com", "+15550100", 1))}, nil, nil, Broken, nil, []string{swmlOver}}, nil},

		// Recordings.
		{conversation{"a recording", []string{swml(record), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/tape/status calling.call.record recording", "/tape/status calling.call.record finished " + swmlTape, turn + " record_result=success record_url=" + swmlTape, swmlOver}}, nil},
		{conversation{"a recording of nothing", []string{swml(record), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/tape/status calling.call.record recording", "/tape/status calling.call.record no_input", turn + " record_result=failed", swmlOver}}, records("empty")},
		{conversation{"one that failed", []string{swml(record), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/tape/status calling.call.record recording", "/tape/status calling.call.record error", turn + " record_result=failed", swmlOver}}, records("failed")},
		{conversation{"one that a hang-up ends", []string{swml(record)}, nil, nil, Left, nil, []string{swmlOver, "/tape/status calling.call.record recording", "/tape/status calling.call.record finished " + swmlTape}}, records(hungUp)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, signalWireDesk(t), SignalWire, c.change) })
		})
	}
}

// TestSignalWireTransfers: a call has 32 transfers, and as many executes as it likes.
func TestSignalWireTransfers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		move string
		n    int
		end  End
	}{{"transfer", 32, HungUp}, {"transfer", 33, Broken}, {"execute", 100, HungUp}} {
		d := signalWireDesk(t)
		d.t = t
		for range c.n {
			d.answers = append(d.answers, swml(`{"`+c.move+`":{"dest":"http://host/turn"}}`))
		}
		d.answers = append(d.answers, swml(swmlBye))
		r := SignalWire(t.Context(), d.options())
		if r.End != c.end || (r.Err != nil) != (c.end == Broken) || c.end == Broken && !strings.Contains(r.Err.Error(), "too_many_transfers") {
			t.Errorf("%d by %s: %s (%v)", c.n, c.move, r.End, r.Err)
		}
	}
}

// What SignalWire would not take, it does not take here either.
func TestSignalWireIsStrict(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"not JSON":                      "text:" + swml(swmlBye),
		"no JSON at all":                "{",
		"another version":               `{"version":"2.0.0","sections":{"main":[{"hangup":{}}]}}`,
		"no sections":                   `{"version":"1.0.0"}`,
		"no main":                       `{"sections":{"other":[{"hangup":{}}]}}`,
		"nothing in it":                 swml(""),
		"something beside":              `{"version":"1.0.0","sections":{"main":[{"hangup":{}}]},"more":1}`,
		"an unknown method":             swml(`{"say":{"text":"x"}}`),
		"an unknown parameter":          swml(`{"prompt":{"play":"say:x","min_digits":1}}`),
		"a number as text":              swml(`{"prompt":{"play":"say:x","max_digits":"4"}}`),
		"nothing to play":               swml(`{"prompt":{"max_digits":4}}`),
		"both of two":                   swml(`{"play":{"url":"say:a","urls":["say:b"]}}`),
		"an expression":                 swml(`{"play":{"url":"say:${vars.secret}"}}`),
		"another expression":            swml(`{"play":{"url":"say:%{vars.secret}"}}`),
		"two methods in one":            swml(`{"answer":{},"hangup":{}}`),
		"a terminator that is no key":   swml(`{"prompt":{"play":"say:x","terminators":"x"}}`),
		"a reason that is none":         swml(`{"hangup":{"reason":"tired"}}`),
		"a transfer to nowhere":         swml(`{"transfer":{}}`),
		"a header field without a name": swml(`{"connect":{"to":"sip:a@example.com","headers":[{"value":"x"}]}}`),
	} {
		conversation{name: name, answers: []string{doc}, end: Refused}.play(t, signalWireDesk(t), SignalWire, nil)
	}
}

// Whoever takes a transfer hears a document of their own, which is asked for about their
// leg of the call.
func TestSignalWireWhispers(t *testing.T) {
	t.Parallel()
	dial := swml(`{"answer":{}},{"connect":{"to":"+15550100","confirm":"http://host/whisper"}},{"hangup":{}}`)
	for _, c := range []struct {
		dials, docs, posted, want []string
	}{
		{nil, []string{dial, swml(`{"play":{"urls":["say:A caller.","silence:1","https://host/a.mp3"]}}`)}, []string{"/whisper call-1-b answered connect_result=connected", swmlOver}, []string{"A caller.", "recording https://host/a.mp3"}},
		{[]string{"busy"}, []string{dial}, []string{swmlOver}, nil},
	} {
		d := signalWireDesk(t)
		d.t, d.answers = t, c.docs
		o := d.options()
		o.Dials = c.dials
		if r := SignalWire(t.Context(), o); r.End != HungUp || !slices.Equal(r.Whispered, c.want) || !slices.Equal(d.posted[1:], c.posted) {
			t.Errorf("%v: %s (%v), whispered %q, posted %q", c.dials, r.End, r.Err, r.Whispered, d.posted)
		}
	}
}

// A server that never lets a call end is not followed for ever, nor does it get a second
// chance at what has broken the call.
func TestSignalWireEndless(t *testing.T) {
	t.Parallel()
	d := signalWireDesk(t)
	d.t = t
	for range maxHooks + 1 {
		d.answers = append(d.answers, swml(`{"execute":{"dest":"http://host/turn"}}`))
	}
	if r := SignalWire(t.Context(), d.options()); r.End != Broken || !errors.Is(r.Err, errEndless) {
		t.Errorf("%s (%v)", r.End, r.Err)
	}
}

// The whole call is recorded from one step to another. A recording of a name that runs
// does not begin again, and one that does not run cannot be stopped.
func TestSignalWireRecordsCalls(t *testing.T) {
	t.Parallel()
	d := signalWireDesk(t)
	d.t, d.answers = t, []string{swml(`{"answer":{}},{"stop_record_call":{}},{"record_call":{"control_id":"a"}},{"record_call":{"control_id":"a"}},` +
		`{"stop_record_call":{"control_id":"a"}},{"stop_record_call":{"control_id":"a"}},{"record_call":{"control_id":"b"}},{"hangup":{}}`)}
	if r := SignalWire(t.Context(), d.options()); r.End != HungUp || !slices.Equal(r.Recordings, []string{"start", "pause", "resume"}) {
		t.Errorf("%s (%v), recorded %q", r.End, r.Err, r.Recordings)
	}
}
