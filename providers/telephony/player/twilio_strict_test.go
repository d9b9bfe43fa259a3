package player

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// What Twilio would not take, it does not take here either; what is at the bounds, it does.
func TestTwilioIsStrict(t *testing.T) {
	t.Parallel()
	doc := func(verbs string) string { return "<Response>" + verbs + "</Response>" }
	fill := func(size int) string {
		text := doc(strings.Repeat("<Say>"+strings.Repeat("a", 2000)+"</Say>", 32))
		return strings.Replace(text, "</Response>", strings.Repeat(" ", size-len(text))+"</Response>", 1)
	}
	for _, c := range []struct{ name, doc, code string }{
		{"no Response", `<Say>x</Say>`, "12100"},
		{"nothing but a comment", `<!-- -->`, "12100"},
		{"something behind it", doc(`<Hangup/>`) + `<Response/>`, "12100"},
		{"text beside verbs", doc(`Hello.`), "12100"},
		{"text in a Gather", doc(`<Gather>Hello.</Gather>`), "12100"},
		{"text before it", `Hello. ` + doc(`<Hangup/>`), "12100"},
		{"a verb within a verb", doc(`<Say><Hangup/></Say>`), "12200"},
		{"a Number on its own", doc(`<Number>1</Number>`), "12200"},
		{"a timeout in words", doc(`<Gather timeout="five"/>`), "12200"},
		{"a negative timeout", doc(`<Gather timeout="-1"/>`), "12200"},
		{"no digits", doc(`<Gather numDigits="0"/>`), "12200"},
		{"no length", doc(`<Pause length="0"/>`), "12200"},
		{"no time to record", doc(`<Record maxLength="0"/>`), "12200"},
		{"no time to talk", doc(`<Dial timeLimit="0">1</Dial>`), "12200"},
		{"half a second", doc(`<Pause length="0.5"/>`), "12200"},
		{"another method", doc(`<Gather method="PUT"/>`), "12200"},
		{"another method of a callback", doc(`<Record recordingStatusCallbackMethod="post"/>`), "12200"},
		{"a finish key that is none", doc(`<Record finishOnKey="A"/>`), "12200"},
		{"an ear for something else", doc(`<Gather input="dtmf smell"/>`), "12200"},
		{"nobody to call", doc(`<Dial> </Dial>`), "12200"},
		{"nobody to hand over to", doc(`<Refer/>`), "12200"},
		{"a Redirect to nowhere", doc(`<Redirect> </Redirect>`), "12200"},
		{"nothing to play", doc(`<Play></Play>`), "12200"},
		{"a Say of 3001 characters", doc(`<Say>` + strings.Repeat("ä", 3001) + `</Say>`), "13521"},
		{"64 kB and a byte", fill(64<<10 + 1), "11750"},
	} {
		if _, err := readTwilio(answer{200, "text/xml; charset=utf-8", []byte(c.doc)}, twilioElements()); err == nil || !strings.HasPrefix(err.Error(), c.code) {
			t.Errorf("%s: %v, expected %s", c.name, err, c.code)
		}
	}
	for _, text := range []string{
		doc(""),
		" \n" + doc(" <Hangup /> ") + " \n",
		fill(64 << 10),
		doc(`<Say>` + strings.Repeat("ä", 3000) + `</Say>`),
		doc(`<Gather timeout="0" numDigits="1" finishOnKey="" input="speech dtmf"/><Say loop="0">x</Say><Pause length="1"/>`),
		doc(`<Record finishOnKey="1234567890*#" recordingStatusCallbackMethod="GET"/>`),
		doc(`<Play digits="ww1"/>`),
		doc(`<Dial>+15550100</Dial>`),
		doc(`<Dial><Sip>sip:a@example.com</Sip></Dial>`),
	} {
		for _, kind := range []string{"text/xml", "application/xml", "text/html; charset=utf-8"} {
			if _, err := readTwilio(answer{299, kind, []byte(text)}, twilioElements()); err != nil {
				t.Errorf("%.60s of %s: %v", text, kind, err)
			}
		}
	}
	for _, a := range []answer{
		{200, "application/json", []byte(doc(""))},
		{200, "", []byte(doc(""))},
		{204, "text/xml", nil},
		{200, "text/xml", nil},
		{199, "text/xml", []byte(doc(""))},
		{300, "text/xml", []byte(doc(""))},
		{404, "text/xml", []byte(doc(""))},
	} {
		if _, err := readTwilio(a, twilioElements()); err == nil {
			t.Errorf("%d of %q is taken", a.status, a.contentType)
		}
	}
}

