package signalwire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in bytes. Longer headers are left out, everything
// else is refused.
const (
	maxID      = 128
	maxParty   = 256
	maxURL     = 2048
	maxText    = 4096
	maxHeader  = 256
	maxHeaders = 32
)

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// onParam says what an address of ours is for: which step the variables are about.
const (
	onParam    = "on"
	onGather   = "gather"
	onDial     = "dial"
	onWhisper  = "whisper"
	onRecord   = "record"
	recordName = "recording" // which recording
	callParam  = "call"      // the call, for hooks about another leg
)

// message is what we read of a request.
type message struct {
	id, from, to, state string
	headers             map[string]string
	vars                variables
	event               string // of a status webhook
	tape                string // how far a recording has come
	url                 string // where it is
	length              time.Duration
	problem             string
}

// variables are those that steps set.
type variables struct {
	result, value, terminator string // of a prompt
	confidence                float64
	connect, reason           string
	record, recordURL         string
	refer, referCode, referTo string // of a hand-over, the SIP statuses of it and of what followed
	scriptError               string
}

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	m, err := readMessage(r)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	if r.Route != telephony.RouteStart {
		if own, ok := queryValue(r.URL, callParam); ok && isID(own) {
			m.id = own // the hook is about the other leg, and meant for the call
		}
	}
	if m.id == "" {
		return telephony.Inbound{}, malformed(errors.New("call_id is missing: this is no webhook of SignalWire's calls"))
	}
	in := telephony.Inbound{Call: engine.Call{Platform: Name, ID: m.id, From: m.from, To: m.to}}
	if m.vars.scriptError != "" {
		in.Alarm = telephony.AlarmText("signalwire reports a fault of a document", m.vars.scriptError)
	}
	switch r.Route {
	case telephony.RouteStart:
		if m.event != "" {
			return in, malformed(errors.New("a status was posted where calls begin; set the status URL to …/v1/signalwire/status"))
		}
		in.Headers = m.headers
		if telephony.IsLost(r) {
			in.Event = engine.Lost{}
		}
	case telephony.RouteTurn:
		in.Event, err = m.turn(r, c.recordingHost)
	case telephony.RouteNotice:
		if m.problem != "" {
			in.Alarm = telephony.AlarmText("signalwire reports a fault of a document", m.problem)
		}
		if _, about := queryValue(r.URL, recordName); about {
			in.Event, in.Alarm, err = m.ready(r, c.recordingHost)
		} else if m.event == "calling.call.state" && m.state == "ended" {
			in.Event = engine.CallEnded{}
		}
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	if err != nil {
		return in, malformed(err)
	}
	return in, nil
}

func malformed(err error) error {
	return fmt.Errorf("signalwire: %w: %w", telephony.ErrMalformed, err)
}

// readMessage reads a request for a document, or a status.
func readMessage(r telephony.Request) (m message, err error) {
	if len(r.Body) > telephony.MaxBody {
		return m, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	err = telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
		var member func([]byte, telephony.Value) error
		switch string(name) {
		case "call":
			member = m.call
		case "vars":
			member = m.variable
		case "params":
			if r.Route != telephony.RouteNotice {
				return nil // they are ours, and we set none
			}
			member = m.call
		case "event_type":
			return text("event_type", value, &m.event, maxID)
		default:
			return nil
		}
		if value.IsNull() {
			return nil
		}
		if !value.IsObject() {
			return fmt.Errorf("%s: found %s, expected an object", name, value.Kind())
		}
		return telephony.ReadObject(value, member)
	})
	return m, err
}

// text reads a member that is text; null leaves what is there.
func text(name string, value telephony.Value, into *string, most int) error {
	if value.IsNull() {
		return nil
	}
	s, err := telephony.ReadText(name, value, most)
	if err == nil {
		*into = s
	}
	return err
}

// call reads a member of the call, or of a status' params.
func (m *message) call(name []byte, value telephony.Value) error {
	switch string(name) {
	case "call_id":
		return text("call_id", value, &m.id, maxID)
	case "from", "from_number":
		return text("from", value, &m.from, maxParty)
	case "to", "to_number":
		return text("to", value, &m.to, maxParty)
	case "call_state":
		return text("call_state", value, &m.state, maxID)
	case "code":
		return text("code", value, &m.problem, maxText)
	case "state":
		return text("state", value, &m.tape, maxID)
	case "url":
		return text("url", value, &m.url, maxURL)
	case "duration":
		if seconds, ok := value.Number(); ok && seconds > 0 && seconds <= maxLength.Seconds() {
			m.length = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
		}
	case "headers":
		return m.readHeaders(value)
	}
	return nil
}

// readHeaders reads the header fields of the invitation: a list of names and values.
func (m *message) readHeaders(list telephony.Value) error {
	if _, some := list.First(); !some {
		return nil
	}
	return list.Each(func(one telephony.Value) error {
		if !one.IsObject() {
			return nil
		}
		var name, value string
		err := telephony.ReadObject(one, func(key []byte, v telephony.Value) error {
			switch string(key) {
			case "name":
				name, _ = v.Text()
			case "value":
				value, _ = v.Text()
			}
			return nil
		})
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-") && len(name) <= maxHeader && len(value) <= maxHeader && len(m.headers) < maxHeaders {
			if m.headers == nil {
				m.headers = map[string]string{}
			}
			m.headers[name] = value
		}
		return err
	})
}

