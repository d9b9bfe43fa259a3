package vonage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in bytes. What is longer is refused.
const (
	maxID    = 128
	maxParty = 256
	maxQuery = 8 << 10
)

// webhook is what we read of a webhook. Which members there are depends on what
// happened.
type webhook struct {
	conversation, conversationFrom telephony.Value
	from, fromUser, to             telephony.Value
	status, direction, by          telephony.Value
	subState                       telephony.Value
	dtmf, timedOut, speech         telephony.Value
	reason, original               telephony.Value
	recording, start, end          telephony.Value
	payload                        telephony.Value // of a notify: ours

	headers map[string]string // of the invitation
}

// Bounds of the header fields of an invitation that are kept: their number, and how
// long the name and the value of one may be, in bytes.
const (
	maxHeaders = 32
	maxHeader  = 256
)

// headerPrefix stands before the names of the header fields that callers' telephone
// systems add: SipHeader_X-UserId.
const headerPrefix = "SipHeader_"

// header keeps a header field. Vonage hands on those that begin with X-.
func (w *webhook) header(member, value string) {
	name := strings.ToLower(strings.TrimPrefix(member, headerPrefix))
	if !strings.HasPrefix(name, "x-") || len(name) > maxHeader || len(value) > maxHeader || len(w.headers) == maxHeaders {
		return
	}
	if w.headers == nil {
		w.headers = map[string]string{}
	}
	w.headers[name] = value
}

// field is where a member goes.
func (w *webhook) field(name string) *telephony.Value {
	switch name {
	case "conversation_uuid":
		return &w.conversation
	case "conversation_uuid_from":
		return &w.conversationFrom
	case "from":
		return &w.from
	case "from_user":
		return &w.fromUser
	case "to":
		return &w.to
	case "status":
		return &w.status
	case "sub_state":
		return &w.subState
	case "direction":
		return &w.direction
	case "disconnected_by":
		return &w.by
	case "dtmf":
		return &w.dtmf
	case "timed_out":
		return &w.timedOut
	case "speech":
		return &w.speech
	case "reason":
		return &w.reason
	case "original_request":
		return &w.original
	case "recording_url":
		return &w.recording
	case "start_time":
		return &w.start
	case "end_time":
		return &w.end
	case "payload":
		return &w.payload
	}
	return nil
}

// parse reads the body, or the query of a GET.
func parse(r telephony.Request) (w webhook, err error) {
	if r.Method == http.MethodGet && len(r.Body) == 0 {
		return w, w.query(r.URL)
	}
	if len(r.Body) > telephony.MaxBody {
		return w, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	err = telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
		if f := w.field(string(name)); f != nil {
			*f = value
		} else if r.Route == telephony.RouteStart && bytes.HasPrefix(name, []byte(headerPrefix)) {
			if text, ok := value.Text(); ok {
				w.header(string(name), text)
			}
		}
		return nil
	})
	return w, err
}

// query reads the query of a GET. Its values are text, whatever they would be in
// JSON.
func (w *webhook) query(u *url.URL) error {
	if u == nil || len(u.RawQuery) > maxQuery {
		return fmt.Errorf("a GET with a query of at most %d bytes is expected", maxQuery)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		f := w.field(name)
		header := strings.HasPrefix(name, headerPrefix)
		if !header && (f == nil || *f != nil) {
			continue
		}
		text, err := url.QueryUnescape(value)
		switch {
		case header && err == nil:
			w.header(name, text)
		case header:
		case err != nil:
			return errors.New("an escape in the query is broken")
		default:
			*f = telephony.AppendText(nil, text)
		}
	}
	return nil
}

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	w, err := parse(r)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	call, err := w.call(r)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	in := telephony.Inbound{Call: call, Alarm: w.alarm()}
	switch r.Route {
	case telephony.RouteStart:
		in.Headers = w.headers
		if w.status.IsSet() && w.original == nil {
			return in, malformed(errors.New("the course of a call was posted where calls begin; set the event URL to …/v1/vonage/status"))
		}
		if telephony.IsLost(r) || w.fellBack() {
			in.Event = engine.Lost{}
		}
	case telephony.RouteTurn:
		in.Event, err = w.turn(r)
		in.Progress = in.Event == nil
	case telephony.RouteNotice:
		in.Event = w.notice(r, c.recordingHost)
		if ready, ok := in.Event.(engine.RecordingReady); ok && ready.URL == "" {
			in.Alarm = telephony.AlarmText("a recording is at an address that is not Vonage's, nor that of recording_host", hostOf(w.recording))
		}
		in.Stage = w.stage()
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	if err != nil {
		return in, malformed(err)
	}
	return in, nil
}

