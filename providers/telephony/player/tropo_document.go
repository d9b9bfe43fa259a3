package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// tropoDocument is a document that Tropo would carry out: what is to be done, and what
// is to happen then.
type tropoDocument struct {
	actions []tropoAction
	on      map[string]tropoHandler
}

type tropoAction struct {
	name string
	p    map[string]any
}

type tropoHandler struct{ next string }

// tropoActions are the actions that a phone menu has use for, their properties with
// the types they may have, and ! behind those that must be there.
func tropoActions() map[string]map[string]string {
	say := map[string]string{"value!": aString, "as": aString, "name": aString, "required": aBool, "voice": aString, "event": aString, "allowSignals": aString}
	return map[string]map[string]string{
		"say":  say,
		"wait": {"milliseconds!": aNumber, "allowSignals": aString},
		"ask": {
			"choices!": anObj, "say!": aList, "attempts": aNumber, "bargein": aBool, "minConfidence": aNumber, "name": aString,
			"recognizer": aString, "required": aBool, "timeout": aNumber, "voice": aString, "interdigitTimeout": aNumber,
			"sensitivity": aNumber, "speechCompleteTimeout": aNumber, "speechIncompleteTimeout": aNumber,
			"promptLogSecurity": aString, "asrLogSecurity": aString, "maskTemplate": aString,
		},
		"choices": {"value!": aString, "mode": aString, "terminator": aString},
		"transfer": {
			"to!": aString, "answerOnMedia": aBool, "choices": anObj, "from": aString, "headers": anObj, "name": aString, "required": aBool,
			"timeout": aNumber, "interdigitTimeout": aNumber, "ringRepeat": aNumber, "playTones": aBool, "voice": aString, "label": aString,
		},
		"record": {
			"url!": aString, "attempts": aNumber, "asyncUpload": aBool, "bargein": aBool, "beep": aBool, "choices": anObj, "format": aString,
			"maxSilence": aNumber, "maxTime": aNumber, "method": aString, "name": aString, "required": aBool, "say": aList, "timeout": aNumber,
			"username": aString, "password": aString, "voice": aString, "interdigitTimeout": aNumber, "sensitivity": aNumber,
		},
		"on": {"event!": aString, "next": aString, "name": aString, "required": aBool, "say": anObj},
	}
}

// readTropo reads a document: all of it, or nothing.
func readTropo(body []byte) (tropoDocument, error) {
	doc := tropoDocument{on: map[string]tropoHandler{}}
	var whole map[string]json.RawMessage
	var list []map[string]any
	if err := json.Unmarshal(body, &whole); err != nil || len(whole) != 1 || whole["tropo"] == nil {
		return doc, errors.New("a document is an object with tropo in it and nothing else")
	}
	if err := json.Unmarshal(whole["tropo"], &list); err != nil {
		return doc, fmt.Errorf("tropo is a list of actions: %w", err)
	}
	specs := tropoActions()
	for i, one := range list {
		if len(one) != 1 {
			return doc, fmt.Errorf("action %d has %d names", i+1, len(one))
		}
		for name, value := range one {
			if err := doc.add(specs, name, value); err != nil {
				return doc, fmt.Errorf("action %d (%s): %w", i+1, name, err)
			}
		}
	}
	return doc, nil
}

// add checks an action and takes it up.
func (d *tropoDocument) add(specs map[string]map[string]string, name string, value any) error {
	switch name {
	case "hangup":
		if m, ok := value.(map[string]any); value != nil && (!ok || len(m) > 0) {
			return errors.New("it takes nothing")
		}
		d.actions = append(d.actions, tropoAction{name: name})
		return nil
	case "generalLogSecurity":
		if value != "suppress" && value != "none" {
			return fmt.Errorf("it is %v", value)
		}
		return nil
	case "choices":
		return errors.New("no action")
	}
	spec, known := specs[name]
	p, isObject := value.(map[string]any)
	if !known || !isObject {
		return errors.New("no action")
	}
	if err := fitting(name, p, spec); err != nil {
		return err
	}
	if err := saying(specs, name, p); err != nil {
		return err
	}
	switch name {
	case "on":
		return d.handler(p)
	case "ask":
		if err := asking(specs, p); err != nil {
			return err
		}
	case "transfer":
		to, _ := p["to"].(string)
		if !strings.HasPrefix(to, "tel:+") && !strings.HasPrefix(to, "sip:") && !strings.HasPrefix(to, "sips:") {
			return fmt.Errorf("to is %q", to)
		}
	case "record":
		if u, err := url.Parse(p["url"].(string)); err != nil || u.Host == "" {
			return fmt.Errorf("url is %v", p["url"])
		}
	}
	d.actions = append(d.actions, tropoAction{name, p})
	return nil
}

// saying checks what an action says.
func saying(specs map[string]map[string]string, name string, p map[string]any) error {
	says := []any{p["say"]}
	if list, ok := p["say"].([]any); ok {
		says = list
	}
	if name == "say" {
		says = []any{p}
	}
	for _, s := range says {
		say, ok := s.(map[string]any)
		if s == nil {
			continue
		}
		if !ok {
			return errors.New("what is said is no object")
		}
		if err := fitting("say", say, specs["say"]); err != nil {
			return err
		}
		text, _ := say["value"].(string)
		if text == "" || strings.Contains(text, "<") && !isMarkup(text) {
			return fmt.Errorf("%q can be neither said nor played", text)
		}
	}
	return nil
}

// asking checks what an ask takes.
func asking(specs map[string]map[string]string, p map[string]any) error {
	choices, _ := p["choices"].(map[string]any)
	if err := fitting("choices", choices, specs["choices"]); err != nil {
		return err
	}
	if says, _ := p["say"].([]any); len(says) == 0 {
		return errors.New("it says nothing")
	}
	if mode := choices["mode"]; mode != nil && mode != "dtmf" && mode != "speech" && mode != "any" {
		return fmt.Errorf("mode is %v", mode)
	}
	if key, ok := choices["terminator"].(string); ok && (len(key) != 1 || !strings.Contains("0123456789*#ABCD", key)) {
		return fmt.Errorf("terminator is %q", key)
	}
	if n, ok := p["attempts"].(float64); ok && (n < 1 || n != float64(int(n))) {
		return fmt.Errorf("attempts is %v", n)
	}
	_, err := readGrammar(choices["value"].(string))
	return err
}

// handler takes up what is to happen after an event.
func (d *tropoDocument) handler(p map[string]any) error {
	event, next := p["event"].(string), ""
	if s, ok := p["next"].(string); ok {
		next = s
		if u, err := url.Parse(next); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("next is %q", next)
		}
	}
	switch event {
	case "continue", "incomplete", "error", "hangup":
	default:
		return fmt.Errorf("event is %q", event)
	}
	if _, twice := d.on[event]; twice {
		return fmt.Errorf("%s is handled twice", event)
	}
	d.on[event] = tropoHandler{next}
	return nil
}
