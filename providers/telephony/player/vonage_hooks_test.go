package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// vonageDesk answers webhooks, each of which has to bring a token for its very body.
func vonageDesk(t *testing.T) *desk {
	tokens := map[string]string{}
	return &desk{kind: "application/json", short: func(r *http.Request, body []byte) (string, bool) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			t.Fatalf("%s: the token is %q", r.URL, token)
		}
		mac := hmac.New(sha256.New, []byte("c2VjcmV0"))
		mac.Write([]byte(parts[0] + "." + parts[1]))
		head, _ := base64.RawURLEncoding.DecodeString(parts[0])
		text, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var claims map[string]any
		if err := json.Unmarshal(text, &claims); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		sum := sha256.Sum256(body)
		hash, hashed := claims["payload_hash"]
		if parts[2] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) || !strings.Contains(string(head), `"HS256"`) || claims["iss"] != "Vonage" || claims["iat"] == nil || claims["api_key"] == nil || claims["application_id"] == nil {
			t.Errorf("%s: the token says %s %s", r.URL, head, text)
		}
		if hashed != (r.Method == http.MethodPost) || hashed && hash != hex.EncodeToString(sum[:]) {
			t.Errorf("%s %s: payload_hash is %v", r.Method, r.URL, hash)
		}
		id := fmt.Sprint(claims["jti"])
		if known, ok := tokens[id]; ok && known != token {
			t.Errorf("two tokens are %s", id)
		}
		tokens[id] = token
		return r.Method + " " + r.URL.Path, r.URL.Path != "/v1/x/status"
	}}
}

// vonageFields are what every webhook about the caller's leg has.
const vonageFields = `conversation_uuid "call-1"
from "6591110000"
to "6531589999"
uuid "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"`

const vonageTime = `timestamp "2026-11-21T10:30:16.000Z"`

