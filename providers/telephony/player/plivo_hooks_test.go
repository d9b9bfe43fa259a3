package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callflow/engine"
)

// plivoFields are what Plivo's pages list for every request about a call.
func plivoFields(event, status string) string {
	return `CallUUID call-1
Direction inbound
From 6591110000
To 6531589999` + "\nCallStatus " + status + "\nEvent " + event
}

// plivoDoc is a document of these elements.
func plivoDoc(elements string) string { return plivoOpen + elements + "</Response>" }

// Every hook has what Plivo's pages say that it has.
func TestPlivoHooks(t *testing.T) {
	t.Parallel()
	ask := plivoDoc(`<GetDigits action="http://host/turn?t=1" numDigits="4"/>`)
	ear := plivoDoc(`<GetInput action="http://host/turn?t=1" inputType="dtmf speech"/>`)
	dial := plivoDoc(`<Dial action="http://host/dial" confirmSound="http://host/whisper"><Number>15550100</Number></Dial>`)
	tape := plivoDoc(`<Record action="http://host/tape" callbackUrl="http://host/v1/x/status"/>`)
	const recorded = `RecordUrl https://media.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Recording/call-1-1.mp3
RecordingDuration 7
RecordingDurationMs 7000
RecordingEndMs 1795257023000
RecordingID call-1-1
RecordingStartMs 1795257016000`
	const first = "BillRate 0.0085\nSessionStart 2026-11-21 10:30:16.000000"
	const over = "BillDuration 0\nDuration 0\nHangupCause NORMAL_CLEARING\nTotalCost 0.00850\n"
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "true" }
	outbound := func(fields string) string { return strings.Replace(fields, "inbound", "outbound", 1) }
	dialled := func(how, cause, rang, leg string) string {
		return hookOf("POST /dial", plivoFields("Redirect", "in-progress"), "DialStatus "+how, strings.TrimSpace("DialHangupCause "+cause), "DialRingStatus "+rang, "DialALegUUID call-1", strings.TrimSpace("DialBLegUUID "+leg))
	}
	ended := func(source, code, name string) string {
		return hookOf("POST /v1/x/status", plivoFields("Hangup", "completed"), over+"HangupSource "+source, "HangupCauseCode "+code, strings.TrimSpace("HangupCauseName "+name))
	}
	for _, c := range []wholeHook{
		{"a call comes", []string{plivoBye}, nil, func(o *Options) { o.Call.Name = "Ada" }, 0, hookOf("POST /v1/x/calls", plivoFields("StartApp", "ringing"), first, "CallerName Ada")},
		{"by GET, with a query of its own", []string{plivoBye}, nil, func(o *Options) { o.Get, o.URL = true, o.URL+"?a=b" }, 0, hookOf("GET /v1/x/calls", plivoFields("StartApp", "ringing"), first, "CallerName +6591110000", "a b")},
		{"it is over", []string{plivoBye}, nil, nil, 1, ended("Answer XML", "4000", "Normal Hangup")},
		{"it has run out", []string{plivoDoc("")}, nil, nil, 1, ended("Plivo", "4010", "End Of XML Instructions")},
		{"they hang up", []string{ask}, nil, nil, 1, ended("Caller", "4000", "Normal Hangup")},
		{"no document comes", []string{ask, "500"}, []Move{press("1#")}, nil, 2, ended("Error", "7011", "Error Reaching Answer URL")},
		{"one comes that is none", []string{ask, "<Say/>"}, []Move{press("1#")}, nil, 2, ended("Error", "8011", "Invalid Answer XML")},
		{"keys", []string{ask, plivoBye}, []Move{press("12#")}, nil, 1, hookOf("POST /turn", plivoFields("GetDigits", "in-progress"), "Digits 12", "t 1")},
		{"keys where it listens", []string{ear, plivoBye}, []Move{press("12#")}, nil, 1, hookOf("POST /turn", plivoFields("GetDigits", "in-progress"), "Digits 12", "InputType dtmf", "Speech", "t 1")},
		{"words", []string{ear, plivoBye}, []Move{words("my bill")}, nil, 1, hookOf("POST /turn", plivoFields("GetInput", "in-progress"), "Digits", "InputType speech", "Speech my bill", "SpeechConfidenceScore 0.9", "t 1")},
		{"gone on with", []string{plivoDoc(`<Redirect method="GET">http://host/next?a=b</Redirect>`), plivoBye}, nil, nil, 1, hookOf("GET /next", plivoFields("Redirect", "in-progress"), "a b")},
		{"whoever takes a transfer", []string{dial, plivoDoc(""), plivoBye}, nil, nil, 1, hookOf("POST /whisper", strings.Replace(outbound(plivoFields("Redirect", "in-progress")), "CallUUID call-1", "CallUUID call-1-b\nALegUUID call-1", 1))},
		{"transferred", []string{dial, plivoDoc(""), plivoBye}, nil, nil, 2, dialled("completed", "NORMAL_CLEARING", "true", "call-1-b")},
		{"busy", []string{dial, plivoBye}, nil, dials("busy"), 1, dialled("busy", "USER_BUSY", "false", "")},
		{"nobody answers", []string{dial, plivoBye}, nil, dials("no-answer"), 1, dialled("no-answer", "", "true", "")},
		{"not in time", []string{dial, plivoBye}, nil, dials("timeout"), 1, dialled("timeout", "", "true", "")},
		{"no such number", []string{dial, plivoBye}, nil, dials("failed"), 1, dialled("failed", "UNALLOCATED_NUMBER", "false", "")},
		{"recorded", []string{tape, plivoBye}, nil, nil, 1, hookOf("POST /tape", plivoFields("Record", "in-progress"), recorded, "Digits #")},
		{"the recording is made", []string{tape, plivoBye}, nil, nil, 2, hookOf("POST /v1/x/status", strings.Replace(plivoFields("Record", ""), "\nCallStatus ", "", 1), recorded)},
		{"a recording that a hang-up ends", []string{tape, plivoBye}, nil, records(hungUp), 1, hookOf("POST /tape", plivoFields("Record", "completed"), recorded)},
		{"a recording that fails", []string{tape, plivoBye}, nil, records("failed"), 1, hookOf("POST /tape", plivoFields("Record", "in-progress"))},
		{"a call that was asked for meets a machine", []string{plivoBye}, nil, placed, 0, hookOf("POST /v1/x/status", outbound(plivoFields("MachineDetection", "in-progress")), "Machine true")},
		{"and asks what to do", []string{plivoBye}, nil, placed, 1, hookOf("POST /v1/x/calls", outbound(plivoFields("StartApp", "in-progress")), first, "CallerName +6591110000")},
	} {
		c.play(t, plivoDesk(t), Plivo)
	}
}

