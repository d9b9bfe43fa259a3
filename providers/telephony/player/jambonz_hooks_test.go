package player

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// jambonzDesk answers hooks with verbs, and takes statuses.
func jambonzDesk(t *testing.T) *desk {
	return &desk{t: t, kind: "application/json", short: func(r *http.Request, _ []byte) (string, bool) {
		if r.Header.Get("Jambonz-Signature") == "" {
			t.Errorf("%s is not signed", r.URL)
		}
		return r.URL.RequestURI(), r.URL.Path != "/v1/x/status"
	}}
}

// jambonzFields are what jambonz' short record of a call has.
func jambonzFields(status, direction string) string {
	sip := "sip_reason \"OK\"\nsip_status 200"
	if status == "trying" {
		sip = "sip_reason \"Trying\"\nsip_status 100"
	}
	return fmt.Sprintf(`account_sid "acme"
application_sid "7087fe50-8acb-4f3b-b820-97b573723aab"
call_id "sip-call-1"
call_sid "call-1"
call_status %q
direction %q
from "+6591110000"
fs_sip_address "127.0.0.1:5060"
to "+6531589999"
trace_id "00000000000000000000000000000000"`, status, direction) + "\n" + sip
}

// Every hook has what jambonz was read to post.
func TestJambonzHooks(t *testing.T) {
	t.Parallel()
	const (
		bye    = `[{"verb":"say","text":"Bye."}]`
		dial   = `[{"verb":"dial","target":[{"type":"phone","number":"+3"}],"actionHook":"/dial","confirmHook":"/whisper"}]`
		queue  = `[{"verb":"enqueue","name":"help","actionHook":"/queue","waitHook":"/wait"}]`
		listen = `[{"verb":"listen","url":"wss://host/r","actionHook":"/tape"}]`
		refer  = `[{"verb":"sip:refer","referTo":"sip:a@example.com","actionHook":"/refer"}]`
		ask    = `[` + gather + `]`
	)
	ear := strings.Replace(ask, `"input":["digits"]`, `"input":["digits","speech"],"recognizer":{"vendor":"google","language":"en-US"}`, 1)
	invite := `caller_name ""
defaults.synthesizer.language "en-US"
defaults.synthesizer.vendor "google"
defaults.synthesizer.voice ""
sip.headers.from "<sip:+6591110000@127.0.0.1>;tag=1"
sip.headers.to "<sip:+6531589999@127.0.0.1>"
sip.method "INVITE"
sip.uri "sip:+6531589999@127.0.0.1:5070"`
	on := jambonzFields("in-progress", "inbound")
	gone := jambonzFields("completed", "inbound") + "\ncall_termination_by \"caller\""
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	queued := func(how string) func(*Options) { return func(o *Options) { o.Queues = []Waiting{{End: how}} } }
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "machine_detected" }
	other := strings.NewReplacer(`call_sid "call-1"`, "call_sid \"call-1-b\"\nparent_call_sid \"call-1\"", "inbound", "outbound").Replace(on)
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, func(o *Options) { o.Call.Name = "Ada" }, 0, hookOf("POST /v1/x/calls", jambonzFields("trying", "inbound"), strings.Replace(invite, `caller_name ""`, `caller_name "Ada"`, 1))},
		{"it is trying", []string{bye}, nil, nil, 1, hookOf("POST /v1/x/status", jambonzFields("trying", "inbound"))},
		{"it is answered", []string{bye}, nil, nil, 2, hookOf("POST /v1/x/status", on)},
		{"it is over", []string{bye}, nil, nil, 3, hookOf("POST /v1/x/status", jambonzFields("completed", "inbound"), `call_termination_by "jambonz"`, "duration 0")},
		{"they hang up", []string{ask}, nil, nil, 3, hookOf("POST /v1/x/status", gone, "duration 0")},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 3, hookOf("POST /turn/1", on, `digits "12"`, `reason "dtmfDetected"`)},
		{"the finish key alone", []string{ask, bye}, []Move{press("#")}, nil, 3, hookOf("POST /turn/1", on, `digits ""`, `reason "dtmfDetected"`)},
		{"silence", []string{ask, bye}, []Move{{}}, nil, 3, hookOf("POST /turn/1", on, `reason "timeout"`)},
		{"words", []string{ear, bye}, []Move{words("my bill")}, nil, 3, hookOf("POST /turn/1", on, `reason "speechDetected"`, `speech.language_code "en-US"`, "speech.channel_tag 1", "speech.is_final true", "speech.alternatives.0.confidence 0.9", `speech.alternatives.0.transcript "my bill"`)},
		{"words that are not understood", []string{ear, bye}, []Move{{Say: engine.NewSecret("my bill"), Unclear: true}}, nil, 3, hookOf("POST /turn/1", on, `reason "stt-low-confidence"`)},
		{"whoever takes a transfer", []string{dial, bye, bye}, nil, nil, 3, hookOf("POST /whisper", other)},
		{"transferred", []string{dial, bye, bye}, nil, nil, 4, hookOf("POST /dial", on, `dial_call_sid "call-1-b"`, `dial_call_status "completed"`, "dial_sip_status 200")},
		{"busy", []string{dial, bye}, nil, dials("busy"), 3, hookOf("POST /dial", on, `dial_call_sid "call-1-b"`, `dial_call_status "busy"`, "dial_sip_status 486")},
		{"nobody answers", []string{dial, bye}, nil, dials("no-answer"), 3, hookOf("POST /dial", on, `dial_call_sid "call-1-b"`, `dial_call_status "no-answer"`, "dial_sip_status 408")},
		{"failed", []string{dial, bye}, nil, dials("failed"), 3, hookOf("POST /dial", on, `dial_call_sid "call-1-b"`, `dial_call_status "failed"`, "dial_sip_status 480")},
		{"handed over", []string{refer, bye}, nil, nil, 3, hookOf("POST /refer", on, "refer_status 202", `final_referred_call_status "200"`)},
		{"to one who is busy", []string{refer, bye}, nil, dials("busy"), 3, hookOf("POST /refer", on, "refer_status 202", `final_referred_call_status "486"`)},
		{"to nobody", []string{refer, bye}, nil, dials("no-answer"), 3, hookOf("POST /refer", on, "refer_status 202", `final_referred_call_status "480"`)},
		{"not taken", []string{refer, bye}, nil, dials("failed"), 3, hookOf("POST /refer", on, "refer_status 405")},
		{"recorded", []string{listen, bye}, nil, nil, 3, hookOf("POST /tape", on, "dial_call_duration 7")},
		{"nothing recorded", []string{listen, bye}, nil, records("empty"), 3, hookOf("POST /tape", on, "dial_call_duration 0")},
		{"a recording that fails", []string{listen, bye}, nil, records("failed"), 3, hookOf("POST /tape", on)},
		{"a recording that a hang-up ends", []string{listen, bye}, nil, records(hungUp), 3, hookOf("POST /tape", gone, "dial_call_duration 7")},
		{"waiting", []string{queue, bye, bye}, nil, nil, 3, hookOf("POST /wait", on, `queue_sid "queue-1"`, "queue_position 1", "queue_size 4", "queue_time 0")},
		{"taken out of the queue", []string{queue, bye, bye}, nil, nil, 4, hookOf("POST /queue", on, `queue_sid "queue-1"`, "queue_time 30", `queue_result "bridged"`)},
		{"told to leave it", []string{queue, `[{"verb":"leave"}]`, bye}, nil, queued("waiting"), 4, hookOf("POST /queue", on, `queue_sid "queue-1"`, "queue_time 30", `queue_result "leave"`)},
		{"hung up in it", []string{queue, bye, bye}, nil, queued(hungUp), 4, hookOf("POST /queue", gone, `queue_sid "queue-1"`, "queue_time 30", `queue_result "hangup"`)},
		{"no such queue", []string{queue, bye}, nil, queued(unqueued), 3, hookOf("POST /queue", on, `queue_sid "queue-1"`, "queue_time 30", `queue_result "error"`)},
		{"a call that was asked for is answered", []string{bye}, nil, placed, 0, hookOf("POST /v1/x/status", jambonzFields("in-progress", "outbound"))},
		{"by whom", []string{bye}, nil, placed, 1, hookOf("POST /v1/x/status", jambonzFields("in-progress", "outbound"), `type "amd_machine_detected"`, `reason "short greeting"`)},
		{"and asks what to do", []string{bye}, nil, placed, 2, hookOf("POST /v1/x/calls", jambonzFields("in-progress", "outbound"), invite)},
	} {
		c.play(t, jambonzDesk(t), Jambonz)
	}
}

