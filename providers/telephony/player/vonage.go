package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Vonage plays a call as the references of Vonage's Voice API have it: a document
// (NCCO) is run in order until a hook's answer replaces what is left, and the call
// ends where it runs out; one with a fault is refused whole, and in mid-call the one
// before it goes on; what a hook about the end of a connected conversation is answered
// with is ignored, because only failed connects are said to be overridden. The first
// hook comes by GET where Options.Get says so.
func Vonage(ctx context.Context, o Options) Result {
	v := &vonageCall{played: begin(o)}
	v.play(ctx)
	return v.done()
}

const (
	vonageHeader  = "Authorization"
	vonageTimeout = 5 * time.Second
	vonageLeg     = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
	vonageOther   = "aaaaaaaa-bbbb-cccc-dddd-0123456789ac"
)

type vonageCall struct {
	*played
	doc    []vonageAction // what is left to do
	tokens int
	late   []vonageNotice // recordings that are told of when the call is over
}

// vonageNotice is a webhook that waits to be posted.
type vonageNotice struct {
	url  string
	body map[string]any
}

func (v *vonageCall) play(ctx context.Context) {
	first := v.leg()
	if v.Placed {
		for _, status := range []string{"started", "ringing", "answered"} {
			v.tell(ctx, status, nil)
		}
		if v.AnsweredBy != "" {
			v.tell(ctx, v.AnsweredBy, nil)
		}
	}
	doc, err := v.start(ctx, first)
	if err != nil {
		v.refuse(err)
		return
	}
	v.doc = doc
	for _, status := range []string{"started", "ringing", "answered"} {
		if !v.Placed {
			v.tell(ctx, status, nil)
		}
	}
	v.follow(func() error {
		if len(v.doc) == 0 {
			v.end(ctx, HungUp, nil)
			return nil
		}
		action := v.doc[0]
		v.doc = v.doc[1:]
		return v.perform(ctx, action)
	}, func(err error) { v.end(ctx, Broken, err) })
}

// start asks for the first document.
func (v *vonageCall) start(ctx context.Context, fields map[string]any) ([]vonageAction, error) {
	ask := v.hook
	if v.Get {
		ask = v.ask
	}
	doc, err := ask(ctx, Start, v.URL, fields)
	if err == nil && len(doc) == 0 {
		err = errors.New("no NCCO")
	}
	return doc, err
}

// perform carries out one action. An error ends the call.
func (v *vonageCall) perform(ctx context.Context, a vonageAction) error {
	switch a.name {
	case "talk", "stream":
		v.heard(a.heard())
	case "wait":
		seconds, ok := a.number("timeout")
		if !ok {
			seconds = 10
		}
		return v.Wait(ctx, time.Duration(seconds*float64(time.Second)))
	case "notify":
		v.turn(ctx, a, map[string]any{
			"payload": a.p["payload"], "conversation_uuid": v.Call.ID, "timestamp": v.time(),
		})
	case "input":
		v.input(ctx, a)
	case "connect":
		return v.connect(ctx, a)
	case "record":
		v.record(ctx, a)
	}
	return nil
}

func (v *vonageCall) input(ctx context.Context, a vonageAction) {
	settings, _ := a.p["dtmf"].(map[string]any)
	q := question{max: 4}
	if n, ok := settings["maxDigits"].(float64); ok {
		q.max = int(n)
	}
	if settings["submitOnHash"] == true {
		q.terminator = "#"
	}
	q.speech = slices.Contains(a.p["type"].([]any), any("speech"))
	keys, end := v.caller.entry(q)
	if end == left {
		v.end(ctx, Left, nil)
		return
	}
	body := v.leg()
	body["timestamp"] = v.time()
	heard := map[string]any{"results": []any{}, "timeout_reason": "start_timeout"}
	switch end {
	case said:
		heard = map[string]any{"results": []any{map[string]any{"text": keys, "confidence": "0.9"}}, "timeout_reason": "end_on_silence_timeout"}
		keys = ""
	case mumbled:
		heard["timeout_reason"], keys = "end_on_silence_timeout", ""
	}
	if q.speech {
		body["speech"] = heard
	}
	body["dtmf"] = map[string]any{
		"digits": strings.TrimSuffix(keys, q.terminator), "timed_out": end != terminated && end != full,
	}
	v.turn(ctx, a, body)
}

