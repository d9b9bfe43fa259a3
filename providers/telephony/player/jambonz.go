package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Jambonz plays a call as jambonz 0.9.8 was seen to play it: a document with one
// fault is thrown away whole, and the call goes on with what stood behind the verb
// before; keys without minDigits and interDigitTimeout are lost; whatever runs out
// of verbs is hung up.
func Jambonz(ctx context.Context, o Options) Result {
	j := &jambonzCall{played: begin(o), specs: jambonzVerbs(), status: "trying", sip: 100}
	j.root, _ = url.Parse(o.URL)
	j.play(ctx)
	return j.done()
}

const (
	jambonzHeader  = "Jambonz-Signature"
	jambonzTimeout = 10 * time.Second
)

// jambonzPauses are the times between a hook and its repeats.
func jambonzPauses() []time.Duration {
	return []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 6 * time.Second}
}

type jambonzCall struct {
	*played
	specs map[string]map[string]string
	root  *url.URL // what addresses in documents are relative to

	status string // of the call
	sip    int
	doc    []jambonzVerb // what is left to do
}

// record is what a hook holds.
type record map[string]any

func (j *jambonzCall) play(ctx context.Context) {
	if j.Placed {
		j.answer(ctx)
		if j.AnsweredBy != "" {
			found := j.record()
			found["type"], found["reason"] = "amd_"+j.AnsweredBy, "short greeting"
			j.tell(ctx, found)
		}
	}
	first := j.record()
	first["sip"] = map[string]any{
		"method": "INVITE", "uri": "sip:" + j.Call.To + "@127.0.0.1:5070",
		"headers": map[string]any{"from": "<sip:" + j.Call.From + "@127.0.0.1>;tag=1", "to": "<sip:" + j.Call.To + "@127.0.0.1>"},
	}
	first["caller_name"] = j.Call.Name
	first["defaults"] = map[string]any{"synthesizer": map[string]any{"vendor": "google", "language": "en-US", "voice": ""}}
	doc, err := j.hook(ctx, Start, j.URL, first)
	switch {
	case err != nil:
		j.refuse(err)
		return
	case len(doc) == 0:
		j.refuse(errors.New("no application provided"))
		return
	}
	j.doc = doc
	j.tell(ctx, j.record())
	j.follow(func() error {
		if len(j.doc) == 0 {
			j.end(ctx, HungUp, nil)
			return nil
		}
		verb := j.doc[0]
		j.doc = j.doc[1:]
		return j.perform(ctx, verb)
	}, func(err error) { j.end(ctx, Broken, err) })
}

// perform carries out one verb. An error ends the call.
func (j *jambonzCall) perform(ctx context.Context, v jambonzVerb) error {
	switch v.name {
	case "say":
		j.answer(ctx)
		j.heard(spoken(v.properties))
	case "play":
		j.answer(ctx)
		j.heard(streams(v.properties)...)
	case "answer":
		j.answer(ctx)
	case "listen":
		j.answer(ctx)
		j.listen(ctx, v)
	case "pause":
		length, _ := v.number("length")
		return j.Wait(ctx, time.Duration(length*float64(time.Second)))
	case "hangup":
		j.end(ctx, HungUp, nil)
	case "redirect":
		j.turn(ctx, v, j.record())
	case "gather":
		j.answer(ctx)
		return j.gather(ctx, v)
	case "config":
		if r, ok := v.properties["record"].(map[string]any); ok {
			do, _ := r["action"].(string)
			if j.status != "in-progress" {
				return errors.New("a call is recorded that was not answered")
			}
			j.result.Recordings = append(j.result.Recordings, strings.TrimSuffix(do, "CallRecording"))
		}
	case "enqueue":
		j.answer(ctx)
		return j.enqueue(ctx, v)
	case "sip:refer":
		j.answer(ctx)
		j.refer(ctx, v)
	case "dial":
		j.answer(ctx)
		if j.caller.hangsUp() {
			j.end(ctx, Left, nil)
			return nil
		}
		result := j.nextDial("completed")
		if v.text("confirmHook") != "" && result == "completed" {
			if err := j.whisper(ctx, v.text("confirmHook")); err != nil {
				return err
			}
		}
		sip := map[string]int{"completed": 200, "busy": 486, "no-answer": 408}[result]
		if sip == 0 {
			sip = 480
		}
		r := j.record()
		r["dial_call_sid"], r["dial_call_status"], r["dial_sip_status"] = j.Call.ID+"-b", result, sip
		j.turn(ctx, v, r)
	}
	return nil
}

// whisper runs the document of a confirmHook on the other leg. A document that
// says anything but words fails the dial on a real jambonz.
func (j *jambonzCall) whisper(ctx context.Context, hook string) error {
	r := j.record()
	r["parent_call_sid"], r["call_sid"], r["direction"] = j.Call.ID, j.Call.ID+"-b", "outbound"
	doc, err := j.hook(ctx, Turn, hook, r)
	if err != nil {
		return err
	}
	for _, v := range doc {
		switch v.name {
		case "say":
			j.whispered(spoken(v.properties))
		case "play":
			j.whispered(recorded(v.text("url")))
		case "pause":
		default:
			return fmt.Errorf("unsupported verb %s in a confirmHook", v.name)
		}
	}
	return nil
}

