package player

import (
	"context"
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

// telnyxFields are what Telnyx' pages list for every event of a call.
func telnyxFields(event, id string) string {
	return fmt.Sprintf(`data.event_type %q
data.id %q
data.occurred_at "2000-01-01T00:00:00Z"
data.payload.call_leg_id "call-1"
data.payload.call_session_id "session-call-1"
data.payload.connection_id "acme"
data.payload.from "+6591110000"
data.payload.to "+6531589999"
data.record_type "event"
meta.attempt 1
meta.delivered_to "http://host/v1/telnyx/calls"`, event, id)
}

// Every event has what Telnyx' pages say that it has.
func TestTelnyxHooks(t *testing.T) {
	t.Parallel()
	const (
		where  = "POST /v1/telnyx/calls"
		mine   = `data.payload.call_control_id "call-1"`
		no     = `data.payload.client_state <nil>`
		other  = "data.payload.call_control_id \"call-1-other\"\ndata.payload.client_state \"czoy\""
		state  = `data.payload.client_state "czox"`
		nobody = `data.payload.call_control_id <nil>`
		gather = `gather_using_speak {"payload":"PIN?","voice":"female","maximum_digits":4,"client_state":"czox"}`
		dial   = `transfer {"to":"+15550100","park_after_unbridge":"self","target_leg_client_state":"czoy"}`
		record = `record_start {"format":"wav","channels":"single","max_length":60}`
		refer  = `refer {"sip_address":"sip:a@example.com"}`
		tape   = `data.payload.recording_urls.wav "https://s3.amazonaws.com/telephony-recorder-prod/call-1-1.wav?X-Amz-Expires=600&X-Amz-Signature=abc"`
		saved  = nobody + "\n" + no + "\ndata.payload.channels \"single\"\ndata.payload.public_recording_urls {}\n" + tape
	)
	leg := func(fields string) string {
		return strings.NewReplacer(`call_leg_id "call-1"`, `call_leg_id "call-1-other"`, "+6591110000", "+6531589999", "+6531589999", "+15550100").Replace(fields)
	}
	payload := func(pairs ...string) string {
		var all []string
		for _, p := range pairs {
			all = append(all, "data.payload."+p)
		}
		return strings.Join(all, "\n")
	}
	ended := payload(`end_time "2000-01-01T00:00:00Z"`, `start_time "2000-01-01T00:00:00Z"`, `state "hangup"`, `hangup_cause "normal_clearing"`, `sip_hangup_cause "200"`)
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	placed := func(who string) func(*Options) {
		return func(o *Options) { o.Placed, o.AnsweredBy, o.Order = true, who, "czox" }
	}
	for _, c := range []struct {
		name     string
		commands []string
		moves    []Move
		change   func(*Options)
		hook     int
		want     string
	}{
		{"a call comes", []string{"hangup"}, nil, func(o *Options) { o.Call.Name = "Ada" }, 0, hookOf(where, telnyxFields("call.initiated", "call-1-1"), mine, no, payload(`caller_id_name "Ada"`, `direction "incoming"`, `state "parked"`, `start_time "2000-01-01T00:00:00Z"`))},
		{"it is answered", []string{"answer", "hangup"}, nil, nil, 1, hookOf(where, telnyxFields("call.answered", "call-1-2"), mine, no, payload(`state "answered"`, `start_time "2000-01-01T00:00:00Z"`))},
		{"it is over", []string{"answer", "hangup"}, nil, nil, 2, hookOf(where, telnyxFields("call.hangup", "call-1-3"), mine, no, ended, payload(`hangup_source "callee"`))},
		{"they hang up", []string{"answer", gather}, nil, nil, 3, hookOf(where, telnyxFields("call.hangup", "call-1-4"), mine, state, ended, payload(`hangup_source "caller"`))},
		{"keys", []string{"answer", gather, "hangup"}, []Move{press("1#")}, nil, 2, hookOf(where, telnyxFields("call.gather.ended", "call-1-5"), mine, state, payload(`digits "1"`, `status "valid"`))},
		{"silence", []string{"answer", gather, "hangup"}, []Move{{}}, nil, 2, hookOf(where, telnyxFields("call.gather.ended", "call-1-3"), mine, state, payload(`digits ""`, `status "timeout"`))},
		{"played", []string{"answer", `playback_start {"audio_url":"http://host/a.mp3"}`, "hangup"}, nil, nil, 2, hookOf(where, telnyxFields("call.playback.ended", "call-1-3"), mine, no, payload(`media_url "http://host/a.mp3"`, `status "completed"`))},
		{"it rings", []string{"answer", dial, "", "hangup"}, nil, dials("busy"), 2, hookOf(where, leg(telnyxFields("call.initiated", "call-1-3")), other, payload(`direction "outgoing"`, `state "bridging"`))},
		{"busy", []string{"answer", dial, "", "hangup"}, nil, dials("busy"), 3, hookOf(where, leg(telnyxFields("call.hangup", "call-1-4")), other, payload(`hangup_cause "user_busy"`, `sip_hangup_cause "486"`, `hangup_source "callee"`, `state "hangup"`))},
		{"nobody answers", []string{"answer", dial, "", "hangup"}, nil, dials("no_answer"), 3, hookOf(where, leg(telnyxFields("call.hangup", "call-1-4")), other, payload(`hangup_cause "timeout"`, `sip_hangup_cause "487"`, `hangup_source "callee"`, `state "hangup"`))},
		{"no such number", []string{"answer", dial, "", "hangup"}, nil, dials("failed"), 3, hookOf(where, leg(telnyxFields("call.hangup", "call-1-4")), other, payload(`hangup_cause "not_found"`, `sip_hangup_cause "404"`, `hangup_source "callee"`, `state "hangup"`))},
		{"taken", []string{"answer", dial, "", "", "", "", "hangup"}, nil, nil, 3, hookOf(where, leg(telnyxFields("call.answered", "call-1-4")), other, payload(`state "answered"`))},
		{"connected", []string{"answer", dial, "", "", "", "", "hangup"}, nil, nil, 5, hookOf(where, telnyxFields("call.bridged", "call-1-6"), mine, no)},
		{"and over", []string{"answer", dial, "", "", "", "", "hangup"}, nil, nil, 6, hookOf(where, leg(telnyxFields("call.hangup", "call-1-7")), other, payload(`hangup_cause "normal_clearing"`, `sip_hangup_cause "200"`, `hangup_source "callee"`, `state "hangup"`))},
		{"handing over", []string{"answer", refer, "", "hangup"}, nil, nil, 2, hookOf(where, telnyxFields("call.refer.started", "call-1-3"), mine, no, payload(`sip_notify_response 100`))},
		{"handed over", []string{"answer", refer, "", "hangup"}, nil, nil, 3, hookOf(where, telnyxFields("call.refer.completed", "call-1-4"), mine, no, payload(`sip_notify_response 200`))},
		{"to one who is busy", []string{"answer", refer, "", "hangup"}, nil, dials("busy"), 3, hookOf(where, telnyxFields("call.refer.failed", "call-1-4"), mine, no, payload(`sip_notify_response 486`))},
		{"to nobody", []string{"answer", refer, "", "hangup"}, nil, dials("no_answer"), 3, hookOf(where, telnyxFields("call.refer.failed", "call-1-4"), mine, no, payload(`sip_notify_response 480`))},
		{"not taken", []string{"answer", refer, "", "hangup"}, nil, dials("failed"), 3, hookOf(where, telnyxFields("call.refer.failed", "call-1-4"), mine, no, payload(`sip_notify_response 503`))},
		{"a key ends a recording", []string{"answer", record, "record_stop", "hangup"}, nil, nil, 2, hookOf(where, telnyxFields("call.dtmf.received", "call-1-3"), mine, no, payload(`digit "#"`))},
		{"recorded", []string{"answer", record, "record_stop", "hangup"}, nil, nil, 3, hookOf(where, telnyxFields("call.recording.saved", "call-1-4"), saved, payload(`recording_started_at "2000-01-01T00:00:00Z"`, `recording_ended_at "2000-01-01T00:00:07Z"`))},
		{"nothing recorded", []string{"answer", record, "hangup"}, nil, records("empty"), 2, hookOf(where, telnyxFields("call.recording.saved", "call-1-3"), saved, payload(`recording_started_at "2000-01-01T00:00:00Z"`, `recording_ended_at "2000-01-01T00:00:00Z"`))},
		{"a recording that fails", []string{"answer", record, "hangup"}, nil, records("failed"), 2, hookOf(where, telnyxFields("call.recording.error", "call-1-3"), nobody, no, payload(`reason "Internal server error"`))},
		{"a call that was asked for", []string{"", "hangup"}, nil, placed(""), 0, hookOf(where, telnyxFields("call.initiated", "call-1-1"), mine, state, payload(`direction "outgoing"`, `state "bridging"`))},
		{"is answered", []string{"", "hangup"}, nil, placed(""), 1, hookOf(where, telnyxFields("call.answered", "call-1-2"), mine, state, payload(`state "answered"`, `start_time "2000-01-01T00:00:00Z"`))},
		{"by a machine", []string{"", "", "hangup"}, nil, placed("machine"), 2, hookOf(where, telnyxFields("call.machine.detection.ended", "call-1-3"), mine, state, payload(`result "machine"`))},
		{"by one with a greeting", []string{"", "", "hangup"}, nil, placed("beep_detected"), 2, hookOf(where, telnyxFields("call.machine.detection.ended", "call-1-3"), mine, state, payload(`result "machine"`))},
		{"which has ended", []string{"", "", "", "hangup"}, nil, placed("beep_detected"), 3, hookOf(where, telnyxFields("call.machine.greeting.ended", "call-1-4"), mine, state, payload(`result "beep_detected"`))},
		{"without a tone", []string{"", "", "", "hangup"}, nil, placed("ended"), 3, hookOf(where, telnyxFields("call.machine.greeting.ended", "call-1-4"), mine, state, payload(`result "ended"`))},
		{"and over, by us, who have called", []string{"", "hangup"}, nil, placed(""), 2, hookOf(where, telnyxFields("call.hangup", "call-1-3"), mine, state, ended, payload(`hangup_source "caller"`))},
		{"or by them", []string{"", gather}, nil, placed(""), 3, hookOf(where, telnyxFields("call.hangup", "call-1-4"), mine, state, ended, payload(`hangup_source "callee"`))},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newCommandDesk(t, c.commands...)
				o := d.options(c.moves...)
				var all []string
				ids := map[string]bool{}
				o.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					known := len(d.bodies)
					resp, err := d.RoundTrip(r)
					if len(d.bodies) == known {
						return resp, err // a key
					}
					body := d.bodies[known]
					var e struct{ Data struct{ ID string } }
					if bad := json.Unmarshal([]byte(body), &e); bad != nil || ids[e.Data.ID] {
						t.Errorf("%s: two events are %q (%v)", body, e.Data.ID, bad)
					}
					ids[e.Data.ID] = true
					all = append(all, wholly(t, r, []byte(body)))
					return resp, err
				})}
				if c.change != nil {
					c.change(&o)
				}
				r := Telnyx(t.Context(), o)
				if len(all) <= c.hook {
					t.Fatalf("%d events came, and then %s (%v)", len(all), r.End, r.Err)
				}
				if all[c.hook] != c.want {
					t.Errorf("got\n%s\nexpected\n%s", all[c.hook], c.want)
				}
			})
		})
	}
}

