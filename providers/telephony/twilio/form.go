package twilio

import (
	"fmt"
	"net/http"
	"strings"

	"callflow/providers/telephony"
)

// field is one of the fields that are read.
type field int

const (
	callSID field = iota
	accountSID
	parentSID
	from
	to
	callerName
	callStatus
	digits
	finishedOnKey
	speechResult
	confidence
	dialStatus
	dialBridged
	queueResult
	queuePosition
	referStatus
	referCode
	notifyCode
	recordingURL
	recordingDuration
	recordingStatus
	errorCode
	payload
	answeredBy
	sipCode
	fields // how many there are
)

// fieldOf is the field of a name.
func fieldOf(name string) (field, bool) {
	switch name {
	case "CallSid":
		return callSID, true
	case "AccountSid":
		return accountSID, true
	case "ParentCallSid":
		return parentSID, true
	case "From":
		return from, true
	case "To":
		return to, true
	case "CallerName":
		return callerName, true
	case "CallStatus":
		return callStatus, true
	case "Digits":
		return digits, true
	case "FinishedOnKey":
		return finishedOnKey, true
	case "SpeechResult":
		return speechResult, true
	case "Confidence":
		return confidence, true
	case "DialCallStatus":
		return dialStatus, true
	case "DialBridged":
		return dialBridged, true
	case "QueueResult":
		return queueResult, true
	case "QueuePosition":
		return queuePosition, true
	case "ReferCallStatus":
		return referStatus, true
	case "ReferSipResponseCode":
		return referCode, true
	case "NotifySipResponseCode":
		return notifyCode, true
	case "RecordingUrl":
		return recordingURL, true
	case "RecordingDuration":
		return recordingDuration, true
	case "RecordingStatus":
		return recordingStatus, true
	case "ErrorCode":
		return errorCode, true
	case "Payload":
		return payload, true
	case "AnsweredBy":
		return answeredBy, true
	case "SipResponseCode":
		return sipCode, true
	}
	return 0, false
}

// message is what we read of a request.
type message struct {
	values [fields]string
	set    [fields]bool

	headers map[string]string // of the invitation
}

// headerPrefix stands before the names of the header fields that callers' telephone
// systems add: SipHeader_X-Desk.
const headerPrefix = "SipHeader_"

// Bounds of the header fields of an invitation that are kept: their number, and how
// long the name and the value of one may be, in bytes.
const (
	maxHeaderFields = 32
	maxHeaderField  = 256
)

// header keeps a header field; of two of a name the first.
func (m *message) header(name, value string) {
	name, ours := strings.CutPrefix(name, headerPrefix)
	name = strings.ToLower(name)
	if !ours || !strings.HasPrefix(name, "x-") || len(name) > maxHeaderField || len(value) > maxHeaderField || len(m.headers) == maxHeaderFields {
		return
	}
	if m.headers == nil {
		m.headers = map[string]string{}
	}
	if _, twice := m.headers[name]; !twice {
		m.headers[name] = value
	}
}

func (m *message) put(f field, name, value string) error {
	if m.set[f] {
		return fmt.Errorf("%s stands twice", name)
	}
	m.values[f], m.set[f] = value, true
	return nil
}

// readMessage reads a request: a form in the body, or in the query of a GET; or
// JSON, which Twilio sends to some hooks.
func readMessage(r telephony.Request) (m message, err error) {
	if len(r.Body) > telephony.MaxBody {
		return m, fmt.Errorf("%d bytes long, expected at most %d", len(r.Body), telephony.MaxBody)
	}
	if r.Method != http.MethodGet && telephony.MediaType(r.Header) == "application/json" {
		err := telephony.ReadObject(r.Body, func(name []byte, value telephony.Value) error {
			f, known := fieldOf(string(name))
			if !known && strings.HasPrefix(string(name), headerPrefix) {
				if text, ok := value.Text(); ok {
					m.header(string(name), text)
				}
			}
			if !known || value.IsNull() {
				return nil
			}
			text, ok := value.Text()
			if !ok {
				return fmt.Errorf("%s: found %s, expected text", name, value.Kind())
			}
			return m.put(f, string(name), text)
		})
		return m, err
	}
	form := string(r.Body)
	if r.Method == http.MethodGet {
		form = ""
		if r.URL != nil {
			form = r.URL.RawQuery
		}
	}
	pairs, err := telephony.ReadForm(form)
	if err != nil {
		return m, err
	}
	for _, p := range pairs {
		if f, known := fieldOf(p.Name); known {
			if err := m.put(f, p.Name, p.Value); err != nil {
				return m, err
			}
		} else if strings.HasPrefix(p.Name, headerPrefix) {
			m.header(p.Name, p.Value)
		}
	}
	return m, nil
}
