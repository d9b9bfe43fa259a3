package player

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"callflow/engine"
)

// texmlDesk answers forms, each of which has to be signed.
func texmlDesk(t *testing.T) *desk {
	return &desk{kind: "application/xml; charset=utf-8", short: func(r *http.Request, body []byte) (string, bool) {
		public, err := base64.StdEncoding.DecodeString(TelnyxPublicKey(engine.NewSecret("c2VjcmV0")))
		if err != nil {
			t.Error(err)
		}
		sig, _ := base64.StdEncoding.DecodeString(r.Header.Get("Telnyx-Signature-Ed25519"))
		if !ed25519.Verify(public, []byte(r.Header.Get("Telnyx-Timestamp")+"|"+string(body)), sig) {
			t.Errorf("%s is not signed", r.URL)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		text := r.URL.RequestURI() + " " + form.Get("CallStatus")
		for _, name := range []string{"Digits", "SpeechResult", "DialCallStatus", "ReferCallStatus", "RecordingUrl", "RecordingDuration", "RecordingStatus", "HangupSource", "AnsweredBy"} {
			if form.Get(name) != "" {
				text += " " + name + "=" + form.Get(name)
			}
		}
		return text, r.URL.Path != "/v1/x/status"
	}}
}

// texml is a document of these verbs.
func texml(verbs string) string { return "<Response>" + verbs + "</Response>" }

const (
	texmlTape = "https://s3.amazonaws.com/telephony-recorder-prod/recording-1.mp3"
	texmlOver = "/v1/x/status completed HangupSource=callee"
	texmlLeft = "/v1/x/status completed HangupSource=caller"
)

func TestTeXML(t *testing.T) {
	t.Parallel()
	const (
		gather = `<Gather action="/turn/1?on=gather" minDigits="1" maxDigits="4" finishOnKey="#" timeout="5"><Say>PIN?</Say></Gather><Redirect>/turn/1?lost</Redirect>`
		turn   = "/turn/1?on=gather in-progress"
	)
	ask, bye := texml(gather), texml(`<Say voice="alice">Bye.</Say><Hangup/><Say>never</Say>`)
	with := func(old, other string) string { return texml(strings.Replace(gather, old, other, 1)) }
	dial := texml(`<Dial action="/turn/2" timeout="20"><Number>+15550111</Number></Dial><Redirect>/lost</Redirect>`)
	refer := texml(`<Refer action="/turn/2"><Sip>sip:a@example.com</Sip></Refer><Redirect>/lost</Redirect>`)
	record := texml(`<Record action="/turn/3" finishOnKey="#" maxLength="60" recordingStatusCallback="/v1/x/status"/><Say>never</Say>`)
	listens := with(`minDigits`, `input="dtmf speech" minDigits`)
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	words := Move{Say: engine.NewSecret("my bill")}
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		// Entries.
		{conversation{"an entry, and keys too many", []string{ask, bye}, []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", texmlOver}}, nil},
		{conversation{"the finish key is left out", []string{ask, bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", texmlOver}}, nil},
		{conversation{"the finish key alone is silence", []string{ask, bye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1?lost in-progress", texmlOver}}, nil},
		{conversation{"no finish key", []string{with(`finishOnKey="#"`, `finishOnKey=""`), bye}, []Move{press("12#4")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12#4", texmlOver}}, nil},
		{conversation{"partial", []string{ask, bye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", texmlOver}}, nil},
		{conversation{"silence has no webhook", []string{ask, bye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1?lost in-progress", texmlOver}}, nil},
		{conversation{"too short", []string{with(`minDigits="1"`, `minDigits="3"`), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", texmlOver}}, nil},
		{conversation{"too short, and there is an address for it", []string{with(`minDigits="1"`, `minDigits="3" invalidDigitsAction="/b"`), bye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/b in-progress Digits=12", texmlOver}}, nil},
		{conversation{"a key that is not valid", []string{texml(`<Gather action="/a" invalidDigitsAction="/b" validDigits="12" maxDigits="1"/>`), bye}, []Move{press("3")}, nil, HungUp, []string{"Bye."}, []string{"/b in-progress Digits=3", texmlOver}}, nil},
		{conversation{"keys between questions are lost", []string{ask, ask, bye}, []Move{press("1234567"), press("8#")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=8", texmlOver}}, nil},
		{conversation{"what is said", []string{listens, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " SpeechResult=my bill", texmlOver}}, nil},
		{conversation{"words where only keys count", []string{ask, bye}, []Move{words}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/turn/1?lost in-progress", texmlOver}}, nil},

		// Ends.
		{conversation{"hang-up", []string{ask}, nil, nil, Left, []string{"PIN?"}, []string{texmlLeft}}, nil},
		{conversation{"silence, then they leave", []string{ask, ask}, []Move{{}, {Keys: engine.NewSecret("1"), Hangup: true}}, nil, Left, []string{"PIN?", "PIN?"}, []string{"/turn/1?lost in-progress", texmlLeft}}, nil},
		{conversation{"hang-up behind an entry", []string{ask, bye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{turn + " Digits=1234", texmlLeft}}, nil},
		{conversation{"nothing behind it", []string{texml(`<Say>Bye.</Say>`)}, nil, nil, HungUp, []string{"Bye."}, []string{texmlOver}}, nil},
		{conversation{"rejected", []string{texml(`<Reject reason="busy"/>`)}, nil, nil, Refused, nil, []string{}}, nil},

		// Webhooks that fail.
		{conversation{"no answer", []string{"down"}, nil, nil, Refused, nil, []string{}}, nil},
		{conversation{"an error in the middle", []string{ask, "500"}, []Move{press("1#")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1", texmlOver}}, nil},
		{conversation{"an answer that is late", []string{ask, "slow"}, []Move{press("1#")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1", texmlOver}}, nil},
		{conversation{"an answer that is lost", []string{ask, "cut"}, []Move{press("1#")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1", texmlOver}}, nil},
		{conversation{"at the other address", []string{ask, "500", bye}, []Move{press("1#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1", "/other in-progress", texmlOver}}, func(o *Options) { o.FallbackURL = "http://host/other" }},

		// Transfers.
		{conversation{"a transfer", []string{dial, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn/2 in-progress DialCallStatus=completed", texmlOver}}, nil},
		{conversation{"busy, then nobody answers", []string{dial, dial, bye}, nil, []string{"busy", "no-answer"}, HungUp, []string{"Bye."}, []string{"/turn/2 in-progress DialCallStatus=busy", "/turn/2 in-progress DialCallStatus=no-answer", texmlOver}}, nil},
		{conversation{"who hangs up while it rings", []string{dial}, []Move{{Hangup: true}}, nil, Left, nil, []string{texmlLeft}}, nil},
		{conversation{"without an action it ends the call", []string{texml(`<Dial><Number>+15550111</Number></Dial><Say>never</Say>`)}, nil, nil, HungUp, nil, []string{texmlOver}}, nil},
		{conversation{"handed over", []string{refer, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn/2  ReferCallStatus=in-progress", texmlOver}}, nil},
		{conversation{"not handed over", []string{refer, bye}, nil, []string{"failed"}, HungUp, []string{"Bye."}, []string{"/turn/2  ReferCallStatus=failed", texmlOver}}, nil},

		// Recordings.
		{conversation{"a recording", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn/3 in-progress Digits=# RecordingUrl=" + texmlTape + " RecordingDuration=7", "/v1/x/status in-progress RecordingUrl=" + texmlTape + " RecordingDuration=7 RecordingStatus=completed", texmlOver}}, nil},
		{conversation{"one of nothing is one like any other", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn/3 in-progress RecordingUrl=" + texmlTape + " RecordingDuration=0", "/v1/x/status in-progress RecordingUrl=" + texmlTape + " RecordingDuration=0 RecordingStatus=completed", texmlOver}}, records("empty")},
		{conversation{"one that failed is nowhere", []string{record, bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/turn/3 in-progress", texmlOver}}, records("failed")},
		{conversation{"one that a hang-up ends", []string{record, bye}, nil, nil, Left, nil, []string{"/turn/3 completed RecordingUrl=" + texmlTape + " RecordingDuration=7", texmlLeft, "/v1/x/status completed RecordingUrl=" + texmlTape + " RecordingDuration=7 RecordingStatus=completed"}}, records(hungUp)},

		// A call that was asked for: the status that it is taken comes first.
		{conversation{"a machine has answered", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/status in-progress AnsweredBy=machine", "/v1/x/calls in-progress", texmlOver}}, func(o *Options) { o.Placed, o.AnsweredBy = true, "machine" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, texmlDesk(t), TeXML, c.change) })
		})
	}
}

// What Telnyx would not take, it does not take here either.
func TestTeXMLIsStrict(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"no TeXML":                         texml(`<Speak>Hello</Speak>`),
		"an unknown attribute":             texml(`<Say lang="en">Hello</Say>`),
		"not well-formed":                  texml(`<Say>Tom & Jerry</Say>`),
		"text beside verbs":                texml(`Hello`),
		"nothing":                          "",
		"another type":                     "text:" + texml(`<Hangup/>`),
		"too much patience":                texml(`<Gather timeout="121" action="/x"/>`),
		"no patience":                      texml(`<Gather timeout="0" action="/x"/>`),
		"129 keys":                         texml(`<Gather maxDigits="129" action="/x"/>`),
		"more keys at least than at most":  texml(`<Gather minDigits="5" maxDigits="4" action="/x"/>`),
		"two finish keys":                  texml(`<Gather finishOnKey="#*" action="/x"/>`),
		"an ear for something else":        texml(`<Gather input="smell" action="/x"/>`),
		"a ring that is too short":         texml(`<Dial timeout="4"><Number>1</Number></Dial>`),
		"a conversation that is too short": texml(`<Dial timeLimit="59"><Number>1</Number></Dial>`),
		"nobody to call":                   texml(`<Dial/>`),
	} {
		conversation{name: name, answers: []string{doc}, end: Refused}.play(t, texmlDesk(t), TeXML, nil)
	}
}

// Whoever takes a transfer hears a question of their own before the two are connected.
func TestTeXMLWhispers(t *testing.T) {
	t.Parallel()
	dial := texml(`<Dial action="/turn/2"><Number url="/whisper">+15550111</Number></Dial>`)
	bye := texml(`<Hangup/>`)
	for _, c := range []struct {
		dials, docs, want []string
		end               End
	}{
		{nil, []string{dial, texml(`<Gather><Say>A caller.</Say><Play>http://host/a.mp3</Play></Gather>`), bye}, []string{"A caller.", "recording http://host/a.mp3"}, HungUp},
		{nil, []string{dial, texml(`<Say>A caller.</Say>`)}, nil, Broken},
		{[]string{"busy"}, []string{dial, bye}, nil, HungUp},
	} {
		d := texmlDesk(t)
		d.t, d.answers = t, c.docs
		o := d.options()
		o.Dials = c.dials
		if r := TeXML(t.Context(), o); r.End != c.end || !slices.Equal(r.Whispered, c.want) || len(d.answers) > 0 {
			t.Errorf("%v: %s (%v), whispered %q", c.dials, r.End, r.Err, r.Whispered)
		}
	}
}
