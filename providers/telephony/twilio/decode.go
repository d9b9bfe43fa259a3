package twilio

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// IdempotencyHeader is the same on a webhook and on its retries.
const IdempotencyHeader = "I-Twilio-Idempotency-Token"

// Bounds of what is kept of a request, in bytes. A longer name is cut, everything
// else is refused.
const (
	maxID    = 128
	maxParty = 256
	maxName  = 256
	maxURL   = 2048
	maxWord  = 64
)

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// onParam says what an address of ours is for: which verb the form is about.
const (
	onParam    = "on"
	onGather   = "gather"
	onDial     = "dial"
	onWhisper  = "whisper"
	onRefer    = "refer"
	onRecord   = "record"
	onQueue    = "queue"
	onWait     = "wait"
	recordName = "recording" // which recording
)

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	m, err := readMessage(r)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	call, err := m.call(r)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	in := telephony.Inbound{Call: call, Delivery: telephony.Truncate(telephony.PlainText(r.Header.Get(IdempotencyHeader)), maxID)}
	switch r.Route {
	case telephony.RouteStart:
		if m.over() {
			return in, malformed(errors.New("the end of a call was posted where calls begin; set the status callback to …/v1/twilio/status"))
		}
		in.Headers = m.headers
		if m.values[errorCode] != "" { // it is the fallback URL
			in.Alarm = complaint(m.values[errorCode], "")
		}
		if telephony.IsLost(r) || m.values[errorCode] != "" {
			in.Event = engine.Lost{}
		}
		in.Stage = m.answered()
	case telephony.RouteTurn:
		in.Event, err = m.turn(r, c.recordingHost)
	case telephony.RouteNotice:
		in.Event, in.Alarm, err = m.notice(r, c.recordingHost)
		in.Stage = m.stage()
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	if err != nil {
		return in, malformed(err)
	}
	return in, nil
}

func malformed(err error) error {
	return fmt.Errorf("twilio: %w: %w", telephony.ErrMalformed, err)
}

// call reads who is calling.
func (m *message) call(r telephony.Request) (engine.Call, error) {
	call := engine.Call{Platform: Name}
	id := m.values[callSID]
	if m.values[parentSID] != "" && telephony.HasParam(r.URL, onParam, onWhisper) {
		id = m.values[parentSID] // the hook is about the other leg, and meant for the call
	}
	if id == "" && m.values[payload] != "" {
		id = complaintCall(m.values[payload])
	}
	for _, f := range []struct {
		name  string
		value string
		into  *string
		most  int
	}{
		{"CallSid", id, &call.ID, maxID},
		{"AccountSid", m.values[accountSID], &call.Account, maxID},
		{"From", party(m.values[from]), &call.From, maxParty},
		{"To", m.values[to], &call.To, maxParty},
	} {
		if len(f.value) > f.most {
			return call, fmt.Errorf("%s: %d bytes long, expected at most %d", f.name, len(f.value), f.most)
		}
		*f.into = f.value
	}
	switch {
	case call.Account == "":
		return call, errors.New("AccountSid is missing: this is no webhook of Twilio")
	case call.ID == "" && (r.Route != telephony.RouteNotice || m.values[payload] == ""):
		return call, errors.New("CallSid is missing: this is no webhook of Twilio's calls")
	}
	if r.Route == telephony.RouteStart {
		call.Name = telephony.Truncate(strings.TrimSpace(telephony.PlainText(m.values[callerName])), maxName)
	}
	return call, nil
}

// party is the caller's number. What Twilio sends of those who withhold theirs
// looks like a number: it is a word, as it is typed on a keypad.
func party(s string) string {
	switch strings.TrimPrefix(s, "+") {
	case "266696687":
		return "anonymous"
	case "7378742833":
		return "restricted"
	case "2562533":
		return "blocked"
	case "8656696":
		return "unknown"
	case "86282452253":
		return "unavailable"
	}
	return s
}