// Turns of a call that nothing else here takes.
func TestJambonzTurns(t *testing.T) {
	t.Parallel()
	const (
		bye    = `[{"verb":"say","text":"Bye."}]`
		status = "/v1/x/status"
		dial   = `[{"verb":"dial","target":[{"type":"phone","number":"+3"}],"actionHook":"/dial","confirmHook":"/whisper"},{"verb":"say","text":"Tail."}]`
	)
	least := func(n int) string {
		return `[` + strings.Replace(gather, `"minDigits":1`, fmt.Sprintf(`"minDigits":%d`, n), 1) + `]`
	}
	for _, c := range []struct {
		name    string
		answers []string
		moves   []Move
		end     End
		heard   []string
		whisper []string
		tapes   []string
		posted  []string // but for statuses, without the first
		passed  []time.Duration
	}{
		{"recordings, and pieces of a text", []string{`[{"verb":"play","url":"http://host/a.mp3"},{"verb":"play","url":["http://host/b.mp3","http://host/c.mp3"]},{"verb":"say","text":["One.","Two."]}]`}, nil, HungUp, []string{"recording http://host/a.mp3", "recording http://host/b.mp3", "recording http://host/c.mp3", "One. Two."}, nil, nil, nil, nil},
		{"a recording that asks", []string{`[` + strings.Replace(gather, `"say":{"text":"PIN?"}`, `"play":{"url":"http://host/pin.mp3"}`, 1) + `]`, bye}, []Move{press("1#")}, HungUp, []string{"recording http://host/pin.mp3", "Bye."}, nil, nil, []string{"/turn/1"}, nil},
		{"pauses", []string{`[{"verb":"answer"},{"verb":"pause","length":1.5},{"verb":"pause","length":3}]`}, nil, HungUp, nil, nil, nil, nil, []time.Duration{1500 * time.Millisecond, 3 * time.Second}},
		{"repeats, after longer and longer pauses", []string{`[{"verb":"redirect","actionHook":"http://host/x#rc=5&rp=all"}]`, "down", "500", "slow", "down", "500", bye}, nil, HungUp, []string{"Bye."}, nil, nil, []string{"/x", "/x", "/x", "/x", "/x", "/x"}, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 6 * time.Second}},
		{"no repeats, where none are asked for", []string{`[{"verb":"redirect","actionHook":"http://host/x"},{"verb":"say","text":"Tail."}]`, "down"}, nil, HungUp, []string{"Tail."}, nil, nil, []string{"/x"}, nil},
		{"more than five", []string{`[{"verb":"redirect","actionHook":"http://host/x#rc=6"},{"verb":"say","text":"Tail."}]`}, nil, HungUp, []string{"Tail."}, nil, nil, nil, nil},
		{"another address than of the web", []string{`[{"verb":"redirect","actionHook":"ftp://host/x"},{"verb":"say","text":"Tail."}]`}, nil, HungUp, []string{"Tail."}, nil, nil, nil, nil},
		{"an address with a method", []string{`[{"verb":"redirect","actionHook":{"url":"/x","method":"POST"}}]`, bye}, nil, HungUp, []string{"Bye."}, nil, nil, []string{"/x"}, nil},
		{"no address, and the next verb", []string{`[` + strings.Replace(gather, `"actionHook":"/turn/1",`, "", 1) + `,{"verb":"say","text":"Tail."}]`}, []Move{press("1#")}, HungUp, []string{"PIN?", "Tail."}, nil, nil, nil, nil},
		{"relative to the host, not to the path", []string{`[{"verb":"redirect","actionHook":"/a/b"}]`, `[{"verb":"redirect","actionHook":"/c"}]`, bye}, nil, HungUp, []string{"Bye."}, nil, nil, []string{"/a/b", "/c"}, nil},
		{"whispered", []string{dial, `[{"verb":"say","text":"A caller."},{"verb":"play","url":"http://host/a.mp3"},{"verb":"pause","length":1}]`, bye}, nil, HungUp, []string{"Bye."}, []string{"A caller.", "recording http://host/a.mp3"}, nil, []string{"/whisper", "/dial"}, nil},
		{"a question for whoever takes the call", []string{dial, `[` + gather + `]`}, nil, Broken, nil, nil, nil, []string{"/whisper"}, nil},
		{"what is whispered does not come", []string{dial, "500"}, nil, Broken, nil, nil, nil, []string{"/whisper"}, nil},
		{"the call is recorded, with a rest", []string{`[{"verb":"answer"},{"verb":"config","record":{"action":"startCallRecording","siprecServerURL":"sip:r"}},{"verb":"config","record":{"action":"pauseCallRecording"}},{"verb":"config","synthesizer":{"vendor":"google"}}]`}, nil, HungUp, nil, nil, []string{"start", "pause"}, nil, nil},
		{"recorded before it is answered", []string{`[{"verb":"config","record":{"action":"startCallRecording"}}]`}, nil, Broken, nil, nil, nil, nil, nil},
		{"as many digits as there have to be", []string{least(2), bye}, []Move{press("12")}, HungUp, []string{"PIN?", "Bye."}, nil, nil, []string{"/turn/1"}, nil},
		{"a document that cannot be read", []string{`[{"verb":"answer"},{"verb":"redirect","actionHook":"/x"},{"verb":"say","text":"Tail."}]`, `{"verb":"say"}`}, nil, HungUp, []string{"Tail."}, nil, nil, []string{"/x"}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := jambonzDesk(t)
			d.answers = c.answers
			o := d.options()
			o.Script = c.moves
			var passed []time.Duration
			o.Wait = func(_ context.Context, d time.Duration) error {
				if d > 0 {
					passed = append(passed, d)
				}
				return nil
			}
			r := Jambonz(t.Context(), o)
			if r.End != c.end || !slices.Equal(r.Heard, c.heard) || !slices.Equal(r.Recordings, c.tapes) || !slices.Equal(passed, c.passed) || len(d.answers) > 0 {
				t.Errorf("%s: %s (%v), heard %q, recorded %q, %v passed", c.name, r.End, r.Err, r.Heard, r.Recordings, passed)
			}
			if !slices.Equal(r.Whispered, c.whisper) {
				t.Errorf("%s: whispered %q", c.name, r.Whispered)
			}
			if got := slices.DeleteFunc(d.posted[1:], func(p string) bool { return p == status }); !slices.Equal(got, c.posted) {
				t.Errorf("%s: posted %q", c.name, got)
			}
		})
	}
}

