package tropo

import (
	"errors"
	"fmt"
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
)

// Bounds of the header fields of an invitation that are kept: their number, and how
// long the name and the value of one may be, in bytes.
const (
	maxHeaders = 32
	maxHeader  = 256
)

// maxLength is the longest recording that is believed.
const maxLength = 24 * time.Hour

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	in, err := c.decode(r)
	if err != nil {
		return in, fmt.Errorf("tropo: %w: %w", telephony.ErrMalformed, err)
	}
	return in, nil
}

func (c *Codec) decode(r telephony.Request) (telephony.Inbound, error) {
	if len(r.Body) > telephony.MaxBody {
		return telephony.Inbound{}, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	var begun, came telephony.Value
	err := telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "session":
			begun = value
		case "result":
			came = value
		}
		return nil
	})
	switch {
	case err != nil:
		return telephony.Inbound{}, err
	case begun.IsObject() && r.Route == telephony.RouteStart:
		return session(begun)
	case came.IsObject():
		return c.result(came, r)
	case begun.IsObject():
		return telephony.Inbound{}, errors.New("the beginning of a session was posted where results go; the application's URL is …/v1/tropo/calls")
	}
	return telephony.Inbound{}, errors.New("neither a session nor a result: this is no webhook of Tropo")
}

// session reads the beginning of a call.
func session(v telephony.Value) (telephony.Inbound, error) {
	in := telephony.Inbound{Call: engine.Call{Platform: Name}}
	var from, to, headers telephony.Value
	err := telephony.ReadObject(v, func(name []byte, value telephony.Value) (err error) {
		switch string(name) {
		case "id":
			in.Call.ID, err = telephony.ReadText("id", value, maxID)
		case "from":
			from = value
		case "to":
			to = value
		case "headers":
			headers = value
		}
		return err
	})
	if err == nil {
		in.Call.From, in.Call.Name, err = party("from", from)
	}
	if err == nil {
		in.Call.To, _, err = party("to", to)
	}
	if err == nil {
		in.Headers, err = invitation(headers)
	}
	if err == nil && in.Call.ID == "" {
		err = errors.New("session.id is missing")
	}
	return in, err
}

// party reads one side of the call: their number, and their name where there is one.
func party(side string, v telephony.Value) (number, called string, err error) {
	if !v.IsObject() {
		return "", "", nil // a session that we did not ask for has none
	}
	var id, e164 string
	err = telephony.ReadObject(v, func(name []byte, value telephony.Value) (err error) {
		switch string(name) {
		case "id":
			id, err = telephony.ReadText(side+".id", value, maxParty)
		case "e164Id":
			e164, err = telephony.ReadText(side+".e164Id", value, maxParty)
		case "name":
			called, err = telephony.ReadText(side+".name", value, maxParty)
		}
		return err
	})
	if strings.EqualFold(called, "unknown") {
		called = ""
	}
	if e164 != "" && !strings.EqualFold(e164, "unknown") {
		id = e164
	}
	if telephony.IsInternational(id) {
		id = "+" + id
	}
	return id, called, err
}

// invitation reads the header fields that callers' telephone systems add: an object,
// or a list of {key, value} in older sessions.
func invitation(v telephony.Value) (map[string]string, error) {
	headers := map[string]string{}
	keep := func(name, value string) {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-") && len(name) <= maxHeader && len(value) <= maxHeader && len(headers) < maxHeaders {
			headers[name] = value
		}
	}
	switch {
	case v.IsObject():
		err := telephony.ReadObject(v, func(name []byte, value telephony.Value) error {
			if s, ok := value.Text(); ok {
				keep(string(name), s)
			}
			return nil
		})
		return headers, err
	case len(v) > 0 && v[0] == '[':
		err := v.Each(func(pair telephony.Value) error {
			if !pair.IsObject() {
				return nil
			}
			var key, value string
			err := telephony.ReadObject(pair, func(name []byte, v telephony.Value) error {
				switch string(name) {
				case "key":
					key, _ = v.Text()
				case "value":
					value, _ = v.Text()
				}
				return nil
			})
			keep(key, value)
			return err
		})
		return headers, err
	}
	return nil, nil
}

// outcome is what we read of a result.
type outcome struct {
	state, alarm string
	// Of the one action that a document of ours waits for:
	disposition   string
	entry         telephony.Value
	duration      telephony.Value
	uploaded      string
	isAction, off bool // off: the caller has hung up
}

