package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// vonageAction is an action of a document that Vonage would carry out.
type vonageAction struct {
	name string
	p    map[string]any
}

// number is a property, and whether it is there.
func (a vonageAction) number(name string) (float64, bool) {
	n, ok := a.p[name].(float64)
	return n, ok
}

// address is the one address in a list of one; "" where there is none.
func (a vonageAction) address(name string) string {
	if list, ok := a.p[name].([]any); ok && len(list) == 1 {
		s, _ := list[0].(string)
		return s
	}
	return ""
}

// dialled is whom a connect rings.
func (a vonageAction) dialled() string {
	endpoint, _ := a.p["endpoint"].([]any)[0].(map[string]any)
	for _, name := range []string{"number", "uri"} {
		if s, ok := endpoint[name].(string); ok {
			return s
		}
	}
	return ""
}

// readNCCOAnswer reads the answer to a webhook: no document where it is empty.
func readNCCOAnswer(a answer) ([]vonageAction, error) {
	if a.status == http.StatusNoContent || a.status == http.StatusOK && len(a.body) == 0 {
		return nil, nil
	}
	if err := isJSON(a, http.StatusOK); err != nil {
		return nil, err
	}
	return readNCCO(a.body)
}

// The types of properties and of those inside, as the NCCO reference has them; ! for
// those that must be there.
func vonageActions() map[string]map[string]string {
	return map[string]map[string]string{
		"talk": {
			"text!": aString, "bargeIn": aBool, "loop": aNumber, "level": aNumber, "language": aString, "style": aNumber, "premium": aBool,
		},
		"stream": {"streamUrl!": aList, "level": aNumber, "bargeIn": aBool, "loop": aNumber},
		"input": {
			"type!": aList, "dtmf": anObj, "speech": anObj, "mode": aString, "eventUrl": aList, "eventMethod": aString,
		},
		"connect": {
			"endpoint!": aList, "from": aString, "randomFromNumber": aBool, "eventType": aString, "timeout": aNumber, "limit": aNumber,
			"machineDetection": aString, "eventUrl": aList, "eventMethod": aString, "ringbackTone": aString,
		},
		"record": {
			"format": aString, "split": aString, "channels": aNumber, "endOnSilence": aNumber, "endOnKey": aString, "timeOut": aNumber,
			"beepStart": aBool, "eventUrl": aList, "eventMethod": aString, "transcription": anObj,
		},
		"notify": {"payload!": anObj, "eventUrl!": aList, "eventMethod": aString},
		"wait":   {"timeout": aNumber},
		"dtmf":   {"timeOut": aNumber, "maxDigits": aNumber, "submitOnHash": aBool},
		"speech": {
			"uuid": aList, "endOnSilence": aNumber, "language": aString, "context": aList, "startTimeout": aNumber,
			"maxDuration": aNumber, "saveAudio": aBool, "sensitivity": aNumber,
		},
		"phone": {"type!": aString, "number!": aString, "dtmfAnswer": aString, "onAnswer": anObj},
		"sip":   {"type!": aString, "uri!": aString, "headers": anObj, "standardHeaders": anObj},
	}
}

// readNCCO reads a document: all of it, or nothing.
func readNCCO(body []byte) ([]vonageAction, error) {
	var list []map[string]any
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("an NCCO is an array of actions: %w", err)
	}
	specs := vonageActions()
	doc := make([]vonageAction, 0, len(list))
	for i, raw := range list {
		name, _ := raw["action"].(string)
		a := vonageAction{name, raw}
		if _, ok := specs[name]; !ok || name == "dtmf" || name == "speech" || name == "phone" || name == "sip" {
			return nil, fmt.Errorf("invalid action %q", name)
		}
		if err := fitting(name, raw, specs[name]); err != nil {
			return nil, err
		}
		if err := a.check(specs); err != nil {
			return nil, fmt.Errorf("action %d (%s): %w", i+1, name, err)
		}
		doc = append(doc, a)
	}
	return doc, bargesIn(doc)
}