// enqueue has the caller wait. The wait hook is posted again whenever its document
// was played, and one with a verb it may not hold is not carried out.
func (j *jambonzCall) enqueue(ctx context.Context, v jambonzVerb) error {
	end := j.nextWaiting()
	result := map[string]string{connected: "bridged", hungUp: "hangup"}[end.End]
	if result == "" {
		result = "error"
	}
	began := j.Now()
	for n := 0; end.End != unqueued && v.text("waitHook") != ""; n++ {
		if n == maxWaits {
			return errWaiting
		}
		r := j.record()
		r["queue_sid"], r["queue_size"], r["queue_position"], r["queue_time"] = "queue-1", 4, end.at(j.Now().Sub(began))-1, n
		doc, err := j.hook(ctx, Turn, v.text("waitHook"), r)
		if err != nil {
			return err
		}
		left, err := j.waits(ctx, doc)
		if err != nil {
			return err
		}
		if left {
			result = "leave"
		}
		if left || end.over(j.Now().Sub(began)) {
			break
		}
	}
	r := j.record()
	r["queue_sid"], r["queue_time"], r["queue_result"] = "queue-1", 30, result
	if result == "hangup" {
		j.caller.leave()
		r["call_status"], r["call_termination_by"] = "completed", "caller"
	}
	j.turn(ctx, v, r)
	return nil
}

// waits plays what a caller hears in a queue.
func (j *jambonzCall) waits(ctx context.Context, doc []jambonzVerb) (left bool, err error) {
	for _, v := range doc {
		length := 0.0
		switch v.name {
		case "say":
			j.result.Waited = append(j.result.Waited, spoken(v.properties))
			j.heard(spoken(v.properties))
		case "play":
			j.result.Waited = append(j.result.Waited, "music "+v.text("url"))
			length, _ = v.number("timeoutSecs")
		case "pause":
			length, _ = v.number("length")
		case "leave":
			return true, nil
		default:
			return false, fmt.Errorf("unsupported verb %s in a waitHook", v.name)
		}
		if err := j.Wait(ctx, time.Duration(length*float64(time.Second))); err != nil {
			return false, err
		}
	}
	return false, nil
}

// listen streams the caller to a recorder. After a hang-up its hook still comes,
// with the status of the call.
func (j *jambonzCall) listen(ctx context.Context, v jambonzVerb) {
	result := j.nextRecording()
	r := j.record()
	switch result {
	case hungUp:
		j.caller.leave()
		r["call_status"], r["call_termination_by"], r["dial_call_duration"] = "completed", "caller", 7
	case "recorded":
		r["dial_call_duration"] = 7
	case "empty":
		r["dial_call_duration"] = 0
	}
	j.turn(ctx, v, r)
}

// refer hands the call over: taken, the caller's own network ends it.
func (j *jambonzCall) refer(ctx context.Context, v jambonzVerb) {
	result := j.nextDial("completed")
	r := j.record()
	r["refer_status"] = 202
	switch result {
	case "completed":
		r["final_referred_call_status"] = "200"
	case "busy":
		r["final_referred_call_status"] = "486"
	case "no-answer":
		r["final_referred_call_status"] = "480"
	default:
		r["refer_status"] = 405
	}
	j.turn(ctx, v, r)
}

func (j *jambonzCall) gather(ctx context.Context, v jambonzVerb) error {
	if err := checkGather(v); err != nil {
		return err
	}
	if say, ok := v.properties["say"].(map[string]any); ok {
		j.heard(spoken(say))
	}
	if play, ok := v.properties["play"].(map[string]any); ok {
		j.heard(streams(play)...)
	}
	q := question{terminator: v.text("finishOnKey"), speech: listens(v)}
	for _, name := range []string{"numDigits", "maxDigits"} {
		if n, ok := v.number(name); ok {
			q.max = int(n)
		}
	}
	keys, end := j.caller.entry(q)
	least, hasLeast := v.number("minDigits")
	r := j.record()
	switch {
	case end == left:
		j.end(ctx, Left, nil)
		return nil
	case end == said:
		r["reason"] = "speechDetected"
		r["speech"] = map[string]any{"language_code": "en-US", "channel_tag": 1, "is_final": true, "alternatives": []any{map[string]any{"confidence": 0.9, "transcript": keys}}}
	case end == mumbled:
		r["reason"] = "stt-low-confidence"
	case end == terminated:
		r["digits"], r["reason"] = strings.TrimSuffix(keys, q.terminator), "dtmfDetected"
	case end == full, end == cut && hasLeast && len(keys) >= int(least):
		r["digits"], r["reason"] = keys, "dtmfDetected"
	default: // silence, or keys that jambonz forgets
		r["reason"] = "timeout"
	}
	j.turn(ctx, v, r)
	return nil
}