func malformed(err error) error {
	return fmt.Errorf("vonage: %w: %w", telephony.ErrMalformed, err)
}

// call reads whose call it is. A webhook about the other leg of a transfer says in its
// URL which call it is meant for.
func (w *webhook) call(r telephony.Request) (engine.Call, error) {
	call := engine.Call{Platform: Name}
	from, to := w.from, w.to
	if !from.IsSet() {
		from = w.fromUser
	}
	if r.Route == telephony.RouteStart && len(w.payload) > 0 && w.payload[0] == '{' { // a notify back to where the call began
		err := telephony.ReadObject(w.payload, func(name []byte, value telephony.Value) error {
			switch string(name) {
			case "from":
				from = value
			case "to":
				to = value
			}
			return nil
		})
		if err != nil {
			return call, err
		}
	}
	id := w.conversation
	if !id.IsSet() {
		id = w.conversationFrom // the call has moved on, and keeps its first name with us
	}
	for _, f := range []struct {
		name  string
		value telephony.Value
		into  *string
		most  int
	}{
		{"conversation_uuid", id, &call.ID, maxID},
		{"from", from, &call.From, maxParty},
		{"to", to, &call.To, maxParty},
	} {
		var err error
		if *f.into, err = telephony.ReadText(f.name, f.value, f.most); err != nil {
			return call, err
		}
	}
	if r.Route == telephony.RouteTurn && r.URL != nil {
		if own := param(r.URL, callParam); isID(own) {
			call.ID = own
		}
	}
	if call.ID == "" && (r.Route != telephony.RouteNotice || w.alarm() == "") {
		return call, errors.New("conversation_uuid is missing: this is no webhook of Vonage")
	}
	call.From, call.To = international(call.From), international(call.To)
	return call, nil
}

// international puts the plus in front of a number that Vonage has taken it from.
func international(s string) string {
	if telephony.IsInternational(s) {
		return "+" + s
	}
	return s
}

// turn reads what came of the action that the document waited in; nil where it only
// tells how far a transfer has come, or complains.
func (w *webhook) turn(r telephony.Request) (engine.Event, error) {
	switch {
	case telephony.IsLost(r), w.fellBack():
		return engine.Lost{}, nil
	case w.alarm() != "":
		return nil, nil // a complaint about what we answered, which answers nothing
	case telephony.HasParam(r.URL, onParam, onWhisper):
		return engine.WhisperWanted{}, nil
	case telephony.HasParam(r.URL, onParam, onDial):
		return w.dialled(), nil
	case telephony.HasParam(r.URL, onParam, onDialled):
		// One that failed has told so before, and this is then a late repeat.
		return engine.DialEnded{Result: engine.DialCompleted}, nil
	case telephony.HasParam(r.URL, onParam, onRecord):
		if !telephony.IsRecording(param(r.URL, recordParam)) {
			return nil, errors.New("the address of the hook names no recording")
		}
		return engine.RecordEnded{Result: engine.RecordDone}, nil
	case w.dtmf != nil || w.timedOut != nil || w.speech.IsSet():
		ev, err := w.entry()
		if keys, pressed := ev.(engine.Digits); err != nil || pressed && keys.Keys.Len() > 0 {
			return ev, err
		}
		if words, err := w.said(); err != nil || words != nil {
			return words, err
		}
		return ev, nil
	}
	return engine.Resumed{}, nil // a notify
}