// fitting checks which properties there are, and their types.
func fitting(name string, properties map[string]any, spec map[string]string) error {
	for _, p := range slices.Sorted(maps.Keys(properties)) {
		want, ok := spec[p]
		if !ok {
			want, ok = spec[p+"!"]
		}
		switch {
		case p == "action":
		case !ok:
			return fmt.Errorf("%s: unknown property %s", name, p)
		case want != typeOf(properties[p]):
			return fmt.Errorf("%s: invalid value type of %s", name, p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(spec)) {
		if required, ok := strings.CutSuffix(p, "!"); ok && properties[required] == nil {
			return fmt.Errorf("%s: missing property %s", name, required)
		}
	}
	return nil
}

// bargesIn holds documents to the rule that whatever keys may cut off leads into an
// input, with nothing but more of its kind between.
func bargesIn(doc []vonageAction) error {
	open := false
	for _, a := range doc {
		switch {
		case a.name == "talk" || a.name == "stream":
			open = open || a.p["bargeIn"] == true
		case open && a.name != "input":
			return fmt.Errorf("bargeIn is true, and what follows is %s instead of input", a.name)
		default:
			open = false
		}
	}
	if open {
		return errors.New("bargeIn is true, and no input follows")
	}
	return nil
}

// check holds an action to the values that are allowed.
func (a vonageAction) check(specs map[string]map[string]string) error {
	for _, name := range []string{"eventUrl", "streamUrl"} {
		if a.p[name] == nil {
			continue
		}
		if u, err := url.Parse(a.address(name)); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%s is not a list of one address", name)
		}
	}
	for name, words := range map[string]string{"eventMethod": "GET POST", "mode": "synchronous asynchronous", "eventType": "synchronous"} {
		if word, ok := a.p[name].(string); ok && !slices.Contains(strings.Fields(words), word) {
			return fmt.Errorf("%s is %q", name, word)
		}
	}
	switch a.name {
	case "talk":
		if err := checkTalk(a.p["text"].(string)); err != nil {
			return err
		}
		return within(a, limits{"level": {-1, 1, false}, "loop": {0, math.MaxInt32, true}, "style": {0, math.MaxInt32, true}})
	case "stream":
		return within(a, limits{"level": {-1, 1, false}, "loop": {0, math.MaxInt32, true}})
	case "input":
		for _, kind := range a.p["type"].([]any) {
			if kind != "dtmf" && kind != "speech" {
				return fmt.Errorf("type %v", kind)
			}
		}
		settings, _ := a.p["dtmf"].(map[string]any)
		if err := fitting("dtmf", settings, specs["dtmf"]); err != nil {
			return err
		}
		speech, _ := a.p["speech"].(map[string]any)
		if err := fitting("speech", speech, specs["speech"]); err != nil {
			return err
		}
		if err := within(vonageAction{"speech", speech}, limits{"startTimeout": {1, 10, true}, "endOnSilence": {0.4, 10, false}, "maxDuration": {1, 60, true}}); err != nil {
			return err
		}
		return within(vonageAction{"dtmf", settings}, limits{"timeOut": {0, 10, true}, "maxDigits": {1, 20, true}})
	case "wait":
		return within(a, limits{"timeout": {0.1, 7200, false}})
	case "record":
		if key, ok := a.p["endOnKey"].(string); ok && (len(key) != 1 || !strings.Contains("0123456789*#", key)) {
			return fmt.Errorf("endOnKey is %q", key)
		}
		return within(a, limits{"timeOut": {3, 7200, true}, "endOnSilence": {3, 10, true}})
	case "notify":
		for name, value := range a.p["payload"].(map[string]any) {
			if _, ok := value.(string); !ok {
				return fmt.Errorf("payload: %s is not text", name)
			}
		}
	case "connect":
		return a.checkConnect(specs)
	}
	return nil
}

func (a vonageAction) checkConnect(specs map[string]map[string]string) error {
	list, _ := a.p["endpoint"].([]any)
	if len(list) != 1 {
		return fmt.Errorf("%d endpoints", len(list))
	}
	endpoint, _ := list[0].(map[string]any)
	kind, _ := endpoint["type"].(string)
	if kind != "phone" && kind != "sip" {
		return fmt.Errorf("endpoint of type %q", kind)
	}
	if err := fitting(kind, endpoint, specs[kind]); err != nil {
		return err
	}
	number := regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	if from, ok := a.p["from"].(string); ok && !number.MatchString(from) {
		return fmt.Errorf("from is %q, expected an international number without a plus", from)
	}
	if to, ok := endpoint["number"].(string); ok && !number.MatchString(to) {
		return fmt.Errorf("number is %q, expected an international number without a plus", to)
	}
	if uri, ok := endpoint["uri"].(string); ok && !strings.HasPrefix(uri, "sip:") && !strings.HasPrefix(uri, "sips:") {
		return fmt.Errorf("uri is %q", uri)
	}
	return within(a, limits{"timeout": {1, 120, true}, "limit": {1, 7200, true}})
}

// limits are the values of numbers: the least, the most, and whether they are whole.
type limits map[string]struct {
	least, most float64
	whole       bool
}

func within(a vonageAction, l limits) error {
	for _, name := range slices.Sorted(maps.Keys(l)) {
		n, ok := a.number(name)
		if r := l[name]; ok && (n < r.least || n > r.most || r.whole && n != float64(int(n))) {
			return fmt.Errorf("%s is %v", name, n)
		}
	}
	return nil
}

// checkTalk holds a text to its length, and to tags inside of one <speak>.
func checkTalk(text string) error {
	plain := text
	if isMarkup(text) {
		plain = withoutTags(text)
	} else if strings.Contains(text, "<") {
		return errors.New("tags outside of <speak>")
	}
	switch n := len(utf16.Encode([]rune(plain))); {
	case n > 1500:
		return fmt.Errorf("text has %d characters", n)
	case text == "":
		return errors.New("text is empty")
	}
	return nil
}

// isMarkup tells a text that is one <speak> element.
func isMarkup(text string) bool {
	return strings.HasPrefix(text, "<speak>") && strings.HasSuffix(text, "</speak>") && strings.Count(text, "<speak") == 1
}

func withoutTags(text string) string { return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, "") }