// turn reads what came of the verb that the document waited in.
func (m *message) turn(r telephony.Request, recordingHost string) (engine.Event, error) {
	on := func(what string) bool { return telephony.HasParam(r.URL, onParam, what) }
	lost := telephony.IsLost(r)
	switch {
	case on(onWhisper):
		return engine.WhisperWanted{}, nil
	case on(onWait):
		return engine.QueueWaiting{Position: m.position()}, nil
	case on(onRecord):
		return m.recorded(r, recordingHost, lost)
	case on(onRefer):
		return engine.DialEnded{Result: m.referResult(), CallerGone: m.over()}, nil
	case lost:
		return engine.Lost{}, nil
	case on(onQueue):
		return m.queueEnded(), nil
	case on(onDial):
		return engine.DialEnded{Result: m.dialResult(), CallerGone: m.over()}, nil
	}
	keys := m.values[digits]
	if !telephony.AreKeys(keys) {
		return nil, fmt.Errorf("the field Digits: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	}
	ended := engine.EndUnknown // the length and the time between keys look alike
	if m.values[finishedOnKey] != "" {
		ended = engine.EndTerminator
	}
	switch {
	case keys != "":
		return engine.Digits{Keys: engine.NewSecret(keys), Ended: ended}, nil
	case m.values[speechResult] != "":
		sure, err := strconv.ParseFloat(m.values[confidence], 64)
		if err != nil {
			sure = 0 // not known
		}
		return telephony.Said(m.values[speechResult], sure), nil
	case ended == engine.EndTerminator:
		return engine.Digits{Ended: ended}, nil
	case !on(onGather):
		return engine.Resumed{}, nil // a redirect
	case m.over():
		return engine.Lost{}, nil // they hung up instead of being silent
	}
	return engine.NoInput{}, nil
}

// dialResult reads how a dial ended. A call that was taken and not connected, as
// when somebody hangs up on the whisper, nobody answered.
func (m *message) dialResult() engine.DialResult {
	switch m.values[dialStatus] {
	case "completed", "answered":
		if m.values[dialBridged] == "false" {
			return engine.DialNoAnswer
		}
		return engine.DialCompleted
	case "busy":
		return engine.DialBusy
	case "no-answer", "canceled":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

// maxPosition is the longest queue that is believed.
const maxPosition = 1_000_000

// position is the caller's place in the queue, from 1.
func (m *message) position() int {
	n, err := strconv.Atoi(m.values[queuePosition])
	if err != nil || n < 1 || n > maxPosition {
		return 0
	}
	return n
}

// queueEnded reads how the waiting in a queue ended.
func (m *message) queueEnded() engine.QueueEnded {
	ended := engine.QueueEnded{Result: engine.QueueFailed, CallerGone: m.over()}
	switch m.values[queueResult] {
	case "bridged", "bridging-in-process":
		ended.Result = engine.QueueConnected
	case "leave", "redirected":
		ended.Result = engine.QueueLeft
	case "hangup":
		ended.Result, ended.CallerGone = engine.QueueLeft, true
	}
	return ended
}

// referResult reads how a hand-over ended, from what the caller's network met when
// it made the new call; where it never made one, from how it took the asking.
func (m *message) referResult() engine.DialResult {
	if result, told := telephony.Referred(m.values[notifyCode]); told && result != engine.DialFailed {
		return result
	}
	switch m.values[referStatus] {
	case "in-progress", "completed":
		return engine.DialCompleted
	case "busy":
		return engine.DialBusy
	case "no-answer", "canceled":
		return engine.DialNoAnswer
	case "":
		// It was taken, and the call was over before anything more was known.
		if strings.HasPrefix(m.values[referCode], "2") && m.over() {
			return engine.DialCompleted
		}
	}
	return engine.DialFailed
}

// recorded reads how a recording ended. Twilio may still be making the file for some
// seconds; its address stays. One on which nothing was to be heard has no webhook, so
// that the tail of the document leads here.
func (m *message) recorded(r telephony.Request, recordingHost string, lost bool) (engine.Event, error) {
	if _, err := recordingOf(r.URL); err != nil {
		return nil, err
	}
	// The key that ended it is "hangup" where they hung up.
	ended := engine.RecordEnded{Result: engine.RecordFailed, CallerGone: m.over() || m.values[digits] == "hangup"}
	length, err := m.length()
	switch {
	case err != nil:
		return nil, err
	case lost:
		ended.Result = engine.RecordEmpty
	case m.values[recordingURL] == "":
	case length == 0:
		ended.Result = engine.RecordEmpty
	default:
		ended.Result, ended.Length = engine.RecordDone, length
		if address := m.values[recordingURL]; isRecordingAddress(address, recordingHost) {
			ended.URL = address
		}
	}
	return ended, nil
}

// length is how long the recording is.
func (m *message) length() (time.Duration, error) {
	text := m.values[recordingDuration]
	if text == "" || text == "-1" { // not known yet
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || len(text) > maxWord || seconds < 0 || seconds > int(maxLength/time.Second) {
		return 0, errors.New("RecordingDuration: expected seconds of at most a day")
	}
	return time.Duration(seconds) * time.Second, nil
}

// recordingOf is the recording that an address of ours is about.
func recordingOf(u *url.URL) (string, error) {
	id, _ := queryValue(u, recordName)
	if !telephony.IsRecording(id) {
		return "", errors.New("the address of the hook names no recording")
	}
	return id, nil
}

// over tells whether the call itself has ended, and not the other leg of a dial.
func (m *message) over() bool {
	if m.values[parentSID] != "" {
		return false
	}
	switch m.values[callStatus] {
	case "completed", "busy", "failed", "no-answer", "canceled":
		return true
	}
	return false
}

// notice reads what is told aside: of recordings, of mistakes, and of the course
// of the call.
func (m *message) notice(r telephony.Request, recordingHost string) (engine.Event, string, error) {
	if text := m.values[payload]; text != "" {
		return nil, payloadComplaint(text), nil
	}
	if _, ok := queryValue(r.URL, recordName); ok {
		return m.ready(r, recordingHost)
	}
	if !m.over() {
		return nil, "", nil
	}
	status := m.values[callStatus]
	ended := engine.CallEnded{Reason: status}
	if status == "no-answer" || status == "canceled" { // gone before we answered
		ended.By = "caller"
	}
	return ended, "", nil
}

// ready reads that a recording can be had, or will never be.
func (m *message) ready(r telephony.Request, recordingHost string) (engine.Event, string, error) {
	id, err := recordingOf(r.URL)
	if err != nil {
		return nil, "", err
	}
	length, err := m.length()
	if err != nil {
		return nil, "", err
	}
	switch m.values[recordingStatus] {
	case "completed":
		address := m.values[recordingURL]
		if !isRecordingAddress(address, recordingHost) {
			return engine.RecordingReady{ID: id}, telephony.AlarmText("a recording is at an address that is not Twilio's; set recording_host if that is meant"), nil
		}
		return engine.RecordingReady{ID: id, URL: address, Length: length}, "", nil
	case "absent", "failed":
		return engine.RecordingReady{ID: id}, "", nil
	}
	return nil, "", nil // it has begun
}

// isRecordingAddress tells whether a recording is where recordings are.
func isRecordingAddress(address, host string) bool {
	if len(address) > maxURL || !telephony.IsWebAddress(address) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	at := strings.ToLower(u.Host)
	return at == "twilio.com" || strings.HasSuffix(at, ".twilio.com") || host != "" && at == host
}
