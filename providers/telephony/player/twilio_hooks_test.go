package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// twilioFields are what Twilio's pages list for every request about a call.
func twilioFields(status, direction string) string {
	const of = `AccountSid acme
ApiVersion 2010-04-01
CallSid call-1
Called +6531589999
CalledCity
CalledCountry SG
CalledState
CalledZip
Caller +6591110000
CallerCity
CallerCountry SG
CallerState
CallerZip
From +6591110000
FromCity
FromCountry SG
FromState
FromZip
To +6531589999
ToCity
ToCountry SG
ToState
ToZip`
	return of + "\nCallStatus " + status + "\nDirection " + direction
}

// Every hook has what Twilio's pages say that it has.
func TestTwilioHooks(t *testing.T) {
	t.Parallel()
	doc := func(verbs string) string { return "<Response>" + verbs + "</Response>" }
	bye := doc(`<Say>Bye.</Say>`)
	ask := doc(`<Gather action="/turn?t=1" numDigits="4" input="dtmf speech"/>`)
	dial := doc(`<Dial action="/dial"><Number url="/whisper">+15550100</Number></Dial>`)
	queue := doc(`<Enqueue action="/queue" waitUrl="/wait">help</Enqueue>`)
	tape := doc(`<Record action="/tape" recordingStatusCallback="/status" recordingStatusCallbackEvent="completed absent"/>`)
	refer := doc(`<Refer action="/refer"><Sip>sip:a@example.com</Sip></Refer>`)
	inbound := func(status string) string { return twilioFields(status, "inbound") }
	on := inbound("in-progress")
	const first = "CallToken {}\nStirVerstat TN-Validation-Passed-A"
	const recorded = "RecordingDuration 7\nRecordingSid RE1\nRecordingUrl https://api.twilio.com/2010-04-01/Accounts/acme/Recordings/RE1"
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	queued := func(how string) func(*Options) { return func(o *Options) { o.Queues = []Waiting{{End: how}} } }
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "machine_start" }
	other := strings.Replace(inbound("in-progress"), "CallSid call-1", "CallSid call-1-b\nParentCallSid call-1", 1)
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, func(o *Options) { o.Call.Name = "Ada" }, 0, hookOf("POST /v1/x/calls", inbound("ringing"), first, "CallerName Ada")},
		{"by GET, with a query of its own", []string{bye}, nil, func(o *Options) { o.Get, o.URL = true, o.URL+"?a=b" }, 0, hookOf("GET /v1/x/calls", inbound("ringing"), first, "a b")},
		{"it is over", []string{bye}, nil, nil, 1, hookOf("POST /v1/x/status", inbound("completed"), "CallDuration 0", "Duration 0", "CallbackSource call-progress-events", "SequenceNumber 0", "Timestamp Sat, 21 Nov 2026 10:30:16 +0000")},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 1, hookOf("POST /turn", on, "Digits 12", "FinishedOnKey #", "msg Gather End", "t 1")},
		{"as many keys as there may be", []string{ask, bye}, []Move{press("1234")}, nil, 1, hookOf("POST /turn", on, "Digits 1234", "FinishedOnKey", "msg Gather End", "t 1")},
		{"words", []string{ask, bye}, []Move{words("my bill")}, nil, 1, hookOf("POST /turn", on, "SpeechResult my bill", "Confidence 0.9", "Language en-US", "msg Gather End", "t 1")},
		{"transferred", []string{dial, bye, bye}, nil, nil, 2, hookOf("POST /dial", on, "DialCallStatus completed", "DialCallSid call-1-b", "DialCallDuration 42", "DialBridged true")},
		{"busy", []string{dial, bye}, nil, dials("busy"), 1, hookOf("POST /dial", on, "DialCallStatus busy", "DialCallSid call-1-b")},
		{"whoever takes a transfer", []string{dial, bye, bye}, nil, nil, 1, hookOf("POST /whisper", strings.Replace(other, "Direction inbound", "Direction outbound-dial", 1))},
		{"handed over", []string{refer, bye}, nil, nil, 1, hookOf("POST /refer", on, "ReferCallStatus in-progress", "ReferSipResponseCode 202", "NotifySipResponseCode 200")},
		{"handed over to one who is busy", []string{refer, bye}, nil, dials("busy"), 1, hookOf("POST /refer", on, "ReferCallStatus busy", "ReferSipResponseCode 202", "NotifySipResponseCode 486")},
		{"handed over to nobody", []string{refer, bye}, nil, dials("no-answer"), 1, hookOf("POST /refer", on, "ReferCallStatus no-answer", "ReferSipResponseCode 202", "NotifySipResponseCode 480")},
		{"handing over is not taken", []string{refer, bye}, nil, dials("failed"), 1, hookOf("POST /refer", on, "ReferCallStatus failed", "ReferSipResponseCode 405")},
		{"waiting", []string{queue, bye, bye}, nil, nil, 1, hookOf("POST /wait", on, "QueueSid QU1", "QueuePosition 2", "CurrentQueueSize 4", "QueueTime 0")},
		{"taken out of the queue", []string{queue, bye, bye}, nil, nil, 2, hookOf("POST /queue", on, "QueueSid QU1", "QueueTime 30", "QueueResult bridged")},
		{"told to leave it", []string{queue, doc(`<Leave/>`), bye}, nil, queued("waiting"), 2, hookOf("POST /queue", on, "QueueSid QU1", "QueueTime 30", "QueueResult leave")},
		{"hung up in it", []string{queue, bye, bye}, nil, queued(hungUp), 2, hookOf("POST /queue", inbound("completed"), "QueueSid QU1", "QueueTime 30", "QueueResult hangup")},
		{"no such queue", []string{queue, bye}, nil, queued(unqueued), 1, hookOf("POST /queue", on, "QueueSid QU1", "QueueTime 30", "QueueResult error")},
		{"recorded", []string{tape, bye, bye}, nil, nil, 1, hookOf("POST /tape", on, recorded, "Digits 1")},
		{"the recording is made", []string{tape, bye, bye}, nil, nil, 2, hookOf("POST /status", "AccountSid acme", "CallSid call-1", recorded, "RecordingStatus completed", "RecordingSource RecordVerb")},
		{"of nothing", []string{tape, bye}, nil, records("empty"), 1, hookOf("POST /status", "AccountSid acme", "CallSid call-1", "RecordingSid RE1", "RecordingStatus absent", "RecordingSource RecordVerb")},
		{"a call that was asked for is answered", []string{bye}, nil, placed, 0, hookOf("POST /v1/x/status", twilioFields("in-progress", "outbound-api"), "AnsweredBy machine_start")},
		{"and asks what to do", []string{bye}, nil, placed, 1, hookOf("POST /v1/x/calls", twilioFields("in-progress", "outbound-api"), "AnsweredBy machine_start", first)},
	} {
		c.play(t, twilioDesk(t), Twilio)
	}
}

