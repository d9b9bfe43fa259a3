package player

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// texmlElements says where an element of TeXML may stand and what it may have, as
// Telnyx' pages list it.
func texmlElements() map[string]element {
	words := []string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}
	all := map[string]element{
		"Response": {inner: []string{"Say", "Play", "Pause", "Gather", "Dial", "Record", "Redirect", "Refer", "Hangup", "Reject"}},
		"Say":      {attributes: []string{"voice", "language", "loop"}, inner: words, text: true},
		"Play":     {attributes: []string{"loop", "digits"}, text: true},
		"Pause":    {attributes: []string{"length"}},
		"Gather": {attributes: []string{
			"action", "method", "input", "finishOnKey", "numDigits", "minDigits", "maxDigits", "validDigits", "invalidDigitsAction", "timeout", "language",
			"hints", "speechTimeout", "partialResultCallback", "partialResultCallbackMethod", "profanityFilter", "useEnhanced", "transcriptionEngine",
		}, inner: []string{"Say", "Play"}},
		"Dial": {attributes: []string{
			"action", "method", "timeout", "timeLimit", "callerId", "fromDisplayName", "hangupOnStar", "ringTone", "record", "recordMaxLength",
			"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
		}, inner: []string{"Number", "Sip", "Queue", "Conference"}, text: true},
		"Number": {attributes: []string{"url", "method", "sendDigits", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"}, text: true},
		"Sip":    {attributes: []string{"url", "method", "username", "password", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"}, text: true},
		"Record": {attributes: []string{
			"action", "method", "finishOnKey", "maxLength", "timeout", "playBeep", "trim", "channels", "format", "transcription", "transcriptionCallback",
			"transcriptionEngine", "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
		}},
		"Redirect": {attributes: []string{"method"}, text: true},
		"Refer":    {attributes: []string{"action", "method"}, inner: []string{"Sip"}},
		"Hangup":   {},
		"Reject":   {attributes: []string{"reason"}},
	}
	attributes := []string{"strength", "time", "level", "xml:lang", "alphabet", "ph", "rate", "pitch", "volume", "interpret-as", "format", "detail", "role", "alias"}
	for _, w := range words {
		all[w] = element{attributes: attributes, inner: words, text: true}
	}
	return all
}

// readTeXML reads an answer as Telnyx does.
func readTeXML(a answer, known map[string]element) ([]twilioVerb, error) {
	switch {
	case a.status < 200 || a.status > 299:
		return nil, fmt.Errorf("HTTP %d", a.status)
	case a.status == http.StatusNoContent || len(a.body) == 0:
		return nil, errors.New("there is no document")
	}
	kind, _, err := mime.ParseMediaType(a.contentType)
	if err != nil || kind != "text/xml" && kind != "application/xml" {
		return nil, fmt.Errorf("the content type is %q", a.contentType)
	}
	root, err := parseTwilio(a.body, known)
	if err != nil { // without Twilio's number of it
		_, what, _ := strings.Cut(err.Error(), ": ")
		return nil, errors.New(what)
	}
	return root.inner, bounded(root.inner)
}

// bounded holds elements to the numbers that TeXML takes.
func bounded(verbs []twilioVerb) error {
	for _, v := range verbs {
		for _, b := range []struct {
			verb, attribute string
			least, most     int
		}{
			{"Gather", "timeout", 1, 120},
			{"Gather", "minDigits", 1, 128},
			{"Gather", "maxDigits", 1, 128},
			{"Dial", "timeout", 5, 120},
			{"Dial", "timeLimit", 60, 14400},
			{"Record", "maxLength", 0, 14400},
		} {
			if n := v.number(b.attribute, b.least); v.name == b.verb && (n < b.least || n > b.most) {
				return fmt.Errorf("%s: %s is %d, expected %d to %d", v.name, b.attribute, n, b.least, b.most)
			}
		}
		if err := heard(v); err != nil {
			return err
		}
		if v.name == "Gather" && v.number("minDigits", 1) > v.number("maxDigits", 128) {
			return errors.New("a Gather whose minDigits is more than maxDigits")
		}
	}
	return nil
}

// heard holds a question that listens to what TeXML takes.
func heard(v twilioVerb) error {
	if v.name != "Gather" {
		return nil
	}
	listens := slices.Contains(strings.Fields(v.attribute("input", "dtmf")), "speech")
	if pause := v.attributes["speechTimeout"]; listens && pause != "" && v.number("speechTimeout", 0) <= 0 {
		return fmt.Errorf("the speechTimeout of a Gather is %q, expected seconds", pause)
	}
	switch v.attribute("transcriptionEngine", "Google") {
	case "Google", "Telnyx", "Azure", "Deepgram":
		return nil
	}
	return fmt.Errorf("nobody hears a Gather by %q", v.attributes["transcriptionEngine"])
}

// number is an attribute's number, or otherwise where it has none.
func (v *twilioVerb) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(v.attributes[name]); err == nil {
		return n
	}
	return otherwise
}
