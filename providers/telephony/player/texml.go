package player

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
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
	o.complete()
	t := &texmlCall{Options: o, known: texmlElements(), status: "ringing"}
	t.caller = o.caller(&t.result)
	t.began = t.Now()
	t.play(ctx)
	t.result.Unused = len(t.caller.moves)
	return t.result
}

const (
	texmlTimeout = 10 * time.Second
	texmlForm    = "application/x-www-form-urlencoded"
)

type texmlCall struct {
	Options
	caller caller
	result Result
	known  map[string]element
	status string // of the call

	at  *url.URL // of the document that is run
	doc []twilioVerb
	// These count what was dialled, recorded, and told.
	dials, recordings, told int
	began                   time.Time
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
		t.result.End, t.result.Err = Refused, err
		return
	}
	if len(t.doc) > 0 && t.doc[0].name == "Reject" {
		t.result.End, t.result.Err = Refused, errors.New("the call is rejected")
		return
	}
	t.status = "in-progress"
	for t.result.End == "" {
		if t.result.Hooks > maxHooks {
			t.end(ctx, Broken, errEndless)
			return
		}
		if len(t.doc) == 0 {
			t.end(ctx, HungUp, nil)
			return
		}
		verb := t.doc[0]
		t.doc = t.doc[1:]
		if err := t.perform(ctx, verb); err != nil {
			t.end(ctx, Broken, err)
		}
	}
}

// perform carries out one verb. An error ends the call.
func (t *texmlCall) perform(ctx context.Context, v twilioVerb) error {
	switch v.name {
	case "Say", "Play":
		t.hear(v)
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

func (t *texmlCall) hear(v twilioVerb) {
	for range v.number("loop", 1) {
		if v.name == "Play" {
			t.result.Heard = append(t.result.Heard, recorded(strings.TrimSpace(v.text)))
		} else if strings.TrimSpace(v.text) != "" {
			t.result.Heard = append(t.result.Heard, v.text)
		}
	}
}

// gather collects keys. Those that are left over are gone.
func (t *texmlCall) gather(ctx context.Context, v twilioVerb) error {
	for _, in := range v.inner {
		t.hear(in)
	}
	q := question{terminator: v.attribute("finishOnKey", "#"), max: v.number("maxDigits", 128)}
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
	result := recording(t.Records, t.recordings)
	t.recordings++
	if t.caller.hangsUp() {
		result = hungUp
	}
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
	if hook := v.attributes["recordingStatusCallback"]; hook != "" && made {
		form := t.form()
		form.Set("RecordingSid", id)
		form.Set("RecordingStatus", "completed")
		form.Set("RecordingUrl", address)
		form.Set("RecordingDuration", seconds)
		t.tell(ctx, hook, v.attribute("recordingStatusCallbackMethod", http.MethodPost), form)
	}
	return err
}

// dial calls the other side. Without an action the call ends with it.
func (t *texmlCall) dial(ctx context.Context, v twilioVerb) error {
	if t.caller.hangsUp() {
		t.end(ctx, Left, nil)
		return nil
	}
	result := t.next()
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

// next is how the next transfer ends.
func (t *texmlCall) next() string {
	result := "completed"
	if n := len(t.Dials); n > 0 {
		result = t.Dials[min(t.dials, n-1)]
	}
	t.dials++
	return result
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
				t.result.Whispered = append(t.result.Whispered, recorded(strings.TrimSpace(in.text)))
			} else {
				t.result.Whispered = append(t.result.Whispered, in.text)
			}
		}
	}
	return nil
}

// refer hands the call over. Its form tells nothing of the call but its name.
func (t *texmlCall) refer(ctx context.Context, v twilioVerb) error {
	sip := map[string][2]string{"completed": {"in-progress", "200"}, "busy": {"busy", "486"}, "no-answer": {"no-answer", "480"}}[t.next()]
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
	if err == nil {
		_, err = t.post(ctx, d, func(a answer) (err error) {
			doc, err = readTeXML(a, t.known)
			return err
		})
	}
	if err != nil {
		t.result.Faults++
		t.result.Err = err
		return nil, nil, err
	}
	t.result.Hooks++
	return doc, at, nil
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
	if t.Secret.Len() > 0 {
		stamp := strconv.FormatInt(t.Now().Unix(), 10)
		d.more.Set("telnyx-timestamp", stamp)
		d.header = "telnyx-signature-ed25519"
		d.signature = []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(telnyxKey(t.Secret), slices.Concat([]byte(stamp+"|"), d.body))))
	}
	return d, at, nil
}

// end ends the call.
func (t *texmlCall) end(ctx context.Context, how End, err error) {
	t.result.End = how
	if err != nil {
		t.result.Err = err
	}
	t.status = "completed"
	if t.StatusURL == "" {
		return
	}
	form := t.form()
	form.Set("CallDuration", strconv.Itoa(int(t.Now().Sub(t.began).Seconds())))
	form.Set("CallbackSource", "call-progress-events")
	form.Set("HangupSource", "callee")
	if how == Left {
		form.Set("HangupSource", "caller")
	}
	t.tell(ctx, t.StatusURL, http.MethodPost, form)
}

// tell posts a notice, whose answer is of no interest.
func (t *texmlCall) tell(ctx context.Context, address, method string, form url.Values) {
	form.Set("Timestamp", t.Now().UTC().Format(time.RFC3339))
	form.Set("SequenceNumber", strconv.Itoa(t.told))
	t.told++
	d, _, err := t.delivery(Notice, address, method, form)
	if err == nil {
		_, err = t.post(ctx, d, acknowledged)
	}
	if err != nil {
		t.result.Faults++
		t.result.Err = err
	}
}

// form is what every webhook of the call has.
func (t *texmlCall) form() url.Values {
	form := url.Values{
		"AccountSid": {t.Call.Account}, "CallSid": {t.Call.ID}, "CallSidLegacy": {t.Call.ID}, "ConnectionId": {t.Call.Account}, "Direction": {"inbound"},
		"CallStatus": {t.status}, "From": {t.Call.From}, "To": {t.Call.To},
	}
	if t.Placed {
		form.Set("Direction", "outbound")
	}
	return form
}