// Commands at the bounds are taken, those beyond them are not.
func TestTelnyxBounds(t *testing.T) {
	t.Parallel()
	const gather, dial, record = `gather_using_speak {"payload":"x","voice":"female",`, `transfer {"to":"+15550100",`, `record_start {"format":"mp3","channels":"single",`
	for _, b := range []struct {
		command     string
		least, most int
	}{
		{gather + `"minimum_digits":%d}`, 1, 128},
		{gather + `"maximum_digits":%d}`, 1, 128},
		{gather + `"minimum_digits":4,"maximum_digits":%d}`, 4, 128},
		{gather + `"minimum_digits":%d,"maximum_digits":4}`, 1, 4},
		{dial + `"timeout_secs":%d}`, 5, 600},
		{dial + `"time_limit_secs":%d}`, 60, 14400},
		{record + `"max_length":%d}`, 0, 14400},
	} {
		for n, good := range map[int]bool{b.least - 1: false, b.least: true, b.most: true, b.most + 1: false} {
			telnyxTakes(t, strings.Replace(b.command, "%d", fmt.Sprint(n), 1), good)
		}
	}
	for command, good := range map[string]bool{
		`speak {"payload":"` + strings.Repeat("ä", 3000) + `","voice":"female"}`: true,
		`speak {"payload":"x","voice":"female","payload_type":"ssml"}`:           true,
		`speak {"payload":"x","voice":"female","client_state":"czox"}`:           true,
		`speak {"payload":"x","voice":"female","client_state":1}`:                false,
		`speak {"payload":"x","voice":"female"} {}`:                              false,
		`speak {"payload":"","voice":"female"}`:                                  false,
		`record_start {"format":"mp3","channels":"dual","play_beep":true}`:       true,
		`record_start {"format":"mp3","channels":"dual","play_beep":"true"}`:     false,
		`record_start {"format":"ogg","channels":"dual"}`:                        false,
		`record_start {"format":"mp3","channels":"both"}`:                        false,
		`record_start {"format":"mp3","channels":"dual","recording_track":"x"}`:  false,
		`refer {"sip_address":"sip:a@example.com","sip_headers":[]}`:             true,
		`refer {"sip_address":"sips:a@example.com"}`:                             true,
		`refer {"sip_address":"tel:+15550100"}`:                                  false,
		`refer {"sip_address":"sip:a@example.com","sip_headers":{}}`:             false,
		`transfer {"to":"+15550100","target_leg_client_state":"no Base64"}`:      false,
		`reject {}`: false,
		`sing {}`:   false,
	} {
		telnyxTakes(t, command, good)
	}
}