// connect rings the other side. Its events are about another leg, which has a
// conversation of its own until the two are joined.
func (v *vonageCall) connect(ctx context.Context, a vonageAction) error {
	result := v.nextDial("completed")
	address, synchronous := a.address("eventUrl"), a.p["eventType"] == "synchronous"
	event := func(status string) map[string]any {
		return map[string]any{
			"status": status, "direction": "outbound", "uuid": vonageOther, "conversation_uuid": "CON-of-the-other-leg",
			"from": a.p["from"], "to": a.dialled(), "timestamp": v.time(),
		}
	}
	tell := func(status string) ([]vonageAction, error) {
		if address == "" {
			return nil, nil
		}
		return v.hook(ctx, Turn, address, event(status))
	}
	for _, status := range []string{"started", "ringing"} {
		if doc, err := tell(status); err == nil && len(doc) > 0 {
			return fmt.Errorf("the event %s was answered with a document, which would end the connect", status)
		}
	}
	if result == "completed" {
		if err := v.whisper(ctx, a); err != nil {
			return err
		}
		_, _ = tell("answered") // a fault is in the result
		if v.caller.hangsUp() {
			v.end(ctx, Left, nil)
			_, _ = tell(result)
			return nil
		}
	} else if v.caller.hangsUp() {
		v.end(ctx, Left, nil)
		_, _ = tell("cancelled")
		return nil
	}
	doc, err := tell(result)
	if synchronous && err == nil && len(doc) > 0 && result != "completed" {
		v.doc = doc
	}
	return nil
}

// whisper runs a document on the leg of whoever takes the call.
func (v *vonageCall) whisper(ctx context.Context, a vonageAction) error {
	endpoint, _ := a.p["endpoint"].([]any)[0].(map[string]any)
	answer, ok := endpoint["onAnswer"].(map[string]any)
	if !ok {
		return nil
	}
	address, _ := answer["url"].(string)
	doc, err := v.ask(ctx, Turn, address, map[string]any{
		"from": a.p["from"], "to": a.dialled(), "uuid": vonageOther, "conversation_uuid": "CON-of-the-other-leg",
	})
	if err != nil {
		return err
	}
	for _, action := range doc {
		switch action.name {
		case "talk", "stream":
			v.whispered(action.heard())
		case "wait":
		default:
			return fmt.Errorf("%s in what is whispered", action.name)
		}
	}
	return nil
}

// record records the caller, or their silence. Where the recording is, is told by a
// webhook of its own: after a hang-up, when the call is over.
func (v *vonageCall) record(ctx context.Context, a vonageAction) {
	_, max := a.number("timeOut")
	_, silence := a.number("endOnSilence")
	if !max && !silence && a.p["endOnKey"] == nil {
		return // nothing would end it: the next action runs at once
	}
	result := v.nextRecording()
	told := vonageNotice{a.address("eventUrl"), map[string]any{
		"start_time": "2026-11-21T10:30:00Z", "end_time": "2026-11-21T10:30:07Z", "size": 112044,
		"recording_url":     fmt.Sprintf("https://api.nexmo.com/v1/files/file-%d", v.recordings),
		"recording_uuid":    fmt.Sprintf("recording-%d", v.recordings),
		"conversation_uuid": v.Call.ID, "timestamp": v.time(),
	}}
	switch result {
	case hungUp:
		v.late = append(v.late, told)
		v.caller.leave()
		v.end(ctx, Left, nil)
	case "recorded", "empty": // silence is recorded as well
		v.notice(ctx, told)
	}
}

// turn posts a hook and goes on with the document that comes back. Where none does,
// the call goes on with what is left of this one.
func (v *vonageCall) turn(ctx context.Context, a vonageAction, body map[string]any) {
	if doc, err := v.hook(ctx, Turn, a.address("eventUrl"), body); err == nil && len(doc) > 0 {
		v.doc = doc
	}
	if v.caller.gone() {
		v.end(ctx, Left, nil)
	}
}

// hook posts a webhook and reads the document that comes back: none where the answer
// is empty.
func (v *vonageCall) hook(ctx context.Context, kind Kind, address string, body map[string]any) ([]vonageAction, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return v.deliver(ctx, delivery{
		kind: kind, url: address, header: vonageHeader, body: data, signature: v.bearer(data, false), timeout: vonageTimeout,
	})
}