// Where a caller waits, the hook is asked again whenever its verbs were played, and tells how
// many are before them.
func TestJambonzWaits(t *testing.T) {
	t.Parallel()
	const (
		queue = `[{"verb":"enqueue","name":"help","actionHook":"/queue","waitHook":"/wait"}]`
		music = `[{"verb":"say","text":"Please wait."},{"verb":"play","url":"http://host/music.mp3","timeoutSecs":30},{"verb":"pause","length":10}]`
		bye   = `[{"verb":"say","text":"Bye."}]`
	)
	for _, c := range []struct {
		name    string
		waiting Waiting
		answers []string
		end     End
		asked   []string
	}{
		{"taken after a while", Waiting{End: connected, Position: 3, After: 100 * time.Second}, []string{queue, music, music, music, bye}, HungUp, []string{"2", "1", "0"}},
		{"told to leave", Waiting{End: "waiting"}, []string{queue, music, `[{"verb":"leave"}]`, bye}, HungUp, []string{"1", "1"}},
		{"hung up", Waiting{End: hungUp}, []string{queue, music, bye}, Left, []string{"1"}},
		{"what may not be heard there", Waiting{End: connected}, []string{queue, "[" + gather + "]"}, Broken, []string{"1"}},
		{"music that does not come", Waiting{End: connected}, []string{queue, "500"}, Broken, []string{"1"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := jambonzDesk(t)
			var asked []string
			short := d.short
			d.short = func(r *http.Request, body []byte) (string, bool) {
				if _, after, ok := strings.Cut(string(body), `"queue_position":`); ok {
					asked = append(asked, after[:1])
				}
				return short(r, body)
			}
			d.answers = c.answers
			o := d.options()
			o.Queues = []Waiting{c.waiting}
			o.Wait = func(_ context.Context, d time.Duration) error { time.Sleep(d); return nil }
			r := Jambonz(t.Context(), o)
			if r.End != c.end || !slices.Equal(asked, c.asked) || len(d.answers) > 0 {
				t.Errorf("%s: %s (%v), asked %q", c.name, r.End, r.Err, asked)
			}
			if c.end != Broken && (!slices.Equal(r.Waited[:2], []string{"Please wait.", "music http://host/music.mp3"}) || r.Heard[0] != "Please wait.") {
				t.Errorf("%s: heard %q, waited with %q", c.name, r.Heard, r.Waited)
			}
		})
	}
}