// What is heard of markup are its words.
func TestTwilioMarkup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, heard string }{
		{`<Say>Tom &amp; <emphasis level="strong">Jerry</emphasis></Say>`, "Tom & Jerry"},
		{`<Say>One<break strength="weak"/>two</Say>`, "One two"},
		{`<Say><p>One.</p><s>Two.</s></Say>`, "One. Two."},
		{`<Say>The <sub alias="World Wide Web">WWW</sub> <say-as interpret-as="digits">12</say-as></Say>`, "The World Wide Web 12"},
		{`<Say><lang xml:lang="de-DE">Guten Tag</lang></Say>`, "Guten Tag"},
		{`<Dial><Number>12</Number></Dial>`, ""},
	} {
		verbs, err := readTwilio(answer{200, "text/xml", []byte("<Response>" + c.doc + "</Response>")}, twilioElements())
		if err != nil || strings.TrimSpace(verbs[0].text) != c.heard {
			t.Errorf("%s: %v, expected %q (%v)", c.doc, verbs, c.heard, err)
		}
	}
}

// Turns of a call that nothing else here takes.
func TestTwilioTurns(t *testing.T) {
	t.Parallel()
	doc := func(verbs string) string { return "<Response>" + verbs + "</Response>" }
	const over = "/v1/x/status completed"
	bye := doc(`<Say>Bye.</Say>`)
	tape := doc(`<Record action="/tape"/>`)
	fallback := func(o *Options) { o.FallbackURL = "http://host/other" }
	leaving := func(keys string) Move { return Move{Keys: engine.NewSecret(keys), Hangup: true} }
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"without an action, the document is asked for again", []string{doc(`<Gather numDigits="1"/>`), bye}, []Move{press("1")}, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls in-progress Digits=1 FinishedOnKey=", over}}, nil},
		{conversation{"relative to where the document came from", []string{doc(`<Redirect>/a/b</Redirect>`), doc(`<Redirect>c?d=e</Redirect>`), bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/a/b in-progress", "/a/c?d=e in-progress", over}}, nil},
		{conversation{"another address than of the web", []string{doc(`<Redirect>ftp://host/x</Redirect>`)}, nil, nil, Broken, nil, []string{over}}, nil},
		{conversation{"six repeats", []string{doc(`<Redirect>/x#rc=6</Redirect>`)}, nil, nil, Broken, nil, []string{over}}, nil},
		{conversation{"Reject, too late", []string{doc(`<Say>Hello.</Say><Reject/>`)}, nil, nil, Broken, []string{"Hello."}, []string{over}}, nil},
		{conversation{"Leave, where nobody waits", []string{doc(`<Leave/>`)}, nil, nil, Broken, nil, []string{over}}, nil},
		{conversation{"said twice, then once more", []string{doc(`<Say loop="2">Hi.</Say><Say loop="0">Ho.</Say><Play> http://host/a.mp3 </Play>`)}, nil, nil, HungUp, []string{"Hi.", "Hi.", "Ho.", "recording http://host/a.mp3"}, []string{over}}, nil},
		{conversation{"without an action, what stands behind a Dial is next", []string{doc(`<Dial>+15550100</Dial><Say>Bye.</Say>`)}, nil, nil, HungUp, []string{"Bye."}, []string{over}}, nil},
		{conversation{"and behind a Refer", []string{doc(`<Refer><Sip>sip:a@example.com</Sip></Refer><Say>Bye.</Say>`)}, nil, nil, HungUp, []string{"Bye."}, []string{over}}, nil},
		{conversation{"silence, and gone", []string{doc(`<Gather action="/turn" finishOnKey="#"/><Say>never</Say>`)}, []Move{leaving("#")}, nil, Left, nil, []string{over}}, nil},
		{conversation{"a hang-up that ends a recording ends the call, whatever comes of its webhook", []string{tape, "500"}, nil, nil, Left, nil, []string{"/tape completed Digits=hangup RecordingUrl=https://api.twilio.com/2010-04-01/Accounts/acme/Recordings/RE1", over}}, func(o *Options) { o.Records = []string{hungUp} }},
		{conversation{"nobody asks about nothing", []string{tape + ""}, nil, nil, HungUp, nil, []string{over}}, func(o *Options) { o.Records = []string{"empty"} }},
		{conversation{"what is whispered does not come", []string{doc(`<Dial action="/d"><Number url="/w">1</Number></Dial>`), "500"}, nil, nil, Broken, nil, []string{"/w in-progress", over}}, nil},
		{conversation{"nobody is told", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL = "" }},
		{conversation{"nobody is told of a call that was asked for", []string{bye}, nil, nil, HungUp, []string{"Bye."}, []string{}}, func(o *Options) { o.StatusURL, o.Placed = "", true }},
		{conversation{"another address, where nobody is reached at the first", []string{"down", "down", bye}, nil, nil, HungUp, []string{"Bye."}, []string{"/v1/x/calls ringing", "/other ringing ErrorCode=11200", over}}, fallback},
		{conversation{"nor there", []string{"500", "500"}, nil, nil, Refused, nil, []string{"/other ringing ErrorCode=11200"}}, fallback},
	} {
		c.play(t, twilioDesk(t), Twilio, c.change)
	}
}

// Time passes where a document says so, and the minutes that have begun are told.
func TestTwilioTime(t *testing.T) {
	t.Parallel()
	var passed []time.Duration
	now := time.Unix(1795257016, 0)
	var over string
	d := twilioDesk(t)
	d.t, d.answers = t, []string{`<Response><Pause/><Gather numDigits="1"><Pause length="59"/><Say>PIN?</Say></Gather><Pause length="3"/></Response>`}
	short := d.short
	d.short = func(r *http.Request, body []byte) (string, bool) {
		over = string(body)
		return short(r, body)
	}
	o := d.options()
	o.Script = []Move{{}}
	o.Now = func() time.Time { return now }
	o.Wait = func(_ context.Context, d time.Duration) error {
		passed, now = append(passed, d), now.Add(d)
		return nil
	}
	Twilio(t.Context(), o)
	if want := []time.Duration{time.Second, 59 * time.Second, 3 * time.Second}; !slices.Equal(passed, want) {
		t.Errorf("%v passed, expected %v", passed, want)
	}
	if !strings.Contains(over, "CallDuration=63&") || !strings.Contains(over, "&Duration=2&") {
		t.Errorf("told %s", over)
	}
	for seconds, minutes := range map[int]string{42: "1", 60: "1", 61: "2"} {
		now, over = time.Unix(1795257016, 0), ""
		d.answers = []string{`<Response><Pause length="` + strconv.Itoa(seconds) + `"/></Response>`}
		Twilio(t.Context(), o)
		if !strings.Contains(over, "&Duration="+minutes+"&") {
			t.Errorf("after %d seconds: %s", seconds, over)
		}
	}
}

// Who has no secret signs nothing.
func TestTwilioUnsigned(t *testing.T) {
	t.Parallel()
	o := Options{URL: "http://host/x", Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if _, ok := r.Header["X-Twilio-Signature"]; ok {
			t.Error("it is signed")
		}
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.WriteString("<Response/>")
		return w.Result(), nil
	})}}
	if r := Twilio(t.Context(), o); r.End != HungUp {
		t.Error(r)
	}
}
