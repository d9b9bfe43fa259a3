package plivo

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

// Bounds of what is kept of a request, in bytes. A longer name is cut, longer headers
// are left out, everything else is refused.
const (
	maxID      = 128
	maxParty   = 256
	maxName    = 256
	maxURL     = 2048
	maxWord    = 64
	maxHeader  = 256
	maxHeaders = 32
)

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// onParam says what an address of ours is for: which element the form is about.
const (
	onParam    = "on"
	onGather   = "gather"
	onSilence  = "silence"
	onDial     = "dial"
	onWhisper  = "whisper"
	onRecord   = "record"
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
	in := telephony.Inbound{Call: call, Delivery: telephony.Truncate(telephony.PlainText(r.Header.Get(NonceHeader)), maxID)}
	switch r.Route {
	case telephony.RouteStart:
		if m.over() {
			return in, malformed(errors.New("the end of a call was posted where calls begin; set the hangup URL to …/v1/plivo/status"))
		}
		in.Headers = m.headers
		if telephony.IsLost(r) {
			in.Event = engine.Lost{}
		}
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
	return fmt.Errorf("plivo: %w: %w", telephony.ErrMalformed, err)
}

// header keeps a header field of a caller's telephone system: Plivo hands on those
// that begin with X-PH-.
func (m *message) header(name, value string) {
	name = strings.ToLower(name)
	if !strings.HasPrefix(name, "x-") || len(name) > maxHeader || len(value) > maxHeader || len(m.headers) == maxHeaders {
		return
	}
	if m.headers == nil {
		m.headers = map[string]string{}
	}
	m.headers[name] = value
}

// call reads who is calling.
func (m *message) call(r telephony.Request) (engine.Call, error) {
	call := engine.Call{Platform: Name}
	id := m.values[callUUID]
	if m.values[aLegUUID] != "" && telephony.HasParam(r.URL, onParam, onWhisper) {
		id = m.values[aLegUUID] // the hook is about the other leg, and meant for the call
	}
	for _, f := range []struct {
		name  string
		value string
		into  *string
		most  int
	}{
		{"CallUUID", id, &call.ID, maxID},
		{"From", international(m.values[from]), &call.From, maxParty},
		{"To", international(m.values[to]), &call.To, maxParty},
	} {
		if len(f.value) > f.most {
			return call, fmt.Errorf("%s: %d bytes long, expected at most %d", f.name, len(f.value), f.most)
		}
		*f.into = f.value
	}
	if call.ID == "" {
		return call, errors.New("CallUUID is missing: this is no webhook of Plivo's calls")
	}
	if r.Route == telephony.RouteStart {
		name := strings.TrimSpace(telephony.PlainText(m.values[callerName]))
		if international(name) != call.From { // it is the number again where there is no name
			call.Name = telephony.Truncate(name, maxName)
		}
	}
	return call, nil
}

// international puts the plus in front of a number that Plivo has taken it from. A
// short one is a service's, and had none.
func international(s string) string {
	if len(s) < 8 {
		return s
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return s
		}
	}
	return "+" + s
}

