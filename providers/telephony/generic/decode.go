package generic

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in characters. The schema has them too.
const (
	maxID       = 128
	maxParty    = 256
	maxLanguage = 35
)

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	in, err := decode(r)
	if err != nil {
		return in, fmt.Errorf("generic: %w: %w", telephony.ErrMalformed, err)
	}
	return in, nil
}

func decode(r telephony.Request) (in telephony.Inbound, err error) {
	if len(r.Body) > telephony.MaxBody {
		return in, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	var call, event telephony.Value
	err = telephony.ReadObject(r.Body, func(name []byte, v telephony.Value) error {
		switch string(name) {
		case "call":
			call = v
		case "event":
			event = v
		}
		return nil
	})
	if err != nil {
		return in, err
	}
	if in.Call, err = readCall(call); err != nil {
		return in, err
	}
	switch {
	case telephony.IsLost(r) && r.Route != telephony.RouteNotice:
		in.Event = engine.Lost{} // whatever the body says
	case r.Route == telephony.RouteStart:
	case r.Route == telephony.RouteTurn, r.Route == telephony.RouteNotice:
		var e fields
		if e, err = readEvent(event); err != nil {
			return in, err
		}
		if r.Route == telephony.RouteTurn {
			in.Event, err = e.turn()
		} else {
			in.Event, in.Alarm, err = e.notice()
		}
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	return in, err
}

func readCall(v telephony.Value) (engine.Call, error) {
	c := engine.Call{Platform: Name}
	if v == nil {
		return c, errors.New(`call: missing, expected {"id": …}`)
	}
	if !v.IsObject() {
		return c, fmt.Errorf("call: found %s, expected an object", v.Kind())
	}
	err := telephony.ReadObject(v, func(name []byte, v telephony.Value) (err error) {
		switch string(name) {
		case "id":
			c.ID, err = text("call.id", v, maxID)
		case "account":
			c.Account, err = text("call.account", v, maxID)
		case "from":
			c.From, err = text("call.from", v, maxParty)
		case "to":
			c.To, err = text("call.to", v, maxParty)
		case "name":
			c.Name, err = text("call.name", v, maxParty)
		case "language":
			c.Language, err = language(v)
		}
		return err
	})
	if err == nil && c.ID == "" {
		err = errors.New("call.id: missing or empty, expected the platform's id of the call")
	}
	return c, err
}

// fields are what an event has, unread.
type fields struct {
	kind                                        string
	url, length, recording                      telephony.Value
	said, confidence                            telephony.Value
	keys, ended, result, gone, by, reason, told telephony.Value
	position                                    telephony.Value
}

func readEvent(v telephony.Value) (e fields, err error) {
	if v == nil {
		return e, errors.New(`event: missing, expected {"type": …}`)
	}
	if !v.IsObject() {
		return e, fmt.Errorf("event: found %s, expected an object", v.Kind())
	}
	err = telephony.ReadObject(v, func(name []byte, v telephony.Value) (err error) {
		switch string(name) {
		case "type":
			e.kind, err = text("event.type", v, maxID)
		case "keys":
			e.keys = v
		case "ended":
			e.ended = v
		case "text":
			e.said = v
		case "confidence":
			e.confidence = v
		case "result":
			e.result = v
		case "url":
			e.url = v
		case "length_ms":
			e.length = v
		case "recording":
			e.recording = v
		case "position":
			e.position = v
		case "caller_gone":
			e.gone = v
		case "by":
			e.by = v
		case "reason":
			e.reason = v
		case "detail":
			e.told = v
		}
		return err
	})
	return e, err
}

// turn reads the event of a turn hook.
func (e fields) turn() (engine.Event, error) {
	switch e.kind {
	case "digits":
		return e.digits()
	case "speech":
		return e.speech()
	case "silence":
		return engine.NoInput{}, nil
	case "lost":
		return engine.Lost{}, nil
	case "continued":
		return engine.Resumed{}, nil
	case "dial_ended":
		return e.dialEnded()
	case "recorded":
		return e.recorded()
	case "waiting":
		return e.waiting()
	case "queue_ended":
		return e.queueEnded()
	case "whisper":
		return engine.WhisperWanted{}, nil
	case "call_ended", "problem":
		return nil, fmt.Errorf("event.type: %s belongs to the notice URL", e.kind)
	}
	return nil, unknown("event.type", e.kind, "digits", "speech", "silence", "lost", "continued", "dial_ended", "recorded", "waiting", "queue_ended", "whisper")
}

// notice reads the event of a notice hook.
func (e fields) notice() (engine.Event, string, error) {
	switch e.kind {
	case "call_ended":
		var by, reason string
		var err error
		if e.by != nil {
			if by, err = oneOf("event.by", e.by, "caller", "us", ""); err != nil {
				return nil, "", err
			}
		}
		if e.reason != nil {
			if reason, err = text("event.reason", e.reason, maxParty); err != nil {
				return nil, "", err
			}
		}
		return engine.CallEnded{By: by, Reason: reason}, "", nil
	case "recording_ready":
		ready, err := e.recordingReady()
		return ready, "", err
	case "problem":
		told := ""
		if e.told != nil {
			var err error
			if told, err = text("event.detail", e.told, telephony.MaxBody); err != nil {
				return nil, "", err
			}
		}
		return nil, telephony.AlarmText("the platform reports a problem", told), nil
	}
	return nil, "", unknown("event.type", e.kind, "call_ended", "recording_ready", "problem")
}

func (e fields) digits() (engine.Event, error) {
	if e.keys == nil {
		return nil, errors.New(`event.keys: missing, expected the keys pressed, such as "1234#"`)
	}
	if !e.keys.IsText() {
		return nil, fmt.Errorf("event.keys: found %s, expected text", e.keys.Kind())
	}
	keys, _ := e.keys.Text()
	if !telephony.AreKeys(keys) { // and not a word of what they are
		return nil, fmt.Errorf("event.keys: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	}
	ended := engine.EndUnknown
	if e.ended != nil {
		word, err := oneOf("event.ended", e.ended, "terminator", "length", "gap", "open", "unknown")
		if err != nil {
			return nil, err
		}
		if word != "unknown" {
			ended = engine.Ended(word)
		}
	}
	if keys == "" && ended != engine.EndTerminator {
		return nil, errors.New(`event.keys: empty, which only a bare terminator is ("ended": "terminator"); send {"type": "silence"} where no key was pressed`)
	}
	return engine.Digits{Keys: engine.NewSecret(keys), Ended: ended}, nil
}

// speech reads what was said. Nobody is told what it was that could not be read.
func (e fields) speech() (engine.Event, error) {
	if e.said == nil || !e.said.IsText() {
		return nil, errors.New("event.text: expected what was said, or empty text where it was not understood")
	}
	said, _ := e.said.Text()
	confidence := 0.0
	if e.confidence != nil {
		n, ok := e.confidence.Number()
		if !ok || !(n >= 0 && n <= 1) {
			return nil, fmt.Errorf("event.confidence: found %s, expected a number from 0 to 1", e.confidence.Kind())
		}
		confidence = n
	}
	return telephony.Said(said, confidence), nil
}

func (e fields) dialEnded() (engine.Event, error) {
	if e.result == nil {
		return nil, errors.New("event.result: missing, expected completed, busy, no_answer or failed")
	}
	result, err := oneOf("event.result", e.result, "completed", "busy", "no_answer", "failed")
	if err != nil {
		return nil, err
	}
	gone, err := e.callerGone()
	return engine.DialEnded{Result: engine.DialResult(result), CallerGone: gone}, err
}

// maxPosition is the longest queue that is believed.
const maxPosition = 1_000_000

// waiting reads what a queue asks while a caller waits.
func (e fields) waiting() (engine.Event, error) {
	if e.position == nil {
		return engine.QueueWaiting{}, nil
	}
	n, ok := e.position.Number()
	if !ok || n < 1 || n > maxPosition || n != float64(int(n)) {
		return nil, fmt.Errorf("event.position: found %s, expected a whole number from 1", e.position.Kind())
	}
	return engine.QueueWaiting{Position: int(n)}, nil
}

func (e fields) queueEnded() (engine.Event, error) {
	if e.result == nil {
		return nil, errors.New("event.result: missing, expected connected, left or failed")
	}
	result, err := oneOf("event.result", e.result, "connected", "left", "failed")
	if err != nil {
		return nil, err
	}
	gone, err := e.callerGone()
	return engine.QueueEnded{Result: engine.QueueResult(result), CallerGone: gone}, err
}

func (e fields) callerGone() (gone bool, err error) {
	if e.gone == nil {
		return false, nil
	}
	gone, ok := e.gone.Bool()
	if !ok {
		return false, fmt.Errorf("event.caller_gone: found %s, expected true or false", e.gone.Kind())
	}
	return gone, nil
}

// recorded reads the end of a recording. The address may come later.
func (e fields) recorded() (engine.Event, error) {
	if e.result == nil {
		return nil, errors.New("event.result: missing, expected recorded, empty or failed")
	}
	result, err := oneOf("event.result", e.result, "recorded", "empty", "failed")
	if err != nil {
		return nil, err
	}
	ended := engine.RecordEnded{Result: engine.RecordResult(result)}
	if ended.CallerGone, err = e.callerGone(); err != nil {
		return nil, err
	}
	if ended.Length, err = e.lengthOf(); err != nil {
		return nil, err
	}
	if e.url != nil {
		if ended.URL, err = address("event.url", e.url); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// recordingReady reads where a recording is to be had.
func (e fields) recordingReady() (engine.Event, error) {
	if e.recording == nil || e.url == nil {
		return nil, errors.New("event: recording_ready needs recording, as the record verb named it, and url")
	}
	id, err := text("event.recording", e.recording, maxID)
	if err != nil {
		return nil, err
	}
	if !telephony.IsRecording(id) {
		return nil, errors.New("event.recording: expected the word of the record verb")
	}
	ready := engine.RecordingReady{ID: id}
	if ready.URL, err = address("event.url", e.url); err != nil {
		return nil, err
	}
	ready.Length, err = e.lengthOf()
	return ready, err
}

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

func (e fields) lengthOf() (time.Duration, error) {
	if e.length == nil {
		return 0, nil
	}
	ms, ok := e.length.Number()
	if !ok || !(ms >= 0 && ms <= float64(maxLength.Milliseconds())) {
		return 0, fmt.Errorf("event.length_ms: found %s, expected a number of milliseconds", e.length.Kind())
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func address(path string, v telephony.Value) (string, error) {
	s, err := text(path, v, telephony.MaxBody)
	if err == nil && !telephony.IsWebAddress(s) {
		err = fmt.Errorf("%s: expected an http or https address", path)
	}
	return s, err
}

// text reads a string of at most so many characters.
func text(path string, v telephony.Value, most int) (string, error) {
	if !v.IsText() {
		return "", fmt.Errorf("%s: found %s, expected text", path, v.Kind())
	}
	s, _ := v.Text()
	if n := utf8.RuneCountInString(s); n > most {
		return "", fmt.Errorf("%s: %d characters long, expected at most %d", path, n, most)
	}
	return s, nil
}

// oneOf reads a string that must be one of words.
func oneOf(path string, v telephony.Value, words ...string) (string, error) {
	for _, w := range words {
		if v.Is(w) {
			return w, nil
		}
	}
	s, err := text(path, v, telephony.MaxBody)
	if err != nil {
		return "", err
	}
	for _, w := range words {
		if s == w { // written with escapes
			return w, nil
		}
	}
	return "", unknown(path, s, words...)
}

func unknown(path, found string, words ...string) error {
	last := len(words) - 1
	for last > 0 && words[last] == "" {
		last--
	}
	shown := strconv.Quote(telephony.Truncate(found, 40))
	if found != "" && telephony.AreKeys(found) {
		shown = "keys" // in the wrong place, and still a caller's
	}
	return fmt.Errorf("%s: found %s, expected %s or %s", path, shown, strings.Join(words[:last], ", "), words[last])
}

// language reads a BCP 47 tag, roughly: what is not in a flow is no mistake.
func language(v telephony.Value) (string, error) {
	s, err := text("call.language", v, maxLanguage)
	if err != nil {
		return "", err
	}
	for i := range len(s) {
		c := s[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "", errors.New("call.language: expected a BCP 47 tag, such as en or es-MX")
		}
	}
	return s, nil
}
