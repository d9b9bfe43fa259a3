package player

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// twilioVerb is an element of a document.
type twilioVerb struct {
	name       string
	attributes map[string]string
	text       string // all that stands within, markup left out
	inner      []twilioVerb
}

// element says where an element of TwiML may stand and what it may have, as
// Twilio's pages and its package's declarations list it.
type element struct {
	attributes []string
	inner      []string // elements
	text       bool
}

// maxTwilio is the longest document that Twilio reads, in bytes.
const maxTwilio = 64 << 10

// maxTwilioSay is the longest text of one Say, in characters, whoever speaks it.
const maxTwilioSay = 3000

func twilioElements() map[string]element {
	words := []string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}
	all := map[string]element{
		"Response": {inner: []string{"Say", "Play", "Pause", "Gather", "Dial", "Record", "Redirect", "Refer", "Hangup", "Reject", "Enqueue", "Leave"}},
		"Say":      {attributes: []string{"voice", "language", "loop"}, inner: words, text: true},
		"Play":     {attributes: []string{"loop", "digits"}, text: true},
		"Pause":    {attributes: []string{"length"}},
		"Gather": {attributes: []string{
			"action", "method", "input", "finishOnKey", "numDigits", "timeout", "actionOnEmptyResult", "bargeIn", "language", "hints", "speechTimeout",
			"speechModel", "enhanced", "maxSpeechTime", "profanityFilter", "partialResultCallback", "partialResultCallbackMethod", "debug",
		}, inner: []string{"Say", "Play", "Pause"}},
		"Dial": {attributes: []string{
			"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "hangupOnStar", "record", "recordingStatusCallback",
			"recordingStatusCallbackMethod", "recordingStatusCallbackEvent", "ringTone", "sequential", "trim",
		}, inner: []string{"Number", "Sip", "Client", "Queue", "Conference"}, text: true},
		"Number": {attributes: []string{"url", "method", "sendDigits", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"}, text: true},
		"Sip":    {attributes: []string{"url", "method", "username", "password", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"}, text: true},
		"Refer":  {attributes: []string{"action", "method"}, inner: []string{"Sip"}},
		"Record": {attributes: []string{
			"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "trim", "transcribe", "transcribeCallback",
			"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
		}},
		"Redirect": {attributes: []string{"method"}, text: true},
		"Hangup":   {},
		"Reject":   {attributes: []string{"reason"}},
		"Leave":    {},
		"Enqueue":  {attributes: []string{"action", "method", "waitUrl", "waitUrlMethod", "workflowSid"}, text: true},
	}
	attributes := []string{"strength", "time", "level", "xml:lang", "alphabet", "ph", "rate", "pitch", "volume", "interpret-as", "format", "detail", "role", "alias", "contour", "range", "duration"}
	for _, w := range words {
		all[w] = element{attributes: attributes, inner: words, text: true}
	}
	return all
}

// readTwilio reads an answer as Twilio does.
func readTwilio(a answer, known map[string]element) ([]twilioVerb, error) {
	if a.status < 200 || a.status > 299 {
		return nil, fmt.Errorf("11200: HTTP %d", a.status)
	}
	if a.status == http.StatusNoContent || len(a.body) == 0 {
		return nil, errors.New("12100: there is no document")
	}
	if len(a.body) > maxTwilio {
		return nil, fmt.Errorf("11750: the document has %d bytes", len(a.body))
	}
	switch kind, _, _ := mime.ParseMediaType(a.contentType); kind {
	case "text/xml", "application/xml", "text/html":
	case "text/plain":
		return []twilioVerb{{name: "Say", text: string(a.body)}}, nil
	default:
		return nil, fmt.Errorf("12300: the content type is %q", a.contentType)
	}
	root, err := parseTwilio(a.body, known)
	if err != nil {
		return nil, err
	}
	return root.inner, nil
}

func parseTwilio(body []byte, known map[string]element) (twilioVerb, error) {
	fault := func(format string, args ...any) (twilioVerb, error) {
		return twilioVerb{}, fmt.Errorf("12100: "+format, args...)
	}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) != len(body) && bytes.HasPrefix(trimmed, []byte("<?xml")) {
		return fault("something stands before the XML declaration")
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []*twilioVerb
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return fault("there is no Response")
		}
		if err != nil {
			return fault("%w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := t.Name.Local
			spec, ok := known[name]
			switch {
			case len(open) == 0 && name != "Response":
				return fault("the document is a %s", name)
			case len(open) > 0 && (!ok || !slices.Contains(known[open[len(open)-1].name].inner, name)):
				return twilioVerb{}, fmt.Errorf("12200: %s stands in %s", name, open[len(open)-1].name)
			}
			v := &twilioVerb{name: name, attributes: map[string]string{}}
			for _, a := range t.Attr {
				attr := a.Name.Local
				if a.Name.Space != "" {
					attr = "xml:" + attr
				}
				if !slices.Contains(spec.attributes, attr) {
					return twilioVerb{}, fmt.Errorf("12200: %s has no attribute %s", name, attr)
				}
				v.attributes[attr] = a.Value
			}
			open = append(open, v)
		case xml.EndElement:
			v := open[len(open)-1]
			open = open[:len(open)-1]
			if len(open) == 0 {
				if rest := body[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
					return fault("something stands behind the Response")
				}
				return *v, v.check()
			}
			if err := v.check(); err != nil {
				return twilioVerb{}, err
			}
			parent := open[len(open)-1]
			if known[parent.name].text && known[v.name].text {
				text := v.text
				if v.name == "break" || v.name == "p" || v.name == "s" {
					text = " " + text
				}
				if alias := v.attributes["alias"]; v.name == "sub" && alias != "" {
					text = alias
				}
				if parent.name != "Dial" {
					parent.text += text
				}
			}
			parent.inner = append(parent.inner, *v)
		case xml.CharData:
			switch {
			case len(bytes.TrimSpace(t)) == 0 && (len(open) == 0 || !known[open[len(open)-1].name].text):
			case len(open) == 0 || !known[open[len(open)-1].name].text:
				return fault("text stands where none belongs")
			default:
				open[len(open)-1].text += string(t)
			}
		}
	}
}

// check holds an element to the values that it may have.
func (v *twilioVerb) check() error {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("12200: %s: "+format, append([]any{v.name}, args...)...)
	}
	for _, name := range []string{"timeout", "numDigits", "length", "maxLength", "timeLimit", "loop"} {
		text, ok := v.attributes[name]
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(text); err != nil || n < 0 || n == 0 && name != "loop" && name != "timeout" {
			return fault("%s is %q, expected a whole number", name, text)
		}
	}
	for _, name := range []string{"method", "recordingStatusCallbackMethod"} {
		if m, ok := v.attributes[name]; ok && m != http.MethodPost && m != http.MethodGet {
			return fault("%s is %q", name, m)
		}
	}
	if keys, ok := v.attributes["finishOnKey"]; ok && strings.Trim(keys, "0123456789*#") != "" {
		return fault("finishOnKey is %q", keys)
	}
	switch v.name {
	case "Say":
		if n := len([]rune(v.text)); n > maxTwilioSay {
			return fmt.Errorf("13521: a Say has %d characters", n)
		}
	case "Gather":
		for kind := range strings.FieldsSeq(v.attribute("input", "dtmf")) {
			if kind != "dtmf" && kind != "speech" {
				return fault("input is %q", kind)
			}
		}
		if len(v.attributes["finishOnKey"]) > 1 {
			return fault("finishOnKey has more than one key")
		}
	case "Dial", "Refer":
		if len(v.inner) == 0 && strings.TrimSpace(v.text) == "" {
			return fault("nobody is called")
		}
	case "Redirect", "Play":
		if strings.TrimSpace(v.text) == "" && v.attributes["digits"] == "" {
			return fault("there is no address")
		}
	}
	return nil
}

func (v *twilioVerb) attribute(name, otherwise string) string {
	if value, ok := v.attributes[name]; ok {
		return value
	}
	return otherwise
}
