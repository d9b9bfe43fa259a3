package player

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// genericDesk answers signed events.
func genericDesk(t *testing.T) *desk {
	return &desk{t: t, kind: "application/json", short: func(r *http.Request, _ []byte) (string, bool) {
		if r.Header.Get("Callflow-Signature") == "" {
			t.Errorf("%s is not signed", r.URL)
		}
		return r.URL.RequestURI(), r.URL.Path != "/own/status" && r.URL.Path != "/v1/x/status"
	}}
}

const genericNext = `"next":"http://host/turn","lost":"http://host/lost"`

// Every event has what the contract says that it has.
func TestGenericHooks(t *testing.T) {
	t.Parallel()
	bye := genericDoc(`{"verb":"hangup"}`)
	hook := func(fields ...string) string {
		return hookOf("POST /turn", append(fields, `call.id "call-1"`, `call.account "acme"`)...)
	}
	asks := func(more string) string {
		return genericDoc(`{"verb":"gather","prompts":[],"min_digits":1,"max_digits":4,"terminator":"#","secret":false,"flush":false,"barge_in":true` + more + `,` + genericNext + `}`)
	}
	ear := asks(`,"speech":{"language":"en-US"}`)
	dial := func(more string) string {
		return genericDoc(`{"verb":"dial","to":"+15550100"` + more + `,` + genericNext + `}`)
	}
	tape := genericDoc(`{"verb":"record","recording":"r-1","max_ms":60000,"beep":true,` + genericNext + `}`)
	queue := genericDoc(`{"verb":"enqueue","queue":"help","again":true,` + genericNext + `}`)
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	queued := func(how string) func(*Options) { return func(o *Options) { o.Queues = []Waiting{{End: how}} } }
	ended := func(by, reason string) string {
		return hookOf("POST /own/status", `call.id "call-1"`, `call.account "acme"`, `event.type "call_ended"`, `event.by "`+by+`"`, `event.reason "`+reason+`"`)
	}
	const saved = "event.length_ms 7000\nevent.url \"https://recorder.example.com/r-1.wav\""
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, func(o *Options) { o.Call.Name, o.Call.Language = "Ada", "en" }, 0, hookOf("POST /v1/x/calls", `call.id "call-1"`, `call.account "acme"`, `call.from "+6591110000"`, `call.to "+6531589999"`, `call.name "Ada"`, `call.language "en"`)},
		{"of whom nothing is known", []string{bye}, nil, func(o *Options) { o.Call = Call{ID: "call-1"} }, 0, hookOf("POST /v1/x/calls", `call.id "call-1"`)},
		{"it is over", []string{bye}, nil, nil, 1, ended("us", "normal")},
		{"they hang up", []string{asks("")}, nil, nil, 1, ended("caller", "normal")},
		{"it breaks", []string{genericDoc(`{"verb":"sing"}`)}, nil, nil, 1, ended("", "failed")},
		{"keys", []string{asks(""), bye}, []Move{press("12#")}, nil, 1, hook(`event.type "digits"`, `event.keys "12#"`, `event.ended "terminator"`)},
		{"words", []string{ear, bye}, []Move{words("my bill")}, nil, 1, hook(`event.type "speech"`, `event.text "my bill"`, "event.confidence 0.9")},
		{"words that are not understood", []string{ear, bye}, []Move{{Say: engine.NewSecret("my bill"), Unclear: true}}, nil, 1, hook(`event.type "speech"`, `event.text ""`)},
		{"transferred", []string{dial(""), bye}, nil, nil, 1, hook(`event.type "dial_ended"`, `event.result "completed"`, "event.caller_gone false")},
		{"handed over, and gone", []string{dial(`,"refer":true`), bye}, nil, nil, 1, hook(`event.type "dial_ended"`, `event.result "completed"`, "event.caller_gone true")},
		{"not handed over", []string{dial(`,"refer":true`), bye}, nil, dials("busy"), 1, hook(`event.type "dial_ended"`, `event.result "busy"`, "event.caller_gone false")},
		{"whoever takes a transfer", []string{dial(`,"whisper":true`), genericDoc(""), bye}, nil, nil, 1, hook(`event.type "whisper"`)},
		{"recorded", []string{tape, bye}, nil, nil, 1, hook(`event.type "recorded"`, `event.result "recorded"`, saved)},
		{"nothing recorded", []string{tape, bye}, nil, records("empty"), 1, hook(`event.type "recorded"`, `event.result "empty"`)},
		{"a recording that a hang-up ends", []string{tape, bye}, nil, records(hungUp), 1, hook(`event.type "recorded"`, `event.result "recorded"`, "event.caller_gone true", saved)},
		{"waiting", []string{queue, genericDoc(""), bye}, nil, nil, 1, hook(`event.type "waiting"`, "event.position 2")},
		{"taken out of the queue", []string{queue, genericDoc(""), bye}, nil, nil, 2, hook(`event.type "queue_ended"`, `event.result "connected"`)},
		{"told to leave it", []string{queue, genericDoc(`{"verb":"leave"}`), bye}, nil, queued("waiting"), 2, hook(`event.type "queue_ended"`, `event.result "left"`)},
		{"hung up in it", []string{queue, genericDoc(""), bye}, nil, queued(hungUp), 2, hook(`event.type "queue_ended"`, `event.result "left"`, "event.caller_gone true")},
		{"no such queue", []string{queue, bye}, nil, queued(unqueued), 1, hook(`event.type "queue_ended"`, `event.result "failed"`)},
		{"gone on with", []string{genericDoc(`{"verb":"continue",` + genericNext + `}`), bye}, nil, nil, 1, hook(`event.type "continued"`)},
		{"lost", []string{genericDoc(`{"verb":"continue",` + genericNext + `}`), "500", bye}, nil, nil, 2, strings.Replace(hook(`event.type "lost"`), "/turn", "/lost", 1)},
	} {
		c.play(t, genericDesk(t), Generic)
	}
}

