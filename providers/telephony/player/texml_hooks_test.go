package player

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// texmlFields are what Telnyx' pages list for every request about a call.
func texmlFields(status, direction string) string {
	return `AccountSid acme
CallSid call-1
CallSidLegacy call-1
ConnectionId acme
From +6591110000
To +6531589999` + "\nCallStatus " + status + "\nDirection " + direction
}

// Every hook has what Telnyx' pages say that it has.
func TestTeXMLHooks(t *testing.T) {
	t.Parallel()
	bye := texml(`<Say>Bye.</Say>`)
	ask := texml(`<Gather action="/turn?t=1" maxDigits="4" input="dtmf speech"/>`)
	dial := texml(`<Dial action="/dial"><Number url="/whisper">+15550100</Number></Dial>`)
	tape := texml(`<Record action="/tape" recordingStatusCallback="/status" format="wav"/>`)
	refer := texml(`<Refer action="/refer"><Sip>sip:a@example.com</Sip></Refer>`)
	on := texmlFields("in-progress", "inbound")
	const recorded = "RecordingDuration 7\nRecordingSid recording-1\nRecordingUrl https://s3.amazonaws.com/telephony-recorder-prod/recording-1.wav"
	const when = "Timestamp 2026-11-21T10:30:16Z\n"
	const short = "AccountSid acme\nCallSid call-1\nCallSidLegacy call-1\nTimestamp 2026-11-21T10:30:16Z"
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "machine" }
	other := strings.NewReplacer("CallSid call-1", "CallSid call-1-other", "CallSidLegacy call-1", "CallSidLegacy call-1-other", "inbound", "outbound").Replace(on)
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, func(o *Options) { o.Call.Name = "Ada" }, 0, hookOf("POST /v1/x/calls", texmlFields("ringing", "inbound"), "CallerId Ada")},
		{"it is over", []string{bye}, nil, nil, 1, hookOf("POST /v1/x/status", texmlFields("completed", "inbound"), "CallDuration 0", "CallbackSource call-progress-events", "HangupSource callee", when+"SequenceNumber 0")},
		{"keys", []string{ask, bye}, []Move{press("12#")}, nil, 1, hookOf("POST /turn", on, "Digits 12", "t 1")},
		{"words", []string{ask, bye}, []Move{words("my bill")}, nil, 1, hookOf("POST /turn", on, "Digits", "SpeechResult my bill", "Confidence 0.9", "t 1")},
		{"words that nobody understands", []string{ask, bye}, []Move{{Say: engine.NewSecret("my bill"), Unclear: true}}, nil, 1, hookOf("POST /turn", on, "Digits", "SpeechResult", "t 1")},
		{"by GET", []string{strings.Replace(ask, "<Gather ", `<Gather method="GET" `, 1), bye}, []Move{press("12#")}, nil, 1, hookOf("GET /turn", on, "Digits 12", "t 1")},
		{"transferred", []string{dial, texml(""), bye}, nil, nil, 2, hookOf("POST /dial", on, "DialCallStatus completed", "DialCallSid call-1-other", "DialCallDuration 42")},
		{"busy", []string{dial, bye}, nil, dials("busy"), 1, hookOf("POST /dial", on, "DialCallStatus busy", "DialCallSid call-1-other")},
		{"whoever takes a transfer", []string{dial, texml(""), bye}, nil, nil, 1, hookOf("POST /whisper", other)},
		{"handed over", []string{refer, bye}, nil, nil, 1, hookOf("POST /refer", short, "ReferCallStatus in-progress", "ReferSipResponseCode 202", "NotifySipResponseCode 200")},
		{"handed over to one who is busy", []string{refer, bye}, nil, dials("busy"), 1, hookOf("POST /refer", short, "ReferCallStatus busy", "ReferSipResponseCode 202", "NotifySipResponseCode 486")},
		{"handed over to nobody", []string{refer, bye}, nil, dials("no-answer"), 1, hookOf("POST /refer", short, "ReferCallStatus no-answer", "ReferSipResponseCode 202", "NotifySipResponseCode 480")},
		{"handing over is not taken", []string{refer, bye}, nil, dials("failed"), 1, hookOf("POST /refer", short, "ReferCallStatus failed", "ReferSipResponseCode 405")},
		{"recorded", []string{tape, bye, bye}, nil, nil, 1, hookOf("POST /tape", on, recorded, "Digits 1")},
		{"the recording is made", []string{tape, bye, bye}, nil, nil, 2, hookOf("POST /status", on, recorded, "RecordingStatus completed", when+"SequenceNumber 0")},
		{"and then it is over", []string{tape, bye, bye}, nil, nil, 3, hookOf("POST /v1/x/status", texmlFields("completed", "inbound"), "CallDuration 0", "CallbackSource call-progress-events", "HangupSource callee", when+"SequenceNumber 1")},
		{"a call that was asked for is answered", []string{bye}, nil, placed, 0, hookOf("POST /v1/x/status", texmlFields("in-progress", "outbound"), when+"SequenceNumber 0")},
		{"by whom", []string{bye}, nil, placed, 1, hookOf("POST /v1/x/status", texmlFields("in-progress", "outbound"), "AnsweredBy machine", when+"SequenceNumber 1")},
		{"and asks what to do", []string{bye}, nil, placed, 2, hookOf("POST /v1/x/calls", texmlFields("in-progress", "outbound"), "CallerId")},
	} {
		d := texmlDesk(t)
		short := d.short
		d.short = func(r *http.Request, body []byte) (string, bool) {
			text, _ := short(r, body)
			return text, r.URL.Path != "/v1/x/status" && r.URL.Path != "/status"
		}
		c.play(t, d, TeXML)
	}
}

