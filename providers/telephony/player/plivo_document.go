package player

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// plivoElement is an element of a document.
type plivoElement struct {
	name       string
	attributes map[string]string
	text       string // all that stands within, markup left out
	inner      []plivoElement
}

// The bounds of Plivo's documents, in bytes and in characters.
const (
	maxPlivo      = 100_000
	maxPlivoSpeak = 3000
)

// plivoElements lists, by Plivo's pages, what may stand in an element: attributes and,
// behind a bar, elements. A star is text.
func plivoElements() map[string][2][]string {
	list := map[string]string{
		"Response":  "|Speak Play GetDigits GetInput Record Dial Redirect Wait Hangup Conference DTMF PreAnswer MultiPartyCall Message Stream",
		"Speak":     "voice language loop|* break emphasis lang p phoneme prosody s say-as sub w",
		"Play":      "loop|*",
		"Wait":      "length silence minSilence beep|",
		"GetDigits": "action method timeout digitTimeout finishOnKey numDigits retries redirect playBeep validDigits invalidDigitsSound log|Speak Play",
		"GetInput": "action method inputType executionTimeout digitEndTimeout speechEndTimeout finishOnKey numDigits speechModel hints language " +
			"interimSpeechResultsCallback interimSpeechResultsCallbackMethod log redirect profanityFilter|Speak Play",
		"Record": "action method fileFormat redirect timeout maxLength playBeep finishOnKey recordSession startOnDialAnswer transcriptionType " +
			"transcriptionUrl transcriptionMethod callbackUrl callbackMethod recordChannelType|",
		"Dial": "action method hangupOnStar timeLimit timeout callerId callerName confirmSound confirmKey confirmTimeout dialMusic callbackUrl " +
			"callbackMethod redirect digitsMatch digitsMatchBLeg sipHeaders|Number User",
		"Number":   "sendDigits sendOnPreanswer sendDigitsMode sipHeaders|*",
		"User":     "sendDigits sendOnPreanswer sipHeaders|*",
		"Redirect": "method|*",
		"Hangup":   "reason schedule|",
		"break":    "strength time|",
		"emphasis": "level|* break emphasis lang phoneme prosody say-as sub w",
		"lang":     "xml:lang|* break emphasis lang p phoneme prosody s say-as sub w",
		"p":        "|* break emphasis lang prosody s say-as sub w",
		"phoneme":  "alphabet ph|*",
		"prosody":  "pitch rate volume|* break emphasis lang p phoneme prosody s say-as sub w",
		"s":        "|* break emphasis lang phoneme prosody say-as sub w",
		"say-as":   "interpret-as format|*",
		"sub":      "alias|*",
		"w":        "role|* break emphasis phoneme prosody say-as sub",
	}
	all := make(map[string][2][]string, len(list))
	for name, text := range list {
		attributes, inner, _ := strings.Cut(text, "|")
		all[name] = [2][]string{strings.Fields(attributes), strings.Fields(inner)}
	}
	return all
}

// readPlivo reads an answer as Plivo does. Its faults begin with the code of the
// hangup that they cause: 7011, there is no answer; 8011, it is no document.
func readPlivo(a answer, known map[string][2][]string) ([]plivoElement, error) {
	if a.status < 200 || a.status > 299 {
		return nil, fmt.Errorf("7011: HTTP %d", a.status)
	}
	if len(a.body) == 0 {
		return nil, errors.New("7011: there is no document")
	}
	if len(a.body) > maxPlivo {
		return nil, fmt.Errorf("8011: the document has %d bytes", len(a.body))
	}
	if kind, _, err := mime.ParseMediaType(a.contentType); err != nil || kind != "application/xml" && kind != "text/xml" {
		return nil, fmt.Errorf("8011: the content type is %q", a.contentType)
	}
	root := plivoElement{}
	open := []*plivoElement{&root}
	decoder := xml.NewDecoder(bytes.NewReader(a.body))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("8011: %w", err)
		}
		parent := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := plivoElement{name: t.Name.Local, attributes: map[string]string{}}
			rules, ok := known[e.name]
			if len(open) == 1 && (e.name != "Response" || len(root.inner) > 0) || len(open) > 1 && !slices.Contains(known[parent.name][1], e.name) || !ok {
				return nil, fmt.Errorf("8011: %s stands in %s", e.name, parent.name)
			}
			for _, attr := range t.Attr {
				name := attr.Name.Local
				if attr.Name.Space != "" {
					name = "xml:" + name
				}
				if !slices.Contains(rules[0], name) {
					return nil, fmt.Errorf("8011: %s has no attribute %s", e.name, name)
				}
				e.attributes[name] = attr.Value
			}
			open = append(open, &e)
		case xml.EndElement:
			open = open[:len(open)-1]
			if err := parent.check(); err != nil {
				return nil, err
			}
			above := open[len(open)-1]
			above.inner = append(above.inner, *parent)
			if slices.Contains(known[above.name][1], "*") {
				above.text += parent.spoken()
			}
		case xml.CharData:
			switch {
			case len(open) > 1 && slices.Contains(known[parent.name][1], "*"):
				parent.text += string(t)
			case len(bytes.TrimSpace(t)) > 0:
				return nil, fmt.Errorf("8011: text stands in %s", parent.name)
			}
		}
	}
	if len(root.inner) == 0 {
		return nil, errors.New("8011: there is no Response")
	}
	return root.inner[0].inner, nil
}

