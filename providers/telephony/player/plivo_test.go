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

// plivoDesk answers forms, each of which has to be signed.
func plivoDesk(t *testing.T) *desk {
	return &desk{kind: "application/xml", short: func(r *http.Request, body []byte) (string, bool) {
		form, err := url.ParseQuery(string(body))
		if r.Method == http.MethodGet {
			form = r.URL.Query()
		}
		if err != nil || r.Header.Get("X-Plivo-Signature-V3") == "" || r.Header.Get("X-Plivo-Signature-V3-Nonce") == "" {
			t.Errorf("%s: %s is no signed form (%v)", r.URL, body, err)
		}
		if strings.HasPrefix(form.Get("From"), "+") || form.Get("CallUUID") == "" {
			t.Errorf("%s: %s: whose call is it?", r.URL, body)
		}
		text := r.URL.Path + " " + form.Get("Event") + " " + form.Get("CallStatus")
		for _, name := range []string{"Digits", "Speech", "DialStatus", "DialHangupCause", "RecordUrl", "HangupSource", "HangupCauseName", "Machine"} {
			if form.Get(name) != "" {
				text += " " + name + "=" + form.Get(name)
			}
		}
		return text, r.URL.Path != "/v1/x/status"
	}}
}

const (
	plivoOpen = `<?xml version="1.0" encoding="UTF-8"?><Response>`
	plivoAsk  = plivoOpen + `<GetDigits action="http://host/turn" method="POST" timeout="5" digitTimeout="2" numDigits="4" finishOnKey="#" retries="1"><Speak>PIN?</Speak></GetDigits>` +
		`<Redirect method="POST">http://host/silence</Redirect></Response>`
	plivoBye  = plivoOpen + `<Speak>Bye.</Speak><Hangup/><Speak>never</Speak></Response>`
	plivoTape = "https://media.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Recording/call-1-1.mp3"

	plivoOver = "/v1/x/status Hangup completed HangupSource=Answer XML HangupCauseName=Normal Hangup"
	plivoLeft = "/v1/x/status Hangup completed HangupSource=Caller HangupCauseName=Normal Hangup"
)

