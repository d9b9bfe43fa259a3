package telnyx

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of an event, in bytes. A longer name is cut, everything else
// is refused.
const (
	maxID    = 128
	maxParty = 256
	maxName  = 256
)

// event is what we read of an event.
type event struct {
	kind, id                        string
	call, account, from, to, name   string
	state, direction, digits, how   string
	cause, source, sipCause, detail string
	result, digit, notified         string
	began, ended, reason            string // of a recording
	recording, public               string // where it is

	token string     // of client_state
	words url.Values // of client_state
}

// field is where a member of the payload goes.
func (e *event) field(name string) *string {
	switch name {
	case "call_control_id":
		return &e.call
	case "connection_id":
		return &e.account
	case "from":
		return &e.from
	case "to":
		return &e.to
	case "caller_id_name":
		return &e.name
	case "client_state":
		return &e.state
	case "direction":
		return &e.direction
	case "digits":
		return &e.digits
	case "status":
		return &e.how
	case "status_detail":
		return &e.detail
	case "hangup_cause":
		return &e.cause
	case "hangup_source":
		return &e.source
	case "sip_hangup_cause":
		return &e.sipCause
	case "result":
		return &e.result
	case "digit":
		return &e.digit
	case "recording_started_at":
		return &e.began
	case "recording_ended_at":
		return &e.ended
	case "reason":
		return &e.reason
	}
	return nil
}

func parse(body []byte) (e event, err error) {
	if len(body) > telephony.MaxBody {
		return e, fmt.Errorf("%d bytes long, expected at most %d", len(body), telephony.MaxBody)
	}
	text := func(name string, value telephony.Value, into *string) error {
		switch s, ok := value.Text(); {
		case into == nil, value.IsNull():
			return nil
		case !ok:
			return fmt.Errorf("%s: found %s, expected text", name, value.Kind())
		default:
			*into = s
			return nil
		}
	}
	err = telephony.ReadObject(body, func(name []byte, value telephony.Value) error {
		if string(name) != "data" {
			return nil
		}
		if value.Kind() != "an object" {
			return fmt.Errorf("data: found %s, expected an object", value.Kind())
		}
		return telephony.ReadObject(value, func(name []byte, value telephony.Value) error {
			switch string(name) {
			case "event_type":
				return text("data.event_type", value, &e.kind)
			case "id":
				return text("data.id", value, &e.id)
			case "payload":
				if value.Kind() != "an object" {
					return fmt.Errorf("data.payload: found %s, expected an object", value.Kind())
				}
				return telephony.ReadObject(value, func(name []byte, value telephony.Value) error {
					switch string(name) {
					case "recording_urls":
						return e.address(value, &e.recording)
					case "public_recording_urls":
						return e.address(value, &e.public)
					case "sip_notify_response":
						e.notified = status(value)
						return nil
					}
					return text("data.payload."+string(name), value, e.field(string(name)))
				})
			}
			return nil
		})
	})
	if err != nil {
		return e, err
	}
	e.token, e.words = words(e.state)
	return e, nil
}

// status is a SIP status, which is a number.
func status(value telephony.Value) string {
	n, ok := value.Number()
	if !ok || n != float64(int(n)) || n < 100 || n > 999 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// Decode reads an event that was verified. Whatever URL it came to, what it is about
// it says itself.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	switch r.Route {
	case telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice:
	default:
		return telephony.Inbound{}, malformed(fmt.Errorf("route %q is none of start, turn and notice", r.Route))
	}
	e, err := parse(r.Body)
	if err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	in := telephony.Inbound{Route: telephony.RouteNotice, Delivery: telephony.Truncate(telephony.PlainText(e.id), maxID)}
	if in.Call, err = e.caller(); err != nil {
		return telephony.Inbound{}, malformed(err)
	}
	if in.Order = e.order(); in.Order != "" {
		in.Stage = e.stage()
	}
	if err := e.read(&in, c.host); err != nil {
		return in, malformed(err)
	}
	return in, nil
}

// order is the token of the order that a call was made for, as client_state has it from
// the request for the call on.
func (e *event) order() string {
	if e.on(onDial) {
		return ""
	}
	order := e.words.Get(orderParam)
	if len(order) > maxOrder {
		return ""
	}
	return order
}

func malformed(err error) error {
	return fmt.Errorf("telnyx: %w: %w", telephony.ErrMalformed, err)
}

// caller reads whose call it is. Events of the other leg of a transfer are about the
// call that was transferred.
func (e *event) caller() (engine.Call, error) {
	call := engine.Call{Platform: Name, ID: e.call, Account: e.account, From: e.from, To: e.to}
	if e.on(onDial) || e.on(onRecord) && call.ID == "" {
		call.ID, call.Account = e.words.Get(callParam), e.words.Get(accountParam)
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"event_type", e.kind, maxID},
		{"call_control_id", call.ID, maxID},
		{"connection_id", call.Account, maxID},
		{"from", call.From, maxParty},
		{"to", call.To, maxParty},
	} {
		if len(f.value) > f.most {
			return call, fmt.Errorf("%s: %d bytes long, expected at most %d", f.name, len(f.value), f.most)
		}
	}
	switch {
	case e.kind == "":
		return call, errors.New("data.event_type is missing: this is no event of Telnyx")
	case call.ID == "" && strings.HasPrefix(e.kind, "call.recording."): // of a whole call, which is nobody's business
	case call.ID == "":
		return call, errors.New("data.payload.call_control_id is missing: this is no event of a call")
	case call.Account == "":
		return call, errors.New("data.payload.connection_id is missing")
	}
	return call, nil
}

