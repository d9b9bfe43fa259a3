package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// jambonzVerb is a verb of a document that jambonz would carry out.
type jambonzVerb struct {
	name       string
	properties map[string]any
}

func (v jambonzVerb) text(name string) string {
	s, _ := v.properties[name].(string)
	return s
}

// number is a property, and whether it is there.
func (v jambonzVerb) number(name string) (float64, bool) {
	n, ok := v.properties[name].(float64)
	return n, ok
}

// The types of properties, as @jambonz/verb-specifications 0.1.13 checks them.
const (
	aString = "string"
	aNumber = "number"
	aBool   = "boolean"
	aList   = "array"
	anObj   = "object"
)

// jambonzVerbs are the verbs a phone menu has use for, their properties with the
// types they may have, and those that must be there. A document with any other is
// thrown away whole.
func jambonzVerbs() map[string]map[string]string {
	synthesizer := anObj
	return map[string]map[string]string{
		"say": {
			"text!": aString + aList, "loop": aNumber + aString, "synthesizer": synthesizer, "earlyMedia": aBool,
			"disableTtsCache": aBool,
		},
		"play": {
			"url!": aString + aList, "loop": aNumber + aString, "earlyMedia": aBool, "seekOffset": aNumber + aString,
			"timeoutSecs": aNumber + aString, "actionHook": aString + anObj,
		},
		"pause":    {"length!": aNumber},
		"hangup":   {"headers": anObj},
		"redirect": {"actionHook!": aString + anObj, "statusHook": aString + anObj},
		"answer":   {},
		"tag":      {"data!": anObj},
		"config":   {"synthesizer": synthesizer, "recognizer": anObj, "reset": aString + aList, "notifyEvents": aBool, "record": anObj},
		"gather": {
			"actionHook": aString + anObj, "finishOnKey": aString, "input": aList, "numDigits": aNumber,
			"minDigits": aNumber, "maxDigits": aNumber, "interDigitTimeout": aNumber, "timeout": aNumber,
			"speechTimeout": aNumber, "bargein": aBool, "dtmfBargein": aBool, "minBargeinWordCount": aNumber,
			"listenDuringPrompt": aBool, "partialResultHook": aString + anObj, "recognizer": anObj,
			"say": anObj, "play": anObj, "fillerNoise": anObj, "actionHookDelayAction": anObj,
		},
		"enqueue": {"name!": aString, "actionHook": aString + anObj, "waitHook": aString + anObj, "priority": aNumber},
		"leave":   {},
		"listen": {
			"url!": aString, "actionHook": aString + anObj, "finishOnKey": aString, "maxLength": aNumber, "metadata": anObj,
			"mixType": aString, "passDtmf": aBool, "playBeep": aBool, "sampleRate": aNumber, "timeout": aNumber,
		},
		"sip:refer": {
			"referTo!": aString, "referredBy": aString, "headers": anObj, "actionHook": aString + anObj, "eventHook": aString + anObj,
		},
		"dial": {
			"target!": aList, "actionHook": aString + anObj, "callerId": aString, "callerName": aString,
			"timeout": aNumber, "timeLimit": aNumber, "answerOnBridge": aBool, "confirmHook": aString + anObj,
			"dialMusic": aString, "headers": anObj, "dtmfCapture": anObj, "dtmfHook": aString + anObj,
			"anchorMedia": aBool, "tag": anObj,
		},
	}
}

// readJambonz reads a document as jambonz does: all of it, or nothing.
func readJambonz(body []byte, specs map[string]map[string]string) ([]jambonzVerb, error) {
	var list []map[string]any
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the document must be an array of verbs: %w", err)
	}
	doc := make([]jambonzVerb, 0, len(list))
	for _, raw := range list {
		v, err := readVerb(raw, specs)
		if err != nil {
			return nil, err
		}
		doc = append(doc, v)
	}
	return doc, nil
}

func readVerb(raw map[string]any, specs map[string]map[string]string) (jambonzVerb, error) {
	v := jambonzVerb{properties: raw}
	if name, ok := raw["verb"].(string); ok {
		v.name = name
	} else if len(raw) == 1 { // {"say": {…}}
		for name, inner := range raw {
			properties, ok := inner.(map[string]any)
			if !ok {
				return v, fmt.Errorf("%s: expected an object", name)
			}
			v.name, v.properties = name, properties
		}
	}
	spec, ok := specs[v.name]
	if !ok {
		return v, fmt.Errorf("invalid instruction: %s", v.name)
	}
	return v, conforms(v.name, v.properties, spec, specs)
}

// conforms checks properties against a verb's.
func conforms(name string, properties map[string]any, spec map[string]string, specs map[string]map[string]string) error {
	for _, p := range slices.Sorted(maps.Keys(properties)) {
		if p == "verb" || p == "id" || p == "_" {
			continue
		}
		want, ok := spec[p]
		if !ok {
			if want, ok = spec[p+"!"]; !ok {
				return fmt.Errorf("%s: unknown property %s", name, p)
			}
		}
		if !strings.Contains(want, typeOf(properties[p])) {
			return fmt.Errorf("%s: property %s has the wrong type", name, p)
		}
		if inner, ok := properties[p].(map[string]any); ok && (p == "say" || p == "play") {
			if err := conforms(p, inner, specs[p], specs); err != nil {
				return err
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(spec)) {
		if required, ok := strings.CutSuffix(p, "!"); ok && properties[required] == nil {
			return fmt.Errorf("%s: missing property %s", name, required)
		}
	}
	return nil
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return aString
	case float64:
		return aNumber
	case bool:
		return aBool
	case []any:
		return aList
	case map[string]any:
		return anObj
	default:
		return "null"
	}
}

// spoken is what a say says: a text, or pieces of it.
func spoken(say map[string]any) string {
	switch text := say["text"].(type) {
	case string:
		return text
	case []any:
		var pieces []string
		for _, p := range text {
			if s, ok := p.(string); ok {
				pieces = append(pieces, s)
			}
		}
		return strings.Join(pieces, " ")
	default:
		return ""
	}
}

// listens tells whether a gather takes words beside keys.
func listens(v jambonzVerb) bool {
	input, _ := v.properties["input"].([]any)
	return slices.Contains(input, any("speech"))
}

// checkGather finds a gather that jambonz takes and a caller suffers from.
func checkGather(v jambonzVerb) error {
	input, _ := v.properties["input"].([]any)
	for _, i := range input {
		if i != "digits" && i != "speech" {
			return fmt.Errorf("gather: input %v collects nothing", i)
		}
	}
	if recognizer, _ := v.properties["recognizer"].(map[string]any); listens(v) && (recognizer["vendor"] == nil || recognizer["language"] == nil) {
		return errors.New("gather: a recognizer without a vendor or a language hears nothing")
	}
	if key := v.text("finishOnKey"); len(key) > 1 {
		return fmt.Errorf("gather: finishOnKey %q never matches: it is compared with one key", key)
	}
	if n, ok := v.number("minDigits"); ok && n < 1 {
		return errors.New("gather: with minDigits 0 silence comes as an entry")
	}
	if n, ok := v.number("timeout"); ok && n <= 0 {
		return errors.New("gather: with timeout 0 it waits for ever")
	}
	return nil
}