// What the contract requires has to be there, and nothing else may be.
func TestGenericIsStrict(t *testing.T) {
	t.Parallel()
	const (
		gather = `{"verb":"gather","prompts":[],"min_digits":1,"max_digits":4,"secret":false,"flush":false,"barge_in":true,"speech":{"language":"en-US"},` + genericNext + `}`
		record = `{"verb":"record","recording":"r-1","max_ms":1,"beep":true,` + genericNext + `}`
		queue  = `{"verb":"enqueue","queue":"help","again":true,` + genericNext + `}`
		dial   = `{"verb":"dial","to":"+1",` + genericNext + `}`
		goOn   = `{"verb":"continue",` + genericNext + `}`
	)
	bye := genericDoc(`{"verb":"hangup"}`)
	for _, c := range []struct{ verb, whole, without string }{
		{"gather", gather, `"prompts":[],|"secret":false,|"flush":false,|"barge_in":true,|"min_digits":1,|"max_digits":4,|"next":"http://host/turn",`},
		{"record", record, `"recording":"r-1",|"max_ms":1,|"beep":true,|"next":"http://host/turn",`},
		{"enqueue", queue, `"queue":"help",|"again":true,|"next":"http://host/turn",`},
		{"dial", dial, `"to":"+1",|"next":"http://host/turn",`},
		{"continue", goOn, `"next":"http://host/turn",`},
		{"pause", `{"verb":"pause","length_ms":0},` + goOn, `"length_ms":0`},
		{"say", `{"verb":"say","text":"","barge_in":true},` + goOn, `"text":"",|,"barge_in":true`},
	} {
		play := func(doc string) Result {
			d := genericDesk(t)
			short := d.short
			d.short = func(r *http.Request, body []byte) (string, bool) {
				if len(d.answers) == 0 {
					d.answers = []string{bye}
				}
				return short(r, body)
			}
			d.answers = []string{genericDoc(doc)}
			o := d.options()
			o.Script, o.Queues = []Move{press("1")}, []Waiting{{End: unqueued}}
			return Generic(t.Context(), o)
		}
		if r := play(c.whole); r.End != HungUp {
			t.Errorf("%s: %s (%v)", c.verb, r.End, r.Err)
		}
		for member := range strings.SplitSeq(c.without, "|") {
			doc := strings.NewReplacer(`,}`, `}`).Replace(strings.Replace(c.whole, member, "", 1))
			if r := play(doc); r.End != Broken {
				t.Errorf("%s without %s: %s (%v)", c.verb, member, r.End, r.Err)
			}
		}
		if r := play(strings.Replace(c.whole, `"verb"`, `"colour":"red","verb"`, 1)); r.End != Broken {
			t.Errorf("%s with a colour: %s", c.verb, r.End)
		}
	}
	for _, doc := range []string{
		strings.Replace(gather, `"min_digits":1`, `"min_digits":5`, 1),
		strings.Replace(gather, `"min_digits":1`, `"min_digits":0`, 1),
		strings.Replace(gather, `"secret":false`, `"secret":true`, 1),
		strings.Replace(gather, `"language":"en-US"`, ``, 1),
		strings.Replace(gather, `"prompts":[]`, `"prompts":[{"text":"x"}]`, 1),
		`{"verb":"pause","length_ms":-1}`, `1`, `{"verb":"play","url":"x","colour":"red"},` + goOn, `{"verb":"record_call","do":"start","colour":"red"},` + goOn,
	} {
		d := genericDesk(t)
		d.answers = []string{genericDoc(doc)}
		if r := Generic(t.Context(), d.options()); r.End != Broken {
			t.Errorf("%s: %s", doc, r.End)
		}
	}
}

