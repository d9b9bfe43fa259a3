package player

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TeXML plays a call as Telnyx does to an application of TeXML, by its own pages: forms
// are signed as events of Call Control are; a gather in which nobody presses a key has
// no webhook, and the finish key alone is no key; keys are heard while a question is
// asked and at no other time; an entry that is shorter than it may be goes to the
// gather's invalidDigitsAction, where it has one; what is said and not understood comes
// as a result without words; what whoever takes a transfer hears is a question, because
// nothing else may stand there; a transfer without an action, and
// whatever runs out of verbs, ends the call; a document that cannot be read, or that
// does not come, ends it too, unless there is a FallbackURL to go to.
func TeXML(ctx context.Context, o Options) Result {
	t := &texmlCall{played: begin(o), known: texmlElements(), status: "ringing"}
	t.play(ctx)
	return t.done()
}

const (
	texmlTimeout = 10 * time.Second
	texmlForm    = "application/x-www-form-urlencoded"
)

type texmlCall struct {
	*played
	known  map[string]element
	status string // of the call

	at   *url.URL // of the document that is run
	doc  []twilioVerb
	told int // notices
}

func (t *texmlCall) play(ctx context.Context) {
	if t.Placed {
		t.status = "in-progress"
		t.tell(ctx, t.StatusURL, http.MethodPost, t.form())
		if t.AnsweredBy != "" {
			found := t.form()
			found.Set("AnsweredBy", t.AnsweredBy)
			t.tell(ctx, t.StatusURL, http.MethodPost, found)
		}
	}
	first := t.form()
	first.Set("CallerId", t.Call.Name)
	if err := t.goTo(ctx, Start, t.URL, http.MethodPost, first); err != nil {
		t.refuse(err)
		return
	}
	if len(t.doc) > 0 && t.doc[0].name == "Reject" {
		t.refuse(errors.New("the call is rejected"))
		return
	}
	t.status = "in-progress"
	t.follow(func() error {
		if len(t.doc) == 0 {
			t.end(ctx, HungUp, nil)
			return nil
		}
		verb := t.doc[0]
		t.doc = t.doc[1:]
		return t.perform(ctx, verb)
	}, func(err error) { t.end(ctx, Broken, err) })
}

// perform carries out one verb. An error ends the call.
func (t *texmlCall) perform(ctx context.Context, v twilioVerb) error {
	switch v.name {
	case "Say", "Play":
		t.say(v)
	case "Pause":
		return t.Wait(ctx, time.Duration(v.number("length", 1))*time.Second)
	case "Hangup":
		t.end(ctx, HungUp, nil)
	case "Redirect":
		return t.turn(ctx, strings.TrimSpace(v.text), v.attribute("method", http.MethodPost), t.form())
	case "Gather":
		return t.gather(ctx, v)
	case "Record":
		return t.record(ctx, v)
	case "Dial":
		return t.dial(ctx, v)
	case "Refer":
		return t.refer(ctx, v)
	default:
		return fmt.Errorf("nobody here plays a %s", v.name)
	}
	return nil
}

// say has the caller hear a Say or a Play.
func (t *texmlCall) say(v twilioVerb) { t.heardTimes(v.number("loop", 1), v.text, v.name == "Play") }

// gather collects keys. Those that are left over are gone.
func (t *texmlCall) gather(ctx context.Context, v twilioVerb) error {
	for _, in := range v.inner {
		t.say(in)
	}
	q := question{terminator: v.attribute("finishOnKey", "#"), max: v.number("maxDigits", v.number("numDigits", 128))}
	q.speech = slices.Contains(strings.Fields(v.attribute("input", "dtmf")), "speech")
	keys, end := t.caller.entry(q)
	if end == left {
		t.end(ctx, Left, nil)
		return nil
	}
	t.caller.ahead = ""
	if end == said || end == mumbled {
		form := t.form()
		form.Set("Digits", "")
		form.Set("SpeechResult", keys)
		if end == said {
			form.Set("Confidence", "0.9")
		}
		return t.action(ctx, v, form)
	}
	if end == terminated {
		keys = strings.TrimSuffix(keys, q.terminator)
	}
	if keys == "" {
		if t.caller.gone() {
			t.end(ctx, Left, nil)
		}
		return nil // the verb behind it runs
	}
	form := t.form()
	form.Set("Digits", keys)
	wrong := len(keys) < v.number("minDigits", 1) || strings.Trim(keys, v.attribute("validDigits", "0123456789#*")) != ""
	if other := v.attributes["invalidDigitsAction"]; wrong && other != "" {
		return t.turn(ctx, other, v.attribute("method", http.MethodPost), form)
	}
	return t.action(ctx, v, form)
}

