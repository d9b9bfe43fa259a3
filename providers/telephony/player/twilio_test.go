package player

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// twilioDesk answers forms, each of which has to be signed.
func twilioDesk(t *testing.T) *desk {
	return &desk{kind: "text/xml", short: func(r *http.Request, body []byte) (string, bool) {
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Header.Get("X-Twilio-Signature") == "" {
			t.Errorf("%s is no signed form (%v)", body, err)
		}
		text := r.URL.RequestURI() + " " + form.Get("CallStatus")
		for _, name := range []string{"Digits", "FinishedOnKey", "SpeechResult", "DialCallStatus", "ReferCallStatus", "RecordingUrl", "RecordingStatus", "ErrorCode"} {
			if form.Has(name) {
				text += " " + name + "=" + form.Get(name)
			}
		}
		return text, r.URL.Path != "/v1/x/status"
	}}
}

func TestTwilio(t *testing.T) {
	t.Parallel()
	const (
		open   = `<?xml version="1.0" encoding="UTF-8"?><Response>`
		ask    = open + `<Gather action="/turn" method="POST" numDigits="4" finishOnKey="#" timeout="5" actionOnEmptyResult="true"><Say>PIN?</Say></Gather><Redirect>/lost</Redirect></Response>`
		quiet  = open + `<Gather action="/turn" numDigits="4" timeout="5"><Say>PIN?</Say></Gather><Redirect>/lost</Redirect></Response>`
		bye    = open + `<Say>Bye.</Say><Hangup/><Say>never</Say></Response>`
		over   = "/v1/x/status completed"
		dial   = open + `<Dial action="/dial" timeout="20"><Number>+15550100</Number></Dial><Redirect>/lost</Redirect></Response>`
		refer  = open + `<Refer action="/refer"><Sip>sip:a@example.com</Sip></Refer></Response>`
		record = open + `<Record action="/record" maxLength="60" finishOnKey="#" recordingStatusCallback="/v1/x/status" recordingStatusCallbackEvent="completed absent"/><Redirect>/nothing</Redirect></Response>`
		tape   = "https://api.twilio.com/2010-04-01/Accounts/acme/Recordings/RE1"
	)
	words := Move{Say: engine.NewSecret("my bill")}
	listens := strings.Replace(ask, "<Gather ", `<Gather input="dtmf speech" `, 1)
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	fallback := func(o *Options) { o.FallbackURL = "http://host/other" }
	gather := func(more string) string { return "/turn in-progress" + more }
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"an entry, and keys too many", []string{ask, bye}, []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"the finish key is left out", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=12 FinishedOnKey=#"), over}}, nil},
		{conversation{"partial", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=12 FinishedOnKey="), over}}, nil},
		{conversation{"silence, asked for", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(""), over}}, nil},
		{conversation{"the finish key alone is silence", []string{ask, bye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(""), over}}, nil},
		{conversation{"silence has no webhook", []string{quiet, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/lost in-progress", over}}, nil},
		{conversation{"hang-up", []string{ask}, nil, nil, Left, []string{"PIN?"}, []string{over}}, nil},
		{conversation{"a document that runs out", []string{open + `<Say>Bye.</Say></Response>`}, nil, nil, HungUp, []string{"Bye."}, []string{over}}, nil},
		{conversation{"text is read aloud", []string{"text:hello"}, nil, nil, HungUp, []string{"hello"}, []string{over}}, nil},
		{conversation{"a webhook that fails ends the call", []string{ask, "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"once more where nobody is reached", []string{ask, "down", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"twice more, as the address says", []string{strings.Replace(ask, `"/turn"`, `"/turn#rc=2&amp;rp=ct,5xx"`, 1), "500", "500", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, nil}, nil},
		{conversation{"busy", []string{open + `<Dial action="/dial" timeout="20"><Number>+15550100</Number></Dial></Response>`, bye}, nil, []string{"busy"}, HungUp, []string{"Bye."}, []string{"/dial in-progress DialCallStatus=busy", over}}, nil},
		{conversation{"refused", []string{open + `<Reject reason="busy"/></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a space before the declaration", []string{" " + bye}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"no document", []string{""}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown verb", []string{open + `<Speak>x</Speak></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"an unknown attribute", []string{open + `<Say lang="en">x</Say></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"in small letters", []string{open + `<say>x</say></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a Dial within a Gather", []string{open + `<Gather><Dial>1</Dial></Gather></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"two finish keys", []string{open + `<Gather finishOnKey="#*"/></Response>`}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"too long", []string{open + strings.Repeat("<Say>"+strings.Repeat("a", 2900)+"</Say>", 23) + "</Response>"}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"a text that is too long", []string{open + "<Say>" + strings.Repeat("a", 4097) + "</Say></Response>"}, nil, nil, Refused, nil, nil}, nil},
		{conversation{"not well-formed", []string{open + "<Say>Tom & Jerry</Say></Response>"}, nil, nil, Refused, nil, nil}, nil},

		// What a caller does.
		{conversation{"keys between questions are lost", []string{ask, ask, bye}, []Move{press("1234567"), press("8#")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), gather(" Digits=8 FinishedOnKey=#"), over}}, nil},
		{conversation{"as many keys as come", []string{strings.Replace(ask, ` numDigits="4"`, "", 1), bye}, []Move{press("123456789")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=123456789 FinishedOnKey="), over}}, nil},
		{conversation{"no finish key", []string{strings.Replace(ask, `finishOnKey="#"`, `finishOnKey=""`, 1), bye}, []Move{press("12#4")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=12#4 FinishedOnKey="), over}}, nil},
		{conversation{"hang-up inside an entry", []string{ask}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{over}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"what is said", []string{listens, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" SpeechResult=my bill"), over}}, nil},
		{conversation{"what is not understood is silence", []string{listens, bye}, []Move{{Say: words.Say, Unclear: true}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(""), over}}, nil},

		// Webhooks that fail.
		{conversation{"a late answer is not waited for again", []string{ask, "slow"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"unless the address says so", []string{strings.Replace(ask, `"/turn"`, `"/turn#rc=1&amp;rp=rt"`, 1), "slow", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"once more where an answer is lost", []string{ask, "cut", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"never, as the address says", []string{strings.Replace(ask, `"/turn"`, `"/turn#rc=0"`, 1), "down"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{gather(" Digits=1234 FinishedOnKey="), over}}, nil},
		{conversation{"at the other address", []string{ask, "500", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), "/other in-progress ErrorCode=11200", over}}, fallback},
		{conversation{"and why", []string{ask, "", bye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{gather(" Digits=1234 FinishedOnKey="), "/other in-progress ErrorCode=12100", over}}, fallback},

		// Transfers.
		{conversation{"a transfer", []string{dial, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/dial in-progress DialCallStatus=completed", over}}, nil},
		{conversation{"nobody answers, then it fails", []string{dial, dial, bye}, nil, []string{"no-answer", "failed"}, HungUp, []string{"Bye."}, []string{"/dial in-progress DialCallStatus=no-answer", "/dial in-progress DialCallStatus=failed", over}}, nil},
		{conversation{"who hangs up while it rings", []string{dial}, []Move{{Hangup: true}}, nil, Left, nil, []string{over}}, nil},
		{conversation{"handed over", []string{refer, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/refer in-progress ReferCallStatus=in-progress", over}}, nil},
		{conversation{"not handed over", []string{refer, bye}, nil, []string{"failed"}, HungUp, []string{"Bye."}, []string{"/refer in-progress ReferCallStatus=failed", over}}, nil},

		// Recordings.
		{conversation{"a recording", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/record in-progress Digits=# RecordingUrl=" + tape, "/v1/x/status  RecordingUrl=" + tape + " RecordingStatus=completed", over}}, nil},
		{conversation{"a recording of nothing has no webhook", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/status  RecordingStatus=absent", "/nothing in-progress", over}}, records("empty")},
		{conversation{"one that failed is nowhere", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/record in-progress", over}}, records("failed")},
		{conversation{"one that a hang-up ends", []string{record, bye}, nil, nil, Left, nil, []string{"/record completed Digits=hangup RecordingUrl=" + tape, over, "/v1/x/status  RecordingUrl=" + tape + " RecordingStatus=completed"}}, records(hungUp)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, twilioDesk(t), Twilio, c.change) })
		})
	}
}

// A webhook that is sent again has the same token and signature; the next one has others.
func TestTwilioSendsAgain(t *testing.T) {
	t.Parallel()
	const again = `<Response><Gather action="/turn#rc=2&amp;rp=ct,5xx" numDigits="4"><Say>PIN?</Say></Gather></Response>`
	d := twilioDesk(t)
	conversation{"", []string{again, "500", "down", again, `<Response><Hangup/></Response>`}, []Move{press("1234"), press("5678")}, nil, HungUp, []string{"PIN?", "PIN?"}, nil}.play(t, d, Twilio, nil)
	tokens, signatures := d.header("I-Twilio-Idempotency-Token"), d.header("X-Twilio-Signature")
	for i, same := range []bool{false, true, true, false, false} {
		if (tokens[i] == tokens[i+1]) != same || (signatures[i] == signatures[i+1]) != same {
			t.Errorf("webhooks %d and %d: tokens %q and %q", i, i+1, tokens[i], tokens[i+1])
		}
	}
}

// Whoever takes a transfer hears a document before the two are connected.
func TestTwilioWhispers(t *testing.T) {
	t.Parallel()
	const (
		dial = `<Response><Dial action="/dial"><Number url="/whisper">+15550100</Number></Dial></Response>`
		bye  = `<Response><Hangup/></Response>`
	)
	for _, c := range []struct {
		dials, docs, want []string
		end               End
	}{
		{nil, []string{dial, `<Response><Say>A caller.</Say><Play>http://host/a.mp3</Play></Response>`, bye}, []string{"A caller.", "recording http://host/a.mp3"}, HungUp},
		{nil, []string{dial, `<Response><Record/></Response>`}, nil, Broken},
		{[]string{"busy"}, []string{dial, bye}, nil, HungUp},
	} {
		d := twilioDesk(t)
		d.t, d.answers = t, c.docs
		o := d.options()
		o.Dials = c.dials
		if r := Twilio(t.Context(), o); r.End != c.end || !slices.Equal(r.Whispered, c.want) || len(d.answers) > 0 {
			t.Errorf("%v: %s (%v), whispered %q", c.dials, r.End, r.Err, r.Whispered)
		}
	}
}
