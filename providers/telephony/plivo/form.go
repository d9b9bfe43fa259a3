package plivo

import (
	"fmt"
	"net/http"

	"callflow/providers/telephony"
)

// field is one of the fields that are read.
type field int

const (
	callUUID field = iota
	aLegUUID
	from
	to
	callerName
	callStatus
	event
	digits
	inputType
	speech
	confidence
	dialStatus
	recordURL
	recordingDuration
	recordingMs
	hangupSource
	hangupCode
	hangupCause
	machine
	fields // how many there are
)

// fieldOf is the field of a name.
func fieldOf(name string) (field, bool) {
	switch name {
	case "CallUUID":
		return callUUID, true
	case "ALegUUID":
		return aLegUUID, true
	case "From":
		return from, true
	case "To":
		return to, true
	case "CallerName":
		return callerName, true
	case "CallStatus":
		return callStatus, true
	case "Event":
		return event, true
	case "Digits":
		return digits, true
	case "InputType":
		return inputType, true
	case "Speech":
		return speech, true
	case "SpeechConfidenceScore":
		return confidence, true
	case "DialStatus":
		return dialStatus, true
	case "RecordUrl":
		return recordURL, true
	case "RecordingDuration":
		return recordingDuration, true
	case "RecordingDurationMs":
		return recordingMs, true
	case "HangupSource":
		return hangupSource, true
	case "HangupCauseCode":
		return hangupCode, true
	case "HangupCauseName":
		return hangupCause, true
	case "Machine":
		return machine, true
	}
	return 0, false
}

// message is what we read of a request.
type message struct {
	values  [fields]string
	set     [fields]bool
	headers map[string]string // of the invitation
}

// readMessage reads a request: a form in the body, or in the query of a GET.
func readMessage(r telephony.Request) (m message, err error) {
	if len(r.Body) > telephony.MaxBody {
		return m, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	form := string(r.Body)
	if r.Method == http.MethodGet {
		form = ""
		if r.URL != nil {
			form = r.URL.RawQuery
		}
	}
	all, err := telephony.ReadForm(form)
	if err != nil {
		return m, err
	}
	for _, f := range all {
		i, known := fieldOf(f.Name)
		switch {
		case !known:
			m.header(f.Name, f.Value)
		case m.set[i]:
			return m, fmt.Errorf("%s stands twice", f.Name)
		default:
			m.values[i], m.set[i] = f.Value, true
		}
	}
	return m, nil
}