// telnyxTakes tells whether a command is taken in a call that was answered.
func telnyxTakes(t *testing.T, command string, good bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newCommandDesk(t, "answer", command+"\nhangup", "", "", "", "", "")
		Telnyx(t.Context(), d.options(press("1#")))
		if (len(d.refused) == 0) != good {
			t.Errorf("%.90s: refused %q", command, d.refused)
		}
	})
}

// A recording of the whole call begins once, rests where it runs, and goes on where it rests.
func TestTelnyxRecordsCalls(t *testing.T) {
	t.Parallel()
	const start, short = `record_start {"format":"mp3","channels":"dual"}`, `record_start {"format":"mp3","channels":"single","max_length":60}`
	for _, c := range []struct {
		commands string
		want     []string
		refused  int
	}{
		{start + "\nrecord_pause\nrecord_resume\nrecord_pause", []string{"start", "pause", "resume", "pause"}, 0},
		{start + "\n" + start, []string{"start"}, 1},
		{"record_pause", nil, 1},
		{"record_resume", nil, 1},
		{start + "\nrecord_resume", []string{"start"}, 1},
		{start + "\nrecord_pause\nrecord_pause", []string{"start", "pause"}, 1},
		{"record_stop", nil, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newCommandDesk(t, "answer", c.commands+"\nhangup")
			r := Telnyx(t.Context(), d.options())
			if r.End != HungUp || !slices.Equal(r.Recordings, c.want) || len(d.refused) != c.refused || c.refused == 1 && !strings.HasSuffix(d.refused[0], "90062") {
				t.Errorf("%q: %s (%v), %q, refused %q", c.commands, r.End, r.Err, r.Recordings, d.refused)
			}
			last := d.posted[len(d.posted)-1]
			if saved := last == "other recording.saved"; saved != (len(c.want) > 0) {
				t.Errorf("%q: the last event is %s", c.commands, last)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // one beside the other
		d := newCommandDesk(t, "answer", start+"\n"+short, "record_stop", "hangup")
		if r := Telnyx(t.Context(), d.options()); r.End != HungUp || len(d.refused) > 0 || len(r.Recordings) != 1 {
			t.Errorf("%s (%v), %q, refused %q", r.End, r.Err, r.Recordings, d.refused)
		}
	})
}

// Turns of a call that nothing else here takes.
func TestTelnyxTurns(t *testing.T) {
	t.Parallel()
	const (
		gather = `gather_using_speak {"payload":"PIN?","voice":"female","maximum_digits":4}`
		timer  = `gather {"minimum_digits":65,"maximum_digits":128,"initial_timeout_millis":2000}`
		ssml   = `speak {"payload":%q,"payload_type":"ssml","voice":"female"}`
		over   = "|hangup callee normal_clearing"
	)
	leaving := func(keys string) Move { return Move{Keys: engine.NewSecret(keys), Hangup: true} }
	for _, c := range []struct {
		name     string
		commands []string
		moves    []Move
		end      End
		heard    []string
		posted   string
		passed   time.Duration
		keys     string // that are told one by one
	}{
		{"keys between questions are lost", []string{"answer", gather, gather, "hangup"}, []Move{press("123456"), press("7#")}, HungUp, []string{"PIN?", "PIN?"}, "initiated|answered|gather.ended valid 1234|gather.ended valid 7" + over, 0, "12347#"},
		{"a question that nobody is asked is a time", []string{"answer", timer, "hangup"}, nil, HungUp, nil, "initiated|answered|gather.ended timeout" + over, 2 * time.Second, ""},
		{"five seconds, where nothing is said of it", []string{"answer", `gather {"minimum_digits":65}`, "hangup"}, nil, HungUp, nil, "initiated|answered|gather.ended timeout" + over, 5 * time.Second, ""},
		{"who has hung up before it has passed", []string{"answer", gather, timer}, []Move{leaving("1234")}, Left, []string{"PIN?"}, "initiated|answered|gather.ended valid 1234|hangup caller normal_clearing", 0, "1234"},
		{"gather without words", []string{"answer", `gather {"maximum_digits":4}`, "hangup"}, []Move{press("12#")}, HungUp, nil, "initiated|answered|gather.ended valid 12" + over, 0, "12#"},
		{"one digit is enough, where nothing is said of it", []string{"answer", gather, "hangup"}, []Move{press("1#")}, HungUp, []string{"PIN?"}, "initiated|answered|gather.ended valid 1" + over, 0, "1#"},
		{"markup without speak", []string{"answer", fmt.Sprintf(ssml, "Hello <break/>")}, nil, Broken, nil, "initiated|answered" + over, 0, ""},
		{"markup that does not end", []string{"answer", fmt.Sprintf(ssml, "<speak>Hello")}, nil, Broken, nil, "initiated|answered" + over, 0, ""},
		{"breaks part words", []string{"answer", fmt.Sprintf(ssml, "<speak>a<break/>b<p>c</p><s>d</s></speak>"), "hangup"}, nil, HungUp, []string{"a b c d"}, "initiated|answered|speak.ended completed" + over, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newCommandDesk(t, c.commands...)
				o := d.options(c.moves...)
				var passed time.Duration
				o.Wait = func(_ context.Context, d time.Duration) error { passed += d; return nil }
				r := Telnyx(t.Context(), o)
				if r.End != c.end || !slices.Equal(r.Heard, c.heard) || passed != c.passed || d.keys != c.keys {
					t.Errorf("%s (%v), heard %q, %s passed, told of %q", r.End, r.Err, r.Heard, passed, d.keys)
				}
				if got := strings.Join(d.posted, "|"); got != c.posted || len(d.commands) > 0 {
					t.Errorf("posted\n  %s\nexpected\n  %s\nwith %q left", got, c.posted, d.commands)
				}
			})
		})
	}
	if r := Telnyx(t.Context(), Options{}); r.End != Refused {
		t.Errorf("without an API: %s", r.End)
	}
}