// record records the caller. A recording of nothing is one like any other.
func (t *texmlCall) record(ctx context.Context, v twilioVerb) error {
	result := t.nextRecording()
	if result == hungUp {
		t.caller.leave()
		t.status = "completed"
	}
	form := t.form()
	id := "recording-" + strconv.Itoa(t.recordings)
	address := "https://s3.amazonaws.com/telephony-recorder-prod/" + id + "." + v.attribute("format", "mp3")
	made, seconds := result != "failed", "7"
	if result == "empty" {
		seconds = "0"
	}
	if made {
		form.Set("RecordingSid", id)
		form.Set("RecordingUrl", address)
		form.Set("RecordingDuration", seconds)
		if keys := v.attribute("finishOnKey", "1234567890*#"); result == "recorded" && keys != "" {
			form.Set("Digits", keys[:1])
		}
	}
	err := t.action(ctx, v, form)
	if made {
		form := t.form()
		form.Set("RecordingSid", id)
		form.Set("RecordingStatus", "completed")
		form.Set("RecordingUrl", address)
		form.Set("RecordingDuration", seconds)
		t.tell(ctx, v.attributes["recordingStatusCallback"], v.attribute("recordingStatusCallbackMethod", http.MethodPost), form)
	}
	return err
}

// dial calls the other side. Without an action the call ends with it.
func (t *texmlCall) dial(ctx context.Context, v twilioVerb) error {
	if t.caller.hangsUp() {
		t.end(ctx, Left, nil)
		return nil
	}
	result := t.nextDial("completed")
	for _, noun := range v.inner {
		if hook := noun.attributes["url"]; hook != "" && result == "completed" {
			if err := t.whisper(ctx, hook, noun.attribute("method", http.MethodPost)); err != nil {
				return err
			}
		}
	}
	if v.attributes["action"] == "" {
		t.end(ctx, HungUp, nil)
		return nil
	}
	form := t.form()
	form.Set("DialCallStatus", result)
	form.Set("DialCallSid", t.Call.ID+"-other")
	if result == "completed" {
		form.Set("DialCallDuration", "42")
	}
	return t.action(ctx, v, form)
}

// whisper runs a document on the other leg, before the two are connected.
func (t *texmlCall) whisper(ctx context.Context, hook, method string) error {
	form := t.form()
	for name, value := range map[string]string{"CallSid": t.Call.ID + "-other", "CallSidLegacy": t.Call.ID + "-other", "Direction": "outbound"} {
		form.Set(name, value)
	}
	doc, _, err := t.hook(ctx, Turn, hook, method, form)
	if err != nil {
		return err
	}
	for _, v := range doc {
		if v.name != "Gather" {
			return fmt.Errorf("a %s for whoever takes a call, who may be asked and hung up on", v.name)
		}
		for _, in := range v.inner {
			if in.name == "Play" {
				t.whispered(recorded(strings.TrimSpace(in.text)))
			} else {
				t.whispered(in.text)
			}
		}
	}
	return nil
}

// refer hands the call over. Its form tells nothing of the call but its name.
func (t *texmlCall) refer(ctx context.Context, v twilioVerb) error {
	sip := map[string][2]string{"completed": {"in-progress", "200"}, "busy": {"busy", "486"}, "no-answer": {"no-answer", "480"}}[t.nextDial("completed")]
	form := url.Values{"AccountSid": {t.Call.Account}, "CallSid": {t.Call.ID}, "CallSidLegacy": {t.Call.ID}, "Timestamp": {t.Now().UTC().Format(time.RFC3339)}}
	if sip[0] != "" {
		form.Set("ReferCallStatus", sip[0])
		form.Set("ReferSipResponseCode", "202")
		form.Set("NotifySipResponseCode", sip[1])
	} else {
		form.Set("ReferCallStatus", "failed")
		form.Set("ReferSipResponseCode", "405")
	}
	return t.action(ctx, v, form)
}