// said reads what an input heard, of several guesses the first; nil where it does not
// tell. That nobody has begun to speak is silence, whatever dtmf says of it: no key ended
// it.
func (w *webhook) said() (engine.Event, error) {
	if len(w.speech) == 0 || w.speech[0] != '{' {
		return nil, nil
	}
	var results, why telephony.Value
	err := telephony.ReadObject(w.speech, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "results":
			results = value
		case "timeout_reason":
			why = value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var guesses []struct {
		Text       string          `json:"text"`
		Confidence json.RawMessage `json:"confidence"`
	}
	if len(results) > 0 && results[0] == '[' && json.Unmarshal(results, &guesses) == nil && len(guesses) > 0 {
		sure, _ := telephony.Value(guesses[0].Confidence).Number() // text, or a number
		return telephony.Said(guesses[0].Text, sure), nil
	}
	if why.Is("end_on_silence_timeout") || why.Is("max_duration") {
		return engine.Speech{}, nil // something was said, and nobody knows what
	}
	if why.Is("start_timeout") {
		return engine.NoInput{}, nil
	}
	return nil, nil
}

// entry reads what an input collected. Before 2020 dtmf was the keys themselves, with
// timed_out beside it; now it is an object with both.
func (w *webhook) entry() (engine.Event, error) {
	digits, timedOut := w.dtmf, w.timedOut
	if len(digits) > 0 && digits[0] == '{' {
		digits, timedOut = nil, nil
		err := telephony.ReadObject(w.dtmf, func(name []byte, value telephony.Value) error {
			switch string(name) {
			case "digits":
				digits = value
			case "timed_out":
				timedOut = value
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	keys := ""
	if digits.IsSet() {
		var ok bool
		if keys, ok = digits.Text(); !ok {
			return nil, fmt.Errorf("dtmf: found %s, expected text", digits.Kind())
		}
		if !telephony.AreKeys(keys) {
			return nil, fmt.Errorf("dtmf: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
		}
	}
	expired, told := timedOut.Bool()
	if !told {
		expired, told = timedOut.Is("true"), timedOut.Is("true") || timedOut.Is("false")
	}
	switch {
	case keys != "" && expired:
		return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndGap}, nil
	case keys != "":
		return engine.Digits{Keys: engine.NewSecret(keys)}, nil // by the finish key or the length
	case told && !expired:
		return engine.Digits{Ended: engine.EndTerminator}, nil
	}
	return engine.NoInput{}, nil
}

// dialled reads an event of the leg that a connect made: nil as long as it has not
// ended.
func (w *webhook) dialled() engine.Event {
	status, ok := w.status.Text()
	if !ok {
		return engine.DialEnded{Result: engine.DialFailed}
	}
	switch status {
	case "completed":
		return engine.DialEnded{Result: engine.DialCompleted}
	case "busy":
		return engine.DialEnded{Result: engine.DialBusy}
	case "timeout", "unanswered", "cancelled":
		return engine.DialEnded{Result: engine.DialNoAnswer}
	case "failed", "rejected", "disconnected":
		return engine.DialEnded{Result: engine.DialFailed}
	}
	return nil // started, ringing, answered, human, machine, or one that is new
}

// notice reads the event webhook.
func (w *webhook) notice(r telephony.Request, recordingHost string) engine.Event {
	if w.recording.IsSet() {
		return w.recorded(r, recordingHost)
	}
	status, _ := w.status.Text()
	if !terminal(status) || w.direction.Is("outbound") {
		return nil // on its way, or the other leg of a transfer
	}
	ended := engine.CallEnded{Reason: status}
	switch {
	case w.by.Is("user"):
		ended.By = "caller"
	case w.by.Is("platform"):
		ended.By = "us"
	}
	return ended
}

// terminal tells the statuses after which a leg is no more.
func terminal(status string) bool {
	switch status {
	case "completed", "busy", "cancelled", "unanswered", "rejected", "failed", "timeout", "disconnected":
		return true
	}
	return false
}

// recorded reads where a recording is to be had: nowhere, if not where Vonage keeps
// recordings.
func (w *webhook) recorded(r telephony.Request, recordingHost string) engine.Event {
	address, _ := w.recording.Text()
	id := ""
	if r.URL != nil {
		id = param(r.URL, recordParam)
	}
	if !telephony.IsRecording(id) || !telephony.IsWebAddress(address) {
		return nil // none that we asked for
	}
	if !isRecordingAddress(address, recordingHost) {
		return engine.RecordingReady{ID: id}
	}
	return engine.RecordingReady{ID: id, URL: address, Length: w.length()}
}

// isRecordingAddress tells whether a recording is where recordings are: whoever
// fetches it shows a token of the account's.
func isRecordingAddress(address, host string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	at := strings.ToLower(u.Host)
	for _, own := range []string{"nexmo.com", "vonage.com"} {
		if at == own || strings.HasSuffix(at, "."+own) {
			return true
		}
	}
	return host != "" && at == host
}

// hostOf is the host of an address, for whoever reads the log.
func hostOf(v telephony.Value) string {
	address, _ := v.Text()
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// length is how long a recording is; zero where it is not told.
func (w *webhook) length() time.Duration {
	from, _ := w.start.Text()
	to, _ := w.end.Text()
	begin, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return 0
	}
	end, err := time.Parse(time.RFC3339, to)
	if d := end.Sub(begin); err == nil && 0 < d && d <= maxLength {
		return d
	}
	return 0
}

// fellBack tells a webhook that comes by the fallback answer URL, because the one
// before it failed.
func (w *webhook) fellBack() bool { return w.original.IsSet() }

// alarm is what Vonage complains about, such as a document it refused.
func (w *webhook) alarm() string {
	if !w.reason.IsSet() || w.status.IsSet() {
		return ""
	}
	why, _ := w.reason.Text()
	return telephony.AlarmText("Vonage reports", why)
}

// isID tells whether s can be a call's name in a URL.
func isID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

// param is the first value of a parameter in the query of u, as it is written.
func param(u *url.URL, name string) string {
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}