// turn posts what came of a verb, and goes on with the document that comes back.
// Where none does, the call goes on with what is left of this one.
func (j *jambonzCall) turn(ctx context.Context, v jambonzVerb, r record) {
	hook := v.text("actionHook")
	if o, ok := v.properties["actionHook"].(map[string]any); ok {
		hook, _ = o["url"].(string)
	}
	if hook == "" {
		return
	}
	doc, err := j.hook(ctx, Turn, hook, r)
	if err != nil {
		failed := j.record()
		failed["error"], failed["reason"] = "invalid actionHook response", err.Error()
		j.tell(ctx, failed)
	} else if len(doc) > 0 {
		j.doc = doc
	}
	if j.caller.gone() {
		j.end(ctx, Left, nil)
	}
}

// hook posts a record, again and again as the address' fragment allows, and reads
// the document that comes back: none where the answer is empty.
func (j *jambonzCall) hook(ctx context.Context, kind Kind, address string, r record) ([]jambonzVerb, error) {
	target, again, err := j.resolve(address)
	if err != nil {
		j.fault(err)
		return nil, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	d := delivery{
		kind: kind, url: target, header: jambonzHeader, body: body, signature: j.sign(body), timeout: jambonzTimeout,
	}
	return fetch(ctx, j.played, d, again, j.read)
}

// read reads an answer. jambonz takes no notice of a body that is not labelled as
// JSON.
func (j *jambonzCall) read(a answer) ([]jambonzVerb, error) {
	switch {
	case a.status == http.StatusNoContent:
		return nil, nil
	case a.status != http.StatusOK && a.status != http.StatusAccepted:
		return nil, fmt.Errorf("Unexpected HTTP Response: %d", a.status) //nolint:staticcheck // jambonz' own words
	case isJSON(a, a.status) != nil:
		return nil, nil
	}
	return readJambonz(a.body, j.specs)
}

// resolve makes an address of a document absolute. A relative one keeps its
// fragment, which then does harm.
func (j *jambonzCall) resolve(address string) (string, retries, error) {
	if strings.HasPrefix(address, "/") {
		if strings.Contains(address, "#") {
			return "", retries{}, errors.New("a fragment in a relative address is sent along and retries nothing")
		}
		return j.root.Scheme + "://" + j.root.Host + address, retries{}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", retries{}, errors.New("URL parsing failed.") //nolint:staticcheck // jambonz' own words
	}
	r, err := retries{policy: []string{"ct"}, pauses: jambonzPauses()}.with(u.Fragment)
	if err != nil {
		return "", r, err
	}
	u.Fragment = ""
	return u.String(), r, nil
}

// answer answers the call, which it stays from then on.
func (j *jambonzCall) answer(ctx context.Context) {
	if j.status == "in-progress" {
		return
	}
	j.status, j.sip = "in-progress", 200
	j.tell(ctx, j.record())
}

// end ends the call. One that was never answered is refused without a word.
func (j *jambonzCall) end(ctx context.Context, how End, err error) {
	j.close(how, err)
	if j.status != "in-progress" && how == HungUp {
		return
	}
	j.status = "completed"
	r := j.record()
	r["duration"] = j.seconds()
	r["call_termination_by"] = "jambonz"
	if how == Left {
		r["call_termination_by"] = "caller"
	}
	j.tell(ctx, r)
}

func (j *jambonzCall) tell(ctx context.Context, r record) {
	if j.StatusURL == "" {
		return
	}
	body, err := json.Marshal(r)
	if err != nil {
		j.fault(err)
		return
	}
	j.notify(ctx, delivery{
		kind: Notice, url: j.StatusURL, header: jambonzHeader, body: body, signature: j.sign(body), timeout: jambonzTimeout,
	})
}

// record is the short record of the call.
func (j *jambonzCall) record() record {
	return record{
		"call_sid": j.Call.ID, "account_sid": j.Call.Account, "application_sid": "7087fe50-8acb-4f3b-b820-97b573723aab",
		"direction": j.direction("inbound", "outbound"), "from": j.Call.From, "to": j.Call.To, "call_id": "sip-" + j.Call.ID,
		"call_status": j.status, "sip_status": j.sip, "sip_reason": map[int]string{100: "Trying", 200: "OK"}[j.sip],
		"trace_id": "00000000000000000000000000000000", "fs_sip_address": "127.0.0.1:5060",
	}
}

// streams are the recordings of a play.
func streams(play map[string]any) (all []string) {
	switch address := play["url"].(type) {
	case string:
		all = append(all, recorded(address))
	case []any:
		for _, a := range address {
			if s, ok := a.(string); ok {
				all = append(all, recorded(s))
			}
		}
	}
	return all
}
