package eightx8

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Bounds of what is kept of a request, in bytes. What is longer is refused.
const (
	maxID    = 128
	maxParty = 256
	maxToken = 512
)

// event is what we read of a webhook.
type event struct {
	kind, payload                   telephony.Value
	session, account, status        telephony.Value
	source, destination             telephony.Value
	token, data                     telephony.Value
	sessionStatus, failure, eventID telephony.Value
}

func (e *event) field(name string) *telephony.Value {
	switch name {
	case "sessionId":
		return &e.session
	case "subAccountId":
		return &e.account
	case "callStatus":
		return &e.status
	case "sessionStatus":
		return &e.sessionStatus
	case "source":
		return &e.source
	case "destination":
		return &e.destination
	case "clientActionId":
		return &e.token
	case "eventData":
		return &e.data
	case "errorMessage":
		return &e.failure
	case "eventId":
		return &e.eventID
	}
	return nil
}

// Decode reads a request that was verified.
func (c *Codec) Decode(r telephony.Request) (telephony.Inbound, error) {
	in, err := decode(r)
	if err != nil {
		return in, fmt.Errorf("eightx8: %w: %w", telephony.ErrMalformed, err)
	}
	return in, nil
}

func decode(r telephony.Request) (telephony.Inbound, error) {
	in := telephony.Inbound{Call: engine.Call{Platform: Name}}
	if len(r.Body) > telephony.MaxBody {
		return in, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	switch r.Route {
	case telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice:
	default:
		return in, fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	var e event
	err := telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
		switch string(name) {
		case "eventType":
			e.kind = value
		case "payload":
			e.payload = value
		}
		return nil
	})
	if err == nil && !e.payload.IsObject() {
		err = errors.New("payload is missing: this is no webhook of 8x8")
	}
	if err == nil {
		err = telephony.ReadObject(e.payload, func(name []byte, value telephony.Value) error {
			if f := e.field(string(name)); f != nil {
				*f = value
			}
			return nil
		})
	}
	if err == nil {
		in.Call.ID, err = telephony.ReadText("sessionId", e.session, maxID)
	}
	if err == nil {
		in.Call.Account, err = telephony.ReadText("subAccountId", e.account, maxID)
	}
	if err == nil && in.Call.ID == "" {
		err = errors.New("payload.sessionId is missing")
	}
	if err != nil {
		return in, err
	}
	in.Delivery, _ = telephony.ReadText("eventId", e.eventID, maxID)
	if why, ok := e.failure.Text(); ok && why != "" {
		in.Alarm = telephony.AlarmText("8x8 reports", why)
	}
	return in, e.read(&in)
}

// read reads what happened.
func (e *event) read(in *telephony.Inbound) (err error) {
	in.Route = telephony.RouteNotice
	status, _ := e.status.Text()
	switch {
	case e.kind.Is("SESSION_SUMMARY"):
		why, _ := e.sessionStatus.Text()
		in.Event = engine.CallEnded{Reason: telephony.Truncate(telephony.PlainText(why), 40)}
	case !e.kind.Is("CALL_ACTION"):
		return errors.New("eventType is neither CALL_ACTION nor SESSION_SUMMARY")
	case status == "CALL_RECEIVED":
		in.Route = telephony.RouteStart
		return e.parties(in)
	case status == "ACTION_COMPLETED":
		token, err := telephony.ReadText("clientActionId", e.token, maxToken)
		if err != nil || token == "" {
			return err // of an answer that asked nothing
		}
		_, query, _ := strings.Cut(token, "?")
		about := &url.URL{RawQuery: query}
		lost := telephony.HasParam(about, telephony.LostParam, telephony.LostValue)
		in.Route, in.Token = telephony.RouteTurn, token
		switch {
		case lost:
			in.Event = engine.Lost{}
		case telephony.HasParam(about, onParam, onContinue):
			in.Event = engine.Resumed{}
		default:
			in.Event, err = e.keys()
		}
		if strings.HasPrefix(token, "?") { // back to where the call began
			in.Route = telephony.RouteStart
			if !lost {
				in.Event = nil
			}
			return errors.Join(err, e.parties(in))
		}
		return err
	}
	return err
}

// parties reads who calls whom.
func (e *event) parties(in *telephony.Inbound) (err error) {
	if in.Call.From, err = telephony.ReadText("source", e.source, maxParty); err == nil {
		in.Call.To, err = telephony.ReadText("destination", e.destination, maxParty)
	}
	in.Call.From, in.Call.To = international(in.Call.From), international(in.Call.To)
	return err
}

// keys reads an entry: of an object with the keys in it, or the keys alone. How it ended
// is not told.
func (e *event) keys() (engine.Event, error) {
	data, entry := e.data, telephony.Value(nil)
	if s, ok := data.Text(); ok && strings.HasPrefix(strings.TrimSpace(s), "{") { // an object, written as text
		data = telephony.Value(strings.TrimSpace(s))
	}
	if data.IsObject() {
		err := telephony.ReadObject(data, func(name []byte, value telephony.Value) error {
			if string(name) == "dtmf" {
				entry = value
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	} else {
		entry = data
	}
	if len(entry) == 0 || entry.IsNull() {
		return engine.NoInput{}, nil
	}
	keys, ok := entry.Text()
	switch {
	case !ok:
		return nil, fmt.Errorf("eventData.dtmf: found %s, expected text", entry.Kind())
	case !telephony.AreKeys(keys):
		return nil, fmt.Errorf("eventData.dtmf: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	case keys == "":
		return engine.NoInput{}, nil
	}
	return engine.Digits{Keys: engine.NewSecret(keys), Ended: engine.EndUnknown}, nil
}

// international puts the plus in front of a number that came without one.
func international(s string) string {
	if len(s) >= 7 && len(s) <= 15 && s[0] != '0' && strings.Trim(s, "0123456789") == "" {
		return "+" + s
	}
	return s
}
