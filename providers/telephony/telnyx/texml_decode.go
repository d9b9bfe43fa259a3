package telnyx

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// form is what we read of a form.
type form struct {
	call, parent, account, from, to, name string
	status, digits, dialled, source       string
	recording, duration                   string
	answeredBy                            string
	said, confidence                      string
	referred, asked, notified             string // of a hand-over
}

func (f *form) field(name string) *string {
	switch name {
	case "CallSid":
		return &f.call
	case "ParentCallSid":
		return &f.parent
	case "AccountSid":
		return &f.account
	case "From":
		return &f.from
	case "To":
		return &f.to
	case "CallerId":
		return &f.name
	case "CallStatus":
		return &f.status
	case "Digits":
		return &f.digits
	case "AnsweredBy":
		return &f.answeredBy
	case "DialCallStatus":
		return &f.dialled
	case "RecordingUrl":
		return &f.recording
	case "RecordingDuration":
		return &f.duration
	case "HangupSource":
		return &f.source
	case "SpeechResult":
		return &f.said
	case "Confidence":
		return &f.confidence
	case "ReferCallStatus":
		return &f.referred
	case "ReferSipResponseCode":
		return &f.asked
	case "NotifySipResponseCode":
		return &f.notified
	}
	return nil
}

func readForm(r telephony.Request) (f form, err error) {
	if len(r.Body) > telephony.MaxBody {
		return f, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	if r.Method != http.MethodPost {
		return f, fmt.Errorf("found %s, expected POST: only a body is covered by the signature", r.Method)
	}
	fields, err := telephony.ReadForm(string(r.Body))
	if err != nil {
		return f, err
	}
	seen := map[string]bool{}
	for _, p := range fields {
		into := f.field(p.Name)
		if into == nil {
			continue
		}
		if seen[p.Name] {
			return f, fmt.Errorf("%s stands twice", p.Name)
		}
		seen[p.Name], *into = true, p.Value
	}
	return f, nil
}

// Decode reads a form that was verified.
func (c *TeXML) Decode(r telephony.Request) (telephony.Inbound, error) {
	in, err := decodeForm(r, c.host)
	if err != nil {
		return in, fmt.Errorf("texml: %w: %w", telephony.ErrMalformed, err)
	}
	return in, nil
}

func decodeForm(r telephony.Request, host string) (in telephony.Inbound, err error) {
	f, err := readForm(r)
	if err != nil {
		return in, err
	}
	if id := r.URL.Query().Get(callParam); r.Route == telephony.RouteTurn && id != "" {
		f.call = id // the form is about the other leg, and meant for the call
	}
	in.Call = engine.Call{Platform: TeXMLName, ID: f.call, Account: f.account, From: f.from, To: f.to}
	for _, m := range []struct {
		name, value string
		most        int
	}{{"CallSid", f.call, maxID}, {"AccountSid", f.account, maxID}, {"From", f.from, maxParty}, {"To", f.to, maxParty}} {
		switch {
		case len(m.value) > m.most:
			return in, fmt.Errorf("%s: %d bytes long, expected at most %d", m.name, len(m.value), m.most)
		case m.value == "" && m.most == maxID:
			return in, fmt.Errorf("%s is missing: this is no webhook of TeXML", m.name)
		}
	}
	switch r.Route {
	case telephony.RouteStart:
		if f.over() {
			return in, errors.New("the end of a call was posted where calls begin; set the status callback to …/v1/texml/status")
		}
		in.Call.Name = telephony.Truncate(strings.TrimSpace(telephony.PlainText(f.name)), maxName)
		if telephony.IsLost(r) {
			in.Event = engine.Lost{}
		}
	case telephony.RouteTurn:
		in.Event, err = f.turn(r, host)
	case telephony.RouteNotice:
		if r.URL.Query().Has(recordingParam) {
			in.Event, in.Alarm, err = f.ready(r.URL, host)
		} else if f.over() && f.parent == "" {
			in.Event = f.ended()
		}
		in.Stage = f.stage()
	default:
		err = fmt.Errorf("route %q is none of start, turn and notice", r.Route)
	}
	return in, err
}

// over tells whether the call has ended.
func (f *form) over() bool {
	switch f.status {
	case "completed", "busy", "failed", "no-answer", "canceled":
		return true
	}
	return false
}

// turn reads what came of the verb that the document waited in.
func (f *form) turn(r telephony.Request, host string) (engine.Event, error) {
	on := func(what string) bool { return telephony.HasParam(r.URL, onParam, what) }
	switch {
	case on(onWhisper):
		return engine.WhisperWanted{}, nil
	case on(onRefer):
		return engine.DialEnded{Result: f.referResult(), CallerGone: f.over()}, nil
	case on(onSilence) && f.over():
		return engine.Lost{}, nil // they hung up instead of being silent
	case on(onSilence):
		return engine.NoInput{}, nil
	case on(onRecord):
		return f.recorded(r.URL, host, telephony.IsLost(r))
	case telephony.IsLost(r):
		return engine.Lost{}, nil
	case on(onDial):
		return engine.DialEnded{Result: f.dialResult(), CallerGone: f.over()}, nil
	case !on(onGather):
		return engine.Resumed{}, nil // a redirect
	case !telephony.AreKeys(f.digits):
		return nil, fmt.Errorf("the field Digits: expected at most %d keys of 0-9, *, # and A-D", telephony.MaxKeys)
	case f.digits != "":
		return engine.Digits{Keys: engine.NewSecret(f.digits)}, nil
	case f.said != "":
		sure, err := strconv.ParseFloat(f.confidence, 64)
		if err != nil {
			sure = 0 // not known
		}
		return telephony.Said(f.said, sure), nil
	case f.over():
		return engine.Lost{}, nil // they hung up instead of being silent
	}
	return engine.NoInput{}, nil
}

func (f *form) dialResult() engine.DialResult {
	switch f.dialled {
	case "completed", "answered":
		return engine.DialCompleted
	case "busy":
		return engine.DialBusy
	case "no-answer", "canceled":
		return engine.DialNoAnswer
	}
	return engine.DialFailed
}

func (f *form) ended() engine.CallEnded {
	ended := engine.CallEnded{Reason: f.status}
	switch f.source {
	case "caller":
		ended.By = "caller"
	case "callee":
		ended.By = "us"
	}
	return ended
}