// Of a request by GET the address is signed, query and all, and nothing else.
func TestTwilioSignsGET(t *testing.T) {
	t.Parallel()
	d := twilioDesk(t)
	short := d.short
	d.short = func(r *http.Request, body []byte) (string, bool) {
		if r.Method == http.MethodGet {
			mac := hmac.New(sha1.New, []byte("c2VjcmV0"))
			mac.Write([]byte(r.URL.String()))
			if got := r.Header.Get("X-Twilio-Signature"); got != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || len(body) > 0 || r.Header.Get("Content-Type") != "" {
				t.Errorf("%s is signed %q, with %q", r.URL, got, body)
			}
		}
		return short(r, body)
	}
	get := `<Response><Redirect method="GET">/turn?a=1&amp;b=2</Redirect></Response>`
	conversation{
		name: "by GET", answers: []string{get, `<Response/>`}, end: HungUp,
	}.play(t, d, Twilio, func(o *Options) { o.Get = true })
	if !strings.HasPrefix(d.posted[1], "/turn?a=1&b=2&") {
		t.Errorf("got %q", d.posted)
	}
}

// Where a caller waits, the queue asks again whenever its document was played, and tells how
// far they have come.
func TestTwilioWaits(t *testing.T) {
	t.Parallel()
	const (
		queue = `<Response><Enqueue action="/queue" waitUrl="/wait" waitUrlMethod="GET">help</Enqueue></Response>`
		music = `<Response><Say>Please wait.</Say><Pause length="10"/><Play>http://host/music.mp3</Play></Response>`
		bye   = `<Response><Hangup/></Response>`
	)
	for _, c := range []struct {
		name    string
		waiting Waiting
		answers []string
		end     End
		result  string
		asked   []string // places in the line
	}{
		{"taken after a while", Waiting{End: connected, Position: 3, After: 100 * time.Second}, []string{queue, music, music, music, bye}, HungUp, "bridged", []string{"3", "2", "1"}},
		{"no queue", Waiting{End: unqueued}, []string{queue, bye}, HungUp, "error", nil},
		{"told to leave", Waiting{End: "waiting"}, []string{queue, music, `<Response><Say>Goodbye.</Say><Leave/><Say>never</Say></Response>`, bye}, HungUp, "leave", []string{"2", "2"}},
		{"hung up", Waiting{End: hungUp}, []string{queue, music, bye}, Left, "hangup", []string{"2"}},
		{"what may not be heard there", Waiting{End: connected}, []string{queue, `<Response><Gather/></Response>`}, Broken, "", []string{"2"}},
		{"music that does not come", Waiting{End: connected}, []string{queue, "500"}, Broken, "", []string{"2"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := twilioDesk(t)
			short := d.short
			var asked []string
			result := ""
			d.short = func(r *http.Request, body []byte) (string, bool) {
				if r.URL.Path == "/wait" {
					if r.Method != http.MethodGet {
						t.Errorf("%s %s", r.Method, r.URL)
					}
					asked = append(asked, r.URL.Query().Get("QueuePosition"))
				}
				if _, after, ok := strings.Cut(string(body), "QueueResult="); ok {
					result, _, _ = strings.Cut(after, "&")
				}
				return short(r, body)
			}
			d.t, d.answers = t, c.answers
			o := d.options()
			o.Queues = []Waiting{c.waiting}
			o.Wait = func(_ context.Context, d time.Duration) error { time.Sleep(d); return nil }
			r := Twilio(t.Context(), o)
			if r.End != c.end || result != c.result || !slices.Equal(asked, c.asked) || len(d.answers) > 0 {
				t.Errorf("%s: %s (%v), %s, asked %q", c.name, r.End, r.Err, result, asked)
			}
			if len(asked) > 0 && c.end != Broken && (!slices.Equal(r.Waited[:2], []string{"Please wait.", "music http://host/music.mp3"}) || r.Heard[0] != "Please wait.") {
				t.Errorf("%s: heard %q, waited with %q", c.name, r.Heard, r.Waited)
			}
		})
	}
}