// ask asks for a document by GET.
func (v *vonageCall) ask(ctx context.Context, kind Kind, address string, fields map[string]any) ([]vonageAction, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	query := u.Query()
	for name, value := range fields {
		if s, ok := value.(string); ok {
			query.Set(name, s)
		}
	}
	u.RawQuery = query.Encode()
	return v.deliver(ctx, delivery{
		kind: kind, method: http.MethodGet, url: u.String(), header: vonageHeader, signature: v.bearer(nil, true), timeout: vonageTimeout,
	})
}

// deliver sends a webhook, and once more where the connection fails or the answer
// says that the server is busy.
func (v *vonageCall) deliver(ctx context.Context, d delivery) ([]vonageAction, error) {
	var bad error
	doc, err := fetch(ctx, v.played, d, retries{count: 1, policy: []string{"ct", "rt", "429", "503", "504"}}, func(a answer) ([]vonageAction, error) {
		doc, err := readNCCOAnswer(a)
		if a.status == http.StatusOK {
			bad = err
		}
		return doc, err
	})
	if bad != nil { // a document with a fault is told of, and not asked for again
		v.notice(ctx, vonageNotice{v.StatusURL, map[string]any{
			"reason": "Syntax error in NCCO. " + bad.Error(), "conversation_uuid": v.Call.ID, "timestamp": v.time(),
		}})
	}
	return doc, err
}

// bearer is the JWT of a webhook. One without a body has no hash of it.
func (v *vonageCall) bearer(body []byte, get bool) []byte {
	if v.Secret.Len() == 0 {
		return nil
	}
	v.tokens++
	claims := map[string]any{
		"iat": v.Now().Unix(), "jti": fmt.Sprintf("%s-%d", v.Call.ID, v.tokens), "iss": "Vonage",
		"api_key": "a1b2c3d4", "application_id": vonageLeg,
	}
	if !get {
		sum := sha256.Sum256(body)
		claims["payload_hash"] = hex.EncodeToString(sum[:])
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return nil
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(v.Secret.Reveal()))
	mac.Write([]byte(signed))
	return []byte("Bearer " + signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// leg are the fields of the caller's leg.
func (v *vonageCall) leg() map[string]any {
	return map[string]any{
		"from": digits(v.Call.From), "to": digits(v.Call.To), "uuid": vonageLeg, "conversation_uuid": v.Call.ID,
	}
}

// tell posts an event of the call.
func (v *vonageCall) tell(ctx context.Context, status string, more map[string]any) {
	body := v.leg()
	body["status"], body["direction"], body["timestamp"] = status, v.direction("inbound", "outbound"), v.time()
	for name, value := range more {
		body[name] = value
	}
	v.notice(ctx, vonageNotice{v.StatusURL, body})
}

func (v *vonageCall) notice(ctx context.Context, n vonageNotice) {
	if n.url == "" {
		return
	}
	data, err := json.Marshal(n.body)
	if err != nil {
		v.fault(err)
		return
	}
	v.notify(ctx, delivery{
		kind: Notice, url: n.url, header: vonageHeader, body: data, signature: v.bearer(data, false), timeout: vonageTimeout,
	})
}

// end ends the call, and then tells of recordings that its end has ended.
func (v *vonageCall) end(ctx context.Context, how End, err error) {
	if v.result.End != "" {
		return
	}
	v.close(how, err)
	by := "platform"
	if how == Left {
		by = "user"
	}
	v.tell(ctx, "completed", map[string]any{
		"disconnected_by": by, "duration": fmt.Sprint(v.seconds()), "start_time": v.moment(v.began), "end_time": v.time(),
		"rate": "0.00450000", "price": "0.00315000", "network": "52505",
	})
	for _, n := range v.late {
		v.notice(ctx, n)
	}
}

func (v *vonageCall) time() string { return v.moment(v.Now()) }

func (v *vonageCall) moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// digits is a number as Vonage writes it: without a plus.
func digits(number string) string { return strings.TrimPrefix(number, "+") }

// heard is what a talk says, marked up or not, or what a stream plays.
func (a vonageAction) heard() string {
	if a.name == "stream" {
		return recorded(a.address("streamUrl"))
	}
	text, _ := a.p["text"].(string)
	if isMarkup(text) {
		return html.UnescapeString(withoutTags(text))
	}
	return text
}