// action posts what came of a verb to its action; without one the document goes on.
func (t *texmlCall) action(ctx context.Context, v twilioVerb, form url.Values) error {
	address := v.attributes["action"]
	if address == "" {
		if t.caller.gone() {
			t.end(ctx, Left, nil)
		}
		return nil
	}
	return t.turn(ctx, address, v.attribute("method", http.MethodPost), form)
}

// turn posts a form and goes on with the document that comes back.
func (t *texmlCall) turn(ctx context.Context, address, method string, form url.Values) error {
	err := t.goTo(ctx, Turn, address, method, form)
	if t.status == "completed" || t.caller.gone() {
		t.end(ctx, Left, nil)
		return nil
	}
	return err
}

// goTo makes the document of an address the one that is run; where none comes, that of
// the fallback URL.
func (t *texmlCall) goTo(ctx context.Context, kind Kind, address, method string, form url.Values) error {
	doc, at, err := t.hook(ctx, kind, address, method, form)
	if err != nil && t.FallbackURL != "" && ctx.Err() == nil {
		doc, at, err = t.hook(ctx, Start, t.FallbackURL, http.MethodPost, t.form())
	}
	if err != nil {
		return err
	}
	t.doc, t.at = doc, at
	return nil
}

// hook posts a form and reads the document that comes back.
func (t *texmlCall) hook(ctx context.Context, kind Kind, address, method string, form url.Values) (doc []twilioVerb, at *url.URL, err error) {
	d, at, err := t.delivery(kind, address, method, form)
	if err != nil {
		t.fault(err)
		return nil, nil, err
	}
	doc, err = fetch(ctx, t.played, d, retries{}, func(a answer) ([]twilioVerb, error) { return readTeXML(a, t.known) })
	return doc, at, err
}

// delivery makes a webhook ready, and signs its body.
func (t *texmlCall) delivery(kind Kind, address, method string, form url.Values) (d delivery, at *url.URL, err error) {
	at, err = url.Parse(address)
	if err == nil && t.at != nil {
		at = t.at.ResolveReference(at)
	}
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return d, nil, fmt.Errorf("%q is no address", address)
	}
	d = delivery{kind: kind, url: at.String(), timeout: texmlTimeout, method: method, more: http.Header{}}
	if method == http.MethodGet {
		full := *at
		full.RawQuery = strings.Trim(at.RawQuery+"&"+form.Encode(), "&")
		d.url = full.String()
	} else {
		d.body, d.contentType = []byte(form.Encode()), texmlForm
	}
	t.signTelnyx(&d)
	return d, at, nil
}

// end ends the call.
func (t *texmlCall) end(ctx context.Context, how End, err error) {
	t.close(how, err)
	t.status = "completed"
	form := t.form()
	form.Set("CallDuration", strconv.Itoa(t.seconds()))
	form.Set("CallbackSource", "call-progress-events")
	form.Set("HangupSource", "callee")
	if how == Left {
		form.Set("HangupSource", "caller")
	}
	t.tell(ctx, t.StatusURL, http.MethodPost, form)
}

// tell posts a notice, whose answer is of no interest; without an address it does not.
func (t *texmlCall) tell(ctx context.Context, address, method string, form url.Values) {
	if address == "" {
		return
	}
	form.Set("Timestamp", t.Now().UTC().Format(time.RFC3339))
	form.Set("SequenceNumber", strconv.Itoa(t.told))
	t.told++
	d, _, err := t.delivery(Notice, address, method, form)
	if err != nil {
		t.fault(err)
		return
	}
	t.notify(ctx, d)
}

// form is what every webhook of the call has.
func (t *texmlCall) form() url.Values {
	return url.Values{
		"AccountSid": {t.Call.Account}, "CallSid": {t.Call.ID}, "CallSidLegacy": {t.Call.ID}, "ConnectionId": {t.Call.Account}, "Direction": {t.direction("inbound", "outbound")},
		"CallStatus": {t.status}, "From": {t.Call.From}, "To": {t.Call.To},
	}
}