// turn reads what came of the element that the document waited in.
func (m *message) turn(r telephony.Request, recordingHost string) (engine.Event, error) {
	on := func(what string) bool { return telephony.HasParam(r.URL, onParam, what) }
	lost := telephony.IsLost(r)
	switch {
	case on(onWhisper):
		return engine.WhisperWanted{}, nil
	case on(onRecord):
		return m.recorded(r, recordingHost, lost)
	case lost:
		return engine.Lost{}, nil
	case on(onDial):
		return engine.DialEnded{Result: m.dialResult(), CallerGone: m.over()}, nil
	}
	keys := m.values[digits]
	if !telephony.AreKeys(keys) {
		return nil, fmt.Errorf("the field Digits: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	}
	switch {
	case keys != "":
		return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndUnknown}, nil
	case m.values[speech] != "" || m.values[inputType] == "speech":
		return m.said(), nil
	case !on(onGather) && !on(onSilence):
		return engine.Resumed{}, nil // a redirect
	case m.over():
		return engine.Lost{}, nil // they hung up instead of being silent
	}
	return engine.NoInput{}, nil
}

// said is what was understood.
func (m *message) said() engine.Event {
	sure := 0.0
	if text := m.values[confidence]; len(text) <= maxWord {
		if n, err := strconv.ParseFloat(text, 64); err == nil && n == n {
			sure = n
		}
	}
	return telephony.Said(m.values[speech], sure)
}

// dialResult reads how a dial ended.
func (m *message) dialResult() engine.DialResult {
	switch m.values[dialStatus] {
	case "completed":
		return engine.DialCompleted
	case "busy":
		return engine.DialBusy
	case "no-answer", "timeout", "cancel":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

// recorded reads how a recording ended. One on which nothing was to be heard may have
// no webhook, so that the tail of the document leads here.
func (m *message) recorded(r telephony.Request, recordingHost string, lost bool) (engine.Event, error) {
	if _, err := recordingOf(r.URL); err != nil {
		return nil, err
	}
	ended := engine.RecordEnded{Result: engine.RecordFailed, CallerGone: m.over() || m.values[digits] == "hangup"}
	length, err := m.length()
	switch {
	case err != nil:
		return nil, err
	case lost:
		ended.Result = engine.RecordEmpty
	case m.values[recordURL] == "":
	case length == 0:
		ended.Result = engine.RecordEmpty
	default:
		ended.Result, ended.Length = engine.RecordDone, length
		if address := m.values[recordURL]; isRecordingAddress(address, recordingHost) {
			ended.URL = address
		}
	}
	return ended, nil
}

// length is how long the recording is. It is -1 where Plivo does not know yet.
func (m *message) length() (time.Duration, error) {
	for _, f := range []struct {
		name, text string
		unit       time.Duration
	}{
		{"RecordingDurationMs", m.values[recordingMs], time.Millisecond},
		{"RecordingDuration", m.values[recordingDuration], time.Second},
	} {
		if f.text == "" || f.text == "-1" {
			continue
		}
		n, err := strconv.ParseFloat(f.text, 64)
		if err != nil || len(f.text) > maxWord || !(n >= 0 && n <= float64(maxLength/f.unit)) {
			return 0, fmt.Errorf("%s: expected a time of at most a day", f.name)
		}
		return time.Duration(n * float64(f.unit)).Round(time.Millisecond), nil
	}
	return 0, nil
}

// recordingOf is the recording that an address of ours is about.
func recordingOf(u *url.URL) (string, error) {
	id, _ := queryValue(u, recordName)
	if !telephony.IsRecording(id) {
		return "", errors.New("the address of the hook names no recording")
	}
	return id, nil
}

// queryValue is a parameter of the URL, and whether it is there.
func queryValue(u *url.URL, name string) (string, bool) {
	if u == nil {
		return "", false
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if value, ok := strings.CutPrefix(part, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// over tells whether the call itself has ended.
func (m *message) over() bool {
	switch m.values[callStatus] {
	case "completed", "busy", "failed", "timeout", "no-answer":
		return true
	}
	return m.values[event] == "Hangup"
}

// notice reads what is told aside: of recordings, and of the course of the call.
func (m *message) notice(r telephony.Request, recordingHost string) (engine.Event, string, error) {
	if _, is := queryValue(r.URL, recordName); is && !m.over() {
		return m.recordingReady(r, recordingHost)
	}
	if !m.over() {
		return nil, "", nil
	}
	return engine.CallEnded{By: m.endedBy()}, m.complaint(), nil
}

// endedBy is whose doing the end was, as Plivo knows it.
func (m *message) endedBy() string {
	switch {
	case strings.EqualFold(m.values[hangupSource], "Caller"):
		return "caller"
	case strings.EqualFold(m.values[hangupSource], "Answer XML"), m.values[hangupCode] == "4010": // a Hangup, or the end of the document
		return "us"
	}
	return ""
}

// complaint is an alarm where Plivo ended the call because of what it was answered:
// 7000 and above are answers that did not come, 8000 and above such as it could not
// use.
func (m *message) complaint() string {
	code := m.values[hangupCode]
	if len(code) != 4 || code[0] != '7' && code[0] != '8' {
		return ""
	}
	cause := m.values[hangupCause]
	if len(cause) > maxName {
		cause = ""
	}
	if code[0] == '7' {
		return telephony.AlarmText("plivo ended a call because an answer did not come", cause)
	}
	return telephony.AlarmText("plivo ended a call because it could not use an answer", cause)
}

// recordingReady reads that a recording can be had.
func (m *message) recordingReady(r telephony.Request, recordingHost string) (engine.Event, string, error) {
	id, err := recordingOf(r.URL)
	if err != nil {
		return nil, "", err
	}
	length, err := m.length()
	if err != nil {
		return nil, "", err
	}
	address := m.values[recordURL]
	if address == "" {
		return nil, "", nil // something else about it
	}
	if !isRecordingAddress(address, recordingHost) {
		return engine.RecordingReady{ID: id}, telephony.AlarmText("a recording is at an address that is not Plivo's; set recording_host if that is meant"), nil
	}
	return engine.RecordingReady{ID: id, URL: address, Length: length}, "", nil
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
	return at == "plivo.com" || strings.HasSuffix(at, ".plivo.com") || host != "" && at == host
}
