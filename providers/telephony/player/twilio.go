package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
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

// Twilio plays a call as Twilio does, by its own pages: a gather in which nobody
// presses a key has a webhook only where it asks for one, as has one in which nothing
// that is said is understood, and the finish key alone is no key; a recording of nothing has none at all; keys are heard while a question
// is asked and at no other time; a document that cannot be read, or that does not
// come, ends the call, unless there is a FallbackURL to go to; nothing behind a
// Redirect is run; whatever runs out of verbs is hung up.
func Twilio(ctx context.Context, o Options) Result {
	t := &twilioCall{played: begin(o), known: twilioElements(), status: "ringing"}
	t.play(ctx)
	return t.done()
}

const (
	twilioHeader  = "X-Twilio-Signature"
	twilioTimeout = 15 * time.Second
	twilioForm    = "application/x-www-form-urlencoded; charset=UTF-8"
)

type twilioCall struct {
	*played
	known  map[string]element
	status string // of the call

	at   *url.URL // of the document that is run
	doc  []twilioVerb
	sent int // webhooks, for their tokens
}

func (t *twilioCall) play(ctx context.Context) {
	if t.Placed {
		t.status = "in-progress"
		if t.StatusURL != "" {
			t.tell(ctx, t.StatusURL, http.MethodPost, t.form())
		}
	}
	first := t.form()
	if t.Call.Name != "" {
		first.Set("CallerName", t.Call.Name)
	}
	first.Set("CallToken", "{}")
	first.Set("StirVerstat", "TN-Validation-Passed-A")
	method := http.MethodPost
	if t.Get {
		method = http.MethodGet
	}
	if err := t.goTo(ctx, Start, t.URL, method, first); err != nil {
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
func (t *twilioCall) perform(ctx context.Context, v twilioVerb) error {
	switch v.name {
	case "Say", "Play":
		t.say(v)
	case "Pause":
		return t.pause(ctx, v)
	case "Hangup":
		t.end(ctx, HungUp, nil)
	case "Reject":
		return errors.New("12200: Reject is not the first verb")
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
	case "Enqueue":
		return t.enqueue(ctx, v)
	default:
		return fmt.Errorf("nobody here plays a %s", v.name)
	}
	return nil
}

// say has the caller hear a Say or a Play; without end is once, here.
func (t *twilioCall) say(v twilioVerb) {
	t.heardTimes(max(v.number("loop", 1), 1), v.text, v.name == "Play")
}

func (t *twilioCall) pause(ctx context.Context, v twilioVerb) error {
	return t.Wait(ctx, time.Duration(v.number("length", 1))*time.Second)
}

// gather collects keys. Those that are left over are gone: nobody listens until the
// next gather.
func (t *twilioCall) gather(ctx context.Context, v twilioVerb) error {
	for _, in := range v.inner {
		if in.name == "Pause" {
			if err := t.pause(ctx, in); err != nil {
				return err
			}
			continue
		}
		t.say(in)
	}
	q := question{terminator: v.attribute("finishOnKey", "#")}
	q.max, _ = strconv.Atoi(v.attributes["numDigits"]) // zero: as many as come
	q.speech = slices.Contains(strings.Fields(v.attributes["input"]), "speech")
	keys, end := t.caller.entry(q)
	if end == left {
		t.end(ctx, Left, nil)
		return nil
	}
	t.caller.ahead = ""
	form := t.form()
	form.Set("msg", "Gather End")
	if end == said { // what it does not understand is silence
		form.Set("SpeechResult", keys)
		form.Set("Confidence", "0.9")
		form.Set("Language", v.attribute("language", "en-US"))
		return t.action(ctx, v, form)
	}
	form.Set("FinishedOnKey", "")
	if end == terminated {
		keys = strings.TrimSuffix(keys, q.terminator)
		form.Set("FinishedOnKey", q.terminator)
	}
	if keys == "" {
		if v.attributes["actionOnEmptyResult"] != "true" {
			return t.leftBehind(ctx) // the verb behind it runs
		}
		form.Del("FinishedOnKey")
	} else {
		form.Set("Digits", keys)
	}
	return t.action(ctx, v, form)
}

// leftBehind ends a call whose caller hung up while a webhook was under way.
func (t *twilioCall) leftBehind(ctx context.Context) error {
	if t.gone() {
		t.end(ctx, Left, nil)
	}
	return nil
}

// record records the caller. Nothing to be heard is no recording, and no webhook:
// the verb behind it runs.
func (t *twilioCall) record(ctx context.Context, v twilioVerb) error {
	result := t.nextRecording()
	form := t.form()
	address := "https://api.twilio.com/2010-04-01/Accounts/" + t.Call.Account + "/Recordings/RE" + strconv.Itoa(t.recordings)
	switch result {
	case "empty":
		t.tellRecording(ctx, v, "absent", "")
		return t.leftBehind(ctx)
	case hungUp:
		t.caller.leave()
		t.status = "completed"
		form = t.form()
		form.Set("Digits", hungUp)
	case "recorded":
		if keys := v.attribute("finishOnKey", "1234567890*#"); keys != "" {
			form.Set("Digits", keys[:1])
		}
	}
	if result == "recorded" || result == hungUp {
		form.Set("RecordingUrl", address)
		form.Set("RecordingSid", "RE"+strconv.Itoa(t.recordings))
		form.Set("RecordingDuration", "7")
	}
	err := t.action(ctx, v, form)
	if result == "recorded" || result == hungUp {
		t.tellRecording(ctx, v, "completed", address) // once the file is made
	}
	return err
}

// tellRecording tells what became of a recording, where the record asks for it.
func (t *twilioCall) tellRecording(ctx context.Context, v twilioVerb, status, address string) {
	hook := v.attributes["recordingStatusCallback"]
	if hook == "" || !slices.Contains(strings.Fields(v.attribute("recordingStatusCallbackEvent", "completed")), status) {
		return
	}
	form := url.Values{}
	form.Set("AccountSid", t.Call.Account)
	form.Set("CallSid", t.Call.ID)
	form.Set("RecordingSid", "RE"+strconv.Itoa(t.recordings))
	form.Set("RecordingStatus", status)
	form.Set("RecordingSource", "RecordVerb")
	if address != "" {
		form.Set("RecordingUrl", address)
		form.Set("RecordingDuration", "7")
	}
	t.tell(ctx, hook, v.attribute("recordingStatusCallbackMethod", http.MethodPost), form)
}

func (t *twilioCall) dial(ctx context.Context, v twilioVerb) error {
	if t.caller.hangsUp() {
		t.end(ctx, Left, nil)
		return nil
	}
	result := t.nextDial("completed")
	bridged := result == "completed"
	for _, noun := range v.inner {
		if hook := noun.attributes["url"]; hook != "" && bridged {
			if err := t.whisper(ctx, hook, noun.attribute("method", http.MethodPost)); err != nil {
				return err
			}
		}
	}
	form := t.form()
	form.Set("DialCallStatus", result)
	form.Set("DialCallSid", t.Call.ID+"-b")
	if bridged {
		form.Set("DialCallDuration", "42")
		form.Set("DialBridged", "true")
	}
	if v.attributes["action"] == "" {
		return nil // the verb behind it runs
	}
	return t.action(ctx, v, form)
}

// whisper runs a document on the other leg, before the two are connected.
func (t *twilioCall) whisper(ctx context.Context, hook, method string) error {
	form := t.form()
	form.Set("CallSid", t.Call.ID+"-b")
	form.Set("ParentCallSid", t.Call.ID)
	form.Set("Direction", "outbound-dial")
	doc, _, err := t.hook(ctx, Turn, hook, method, form)
	if err != nil {
		return err
	}
	for _, v := range doc {
		switch v.name {
		case "Say":
			t.whispered(v.text)
		case "Play":
			t.whispered(recorded(strings.TrimSpace(v.text)))
		case "Pause":
		default:
			return fmt.Errorf("nobody here plays a %s to whoever takes a call", v.name)
		}
	}
	return nil
}

// enqueue has the caller wait. The wait URL is asked again whenever its document was
// played.
func (t *twilioCall) enqueue(ctx context.Context, v twilioVerb) error {
	end := t.nextWaiting()
	result := map[string]string{connected: "bridged", hungUp: "hangup"}[end.End]
	if result == "" {
		result = "error"
	}
	began := t.Now()
	for n := 0; end.End != unqueued && v.attributes["waitUrl"] != ""; n++ {
		if n == maxWaits {
			return errWaiting
		}
		form := t.form()
		form.Set("QueueSid", "QU1")
		form.Set("QueuePosition", strconv.Itoa(end.at(t.Now().Sub(began))))
		form.Set("CurrentQueueSize", "4")
		form.Set("QueueTime", strconv.Itoa(n))
		doc, _, err := t.hook(ctx, Turn, v.attributes["waitUrl"], v.attribute("waitUrlMethod", http.MethodPost), form)
		if err != nil {
			return err
		}
		left, err := t.waits(ctx, doc)
		if err != nil {
			return err
		}
		if left {
			result = "leave"
		}
		if left || end.over(t.Now().Sub(began)) {
			break
		}
	}
	if result == "hangup" {
		t.caller.leave()
		t.status = "completed"
	}
	form := t.form()
	form.Set("QueueSid", "QU1")
	form.Set("QueueTime", "30")
	form.Set("QueueResult", result)
	return t.action(ctx, v, form)
}

// waits plays what a caller hears in a queue.
func (t *twilioCall) waits(ctx context.Context, doc []twilioVerb) (left bool, err error) {
	for _, v := range doc {
		switch v.name {
		case "Say":
			t.result.Waited = append(t.result.Waited, v.text)
			t.heard(v.text)
		case "Play":
			t.result.Waited = append(t.result.Waited, "music "+strings.TrimSpace(v.text))
			if err := t.Wait(ctx, 30*time.Second); err != nil { // as long as it is
				return false, err
			}
		case "Pause":
			if err := t.pause(ctx, v); err != nil {
				return false, err
			}
		case "Leave":
			return true, nil
		default:
			return false, fmt.Errorf("13233: a %s in a queue", v.name)
		}
	}
	return false, nil
}

// refer hands the call over: taken, the caller's own network ends it.
func (t *twilioCall) refer(ctx context.Context, v twilioVerb) error {
	result := t.nextDial("completed")
	form := t.form()
	form.Set("ReferSipResponseCode", "202")
	switch result {
	case "completed":
		form.Set("ReferCallStatus", "in-progress")
		form.Set("NotifySipResponseCode", "200")
	case "busy":
		form.Set("ReferCallStatus", "busy")
		form.Set("NotifySipResponseCode", "486")
	case "no-answer":
		form.Set("ReferCallStatus", "no-answer")
		form.Set("NotifySipResponseCode", "480")
	default:
		form.Set("ReferCallStatus", "failed")
		form.Set("ReferSipResponseCode", "405")
	}
	if v.attributes["action"] == "" {
		return nil
	}
	return t.action(ctx, v, form)
}

// action posts what came of a verb to its action; without one, to where the
// document came from.
func (t *twilioCall) action(ctx context.Context, v twilioVerb, form url.Values) error {
	return t.turn(ctx, v.attribute("action", t.at.String()), v.attribute("method", http.MethodPost), form)
}

// turn posts a form and goes on with the document that comes back; where none does,
// with that of the fallback URL.
func (t *twilioCall) turn(ctx context.Context, address, method string, form url.Values) error {
	err := t.goTo(ctx, Turn, address, method, form)
	if t.status == "completed" || t.caller.gone() {
		t.end(ctx, Left, nil)
		return nil
	}
	return err
}

// goTo makes the document of an address the one that is run.
func (t *twilioCall) goTo(ctx context.Context, kind Kind, address, method string, form url.Values) error {
	doc, at, err := t.hook(ctx, kind, address, method, form)
	if err != nil && t.FallbackURL != "" && ctx.Err() == nil {
		code, _, _ := strings.Cut(err.Error(), ":")
		if len(code) != 5 {
			code = "11200"
		}
		form := t.form()
		form.Set("ErrorCode", code)
		form.Set("ErrorUrl", address)
		doc, at, err = t.hook(ctx, Start, t.FallbackURL, http.MethodPost, form)
	}
	if err != nil {
		return err
	}
	t.doc, t.at = doc, at
	return nil
}

// hook posts a form, again as the address' fragment allows, and reads the document
// that comes back.
func (t *twilioCall) hook(ctx context.Context, kind Kind, address, method string, form url.Values) ([]twilioVerb, *url.URL, error) {
	d, at, again, err := t.delivery(kind, address, method, form)
	if err != nil {
		t.fault(err)
		return nil, nil, err
	}
	doc, err := fetch(ctx, t.played, d, again, func(a answer) ([]twilioVerb, error) { return readTwilio(a, t.known) })
	return doc, at, err
}

// delivery makes a webhook ready: signed, and with a token that its repeats share.
func (t *twilioCall) delivery(kind Kind, address, method string, form url.Values) (d delivery, at *url.URL, again retries, err error) {
	at, err = url.Parse(address)
	if err == nil && t.at != nil {
		at = t.at.ResolveReference(at)
	}
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return d, nil, again, fmt.Errorf("11100: %q is no address", address)
	}
	again = retries{count: 1, policy: []string{"ct"}, pauses: []time.Duration{100 * time.Millisecond}}
	if again, err = again.with(at.Fragment); err != nil {
		return d, nil, again, fmt.Errorf("11100: %w", err)
	}
	at.Fragment, at.RawFragment = "", ""
	t.sent++
	d = delivery{
		kind: kind, url: at.String(), header: twilioHeader, timeout: twilioTimeout, method: method,
		more: http.Header{"I-Twilio-Idempotency-Token": {fmt.Sprintf("%s-%d", t.Call.ID, t.sent)}},
	}
	signed := form
	if method == http.MethodGet {
		query := form.Encode()
		if at.RawQuery != "" {
			query = at.RawQuery + "&" + query
		}
		full := *at
		full.RawQuery = query
		d.url, signed = full.String(), nil
	} else {
		d.body, d.contentType = []byte(form.Encode()), twilioForm
	}
	d.signature = t.signed(d.url, signed)
	return d, at, again, nil
}

// signed makes the signature: the HMAC-SHA1 of the URL and the sorted form, in
// Base64.
func (t *twilioCall) signed(address string, form url.Values) []byte {
	if t.Secret.Len() == 0 {
		return nil
	}
	mac := hmac.New(sha1.New, []byte(t.Secret.Reveal()))
	mac.Write([]byte(address))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Sorted(slices.Values(form[name]))
		for _, value := range slices.Compact(values) {
			mac.Write([]byte(name + value))
		}
	}
	return []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// end ends the call.
func (t *twilioCall) end(ctx context.Context, how End, err error) {
	t.close(how, err)
	t.status = "completed"
	if t.StatusURL == "" {
		return
	}
	form := t.form()
	form.Set("CallDuration", strconv.Itoa(t.seconds()))
	form.Set("Duration", strconv.Itoa((t.seconds()+59)/60)) // minutes that have begun
	form.Set("CallbackSource", "call-progress-events")
	form.Set("SequenceNumber", "0")
	form.Set("Timestamp", t.Now().UTC().Format(time.RFC1123Z))
	t.tell(ctx, t.StatusURL, http.MethodPost, form)
}

// tell posts a notice, whose answer is of no interest.
func (t *twilioCall) tell(ctx context.Context, address, method string, form url.Values) {
	d, _, _, err := t.delivery(Notice, address, method, form)
	if err != nil {
		t.fault(err)
		return
	}
	t.notify(ctx, d)
}

// form is what every webhook of the call has.
func (t *twilioCall) form() url.Values {
	form := url.Values{
		"AccountSid": {t.Call.Account}, "CallSid": {t.Call.ID}, "ApiVersion": {"2010-04-01"}, "Direction": {t.direction("inbound", "outbound-api")},
		"CallStatus": {t.status}, "From": {t.Call.From}, "To": {t.Call.To}, "Caller": {t.Call.From}, "Called": {t.Call.To},
	}
	for _, side := range []string{"From", "To", "Caller", "Called"} { // of whom all that is known is the country
		for _, what := range []string{"City", "State", "Zip"} {
			form.Set(side+what, "")
		}
		form.Set(side+"Country", "SG")
	}
	if t.AnsweredBy != "" {
		form.Set("AnsweredBy", t.AnsweredBy)
	}
	return form
}