// Turns of a call that nothing else here takes.
func TestGenericTurns(t *testing.T) {
	t.Parallel()
	const (
		goOn = `{"verb":"continue",` + genericNext + `}`
		over = "/own/status"
		dial = `{"verb":"dial","to":"+15550100","whisper":true,` + genericNext + `}`
		tape = `{"verb":"record","recording":"r-1","max_ms":60000,"beep":true,` + genericNext + `}`
	)
	bye := genericDoc(`{"verb":"hangup"}`)
	for _, c := range []struct {
		name    string
		answers []string
		moves   []Move
		end     End
		heard   []string
		whisper []string
		tapes   []string
		posted  []string
		passed  []time.Duration
	}{
		{"played, and recorded beside", []string{genericDoc(`{"verb":"record_call","do":"start"},{"verb":"play","url":"http://h/a.mp3"},{"verb":"say","text":"x","audio":"http://h/b.mp3","barge_in":false},{"verb":"pause","length_ms":1500},{"verb":"hangup"}`)}, nil, HungUp, []string{"recording http://h/a.mp3", "recording http://h/b.mp3"}, nil, []string{"start"}, []string{over}, []time.Duration{1500 * time.Millisecond}},
		{"who hangs up while it rings", []string{genericDoc(dial)}, []Move{{Hangup: true}}, Left, nil, nil, nil, []string{over}, nil},
		{"whispered", []string{genericDoc(dial), genericDoc(`{"verb":"say","text":"A caller."},{"verb":"say","text":"x","audio":"http://h/a.mp3"}`), bye}, nil, HungUp, nil, []string{"A caller.", "recording http://h/a.mp3"}, nil, []string{"/turn", "/turn", over}, nil},
		{"a question for whoever takes the call", []string{genericDoc(dial), genericDoc(asksPIN)}, nil, Broken, nil, nil, nil, []string{"/turn", over}, nil},
		{"a hang-up for them", []string{genericDoc(dial), genericDoc(`{"verb":"hangup"}`)}, nil, Broken, nil, nil, nil, []string{"/turn", over}, nil},
		{"who hangs up in a recording hears no more", []string{genericDoc(tape), genericDoc(`{"verb":"say","text":"never","barge_in":true},{"verb":"hangup"}`)}, []Move{{Hangup: true}}, Left, nil, nil, nil, []string{"/turn", over}, nil},
		{"lost, after longer and longer pauses", []string{genericDoc(goOn), "500", "down", "500", bye}, nil, HungUp, nil, nil, nil, []string{"/turn", "/lost", "/lost", "/lost", over}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		{"lost where there is no way back", []string{genericDoc(`{"verb":"continue","next":"http://host/turn"}`), "500"}, nil, Broken, []string{"Sorry."}, nil, nil, []string{"/turn", over}, nil},
		{"a secret is not to be recorded", []string{genericDoc(asksPIN), bye}, []Move{press("1234")}, HungUp, []string{"PIN?"}, nil, []string{"secret"}, []string{"/turn/1", over}, nil},
		{"told of at the last address", []string{`{"verbs":[` + goOn + `],"notice":"http://host/v1/x/status"}`, bye}, nil, HungUp, nil, nil, nil, []string{"/turn", over}, nil},
		{"or where it was told beforehand", []string{`{"verbs":[{"verb":"hangup"}]}`}, nil, HungUp, nil, nil, nil, []string{"/v1/x/status"}, nil},
		{"lost without an apology", []string{`{"verbs":[{"verb":"continue","next":"http://host/turn"}]}`, "500"}, nil, Broken, nil, nil, nil, []string{"/turn", "/v1/x/status"}, nil},
		{"or an empty one", []string{`{"verbs":[{"verb":"continue","next":"http://host/turn"}],"apology":{}}`, "500"}, nil, Broken, nil, nil, nil, []string{"/turn", "/v1/x/status"}, nil},
	} {
		d := genericDesk(t)
		d.answers = c.answers
		o := d.options()
		o.Script = c.moves
		var passed []time.Duration
		o.Wait = func(_ context.Context, d time.Duration) error { passed = append(passed, d); return nil }
		r := Generic(t.Context(), o)
		if r.End != c.end || !slices.Equal(r.Heard, c.heard) || !slices.Equal(r.Whispered, c.whisper) || !slices.Equal(r.Recordings, c.tapes) || !slices.Equal(passed, c.passed) || len(d.answers) > 0 {
			t.Errorf("%s: %s (%v), heard %q, whispered %q, recorded %q, %v passed", c.name, r.End, r.Err, r.Heard, r.Whispered, r.Recordings, passed)
		}
		if !slices.Equal(d.posted[1:], c.posted) {
			t.Errorf("%s: posted %q", c.name, d.posted[1:])
		}
	}
}

// Where a caller waits, they are asked about again whenever what they hear is over.
func TestGenericWaits(t *testing.T) {
	t.Parallel()
	queue := genericDoc(`{"verb":"enqueue","queue":"help","again":true,` + genericNext + `}`)
	music := genericDoc(`{"verb":"say","text":"Please wait.","barge_in":false},{"verb":"music","url":"http://h/a.mp3","length_ms":30000},{"verb":"pause","length_ms":10000}`)
	bye := genericDoc(`{"verb":"hangup"}`)
	for _, c := range []struct {
		name    string
		waiting Waiting
		answers []string
		end     End
		asked   string
	}{
		{"taken after a while", Waiting{End: connected, Position: 3, After: 100 * time.Second}, []string{queue, music, music, music, bye}, HungUp, "321"},
		{"told to leave", Waiting{End: "waiting"}, []string{queue, music, genericDoc(`{"verb":"leave"}`), bye}, HungUp, "22"},
		{"hung up", Waiting{End: hungUp}, []string{queue, music, bye}, Left, "2"},
		{"what may not be heard there", Waiting{End: connected}, []string{queue, genericDoc(asksPIN)}, Broken, "2"},
		{"what nobody knows", Waiting{End: connected}, []string{queue, genericDoc(`{"verb":"music","colour":"red"}`)}, Broken, "2"},
		{"a verb that is none", Waiting{End: connected}, []string{queue, genericDoc(`1`)}, Broken, "2"},
		{"music that does not come", Waiting{End: connected}, []string{queue, "500"}, Broken, "2"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := genericDesk(t)
			asked := ""
			short := d.short
			d.short = func(r *http.Request, body []byte) (string, bool) {
				if _, after, ok := strings.Cut(string(body), `"position":`); ok {
					asked += after[:1]
				}
				return short(r, body)
			}
			d.answers = c.answers
			o := d.options()
			o.Queues = []Waiting{c.waiting}
			o.Wait = func(_ context.Context, d time.Duration) error { time.Sleep(d); return nil }
			r := Generic(t.Context(), o)
			if r.End != c.end || asked != c.asked || len(d.answers) > 0 {
				t.Errorf("%s: %s (%v), asked %q", c.name, r.End, r.Err, asked)
			}
			if c.end != Broken && (!slices.Equal(r.Waited[:2], []string{"Please wait.", "music http://h/a.mp3"}) || r.Heard[0] != "Please wait.") {
				t.Errorf("%s: heard %q, waited with %q", c.name, r.Heard, r.Waited)
			}
		})
	}
}