// What is at the bounds of TeXML is taken, what is beyond them is not.
func TestTeXMLBounds(t *testing.T) {
	t.Parallel()
	for _, b := range []struct {
		doc         string
		least, most int
	}{
		{`<Gather timeout="%d"/>`, 1, 120},
		{`<Gather maxDigits="%d"/>`, 1, 128},
		{`<Gather minDigits="%d"/>`, 1, 128},
		{`<Dial timeout="%d">1</Dial>`, 5, 120},
		{`<Dial timeLimit="%d">1</Dial>`, 60, 14400},
		{`<Record maxLength="%d"/>`, 1, 14400},
		{`<Gather minDigits="4" maxDigits="%d"/>`, 4, 128},
	} {
		for n, good := range map[int]bool{b.least - 1: false, b.least: true, b.most: true, b.most + 1: false} {
			doc := texml(strings.Replace(b.doc, "%d", strconv.Itoa(n), 1))
			if _, err := readTeXML(answer{200, "text/xml", []byte(doc)}, texmlElements()); (err == nil) != good {
				t.Errorf("%s: %v", doc, err)
			}
		}
	}
	for doc, good := range map[string]bool{
		`<Gather input="speech" speechTimeout="2"/>`:             true,
		`<Gather input="speech" speechTimeout="1"/>`:             true,
		`<Gather input="speech" speechTimeout="auto"/>`:          false,
		`<Gather input="dtmf speech" speechTimeout="0"/>`:        false,
		`<Gather input="dtmf" speechTimeout="auto"/>`:            true,
		`<Gather input="speech" transcriptionEngine="Telnyx"/>`:  true,
		`<Gather input="speech" transcriptionEngine="Whisper"/>`: false,
		`<Say voice="alice">a <break time="1s"/><p>b</p></Say>`:  true,
		`<Say><Play>x</Play></Say>`:                              false,
		`<Gather><Pause/></Gather>`:                              false,
		`<Enqueue>help</Enqueue>`:                                false,
	} {
		if _, err := readTeXML(answer{200, "text/xml", []byte(texml(doc))}, texmlElements()); (err == nil) != good {
			t.Errorf("%s: %v", doc, err)
		}
	}
	for status, good := range map[int]bool{199: false, 200: true, 299: true, 300: false, 404: false, 204: false} {
		if _, err := readTeXML(answer{status, "text/xml", []byte(texml(""))}, texmlElements()); (err == nil) != good {
			t.Errorf("HTTP %d: %v", status, err)
		}
	}
}

