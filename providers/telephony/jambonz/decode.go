package jambonz

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in bytes. A longer name is cut, everything
// else is refused.
const (
	maxID    = 128
	maxParty = 256
	maxName  = 256
)

// record is what we read of jambonz' record of a call. Its first hook carries far
// more; a hook of a verb has the verb's results beside it.
type record struct {
	callSID, accountSID, parentSID telephony.Value
	from, to, callerName           telephony.Value
	status, terminatedBy           telephony.Value
	reason, digits, dialStatus     telephony.Value
	referStatus, referredStatus    telephony.Value
	length                         telephony.Value
	queueResult, queuePosition     telephony.Value
	speech, fault, sip             telephony.Value
	detected, sipStatus            telephony.Value
}

func parse(body []byte) (r record, err error) {
	if len(body) > telephony.MaxBody {
		return r, fmt.Errorf("%d bytes long, expected at most %d", len(body), telephony.MaxBody)
	}
	err = telephony.ReadObject(body, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "call_sid":
			r.callSID = value
		case "account_sid":
			r.accountSID = value
		case "parent_call_sid":
			r.parentSID = value
		case "from":
			r.from = value
		case "to":
			r.to = value
		case "caller_name":
			r.callerName = value
		case "call_status":
			r.status = value
		case "call_termination_by":
			r.terminatedBy = value
		case "reason":
			r.reason = value
		case "digits":
			r.digits = value
		case "speech":
			r.speech = value
		case "dial_call_duration":
			r.length = value
		case "refer_status":
			r.referStatus = value
		case "final_referred_call_status":
			r.referredStatus = value
		case "dial_call_status":
			r.dialStatus = value
		case "queue_result":
			r.queueResult = value
		case "queue_position":
			r.queuePosition = value
		case "error":
			r.fault = value
		case "sip":
			r.sip = value
		case "sip_status":
			r.sipStatus = value
		case "type":
			r.detected = value
		}
		return nil
	})
	return r, err
}

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	rec, err := parse(r.Body)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	call, err := rec.call(r.Route, telephony.HasParam(r.URL, dialParam, whisperValue))
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	in := telephony.Inbound{Call: call}
	switch r.Route {
	case telephony.RouteStart:
		if rec.over() {
			return in, malformed(errors.New("the end of a call was posted where calls begin; set the call status hook to …/v1/jambonz/status"))
		}
		in.Headers = rec.headers()
		if telephony.IsLost(r) {
			in.Event = engine.Lost{}
		}
	case telephony.RouteTurn:
		in.Event, err = rec.turn(r, c.recorder)
	case telephony.RouteNotice:
		in.Event, in.Alarm = rec.notice()
		in.Stage = rec.stage()
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	if err != nil {
		return in, malformed(err)
	}
	return in, nil
}

// Bounds of the headers of an invitation that are kept.
const (
	maxHeaders = 32
	maxHeader  = 256 // bytes of a name and of a value
)

// headers are those of the invitation whose names begin with "X-". What cannot be
// read is left out: it is no reason to refuse a caller.
func (r *record) headers() map[string]string {
	if !r.sip.IsSet() {
		return nil
	}
	var headers map[string]string
	_ = telephony.ReadObject(r.sip, func(name []byte, value telephony.Value) error {
		if string(name) != "headers" {
			return nil
		}
		return telephony.ReadObject(value, func(name []byte, value telephony.Value) error {
			if len(name) > maxHeader || len(headers) == maxHeaders || !bytes.HasPrefix(name, []byte("X-")) && !bytes.HasPrefix(name, []byte("x-")) {
				return nil
			}
			if text, ok := value.Text(); ok && len(text) <= maxHeader {
				if headers == nil {
					headers = map[string]string{}
				}
				headers[strings.ToLower(string(name))] = text
			}
			return nil
		})
	})
	return headers
}

func malformed(err error) error {
	return fmt.Errorf("jambonz: %w: %w", telephony.ErrMalformed, err)
}