// With the event that a call is over, it takes no command any more.
func TestTelnyxIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newCommandDesk(t, "answer", "hangup", "hangup")
		if r := Telnyx(t.Context(), d.options()); r.End != HungUp || !slices.Equal(d.refused, []string{"hangup 90018"}) {
			t.Errorf("%s (%v), refused %q", r.End, r.Err, d.refused)
		}
	})
}

// A call whose first events nobody takes is refused, one that was asked for too.
func TestTelnyxPlacedRefused(t *testing.T) {
	t.Parallel()
	for _, commands := range [][]string{{"500", "500", "500"}, {"", "500", "500", "500"}, {"", "", "500", "500", "500"}} {
		synctest.Test(t, func(t *testing.T) {
			d := newCommandDesk(t, commands...)
			o := d.options()
			o.Placed, o.AnsweredBy = true, "beep_detected"
			if r := Telnyx(t.Context(), o); r.End != Refused || r.Err == nil || len(d.commands) > 0 || len(d.posted) != len(commands) {
				t.Errorf("%s (%v) after %q", r.End, r.Err, d.posted)
			}
		})
	}
}

// A command that the API is told to fail gets that status, and nothing comes of it.
func TestTelnyxFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newCommandDesk(t, "answer\nanswer", "hangup")
		left := 1
		d.api.Fail = func(action string) int {
			if action == "answer" && left > 0 {
				left--
				return http.StatusServiceUnavailable
			}
			return 0
		}
		if r := Telnyx(t.Context(), d.options()); r.End != HungUp || !slices.Equal(d.refused, []string{"answer 10007"}) {
			t.Errorf("%s (%v), refused %q", r.End, r.Err, d.refused)
		}
	})
}