// Turns of a call that nothing else here takes.
func TestPlivoTurns(t *testing.T) {
	t.Parallel()
	const (
		over = "/v1/x/status Hangup completed HangupSource=Plivo HangupCauseName=End Of XML Instructions"
		lost = "/v1/x/status Hangup completed HangupSource=Error HangupCauseName=Error Reaching Answer URL"
		none = "/v1/x/status Hangup completed HangupSource=Error HangupCauseName=Invalid Answer XML"
		turn = "/turn GetDigits in-progress Digits="
	)
	ask := func(more string) string {
		return plivoDoc(`<GetDigits action="http://host/turn"` + more + `/><Speak>Tail.</Speak>`)
	}
	leaving := func(keys string) Move { return Move{Keys: engine.NewSecret(keys), Hangup: true} }
	tape := plivoDoc(`<Record action="http://host/tape"/><Speak>Tail.</Speak>`)
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	fallback := func(o *Options) { o.FallbackURL = "http://host/other" }
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"no finish key", []string{ask(` finishOnKey="none" numDigits="4"`), plivoBye}, []Move{press("12#4")}, nil, HungUp, []string{"Bye."}, []string{turn + "12#4", plivoOver}}, nil},
		{conversation{"the number sign, where nothing is said of it", []string{ask(""), plivoBye}, []Move{press("12#")}, nil, HungUp, []string{"Bye."}, []string{turn + "12", plivoOver}}, nil},
		{conversation{"99 digits, where nothing is said of them", []string{ask(""), plivoBye}, []Move{press(strings.Repeat("1", 100))}, nil, HungUp, []string{"Bye."}, []string{turn + strings.Repeat("1", 99), plivoOver}}, nil},
		{conversation{"asked three times", []string{plivoDoc(`<GetDigits action="http://host/turn" retries="3"><Speak>PIN?</Speak></GetDigits>`), plivoBye}, []Move{{}, press("#"), press("1#")}, nil, HungUp, []string{"PIN?", "PIN?", "PIN?", "Bye."}, []string{turn + "1", plivoOver}}, nil},
		{conversation{"once, where nothing is said of it", []string{ask("")}, []Move{{}}, nil, HungUp, []string{"Tail."}, []string{over}}, nil},
		{conversation{"a key that is not valid, which is told of", []string{ask(` validDigits="12" retries="2" invalidDigitsSound="http://host/no.mp3"`), plivoBye}, []Move{press("3#"), press("1#")}, nil, HungUp, []string{"recording http://host/no.mp3", "Bye."}, []string{turn + "1", plivoOver}}, nil},
		{conversation{"or is not", []string{ask(` validDigits="12"`)}, []Move{press("3#")}, nil, HungUp, []string{"Tail."}, []string{over}}, nil},
		{conversation{"keys between questions are lost", []string{ask(` numDigits="2"`), ask(` numDigits="2"`), plivoBye}, []Move{press("1234"), press("56")}, nil, HungUp, []string{"Bye."}, []string{turn + "12", turn + "56", plivoOver}}, nil},
		{conversation{"the finish key alone, and gone", []string{ask("")}, []Move{leaving("#")}, nil, Left, nil, []string{plivoLeft}}, nil},
		{conversation{"the document goes on beside the answer", []string{ask(` redirect="false" numDigits="1"`), plivoBye}, []Move{press("1")}, nil, HungUp, []string{"Tail."}, []string{turn + "1", over}}, nil},
		{conversation{"nothing recorded, and the document goes on", []string{tape}, nil, nil, HungUp, []string{"Tail."}, []string{over}}, records("empty")},
		{conversation{"a hang-up that ends a recording ends the call, whatever comes of its webhook", []string{tape, "500"}, nil, nil, Left, nil, []string{"/tape Record completed RecordUrl=" + plivoTape, plivoLeft}}, records(hungUp)},
		{conversation{"without an action, what stands behind a Dial is next", []string{plivoDoc(`<Dial><Number>1</Number></Dial><Speak>Tail.</Speak>`)}, nil, nil, HungUp, []string{"Tail."}, []string{over}}, nil},
		{conversation{"what is whispered does not come", []string{plivoDoc(`<Dial action="http://host/d" confirmSound="http://host/w"><Number>1</Number></Dial>`), "500"}, nil, nil, Broken, nil, []string{"/w Redirect in-progress", lost}}, nil},
		{conversation{"said twice, then once more", []string{plivoDoc(`<Speak loop="2">Hi.</Speak><Speak loop="0">Ho.</Speak><Play> http://host/a.mp3 </Play>`)}, nil, nil, HungUp, []string{"Hi.", "Hi.", "Ho.", "recording http://host/a.mp3"}, []string{over}}, nil},
		{conversation{"what nobody plays here", []string{plivoDoc(`<PreAnswer/>`)}, nil, nil, Refused, nil, []string{}}, nil},
		{conversation{"half an address", []string{plivoDoc(`<Redirect>/next</Redirect>`)}, nil, nil, Broken, nil, []string{lost}}, nil},
		{conversation{"six repeats", []string{plivoDoc(`<Redirect>http://host/x#rc=6</Redirect>`)}, nil, nil, Broken, nil, []string{lost}}, nil},
		{conversation{"once more, where an answer is late", []string{ask(` numDigits="1"`), "slow", plivoBye}, []Move{press("1")}, nil, HungUp, []string{"Bye."}, []string{turn + "1", turn + "1", plivoOver}}, nil},
		{conversation{"not after an error", []string{ask(` numDigits="1"`), "500"}, []Move{press("1")}, nil, Broken, nil, []string{turn + "1", lost}}, nil},
		{conversation{"another address, where nobody is reached at the first", []string{"down", "500", "down", "500", plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", "/other StartApp ringing", plivoOver}}, fallback},
		{conversation{"nobody is told", []string{plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL = "" }},
		{conversation{"in the middle there is no other address", []string{ask(` numDigits="1"`), "500"}, []Move{press("1")}, nil, Broken, nil, []string{turn + "1", lost}}, fallback},
		{conversation{"what is no document", []string{ask(` numDigits="1"`), "<Response>"}, []Move{press("1")}, nil, Broken, nil, []string{turn + "1", none}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, plivoDesk(t), Plivo, c.change) })
		})
	}
}