// variable reads a variable that a step has set.
func (m *message) variable(name []byte, value telephony.Value) error {
	v := &m.vars
	var into *string
	switch string(name) {
	case "prompt_result":
		into = &v.result
	case "prompt_value":
		into = &v.value
	case "prompt_digit_terminator":
		into = &v.terminator
	case "prompt_speech_confidence":
		v.confidence, _ = value.Number()
		return nil
	case "connect_result":
		into = &v.connect
	case "connect_failed_reason":
		into = &v.reason
	case "record_result":
		into = &v.record
	case "record_url":
		into = &v.recordURL
	case "sip_refer_result":
		into = &v.refer
	case "sip_refer_response_code":
		return code("sip_refer_response_code", value, &v.referCode)
	case "sip_refer_to_response_code":
		return code("sip_refer_to_response_code", value, &v.referTo)
	case "script_error":
		if value.IsText() {
			return text("script_error", value, &v.scriptError, maxText)
		}
		return nil
	default:
		return nil
	}
	return text(string(name), value, into, maxText)
}

// turn reads what came of the step that stands before the one that asks.
func (m *message) turn(r telephony.Request, recordingHost string) (engine.Event, error) {
	on := func(what string) bool { return telephony.HasParam(r.URL, onParam, what) }
	gone := m.state == "ended" || m.state == "ending"
	switch {
	case on(onWhisper):
		return engine.WhisperWanted{}, nil
	case telephony.IsLost(r):
		return engine.Lost{}, nil
	case on(onRefer):
		return engine.DialEnded{Result: m.referResult(gone), CallerGone: gone}, nil
	case on(onDial):
		return engine.DialEnded{Result: m.dialResult(), CallerGone: gone}, nil
	case on(onRecord):
		return m.recorded(r, recordingHost, gone)
	case on(onGather):
		ev, err := m.entered()
		if _, silent := ev.(engine.NoInput); silent && gone {
			return engine.Lost{}, nil // they hung up instead of being silent
		}
		return ev, err
	}
	return engine.Resumed{}, nil
}

// entered is what a prompt has collected.
func (m *message) entered() (engine.Event, error) {
	switch m.vars.result {
	case "match_digits":
		if !telephony.AreKeys(m.vars.value) || len(m.vars.terminator) > 1 || !telephony.AreKeys(m.vars.terminator) {
			return nil, fmt.Errorf("prompt_value: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
		}
		ended := engine.EndUnknown // its length and the time between keys look alike
		if m.vars.terminator != "" {
			ended = engine.EndTerminator
		} else if m.vars.value == "" {
			return engine.NoInput{}, nil
		}
		return engine.Digits{Keys: engine.NewSecret(m.vars.value), Ended: ended}, nil
	case "match_speech":
		sure := m.vars.confidence
		if sure > 1 { // no page says whether of one or of a hundred
			sure /= 100
		}
		return telephony.Said(m.vars.value, sure), nil
	case "no_match":
		return telephony.Said("", 0), nil
	case "no_input":
		return engine.NoInput{}, nil
	}
	return engine.Lost{}, nil // it failed
}

// dialResult reads how a connect ended.
func (m *message) dialResult() engine.DialResult {
	if m.vars.connect == "connected" {
		return engine.DialCompleted
	}
	switch m.vars.reason {
	case "busy":
		return engine.DialBusy
	case "noAnswer", "no_answer", "cancel", "decline":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

// recorded reads how a recording ended.
func (m *message) recorded(r telephony.Request, recordingHost string, gone bool) (engine.Event, error) {
	if id, _ := queryValue(r.URL, recordName); !telephony.IsRecording(id) {
		return nil, errors.New("the address of the hook names no recording")
	}
	ended := engine.RecordEnded{Result: engine.RecordFailed, CallerGone: gone}
	switch {
	case m.vars.record == "no_input":
		ended.Result = engine.RecordEmpty
	case m.vars.record == "success" && m.vars.recordURL != "":
		ended.Result = engine.RecordDone
		if isRecordingAddress(m.vars.recordURL, recordingHost) {
			ended.URL = m.vars.recordURL
		}
	}
	return ended, nil
}

// ready reads what becomes of a recording, whether or not its caller is still there. The
// address says which recording it is of, and of whose call.
func (m *message) ready(r telephony.Request, recordingHost string) (engine.Event, string, error) {
	id, _ := queryValue(r.URL, recordName)
	if !telephony.IsRecording(id) {
		return nil, "", errors.New("the address of the hook names no recording")
	}
	switch {
	case m.event != "calling.call.record":
		return nil, "", errors.New("what came to the address of a recording is about something else")
	case m.tape == "no_input", m.tape == "error":
		return engine.RecordingReady{ID: id}, "", nil
	case m.tape != "finished":
		return nil, "", nil // it has begun
	case !isRecordingAddress(m.url, recordingHost):
		return engine.RecordingReady{ID: id}, telephony.AlarmText("a recording is at an address that is not SignalWire's; set recording_host if that is meant"), nil
	}
	return engine.RecordingReady{ID: id, URL: m.url, Length: m.length}, "", nil
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

// isID tells whether s can be a call's name in a URL.
func isID(s string) bool { return telephony.IsRecording(s) }

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
	return at == "signalwire.com" || strings.HasSuffix(at, ".signalwire.com") || host != "" && at == host
}