func (e *event) on(what string) bool { return e.words.Get(onParam) == what }

// turn makes it a hook of the turn that the command was of.
func (e *event) turn(in *telephony.Inbound) {
	in.Route, in.Token = telephony.RouteTurn, e.token
}

// start makes it the first hook of a call.
func (e *event) start(in *telephony.Inbound) {
	in.Route = telephony.RouteStart
	in.Call.Name = e.name
	for _, f := range []struct {
		param string
		into  *string
		most  int
	}{{nameParam, &in.Call.Name, maxName}, {fromParam, &in.Call.From, maxParty}, {toParam, &in.Call.To, maxParty}} {
		if *f.into == "" {
			*f.into = telephony.Truncate(e.words.Get(f.param), f.most)
		}
	}
	in.Call.Name = telephony.Truncate(strings.TrimSpace(telephony.PlainText(in.Call.Name)), maxName)
}

// read reads what happened.
func (e *event) read(in *telephony.Inbound, host string) error {
	switch e.kind {
	case "call.initiated":
		if e.direction == "incoming" && !e.on(onDial) {
			e.start(in)
			in.Offered = true
		}
	case "call.answered":
		if e.on(onAnswer) || e.on("") && in.Order != "" {
			e.start(in)
		}
	case "call.gather.ended":
		return e.gathered(in)
	case "call.speak.ended", "call.playback.ended":
		if e.how == "failed" || e.how == "file_not_found" {
			in.Alarm = telephony.AlarmText("telnyx could not play what it was told to", e.how, e.detail)
		}
		e.spoken(in)
	case "call.dtmf.received":
		e.pressed(in)
	case "call.recording.saved", "call.recording.error":
		return e.recorded(in, host)
	case "call.refer.completed", "call.refer.failed":
		e.referred(in)
	case "call.hangup":
		e.hungUp(in)
	}
	return nil
}

// gathered reads an entry, or that a time has passed.
func (e *event) gathered(in *telephony.Inbound) error {
	if !telephony.AreKeys(e.digits) {
		return fmt.Errorf("data.payload.digits: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	}
	if !e.on(onGather) {
		e.spoken(in)
		return nil
	}
	e.turn(in)
	keys := engine.NewSecret(e.digits)
	switch e.how {
	case "call_hangup", "cancelled", "cancelled_amd":
		in.Progress = true // of the end of the call an event of its own tells
	case "timeout":
		if e.digits == "" {
			in.Event = engine.NoInput{}
			return nil
		}
		in.Event = engine.Digits{Keys: keys, Ended: engine.EndGap}
	default: // valid, or invalid in Telnyx' eyes, which is for the engine to judge
		if e.digits == "" {
			in.Event = engine.Digits{Ended: engine.EndTerminator}
			return nil
		}
		in.Event = engine.Digits{Keys: keys}
	}
	return nil
}

// spoken reads that something said, played or waited for has come to its end: what
// follows depends on what it was for.
func (e *event) spoken(in *telephony.Inbound) {
	if e.how == "call_hangup" {
		return
	}
	switch {
	case e.on(onWait) && strings.HasPrefix(e.token, "?"):
		e.start(in)
		in.Token, in.Event = e.token, engine.Lost{}
	case e.on(onWait):
		e.turn(in)
		in.Event = engine.Resumed{}
	case e.on(onOver):
		in.Over = true
	case e.on(onPart):
		if n, err := strconv.Atoi(e.words.Get(partParam)); err == nil && 0 < n && n < maxParts {
			e.turn(in)
			in.Progress, in.Part = true, n
		}
	}
}

// hungUp reads the end of the call, or of the other leg of a transfer.
func (e *event) hungUp(in *telephony.Inbound) {
	if e.on(onDial) {
		e.turn(in)
		in.Event = engine.DialEnded{Result: e.dialResult()}
		return
	}
	ended := engine.CallEnded{Reason: telephony.Truncate(telephony.PlainText(e.cause), maxID)}
	person, we := "caller", "callee"
	if in.Order != "" {
		person, we = we, person
	}
	switch e.source {
	case person:
		ended.By = "caller"
	case we:
		ended.By = "us"
	}
	in.Event = ended
}

// dialResult reads how the other leg ended.
func (e *event) dialResult() engine.DialResult {
	switch e.cause {
	case "normal_clearing", "time_limit":
		return engine.DialCompleted
	case "user_busy":
		return engine.DialBusy
	case "timeout", "no_answer", "originator_cancel":
		return engine.DialNoAnswer
	}
	if e.sipCause == "486" || e.sipCause == "600" {
		return engine.DialBusy
	}
	return engine.DialFailed
}