// Time passes where a document says so, and minutes that have begun are charged.
func TestPlivoTime(t *testing.T) {
	t.Parallel()
	for seconds, billed := range map[int]string{42: "60", 60: "60", 61: "120"} {
		now := time.Unix(1795257016, 0)
		d := plivoDesk(t)
		var over string
		short := d.short
		d.short = func(r *http.Request, body []byte) (string, bool) {
			over = string(body)
			return short(r, body)
		}
		d.t, d.answers = t, []string{plivoDoc(fmt.Sprintf(`<Wait length="%d"/>`, seconds-1) + `<Wait/>`)}
		o := d.options()
		o.Now = func() time.Time { return now }
		o.Wait = func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
		Plivo(t.Context(), o)
		if !strings.Contains(over, fmt.Sprintf("&Duration=%d&", seconds)) || !strings.Contains(over, "BillDuration="+billed+"&") {
			t.Errorf("after %d seconds: %s", seconds, over)
		}
	}
}

// What is at the bounds of Plivo's documents is taken, what is beyond them is not.
func TestPlivoBounds(t *testing.T) {
	t.Parallel()
	const digits, input = `<GetDigits action="http://host/t" %s/>`, `<GetInput action="http://host/t" inputType="dtmf" %s/>`
	for _, b := range []struct{ doc, attribute, good, bad string }{
		{digits, "numDigits", "1 99", "0 100 4.5 four"},
		{digits, "timeout", "1 5 60", "0 -1 2.5"},
		{digits, "digitTimeout", "1 2 10", "0 0.5"},
		{digits, "retries", "1 100", "0 101"},
		{digits, "finishOnKey", "# * 0 none", "## A"},
		{digits, "method", "GET POST", "PUT get"},
		{digits, "redirect", "true false", "yes"},
		{digits, "playBeep", "true false", "1"},
		{input, "numDigits", "1 32", "0 33"},
		{input, "executionTimeout", "5 60", "4 61"},
		{input, "digitEndTimeout", "2 10 auto", "1 11"},
		{input, "speechEndTimeout", "2 10 auto", "1 11"},
		{`<GetInput action="http://host/t" %s/>`, "inputType", "dtmf speech", "smell"},
		{`<GetInput inputType="dtmf" %s/>`, "action", "http://host/t https://host/t", "/t ftp://host/t"},
		{`<Wait %s/>`, "length", "1 120", "0"},
		{`<Record %s/>`, "maxLength", "2 60", "1"},
		{`<Record %s/>`, "callbackUrl", "https://host/t", "/t"},
		{`<Record %s/>`, "callbackMethod", "GET", "PUT"},
		{`<Dial %s><Number>1</Number></Dial>`, "timeLimit", "1 86400", "0 86401"},
		{`<Dial %s><Number>1</Number></Dial>`, "confirmSound", "http://host/t", "/t"},
		{`<Speak %s>x</Speak>`, "loop", "0 1 1000", "-1 1001"},
		{`<Speak %s>x</Speak>`, "language", "en-US de-DE", "en xx-YY"},
		{`<Speak voice="Polly.Amy" %s>x <break/></Speak>`, "language", "en-US xx-YY", ""},
		{`<Dial><User %s>sip:a@b</User></Dial>`, "sipHeaders", "a=b a=b,c=d a=b%20c a=", "=b a-b=c a=b-c"},
	} {
		for i, values := range []string{b.bad, b.good} {
			for value := range strings.FieldsSeq(values) {
				doc := plivoDoc(strings.Replace(b.doc, "%s", b.attribute+`="`+value+`"`, 1))
				if _, err := readPlivo(answer{200, "text/xml", []byte(doc)}, plivoElements()); (err == nil) != (i == 1) {
					t.Errorf("%s: %v", doc, err)
				}
			}
		}
	}
	fill := func(size int) string {
		text := plivoDoc(strings.Repeat("<Speak>"+strings.Repeat("a", 2000)+"</Speak>", 49))
		return strings.Replace(text, "</Response>", strings.Repeat(" ", size-len(text))+"</Response>", 1)
	}
	for _, c := range []struct {
		answer
		code string
	}{
		{answer{200, "text/xml; charset=utf-8", []byte(fill(100_000))}, ""},
		{answer{200, "text/xml", []byte(fill(100_001))}, "8011"},
		{answer{299, "application/xml", []byte(plivoDoc(`<Speak>` + strings.Repeat("ä", 3000) + `</Speak>`))}, ""},
		{answer{200, "application/xml", []byte(plivoDoc(`<Speak>` + strings.Repeat("ä", 3001) + `</Speak>`))}, "8011"},
		{answer{300, "text/xml", []byte(plivoDoc(""))}, "7011"},
		{answer{199, "text/xml", []byte(plivoDoc(""))}, "7011"},
		{answer{404, "text/xml", []byte(plivoDoc(""))}, "7011"},
		{answer{200, "text/xml", nil}, "7011"},
		{answer{200, "text/html", []byte(plivoDoc(""))}, "8011"},
		{answer{200, "text/xml", []byte(`<!-- -->`)}, "8011"},
		{answer{200, "text/xml", []byte(plivoDoc("") + "<Response/>")}, "8011"},
		{answer{200, "text/xml", []byte("<Speak>x</Speak>")}, "8011"},
		{answer{200, "text/xml", []byte("text " + plivoDoc(""))}, "8011"},
		{answer{200, "text/xml", []byte(plivoDoc(`<GetInput action="http://host/t"/>`))}, "8011"},
		{answer{200, "text/xml", []byte(plivoDoc(`<GetInput inputType="dtmf"/>`))}, "8011"},
		{answer{200, "text/xml", []byte(plivoDoc(`<Dial><Number> </Number></Dial>`))}, "8011"},
		{answer{200, "text/xml", []byte(plivoDoc(`<Play> </Play>`))}, "8011"},
	} {
		switch _, err := readPlivo(c.answer, plivoElements()); {
		case c.code == "" && err != nil:
			t.Errorf("%.80s: %v", c.body, err)
		case c.code != "" && (err == nil || !strings.HasPrefix(err.Error(), c.code)):
			t.Errorf("%d %.80s: %v, expected %s", c.status, c.body, err, c.code)
		}
	}
}