// call reads who is calling. Numbers stay as SIP carried them, with or without a
// plus; a caller who withholds theirs has a word instead, or nothing.
func (r *record) call(route telephony.Route, whispers bool) (engine.Call, error) {
	call := engine.Call{Platform: Name}
	id := r.callSID
	if whispers && r.parentSID.IsSet() {
		id = r.parentSID // the hook is about the other leg, and meant for the call
	}
	fields := []struct {
		name  string
		value telephony.Value
		into  *string
		most  int
	}{
		{"call_sid", id, &call.ID, maxID},
		{"account_sid", r.accountSID, &call.Account, maxID},
		{"from", r.from, &call.From, maxParty},
		{"to", r.to, &call.To, maxParty},
	}
	for _, f := range fields {
		var err error
		if *f.into, err = telephony.ReadText(f.name, f.value, f.most); err != nil {
			return call, err
		}
	}
	if call.ID == "" && (route != telephony.RouteNotice || r.fault == nil) {
		return call, errors.New("call_sid is missing: this is no webhook of jambonz")
	}
	if route == telephony.RouteStart {
		// A name that we cannot read is no reason to refuse the caller.
		name, _ := r.callerName.Text()
		call.Name = displayName(name)
	}
	return call, nil
}

// turn reads what came of the verb that the document waited in.
func (r *record) turn(req telephony.Request, recorder Recorder) (engine.Event, error) {
	if telephony.IsLost(req) {
		return engine.Lost{}, nil
	}
	if telephony.HasParam(req.URL, dialParam, whisperValue) {
		return engine.WhisperWanted{}, nil
	}
	if telephony.HasParam(req.URL, dialParam, waitValue) {
		return engine.QueueWaiting{Position: r.position()}, nil
	}
	if r.queueResult.IsSet() || telephony.HasParam(req.URL, dialParam, queueValue) {
		return r.queueEnded(), nil
	}
	if telephony.HasParam(req.URL, dialParam, recordValue) {
		return r.recorded(req, recorder)
	}
	if r.referStatus.IsSet() || telephony.HasParam(req.URL, dialParam, referValue) {
		return engine.DialEnded{Result: r.referResult(), CallerGone: r.over()}, nil
	}
	if r.dialStatus.IsSet() || telephony.HasParam(req.URL, dialParam, dialValue) {
		return engine.DialEnded{Result: r.dialResult(), CallerGone: r.over()}, nil
	}
	if r.digits.IsSet() {
		keys, ok := r.digits.Text()
		if !ok {
			return nil, fmt.Errorf("digits: found %s, expected text", r.digits.Kind())
		}
		if !telephony.AreKeys(keys) {
			return nil, fmt.Errorf("digits: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
		}
		switch {
		case keys != "":
			// Whether the finish key, the length or the gap ended it, jambonz does
			// not say.
			return engine.Digits{Keys: engine.NewSecret(keys)}, nil
		case r.reason.Is("dtmfDetected"):
			return engine.Digits{Ended: engine.EndTerminator}, nil
		}
	}
	switch {
	case !r.reason.IsSet():
		return engine.Resumed{}, nil // a redirect
	case r.reason.Is("timeout"):
		return engine.NoInput{}, nil
	case r.reason.Is("stt-low-confidence"):
		return engine.Speech{}, nil
	case r.reason.Is("speechDetected"):
		return r.said(), nil
	}
	// Nobody listened, so it is not silence: a verb that is not ours, a broken
	// recogniser.
	return engine.Lost{}, nil
}

// said reads what was said: the recogniser's first guess. Recognisers differ in
// what else they tell, so that whatever cannot be read is something said and not
// understood.
func (r *record) said() engine.Speech {
	var guesses telephony.Value
	if !r.speech.IsObject() || telephony.ReadObject(r.speech, func(name []byte, v telephony.Value) error {
		if string(name) == "alternatives" {
			guesses = v
		}
		return nil
	}) != nil {
		return engine.Speech{}
	}
	first, ok := guesses.First()
	if !ok || !first.IsObject() {
		return engine.Speech{}
	}
	var text string
	var confidence float64
	_ = telephony.ReadObject(first, func(name []byte, v telephony.Value) error { // it was read before
		switch string(name) {
		case "transcript":
			text, _ = v.Text()
		case "confidence":
			confidence, _ = v.Number()
		}
		return nil
	})
	return telephony.Said(text, confidence)
}

// dialResult reads how a dial ended. jambonz reports the last it knew of the other
// leg: where nobody took the call, that leg is still trying or ringing.
func (r *record) dialResult() engine.DialResult {
	for _, s := range []struct {
		status string
		result engine.DialResult
	}{
		{"completed", engine.DialCompleted},
		{"busy", engine.DialBusy},
		{"no-answer", engine.DialNoAnswer},
		{"trying", engine.DialNoAnswer},
		{"ringing", engine.DialNoAnswer},
		{"early-media", engine.DialNoAnswer},
	} {
		if r.dialStatus.Is(s.status) {
			return s.result
		}
	}
	return engine.DialFailed
}

// maxPosition is the longest queue that is believed.
const maxPosition = 1_000_000

// position is the caller's place in the queue, which jambonz counts from 0.
func (r *record) position() int {
	n, ok := r.queuePosition.Number()
	if !ok || !(n >= 0 && n < maxPosition) {
		return 0
	}
	return int(n) + 1
}

// queueEnded reads how the waiting in a queue ended.
func (r *record) queueEnded() engine.QueueEnded {
	ended := engine.QueueEnded{Result: engine.QueueFailed, CallerGone: r.over()}
	switch {
	case r.queueResult.Is("bridged"):
		ended.Result = engine.QueueConnected
	case r.queueResult.Is("leave"):
		ended.Result = engine.QueueLeft
	case r.queueResult.Is("hangup"):
		ended.Result, ended.CallerGone = engine.QueueLeft, true
	}
	return ended
}

// recorded reads how a recording ended. Without a length the recorder was never
// reached.
func (r *record) recorded(req telephony.Request, recorder Recorder) (engine.Event, error) {
	id := req.URL.Query().Get(recordParam)
	if !telephony.IsRecording(id) {
		return nil, errors.New("the address of the hook names no recording")
	}
	ended := engine.RecordEnded{Result: engine.RecordFailed, CallerGone: r.over()}
	seconds, ok := r.length.Number()
	if !ok || !(seconds >= 0 && seconds <= maxLength.Seconds()) {
		return ended, nil
	}
	ended.Result, ended.Length = engine.RecordDone, time.Duration(seconds*float64(time.Second))
	if ended.Length == 0 {
		ended.Result = engine.RecordEmpty
	}
	if recorder.Files != "" && ended.Result == engine.RecordDone {
		ended.URL = strings.Replace(recorder.Files, recordingMark, id, 1)
	}
	return ended, nil
}

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// referResult reads how a hand-over ended, from the status that the caller's
// network met when it made the new call; where it never made one, from that of our
// asking.
func (r *record) referResult() engine.DialResult {
	status := r.referredStatus
	if !status.IsSet() {
		if status = r.referStatus; !status.IsSet() {
			// It was taken, and the call was over before anything more was known.
			if r.over() && r.status.Is("completed") {
				return engine.DialCompleted
			}
			return engine.DialFailed
		}
	}
	code, _ := status.Text()
	switch {
	case strings.HasPrefix(code, "2"):
		return engine.DialCompleted
	case code == "486" || code == "600":
		return engine.DialBusy
	case code == "408" || code == "480" || code == "487":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

// over tells whether the call itself has ended, and not the other leg of a dial,
// whose records come to the same URL.
func (r *record) over() bool {
	return !r.parentSID.IsSet() &&
		(r.status.Is("completed") || r.status.Is("failed") || r.status.Is("busy") || r.status.Is("no-answer"))
}

// notice reads the call status hook.
func (r *record) notice() (engine.Event, string) {
	var alarm string
	if r.fault.IsSet() {
		what, _ := r.fault.Text()
		why, _ := r.reason.Text()
		alarm = telephony.AlarmText("jambonz reports", what, why)
	}
	if !r.over() {
		return nil, alarm
	}
	ended := engine.CallEnded{}
	ended.Reason, _ = r.status.Text()
	switch {
	case r.terminatedBy.Is("caller"), r.status.Is("no-answer"): // the latter: gone before we answered
		ended.By = "caller"
	case r.terminatedBy.Is("jambonz"):
		ended.By = "us"
	}
	return ended, alarm
}

// displayName takes the quotes off a SIP display name.
func displayName(s string) string {
	s = strings.TrimSpace(telephony.PlainText(s))
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		if s = s[1 : len(s)-1]; strings.Contains(s, `\`) {
			s = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s)
		}
	}
	return telephony.Truncate(s, maxName)
}