// What jambonz' own specifications refuse is refused here too.
func TestJambonzIsStrict(t *testing.T) {
	t.Parallel()
	for doc, good := range map[string]bool{
		`[{"verb":"say","text":"x","id":"a","_":{"note":1}}]`:   true,
		`[{"say":{"text":"x"}}]`:                                true,
		`[{"say":"x"}]`:                                         false,
		`[{"say":{"text":"x"},"hangup":{}}]`:                    false,
		`[{}]`:                                                  false,
		`[{"verb":"dial","target":{}}]`:                         false,
		`[{"verb":"dial","target":[],"timeout":20}]`:            true,
		`[{"verb":"dial","target":[],"timeout":"20"}]`:          false,
		`[{"verb":"dial"}]`:                                     false,
		`[{"verb":"pause"}]`:                                    false,
		`[{"verb":"redirect"}]`:                                 false,
		`[{"verb":"tag","data":[]}]`:                            false,
		`[{"verb":"gather","play":{"url":"x"}}]`:                true,
		`[{"verb":"gather","play":{}}]`:                         false,
		`[{"verb":"gather","play":{"url":"x","colour":"red"}}]`: false,
		`[{"verb":"gather","dtmfBargein":"true"}]`:              false,
		`[{"verb":"gather","recognizer":{"colour":"red"}}]`:     true,
		`[{"verb":"enqueue"}]`:                                  false,
		`[{"verb":"listen"}]`:                                   false,
		`[{"verb":"sip:refer"}]`:                                false,
		`[{"verb":"hangup","reason":"x"}]`:                      false,
		`[{"verb":"say","text":null}]`:                          false,
		`"say"`:                                                 false,
	} {
		if _, err := readJambonz([]byte(doc), jambonzVerbs()); (err == nil) != good {
			t.Errorf("%s: %v", doc, err)
		}
	}
	for _, change := range []string{`"input":["speech"]`, `"input":["speech"],"recognizer":{"vendor":"google"}`, `"input":["speech"],"recognizer":{"language":"en-US"}`} {
		d := jambonzDesk(t)
		d.answers = []string{"[" + strings.Replace(gather, `"input":["digits"]`, change, 1) + "]"}
		if r := Jambonz(t.Context(), d.options()); r.End != Broken || r.Err == nil {
			t.Errorf("%s: %s", change, r.End)
		}
	}
}
