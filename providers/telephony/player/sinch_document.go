package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// svaml is an answer that Sinch would carry out.
type svaml struct {
	instructions []sinchStep
	action       sinchStep
}

// sinchStep is an instruction or an action.
type sinchStep struct {
	name string
	p    map[string]any
}

func (s sinchStep) text(name string) string {
	text, _ := s.p[name].(string)
	return text
}

// sinchInstructions and sinchActions are what a phone menu has use for, with the types
// of the properties; ! for those that must be there.
func sinchInstructions() map[string]map[string]string {
	return map[string]map[string]string{
		"say":       {"text!": aString, "locale": aString},
		"playFiles": {"ids!": aList, "locale": aString},
		"setCookie": {"key!": aString, "value!": aString},
		"answer":    {},
	}
}

func sinchActions() map[string]map[string]string {
	return map[string]map[string]string{
		"hangup": {}, "continue": {},
		"runMenu": {"barge": aBool, "locale": aString, "mainMenu": aString, "enableVoice": aBool, "menus!": aList},
		"menu": {
			"id!": aString, "mainPrompt": aString, "repeatPrompt": aString, "repeats": aNumber, "maxDigits": aNumber,
			"timeoutMills": aNumber, "maxTimeoutMills": aNumber, "options": aList,
		},
		"connectPstn": {
			"number!": aString, "locale": aString, "maxDuration": aNumber, "dialTimeout": aNumber, "cli": aString, "suppressCallbacks": aBool,
		},
		"connectSip": {
			"destination!": anObj, "maxDuration": aNumber, "cli": aString, "transport": aString, "suppressCallbacks": aBool, "callHeaders": aList,
		},
	}
}

// readSVAML reads an answer: all of it, or nothing.
func readSVAML(body []byte) (svaml, error) {
	var doc svaml
	var whole struct {
		Instructions []map[string]any `json:"instructions"`
		Action       map[string]any   `json:"action"`
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&whole); err != nil {
		return doc, fmt.Errorf("an answer has instructions and an action: %w", err)
	}
	for i, p := range whole.Instructions {
		step, err := sinchRead(p, sinchInstructions())
		if err != nil {
			return doc, fmt.Errorf("instruction %d: %w", i+1, err)
		}
		if text := step.text("text"); step.name == "say" && (utf8.RuneCountInString(text) > 600 || strings.Contains(text, "<")) {
			return doc, fmt.Errorf("instruction %d: it is markup, or longer than 600 characters", i+1)
		}
		doc.instructions = append(doc.instructions, step)
	}
	if whole.Action == nil {
		return doc, errors.New("there is no action")
	}
	step, err := sinchRead(whole.Action, sinchActions())
	if err != nil {
		return doc, fmt.Errorf("action: %w", err)
	}
	doc.action = step
	if step.name == "runMenu" {
		return doc, checkMenus(step)
	}
	if n := step.text("number"); step.name == "connectPstn" && (len(n) < 8 || n[0] != '+' || strings.Trim(n[1:], "0123456789") != "") {
		return doc, fmt.Errorf("number is %q", n)
	}
	return doc, nil
}

func sinchRead(p map[string]any, specs map[string]map[string]string) (sinchStep, error) {
	name, _ := p["name"].(string)
	spec, ok := specs[name]
	if !ok || name == "menu" {
		return sinchStep{}, fmt.Errorf("there is no %q", name)
	}
	rest := map[string]any{}
	for k, v := range p {
		if k != "name" {
			rest[k] = v
		}
	}
	return sinchStep{name, rest}, fitting(name, rest, spec)
}

func checkMenus(a sinchStep) error {
	menus, _ := a.p["menus"].([]any)
	if len(menus) != 1 {
		return fmt.Errorf("there are %d menus", len(menus))
	}
	menu, _ := menus[0].(map[string]any)
	if err := fitting("menu", menu, sinchActions()["menu"]); err != nil {
		return err
	}
	prompt, _ := menu["mainPrompt"].(string)
	digits, _ := menu["maxDigits"].(float64)
	if _, err := readPrompts(prompt); err != nil {
		return err
	}
	if menu["id"] != "main" || digits < 1 || menu["repeats"] != 0.0 {
		return fmt.Errorf("the menu %v takes %v digits, %v times more", menu["id"], digits, menu["repeats"])
	}
	return nil
}

// readPrompts are the texts of a prompt: #tts[…], #ssml[…] and #href[…], with
// semicolons between.
func readPrompts(s string) ([]string, error) {
	var all []string
	for s != "" {
		kind, rest, ok := strings.Cut(s, "[")
		text, behind, closed := strings.Cut(rest, "]")
		if !ok || !closed || behind != "" && (behind[0] != ';' || len(behind) == 1) {
			return nil, fmt.Errorf("the prompt %q has no end", s)
		}
		switch kind {
		case "#tts":
		case "#href":
			text = recorded(text)
		case "#ssml":
			text = html.UnescapeString(strings.TrimSpace(withoutTags(text)))
		default:
			return nil, fmt.Errorf("a prompt of the kind %q", kind)
		}
		if text != "" {
			all = append(all, text)
		}
		s = strings.TrimPrefix(behind, ";")
	}
	return all, nil
}