// result reads what came of a document.
func (c *Codec) result(v telephony.Value, r telephony.Request) (telephony.Inbound, error) {
	in := telephony.Inbound{Call: engine.Call{Platform: Name}}
	var o outcome
	var actions telephony.Value
	err := telephony.ReadObject(v, func(name []byte, value telephony.Value) (err error) {
		switch string(name) {
		case "sessionId":
			in.Call.ID, err = telephony.ReadText("sessionId", value, maxID)
		case "state", "callState":
			o.state, _ = value.Text()
		case "error":
			if why, ok := value.Text(); ok && why != "" {
				o.alarm = telephony.AlarmText("Tropo reports", why)
			}
		case "actions":
			actions = value
		}
		return err
	})
	if err == nil {
		err = o.read(actions)
	}
	if err == nil && in.Call.ID == "" {
		err = errors.New("result.sessionId is missing")
	}
	if err != nil {
		return in, err
	}
	in.Alarm = o.alarm
	o.off = strings.EqualFold(o.state, "DISCONNECTED")
	switch r.Route {
	case telephony.RouteStart: // back to where the call began
		in.Call.From, in.Call.To = unescaped(r.URL, fromParam), unescaped(r.URL, toParam)
		if telephony.IsLost(r) {
			in.Event = engine.Lost{}
		}
	case telephony.RouteTurn:
		in.Event, err = c.turn(o, r)
	case telephony.RouteNotice:
		if terminal(o.state) {
			in.Event = engine.CallEnded{Reason: telephony.Truncate(o.state, 40)}
		}
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	return in, err
}

// read reads the action: an object for one, a list for several, {} or nothing for
// none. Of several it is the one that waited, which has a name of ours, whatever is told
// beside it of what was said; else the first.
func (o *outcome) read(actions telephony.Value) error {
	if first, ok := actions.First(); ok {
		err := actions.Each(func(one telephony.Value) error {
			if !one.IsObject() {
				return nil
			}
			return telephony.ReadObject(one, func(name []byte, value telephony.Value) error {
				if string(name) == "name" && (value.Is(askName) || value.Is(transferName) || value.Is(recordName)) {
					first = one
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		actions = first
	}
	if !actions.IsObject() {
		return nil
	}
	var interpretation telephony.Value
	err := telephony.ReadObject(actions, func(name []byte, value telephony.Value) error {
		o.isAction = true
		switch string(name) {
		case "disposition":
			o.disposition, _ = value.Text()
		case "value":
			o.entry = value
		case "interpretation":
			interpretation = value
		case "duration":
			o.duration = value
		case "uploadStatus":
			o.uploaded, _ = value.Text()
		}
		return nil
	})
	if len(o.entry) == 0 || o.entry.IsNull() {
		o.entry = interpretation
	}
	return err
}

// is tells whether the action ended in one of these ways.
func (o outcome) is(dispositions ...string) bool {
	for _, d := range dispositions {
		if strings.EqualFold(o.disposition, d) {
			return true
		}
	}
	return false
}

// turn reads what came of what the document waited for, by the handler that fired.
func (c *Codec) turn(o outcome, r telephony.Request) (engine.Event, error) {
	if telephony.IsLost(r) {
		return engine.Lost{}, nil
	}
	on, _ := telephony.Param(r.URL, onParam)
	switch on {
	case onAsk:
		return o.keys()
	case onSilence:
		if o.off {
			return engine.Lost{}, nil // they hung up instead of being silent
		}
		if o.is("NOMATCH") { // keys that the grammar does not have, or the terminator alone
			return engine.Digits{Ended: engine.EndUnknown}, nil
		}
		return engine.NoInput{}, nil
	case onDial:
		if o.disposition == "" {
			return engine.DialEnded{Result: engine.DialCompleted, CallerGone: o.off}, nil
		}
		return o.dialled(), nil
	case onNoDial:
		return o.dialled(), nil
	case onRecord:
		id, _ := telephony.Param(r.URL, recordParam)
		if !telephony.IsRecording(id) {
			return nil, errors.New("the address of the hook names no recording")
		}
		return o.recorded(strings.Replace(c.recordings, recordingMark, id, 1)), nil
	case onNoRecord:
		return engine.RecordEnded{Result: engine.RecordEmpty, CallerGone: o.off}, nil
	case onContinue:
		return engine.Resumed{}, nil
	}
	return engine.Lost{}, nil // no handler of ours
}

// keys reads an entry. How it ended is not told.
func (o outcome) keys() (engine.Event, error) {
	if len(o.entry) == 0 || o.entry.IsNull() {
		if o.is("TIMEOUT") || !o.isAction {
			return engine.NoInput{}, nil
		}
		return engine.Digits{Ended: engine.EndUnknown}, nil
	}
	keys, ok := o.entry.Text()
	if !ok {
		return nil, fmt.Errorf("actions.value: found %s, expected text", o.entry.Kind())
	}
	if !telephony.AreKeys(keys) {
		return nil, fmt.Errorf("actions.value: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	}
	return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndUnknown}, nil
}

func (o outcome) dialled() engine.Event {
	ended := engine.DialEnded{Result: engine.DialFailed, CallerGone: o.off}
	switch {
	case o.is("SUCCESS"):
		ended.Result = engine.DialCompleted
	case o.is("TIMEOUT"):
		ended.Result = engine.DialNoAnswer
	case o.is("BUSY"):
		ended.Result = engine.DialBusy
	}
	return ended
}

func (o outcome) recorded(address string) engine.Event {
	ended := engine.RecordEnded{Result: engine.RecordDone, CallerGone: o.off}
	switch {
	case o.is("FAILED", "REJECTED") || strings.EqualFold(o.uploaded, "failed"):
		ended.Result = engine.RecordFailed
		return ended
	case o.is("TIMEOUT", "NOMATCH"):
		ended.Result = engine.RecordEmpty
		return ended
	}
	if telephony.IsWebAddress(address) {
		ended.URL = address
	}
	if n, ok := o.duration.Number(); ok && n > 0 && n <= maxLength.Seconds() {
		ended.Length = time.Duration(n * float64(time.Second))
	}
	return ended
}

// terminal tells the states after which a call is no more.
func terminal(state string) bool {
	for _, s := range []string{"DISCONNECTED", "FAILED", "REJECTED", "BUSY", "TIMEOUT"} {
		if strings.EqualFold(state, s) {
			return true
		}
	}
	return false
}

// unescaped is a parameter of the URL, as long as a party may be.
func unescaped(u *url.URL, name string) string {
	value, _ := telephony.Param(u, name)
	s, err := url.QueryUnescape(value)
	if err != nil || len(s) > maxParty {
		return ""
	}
	return s
}