// Every webhook has what Vonage's pages say that it has.
func TestVonageHooks(t *testing.T) {
	t.Parallel()
	const (
		ask  = `[` + vonageAsks + `]`
		ring = `[{"action":"connect","eventType":"synchronous","from":"6531589999","endpoint":[{"type":"phone","number":"15550100","onAnswer":{"url":"http://host/whisper"}}],"eventUrl":["http://host/dial"]}]`
		tape = `[{"action":"record","endOnKey":"#","eventUrl":["http://host/v1/x/status"]}]`
	)
	ear := strings.Replace(ask, `["dtmf"]`, `["dtmf","speech"]`, 1)
	event := func(status string) string {
		return fmt.Sprintf("direction \"inbound\"\nstatus %q\n", status) + vonageFields + "\n" + vonageTime
	}
	other := func(status string) string {
		return fmt.Sprintf(`conversation_uuid "CON-of-the-other-leg"
direction "outbound"
from "6531589999"
status %q
to "15550100"
uuid "aaaaaaaa-bbbb-cccc-dddd-0123456789ac"`, status) + "\n" + vonageTime
	}
	completed := event("completed") + "\n" + `disconnected_by "platform"
duration "0"
end_time "2026-11-21T10:30:16.000Z"
network "52505"
price "0.00315000"
rate "0.00450000"
start_time "2026-11-21T10:30:16.000Z"`
	recorded := `conversation_uuid "call-1"
end_time "2026-11-21T10:30:07Z"
recording_url "https://api.nexmo.com/v1/files/file-1"
recording_uuid "recording-1"
size 112044
start_time "2026-11-21T10:30:00Z"` + "\n" + vonageTime
	get := strings.NewReplacer(`"`, "").Replace(vonageFields)
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "machine" }
	const none = "speech.results []\n"
	for _, c := range []wholeHook{
		{"a call comes", []string{vonageBye}, nil, nil, 0, hookOf("POST /v1/x/calls", vonageFields)},
		{"by GET, with a query of its own", []string{vonageBye}, nil, func(o *Options) { o.Get, o.URL = true, o.URL+"?a=b" }, 0, hookOf("GET /v1/x/calls", get, "a b")},
		{"it has begun", []string{vonageBye}, nil, nil, 1, hookOf("POST /v1/x/status", event("started"))},
		{"it rings", []string{vonageBye}, nil, nil, 2, hookOf("POST /v1/x/status", event("ringing"))},
		{"it is answered", []string{vonageBye}, nil, nil, 3, hookOf("POST /v1/x/status", event("answered"))},
		{"it is over", []string{vonageBye}, nil, nil, 4, hookOf("POST /v1/x/status", completed)},
		{"they hang up", []string{ask}, nil, nil, 4, hookOf("POST /v1/x/status", strings.Replace(completed, `"platform"`, `"user"`, 1))},
		{"keys", []string{ask, vonageBye}, []Move{press("12#")}, nil, 4, hookOf("POST /turn", vonageFields, vonageTime, `dtmf.digits "12"`, "dtmf.timed_out false")},
		{"silence", []string{ask, vonageBye}, []Move{{}}, nil, 4, hookOf("POST /turn", vonageFields, vonageTime, `dtmf.digits ""`, "dtmf.timed_out true")},
		{"words", []string{ear, vonageBye}, []Move{words("my bill")}, nil, 4, hookOf("POST /turn", vonageFields, vonageTime, `dtmf.digits ""`, "dtmf.timed_out true", `speech.results.0.text "my bill"`, `speech.results.0.confidence "0.9"`, `speech.timeout_reason "end_on_silence_timeout"`)},
		{"words that are not understood", []string{ear, vonageBye}, []Move{{Say: engine.NewSecret("my bill"), Unclear: true}}, nil, 4, hookOf("POST /turn", vonageFields, vonageTime, `dtmf.digits ""`, "dtmf.timed_out true", none+`speech.timeout_reason "end_on_silence_timeout"`)},
		{"silence where somebody listens", []string{ear, vonageBye}, []Move{{}}, nil, 4, hookOf("POST /turn", vonageFields, vonageTime, `dtmf.digits ""`, "dtmf.timed_out true", none+`speech.timeout_reason "start_timeout"`)},
		{"something to be told", []string{`[{"action":"notify","payload":{"a":"b"},"eventUrl":["http://host/told"]}]`, vonageBye}, nil, nil, 4, hookOf("POST /told", `conversation_uuid "call-1"`, vonageTime, `payload.a "b"`)},
		{"the other leg has begun", []string{ring, "", "", vonageBye}, nil, dials("busy"), 4, hookOf("POST /dial", other("started"))},
		{"busy", []string{ring, "", "", vonageBye}, nil, dials("busy"), 6, hookOf("POST /dial", other("busy"))},
		{"whoever takes a transfer", []string{ring, "", "", vonageBye, "", ""}, nil, nil, 6, hookOf("GET /whisper", "conversation_uuid CON-of-the-other-leg", "from 6531589999", "to 15550100", "uuid aaaaaaaa-bbbb-cccc-dddd-0123456789ac")},
		{"taken", []string{ring, "", "", vonageBye, "", ""}, nil, nil, 7, hookOf("POST /dial", other("answered"))},
		{"transferred", []string{ring, "", "", vonageBye, "", ""}, nil, nil, 8, hookOf("POST /dial", other("completed"))},
		{"recorded", []string{tape}, nil, nil, 4, hookOf("POST /v1/x/status", recorded)},
		{"a hang-up ends a recording, and the call first", []string{tape}, nil, records(hungUp), 4, hookOf("POST /v1/x/status", strings.Replace(completed, `"platform"`, `"user"`, 1))},
		{"and then the recording is told of", []string{tape}, nil, records(hungUp), 5, hookOf("POST /v1/x/status", recorded)},
		{"a document with a fault is told of", []string{`[` + vonageAsks + vonageTail + `]`, `[{"action":"hangup"}]`, vonageBye}, []Move{press("1#")}, nil, 5, hookOf("POST /v1/x/status", `conversation_uuid "call-1"`, vonageTime, `reason "Syntax error in NCCO. invalid action \"hangup\""`)},
		{"a call that was asked for rings first", []string{vonageBye}, nil, placed, 1, hookOf("POST /v1/x/status", strings.Replace(event("ringing"), "inbound", "outbound", 1))},
		{"and a machine answers", []string{vonageBye}, nil, placed, 3, hookOf("POST /v1/x/status", strings.Replace(event("machine"), "inbound", "outbound", 1))},
		{"which is told what to hear", []string{vonageBye}, nil, placed, 4, hookOf("POST /v1/x/calls", vonageFields)},
		{"and then it is over", []string{vonageBye}, nil, placed, 5, hookOf("POST /v1/x/status", strings.Replace(completed, "inbound", "outbound", 1))},
	} {
		c.play(t, vonageDesk(t), Vonage)
	}
}