// What is heard of markup are its words.
func TestPlivoMarkup(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`Tom &amp; <emphasis level="strong">Jerry</emphasis>`, "Tom & Jerry"},
		{`One<break strength="weak"/>two`, "One two"},
		{`<p>One.</p><s>Two.</s>`, "One. Two."},
		{`The <sub alias="World Wide Web">WWW</sub> <say-as interpret-as="digits">12</say-as>`, "The World Wide Web 12"},
		{`<lang xml:lang="de-DE">Guten Tag</lang>`, "Guten Tag"},
		{`<prosody rate="slow">a <sub alias="">b</sub></prosody>`, "a b"},
	} {
		marked, heard := c[0], c[1]
		doc, err := readPlivo(answer{200, "text/xml", []byte(plivoDoc(`<Speak voice="Polly.Amy">` + marked + `</Speak>`))}, plivoElements())
		if err != nil || strings.TrimSpace(doc[0].text) != heard {
			t.Errorf("%s: %+v, expected %q (%v)", marked, doc, heard, err)
		}
	}
}

// An address is signed with its query in order, and without a mark where nothing follows.
func TestPlivoSigned(t *testing.T) {
	t.Parallel()
	call := plivoCall{played: begin(Options{Secret: engine.NewSecret("pl_token")})}
	for _, c := range []struct {
		address string
		form    url.Values
		text    string
	}{
		{"http://h/p", nil, "http://h/p.n"},
		{"http://h/p?b=2&a=1", nil, "http://h/p?a=1&b=2.n"},
		{"http://h/p", url.Values{"B": {"2"}, "A": {"1"}, "C": {"z", "y"}}, "http://h/p?A1B2CyCz.n"},
		{"http://h/p?b=2&a=1", url.Values{"B": {"2"}, "A": {"1"}}, "http://h/p?a=1&b=2.A1B2.n"},
	} {
		at, err := url.Parse(c.address)
		mac := hmac.New(sha256.New, []byte("pl_token"))
		mac.Write([]byte(c.text))
		if got := string(call.signed(at, c.form, "n")); err != nil || got != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("%s: it is not %s that is signed", c.address, c.text)
		}
	}
	call = plivoCall{played: begin(Options{})}
	if call.signed(&url.URL{}, nil, "n") != nil {
		t.Error("signed without a secret")
	}
}