// Turns of a call that nothing else here takes.
func TestTeXMLTurns(t *testing.T) {
	t.Parallel()
	bye := texml(`<Say>Bye.</Say>`)
	least := texml(`<Gather action="/turn" invalidDigitsAction="/short" minDigits="2" maxDigits="4" finishOnKey="#"/>`)
	leaving := func(keys string) Move { return Move{Keys: engine.NewSecret(keys), Hangup: true} }
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"as many digits as there have to be", []string{least, bye}, []Move{press("12#")}, nil, HungUp, []string{"Bye."}, []string{"/turn in-progress Digits=12", texmlOver}}, nil},
		{conversation{"one less", []string{least, bye}, []Move{press("1#")}, nil, HungUp, []string{"Bye."}, []string{"/short in-progress Digits=1", texmlOver}}, nil},
		{conversation{"one digit is enough where nothing is said of it", []string{strings.Replace(least, ` minDigits="2"`, "", 1), bye}, []Move{press("1#")}, nil, HungUp, []string{"Bye."}, []string{"/turn in-progress Digits=1", texmlOver}}, nil},
		{conversation{"the finish key alone, and gone", []string{least}, []Move{leaving("#")}, nil, Left, nil, []string{texmlLeft}}, nil},
		{conversation{"without an action the document goes on", []string{texml(`<Gather maxDigits="1"/><Say>Bye.</Say>`)}, []Move{press("1")}, nil, HungUp, []string{"Bye."}, []string{texmlOver}}, nil},
		{conversation{"unless they are gone", []string{texml(`<Gather maxDigits="1"/><Say>never</Say>`)}, []Move{leaving("1")}, nil, Left, nil, []string{texmlLeft}}, nil},
		{conversation{"relative to where the document came from", []string{texml(`<Redirect>/a/b</Redirect>`), texml(`<Redirect>c?d=e</Redirect>`), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/a/b in-progress", "/a/c?d=e in-progress", texmlOver}}, nil},
		{conversation{"another address than of the web", []string{texml(`<Redirect>ftp://host/x</Redirect>`)}, nil, nil, Broken, nil, []string{texmlOver}}, nil},
		{conversation{"Reject, too late", []string{texml(`<Say>Hello.</Say><Reject/>`)}, nil, nil, Broken, []string{"Hello."}, []string{texmlOver}}, nil},
		{conversation{"what is whispered does not come", []string{texml(`<Dial action="/d"><Number url="/w">1</Number></Dial>`), "500"}, nil, nil, Broken, nil, []string{"/w in-progress", texmlOver}}, nil},
		{conversation{"a hang-up that ends a recording ends the call, whatever comes of its webhook", []string{texml(`<Record action="/tape"/>`), "500"}, nil, nil, Left, nil, []string{"/tape completed RecordingUrl=" + texmlTape + " RecordingDuration=7", texmlLeft}}, func(o *Options) { o.Records = []string{hungUp} }},
		{conversation{"said twice", []string{texml(`<Say loop="2">Hi.</Say><Play> http://host/a.mp3 </Play>`)}, nil, nil, HungUp, []string{"Hi.", "Hi.", "recording http://host/a.mp3"}, []string{texmlOver}}, nil},
		{conversation{"nobody is told", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL = "" }},
		{conversation{"nor of a call that was asked for", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL, o.Placed, o.AnsweredBy = "", true, "human" }},
	} {
		c.play(t, texmlDesk(t), TeXML, c.change)
	}
	var passed []time.Duration
	d := texmlDesk(t)
	d.t, d.answers = t, []string{texml(`<Pause/><Pause length="3"/>`)}
	o := d.options()
	o.Wait = func(_ context.Context, d time.Duration) error { passed = append(passed, d); return nil }
	if TeXML(t.Context(), o); !slices.Equal(passed, []time.Duration{time.Second, 3 * time.Second}) {
		t.Errorf("%v passed", passed)
	}
}