// Turns of a call that nothing else here takes.
func TestVonageTurns(t *testing.T) {
	t.Parallel()
	const (
		ring    = `[{"action":"connect","eventType":"synchronous","endpoint":[{"type":"phone","number":"15550100","onAnswer":{"url":"http://host/whisper"}}],"eventUrl":["http://host/dial"]}` + vonageTail + `]`
		whisper = `[{"action":"talk","text":"A caller."},{"action":"stream","streamUrl":["http://host/a.mp3"]},{"action":"wait","timeout":1}]`
		turn    = "POST /turn"
	)
	plain := strings.Replace(ring, `,"onAnswer":{"url":"http://host/whisper"}`, "", 1)
	tape := func(more string) string { return `[{"action":"record"` + more + `},{"action":"talk","text":"Tail."}]` }
	ask := func(dtmf string) string {
		return `[{"action":"input","type":["dtmf"],"dtmf":{` + dtmf + `},"eventUrl":["http://host/turn"]}]`
	}
	for _, c := range []struct {
		name     string
		answers  []string
		moves    []Move
		dials    []string
		records  []string
		end      End
		heard    []string
		whisper  []string
		posted   []string // but for statuses, without the first
		passed   time.Duration
		statuses int
	}{
		{"four digits, where nothing is said of it", []string{ask(""), vonageBye}, []Move{press("12345")}, nil, nil, HungUp, []string{"Bye."}, nil, []string{turn}, 0, 4},
		{"the number sign is a key, where it ends nothing", []string{ask(`"maxDigits":20`), vonageBye}, []Move{press("12#4")}, nil, nil, HungUp, []string{"Bye."}, nil, []string{turn}, 0, 4},
		{"a wait of its own length, and of ten seconds", []string{`[{"action":"wait","timeout":0.5},{"action":"wait"}]`}, nil, nil, nil, HungUp, nil, nil, nil, 10500 * time.Millisecond, 4},
		{"played", []string{`[{"action":"stream","streamUrl":["http://host/a.mp3"]}]`}, nil, nil, nil, HungUp, []string{"recording http://host/a.mp3"}, nil, nil, 0, 4},
		{"whispered", []string{ring, "", "", whisper, "", "", vonageBye}, nil, nil, nil, HungUp, []string{"Bye."}, []string{"A caller.", "recording http://host/a.mp3"}, []string{"POST /dial", "POST /dial", "GET /whisper", "POST /dial", "POST /dial", "POST /lost"}, 0, 4},
		{"a question for whoever takes the call", []string{ring, "", "", "[" + vonageAsks + "]"}, nil, nil, nil, Broken, nil, []string{"PIN?"}, []string{"POST /dial", "POST /dial", "GET /whisper"}, 0, 4},
		{"what is whispered does not come", []string{ring, "", "", "500"}, nil, nil, nil, Broken, nil, nil, []string{"POST /dial", "POST /dial", "GET /whisper"}, 0, 4},
		{"a document while it rings", []string{plain, "", vonageBye}, nil, nil, nil, Broken, nil, nil, []string{"POST /dial", "POST /dial"}, 0, 4},
		{"events that are not taken", []string{plain, "500", "500", "500", "500", vonageBye}, nil, nil, nil, HungUp, []string{"Bye."}, nil, []string{"POST /dial", "POST /dial", "POST /dial", "POST /dial", "POST /lost"}, 0, 4},
		{"who hangs up in the conversation", []string{plain, "", "", "", ""}, []Move{{Hangup: true}}, nil, nil, Left, nil, nil, []string{"POST /dial", "POST /dial", "POST /dial", "POST /dial"}, 0, 4},
		{"without events nothing is overridden", []string{strings.Replace(plain, `,"eventUrl":["http://host/dial"]`, "", 1), vonageBye}, nil, []string{"busy"}, nil, HungUp, []string{"Bye."}, nil, []string{"POST /lost"}, 0, 4},
		{"nor with events beside the call", []string{strings.Replace(plain, `"eventType":"synchronous",`, "", 1), "", "", vonageBye, vonageBye}, nil, []string{"busy"}, nil, HungUp, []string{"Bye."}, nil, []string{"POST /dial", "POST /dial", "POST /dial", "POST /lost"}, 0, 4},
		{"a recording without an end is beside the call", []string{tape("")}, nil, nil, nil, HungUp, []string{"Tail."}, nil, nil, 0, 4},
		{"one with a longest time", []string{tape(`,"timeOut":60,"eventUrl":["http://host/v1/x/status"]`)}, nil, nil, nil, HungUp, []string{"Tail."}, nil, nil, 0, 5},
		{"one that silence ends is one like any other", []string{tape(`,"endOnSilence":3,"eventUrl":["http://host/v1/x/status"]`)}, nil, nil, []string{"empty"}, HungUp, []string{"Tail."}, nil, nil, 0, 5},
		{"an answer that says there is none", []string{"[" + vonageAsks + vonageTail + "]", "204", vonageBye}, []Move{press("1#")}, nil, nil, HungUp, []string{"PIN?", "Bye."}, nil, []string{turn, "POST /lost"}, 0, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := vonageDesk(t)
			d.t, d.answers = t, c.answers
			o := d.options()
			o.Script, o.Dials, o.Records = c.moves, c.dials, c.records
			var passed time.Duration
			o.Wait = func(_ context.Context, d time.Duration) error { passed += d; return nil }
			r := Vonage(t.Context(), o)
			if r.End != c.end || !slices.Equal(r.Heard, c.heard) || !slices.Equal(r.Whispered, c.whisper) || passed != c.passed || len(d.answers) > 0 {
				t.Errorf("%s: %s (%v), heard %q, whispered %q, %s passed, %q left", c.name, r.End, r.Err, r.Heard, r.Whispered, passed, d.answers)
			}
			statuses := 0
			got := slices.DeleteFunc(d.posted[1:], func(p string) bool {
				if p == "POST /v1/x/status" {
					statuses++
					return true
				}
				return false
			})
			if !slices.Equal(got, c.posted) || statuses != c.statuses {
				t.Errorf("%s: posted %q, and %d statuses", c.name, got, statuses)
			}
		})
	}
}