// spoken is what a voice makes of an element within a text.
func (e *plivoElement) spoken() string {
	switch {
	case e.name == "sub" && e.attributes["alias"] != "":
		return e.attributes["alias"]
	case e.name == "break" || e.name == "p" || e.name == "s":
		return " " + e.text
	}
	return e.text
}

// check holds an element to the values that it may have.
func (e *plivoElement) check() error {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("8011: %s: "+format, append([]any{e.name}, args...)...)
	}
	bounds := map[string][2]int{
		"timeout": {1, 1 << 20}, "digitTimeout": {1, 1 << 20}, "numDigits": {1, 99}, "retries": {1, 100}, "length": {1, 1 << 20},
		"maxLength": {2, 1 << 20}, "timeLimit": {1, 86400}, "executionTimeout": {5, 60}, "digitEndTimeout": {2, 10}, "speechEndTimeout": {2, 10},
		"loop": {0, 1000},
	}
	if e.name == "GetInput" {
		bounds["numDigits"] = [2]int{1, 32}
	}
	for name, text := range e.attributes {
		if name == "action" || name == "callbackUrl" || name == "confirmSound" {
			if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" {
				return fault("%s is %q, no whole address", name, text)
			}
		}
		if strings.HasSuffix(strings.ToLower(name), "method") && text != http.MethodPost && text != http.MethodGet {
			return fault("%s is %q", name, text)
		}
		if slices.Contains([]string{"log", "redirect", "playBeep", "recordSession", "startOnDialAnswer", "hangupOnStar", "silence"}, name) && text != "true" && text != "false" {
			return fault("%s is %q", name, text)
		}
		within, ok := bounds[name]
		if !ok || text == "auto" && strings.HasSuffix(name, "EndTimeout") {
			continue
		}
		if n, err := strconv.Atoi(text); err != nil || n < within[0] || n > within[1] {
			return fault("%s is %q, expected %d to %d", name, text, within[0], within[1])
		}
	}
	if key, ok := e.attributes["finishOnKey"]; ok && key != "none" && key != "" && (len(key) > 1 || !strings.Contains("0123456789*#", key)) {
		return fault("finishOnKey is %q", key)
	}
	switch e.name {
	case "Speak":
		if n := len([]rune(e.text)); n > maxPlivoSpeak {
			return fault("it has %d characters", n)
		}
		if len(e.inner) > 0 && !strings.HasPrefix(e.attributes["voice"], "Polly.") {
			return fault("%s in what the voice %q says", e.inner[0].name, e.attributes["voice"])
		}
		if l, ok := e.attributes["language"]; ok && !strings.HasPrefix(e.attributes["voice"], "Polly.") && !slices.Contains(plivoLanguages(), l) {
			return fault("the language is %q", l)
		}
	case "GetInput":
		if !slices.Contains([]string{"dtmf", "speech", "dtmf speech"}, e.attributes["inputType"]) {
			return fault("inputType is %q", e.attributes["inputType"])
		}
		if e.attributes["action"] == "" {
			return fault("there is no action")
		}
	case "Dial":
		if len(e.inner) == 0 {
			return fault("nobody is called")
		}
	case "Number", "User", "Redirect", "Play":
		if strings.TrimSpace(e.text) == "" {
			return fault("it is empty")
		}
	}
	return e.checkHeaders(fault)
}

// checkHeaders holds header fields to letters and digits.
func (e *plivoElement) checkHeaders(fault func(string, ...any) error) error {
	text, ok := e.attributes["sipHeaders"]
	if !ok {
		return nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" || strings.Trim(name, plivoWord) != "" || strings.Trim(value, plivoWord+"%") != "" {
			return fault("sipHeaders has %q", pair)
		}
	}
	return nil
}

const plivoWord = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// plivoLanguages are those that Plivo's own voices speak.
func plivoLanguages() []string {
	return []string{
		"da-DK", "nl-NL", "en-AU", "en-GB", "en-US", "fr-FR", "fr-CA", "de-DE", "it-IT", "pl-PL", "pt-PT", "pt-BR", "ru-RU", "es-ES", "es-US", "sv-SE",
	}
}

func (e *plivoElement) attribute(name, otherwise string) string {
	if value, ok := e.attributes[name]; ok {
		return value
	}
	return otherwise
}