func TestPlivo(t *testing.T) {
	t.Parallel()
	const (
		turn   = "/turn GetDigits in-progress"
		lost   = "/v1/x/status Hangup completed HangupSource=Error HangupCauseName=Error Reaching Answer URL"
		listen = plivoOpen + `<GetInput action="http://host/turn" method="POST" inputType="dtmf speech" executionTimeout="15" digitEndTimeout="2" speechEndTimeout="auto" numDigits="4" finishOnKey="#"><Speak>What?</Speak></GetInput>` +
			`<Redirect method="POST">http://host/silence</Redirect></Response>`
		dial   = plivoOpen + `<Dial action="http://host/dial" timeout="20"><Number>15550100</Number></Dial><Redirect>http://host/lost</Redirect></Response>`
		record = plivoOpen + `<Record action="http://host/record" maxLength="60" finishOnKey="#" callbackUrl="http://host/v1/x/status"/><Redirect>http://host/nothing</Redirect></Response>`
	)
	ask := func(old, other string) string { return strings.Replace(plivoAsk, old, other, 1) }
	records := func(how string) func(*Options) { return func(o *Options) { o.Records = []string{how} } }
	words := []Move{{Say: engine.NewSecret("my bill")}}
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		// Entries.
		{conversation{"an entry, and keys too many", []string{plivoAsk, plivoBye}, []Move{press("12345")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"the finish key is left out", []string{plivoAsk, plivoBye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", plivoOver}}, nil},
		{conversation{"left out, the finish key is the number sign", []string{ask(` finishOnKey="#"`, ""), plivoBye}, []Move{press("12#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", plivoOver}}, nil},
		{conversation{"no finish key", []string{ask(`finishOnKey="#"`, `finishOnKey="none"`), plivoBye}, []Move{press("1#2")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1#2", plivoOver}}, nil},
		{conversation{"partial", []string{plivoAsk, plivoBye}, []Move{press("12")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=12", plivoOver}}, nil},
		{conversation{"silence has no webhook", []string{plivoAsk, plivoBye}, []Move{{}}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/silence Redirect in-progress", plivoOver}}, nil},
		{conversation{"the finish key alone is silence", []string{plivoAsk, plivoBye}, []Move{press("#")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/silence Redirect in-progress", plivoOver}}, nil},
		{conversation{"tries of Plivo's own", []string{ask(`retries="1"`, `retries="2"`), plivoBye}, []Move{{}, press("1234")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"a key that is not valid is a try", []string{ask(`retries="1"`, `retries="2" validDigits="123" invalidDigitsSound="http://host/no.mp3"`), plivoBye}, []Move{press("19#"), press("12#")}, nil, HungUp, []string{"PIN?", "recording http://host/no.mp3", "PIN?", "Bye."}, []string{turn + " Digits=12", plivoOver}}, nil},
		{conversation{"keys between questions are lost", []string{plivoAsk, plivoAsk, plivoBye}, []Move{press("1234567"), press("89#")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=89", plivoOver}}, nil},
		{conversation{"the document goes on where it says so", []string{ask(`retries="1"`, `retries="1" redirect="false"`), plivoBye, plivoBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", "/silence Redirect in-progress", plivoOver}}, nil},
		{conversation{"what is said", []string{listen, plivoBye}, words, nil, HungUp, []string{"What?", "Bye."}, []string{"/turn GetInput in-progress Speech=my bill", plivoOver}}, nil},
		{conversation{"what is not understood is silence", []string{listen, plivoBye}, []Move{{Say: engine.NewSecret("hm"), Unclear: true}}, nil, HungUp, []string{"What?", "Bye."}, []string{"/silence Redirect in-progress", plivoOver}}, nil},
		{conversation{"so are words where only keys count", []string{plivoAsk, plivoBye}, words, nil, HungUp, []string{"PIN?", "Bye."}, []string{"/silence Redirect in-progress", plivoOver}}, nil},

		// Ends.
		{conversation{"hang-up", []string{plivoAsk}, nil, nil, Left, []string{"PIN?"}, []string{plivoLeft}}, nil},
		{conversation{"hang-up inside an entry", []string{plivoAsk}, []Move{{Keys: engine.NewSecret("12"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{plivoLeft}}, nil},
		{conversation{"hang-up behind an entry", []string{plivoAsk, plivoBye}, []Move{{Keys: engine.NewSecret("1234"), Hangup: true}}, nil, Left, []string{"PIN?"}, []string{turn + " Digits=1234", plivoLeft}}, nil},
		{conversation{"a document that runs out", []string{plivoOpen + `<Speak>Bye.</Speak></Response>`}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/status Hangup completed HangupSource=Plivo HangupCauseName=End Of XML Instructions"}}, nil},
		{conversation{"nothing behind a redirect is run", []string{plivoOpen + `<Redirect>http://host/next</Redirect><Speak>never</Speak></Response>`, plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/next Redirect in-progress", plivoOver}}, nil},

		// Webhooks that fail.
		{conversation{"a webhook that fails ends the call", []string{plivoAsk, "500"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1234", lost}}, nil},
		{conversation{"no document ends it", []string{plivoAsk, ""}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1234", lost}}, nil},
		{conversation{"a bad document ends it", []string{plivoAsk, `<Response><Sing/></Response>`}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, []string{turn + " Digits=1234", "/v1/x/status Hangup completed HangupSource=Error HangupCauseName=Invalid Answer XML"}}, nil},
		{conversation{"once more where nobody is reached", []string{plivoAsk, "down", plivoBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"once more where the answer is lost", []string{plivoAsk, "cut", plivoBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"once more where it is late", []string{plivoAsk, "slow", plivoBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"late, where the address says that it does not wait again", []string{ask("/turn", "/turn#rc=2&amp;rp=ct,5xx"), "slow"}, []Move{press("1234")}, nil, Broken, []string{"PIN?"}, nil}, nil},
		{conversation{"twice more, as the address says", []string{ask("/turn", "/turn#rc=2&amp;rp=ct,5xx"), "500", "down", plivoBye}, []Move{press("1234")}, nil, HungUp, []string{"PIN?", "Bye."}, []string{turn + " Digits=1234", turn + " Digits=1234", turn + " Digits=1234", plivoOver}}, nil},
		{conversation{"the first one three times more", []string{"500", "down", "slow", plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", plivoOver}}, nil},
		{conversation{"and then at the other address", []string{"500", "500", "500", "500", plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", "/v1/x/calls StartApp ringing", "/other StartApp ringing", plivoOver}}, func(o *Options) { o.FallbackURL = "http://host/other" }},
		{conversation{"by GET", []string{plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{plivoOver}}, func(o *Options) { o.Get = true }},

		// Transfers.
		{conversation{"a transfer", []string{dial, plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/dial Redirect in-progress DialStatus=completed DialHangupCause=NORMAL_CLEARING", plivoOver}}, nil},
		{conversation{"busy", []string{dial, plivoBye}, nil, []string{"busy"}, HungUp, []string{"Bye."}, []string{"/dial Redirect in-progress DialStatus=busy DialHangupCause=USER_BUSY", plivoOver}}, nil},
		{conversation{"nobody answers, then somebody does", []string{dial, dial, plivoBye}, nil, []string{"no-answer", "completed"}, HungUp, []string{"Bye."}, []string{"/dial Redirect in-progress DialStatus=no-answer", "/dial Redirect in-progress DialStatus=completed DialHangupCause=NORMAL_CLEARING", plivoOver}}, nil},
		{conversation{"no such number", []string{dial, plivoBye}, nil, []string{"failed"}, HungUp, []string{"Bye."}, []string{"/dial Redirect in-progress DialStatus=failed DialHangupCause=UNALLOCATED_NUMBER", plivoOver}}, nil},
		{conversation{"who hangs up while it rings", []string{dial}, []Move{{Hangup: true}}, nil, Left, nil, []string{plivoLeft}}, nil},
		{conversation{"without an action, what stands behind", []string{strings.Replace(dial, ` action="http://host/dial"`, "", 1), plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/lost Redirect in-progress", plivoOver}}, nil},

		// Recordings.
		{conversation{"a recording", []string{record, plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/record Record in-progress Digits=# RecordUrl=" + plivoTape, "/v1/x/status Record  RecordUrl=" + plivoTape, plivoOver}}, nil},
		{conversation{"a recording of nothing has no webhook", []string{record, plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/nothing Redirect in-progress", plivoOver}}, records("empty")},
		{conversation{"one that failed is nowhere", []string{record, plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/record Record in-progress", plivoOver}}, records("failed")},
		{conversation{"one that a hang-up ends", []string{record, plivoBye}, nil, nil, Left, nil, []string{"/record Record completed RecordUrl=" + plivoTape, plivoLeft, "/v1/x/status Record  RecordUrl=" + plivoTape}}, records(hungUp)},

		// Calls that were asked for.
		{conversation{"a machine has answered", []string{plivoBye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls StartApp in-progress", plivoOver}}, func(o *Options) { o.Placed, o.AnsweredBy = true, "true" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.play(t, plivoDesk(t), Plivo, c.change) })
		})
	}
}

// What Plivo would not take, it does not take here either.
func TestPlivoIsStrict(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"not well-formed":                   plivoOpen + "<Speak>Tom & Jerry</Speak></Response>",
		"an unknown element":                plivoOpen + "<Say>x</Say></Response>",
		"an unknown attribute":              plivoOpen + `<Speak lang="en-US">x</Speak></Response>`,
		"text beside elements":              plivoOpen + "hello</Response>",
		"a Dial within a question":          plivoOpen + `<GetDigits action="http://host/t"><Dial><Number>1</Number></Dial></GetDigits></Response>`,
		"another type of document":          "text:" + plivoBye,
		"100 keys":                          strings.Replace(plivoAsk, `numDigits="4"`, `numDigits="100"`, 1),
		"no patience":                       strings.Replace(plivoAsk, `timeout="5"`, `timeout="0"`, 1),
		"half a second":                     strings.Replace(plivoAsk, `digitTimeout="2"`, `digitTimeout="0.5"`, 1),
		"two finish keys":                   strings.Replace(plivoAsk, `finishOnKey="#"`, `finishOnKey="#*"`, 1),
		"half an address":                   strings.Replace(plivoAsk, "http://host/turn", "/turn", 1),
		"a text that is too long":           plivoOpen + "<Speak>" + strings.Repeat("a", 3001) + "</Speak></Response>",
		"a document that is too long":       plivoOpen + strings.Repeat("<Speak>"+strings.Repeat("a", 2900)+"</Speak>", 35) + "</Response>",
		"33 keys where it listens":          plivoOpen + `<GetInput action="http://host/t" inputType="dtmf speech" numDigits="33"/></Response>`,
		"four seconds for all that is said": plivoOpen + `<GetInput action="http://host/t" inputType="speech" executionTimeout="4"/></Response>`,
		"markup for a voice that has none":  plivoOpen + `<Speak voice="WOMAN">a <break time="1s"/></Speak></Response>`,
		"a header field with a space":       plivoOpen + `<Dial><User sipHeaders="Reason=a b">sip:a@example.com</User></Dial></Response>`,
		"nobody to call":                    plivoOpen + `<Dial/></Response>`,
		"a recording of a second":           plivoOpen + `<Record action="http://host/t" maxLength="1"/></Response>`,
		"a redirect to nowhere":             plivoOpen + `<Redirect/></Response>`,
	} {
		conversation{name: name, answers: []string{doc}, end: Refused}.play(t, plivoDesk(t), Plivo, nil)
	}
}

// A webhook that is sent again is the same to the last byte: its signature and nonce too.
// The next one has others.
func TestPlivoSendsAgain(t *testing.T) {
	t.Parallel()
	d := plivoDesk(t)
	again := strings.Replace(plivoAsk, "/turn", "/turn#rc=2&amp;rp=ct,5xx", 1)
	conversation{"", []string{again, "down", "500", again, plivoBye}, []Move{press("1234"), press("5678")}, nil, HungUp, []string{"PIN?", "PIN?", "Bye."}, nil}.play(t, d, Plivo, nil)
	nonces, signatures := d.header("X-Plivo-Signature-V3-Nonce"), d.header("X-Plivo-Signature-V3")
	for i, same := range []bool{false, true, true, false, false} {
		if (nonces[i] == nonces[i+1]) != same || (signatures[i] == signatures[i+1]) != same {
			t.Errorf("webhooks %d and %d: nonces %q and %q", i, i+1, nonces[i], nonces[i+1])
		}
	}
}

// Whoever takes a transfer hears a document before the two are connected; what is neither
// said nor played in it is ignored.
func TestPlivoWhispers(t *testing.T) {
	t.Parallel()
	const dial = plivoOpen + `<Dial action="http://host/dial" confirmSound="http://host/whisper"><Number>15550100</Number></Dial></Response>`
	for _, c := range []struct {
		dials []string
		docs  []string
		want  []string
	}{
		{nil, []string{dial, plivoOpen + `<Speak>A caller.</Speak><Play>http://host/a.mp3</Play><Wait length="1"/></Response>`, plivoBye}, []string{"A caller.", "recording http://host/a.mp3"}},
		{[]string{"busy"}, []string{dial, plivoBye}, nil},
	} {
		d := plivoDesk(t)
		d.t, d.answers = t, c.docs
		o := d.options()
		o.Dials = c.dials
		if r := Plivo(t.Context(), o); r.End != HungUp || !slices.Equal(r.Whispered, c.want) {
			t.Errorf("%v: %s (%v), whispered %q", c.dials, r.End, r.Err, r.Whispered)
		}
	}
}