// What Vonage's reference refuses is refused here too; what is at the bounds is taken.
func TestVonageIsStrict(t *testing.T) {
	t.Parallel()
	input := func(more string) string { return `[{"action":"input","type":["dtmf","speech"]` + more + `}]` }
	ring := func(more, endpoint string) string {
		return `[{"action":"connect"` + more + `,"endpoint":[` + endpoint + `]}]`
	}
	const phone = `{"type":"phone","number":"15550100"}`
	for _, b := range []struct {
		doc       string
		good, bad []string
	}{
		{input(`,"dtmf":{"maxDigits":%s}`), []string{"1", "20"}, []string{"0", "21", "4.5", `"4"`}},
		{input(`,"dtmf":{"timeOut":%s}`), []string{"0", "10"}, []string{"-1", "11", "2.5"}},
		{input(`,"speech":{"startTimeout":%s}`), []string{"1", "10"}, []string{"0", "11", "1.5"}},
		{input(`,"speech":{"endOnSilence":%s}`), []string{"0.4", "1.5", "10"}, []string{"0.3", "10.1"}},
		{input(`,"speech":{"maxDuration":%s}`), []string{"1", "60"}, []string{"0", "61", "1.5"}},
		{input(`,"mode":%s`), []string{`"synchronous"`}, []string{`"sometimes"`}},
		{input(`,"eventMethod":%s`), []string{`"POST"`, `"GET"`}, []string{`"PUT"`}},
		{`[{"action":"wait","timeout":%s}]`, []string{"0.1", "7200"}, []string{"0", "0.05", "7200.1"}},
		{`[{"action":"record","timeOut":%s}]`, []string{"3", "7200"}, []string{"2", "7201", "3.5"}},
		{`[{"action":"record","endOnSilence":%s}]`, []string{"3", "10"}, []string{"2", "11", "3.5"}},
		{`[{"action":"record","endOnKey":%s}]`, []string{`"#"`, `"0"`}, []string{`"##"`, `""`, `"A"`}},
		{ring(`,"timeout":%s`, phone), []string{"1", "120"}, []string{"0", "121", "1.5"}},
		{ring(`,"limit":%s`, phone), []string{"1", "7200"}, []string{"0", "7201", "1.5"}},
		{ring(`,"eventType":%s`, phone), []string{`"synchronous"`}, []string{`"later"`}},
		{ring(`,"from":%s`, phone), []string{`"15550100"`, `"1555010"`, `"155501001234567"`}, []string{`"+15550100"`, `"155501"`, `"1555010012345678"`, `"05550100"`, `"me"`}},
		{ring("", "%s"), []string{phone, `{"type":"sip","uri":"sip:a@b"}`, `{"type":"sip","uri":"sips:a@b"}`}, []string{
			phone + "," + phone, "", `{"type":"fax","number":"15550100"}`, `{"type":"sip","uri":"tel:1"}`, `{"type":"phone"}`, `{"type":"phone","number":"15550100","uri":"x"}`, `{"type":"phone","number":"+15550100"}`,
		}},
		{`[{"action":"talk","text":"x","level":%s}]`, []string{"-1", "0.5", "1"}, []string{"-1.1", "1.1"}},
		{`[{"action":"talk","text":"x","loop":%s}]`, []string{"0", "3"}, []string{"-1", "0.5"}},
		{`[{"action":"talk","text":"x","style":%s}]`, []string{"0", "2"}, []string{"-1", `"2"`}},
		{`[{"action":"stream","streamUrl":["http://h/a"],"level":%s}]`, []string{"-1", "1"}, []string{"-2", "2"}},
		{`[{"action":"stream","streamUrl":["http://h/a"],"loop":%s}]`, []string{"0"}, []string{"-1"}},
		{`[{"action":"talk","text":%s}]`, []string{`"` + strings.Repeat("ä", 1500) + `"`, `"<speak>` + strings.Repeat("a", 1500) + `</speak>"`}, []string{
			`"` + strings.Repeat("ä", 1501) + `"`, `"` + strings.Repeat("😀", 751) + `"`, `"<speak>` + strings.Repeat("a", 1501) + `</speak>"`, `""`, `"a <b>"`, `"<speak>a"`, `"a</speak>"`, `"<speak>a</speak><speak>b</speak>"`, "1",
		}},
		{`[{"action":"stream","streamUrl":%s}]`, []string{`["https://h/a"]`}, []string{`"http://h/a"`, `["ftp://h/a"]`, `["http:///a"]`, `[]`, `["http://h/a","http://h/b"]`, `["::"]`}},
		{`[{"action":"input","type":%s}]`, []string{`["dtmf"]`, `["speech"]`}, []string{`["smell"]`, `"dtmf"`}},
		{`[{"action":"notify","eventUrl":["http://h/a"],"payload":%s}]`, []string{`{}`, `{"a":"b"}`}, []string{`{"a":1}`, `"a"`}},
		{`[{"action":"%s"}]`, nil, []string{"dtmf", "speech", "phone", "sip", "Talk", "hangup", "talk", "notify", "connect", "input", "stream"}},
		{`%s`, []string{`[]`}, []string{`{}`, `[1]`, `[{}]`, `[{"action":"wait","colour":"red"}]`, `[{"action":"input","type":["dtmf"],"dtmf":{"colour":"red"}}]`, `[{"action":"input","type":["speech"],"speech":{"colour":"red"}}]`}},
		{`[{"action":"talk","text":"x","bargeIn":true},%s]`, []string{`{"action":"input","type":["dtmf"]}`, `{"action":"talk","text":"y"},{"action":"stream","streamUrl":["http://h/a"]},{"action":"input","type":["dtmf"]}`}, []string{
			`{"action":"talk","text":"y"}`, `{"action":"wait"},{"action":"input","type":["dtmf"]}`,
		}},
	} {
		for i, values := range [][]string{b.bad, b.good} {
			for _, value := range values {
				doc := strings.Replace(b.doc, "%s", value, 1)
				if _, err := readNCCO([]byte(doc)); (err == nil) != (i == 1) {
					t.Errorf("%.120s: %v", doc, err)
				}
			}
		}
	}
	for _, a := range []struct {
		answer
		good bool
	}{
		{answer{200, "application/json", nil}, true},
		{answer{204, "", nil}, true},
		{answer{200, "application/json; charset=utf-8", []byte("[]")}, true},
		{answer{200, "text/json", []byte("[]")}, false},
		{answer{200, "", []byte("[]")}, false},
		{answer{201, "application/json", []byte("[]")}, false},
		{answer{404, "application/json", nil}, false},
	} {
		if doc, err := readNCCOAnswer(a.answer); (err == nil) != a.good || len(doc) > 0 {
			t.Errorf("%+v: %v", a.answer, err)
		}
	}
}
