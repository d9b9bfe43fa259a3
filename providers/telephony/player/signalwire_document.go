package player

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
)

// swmlStep is a step of a document.
type swmlStep struct {
	method string
	params map[string]any
}

// swmlMethods lists, by SignalWire's pages, the parameters of the methods that are
// played here, each with its kind: text, number, flag, list or texts, which is text or a
// list of it. One with an exclamation mark has to be there.
func swmlMethods() map[string]map[string]string {
	list := map[string]string{
		"answer": "max_duration:number username:text password:text codecs:text",
		"hangup": "reason:text",
		"play":   "url:text urls:list volume:number say_voice:text say_language:text say_gender:text auto_answer:flag status_url:text",
		"prompt": "play:texts! volume:number say_voice:text say_language:text say_gender:text max_digits:number terminators:text digit_timeout:number " +
			"initial_timeout:number speech_timeout:number speech_end_timeout:number speech_language:text speech_hints:list speech_engine:text status_url:text",
		"connect": "to:text! from:text from_name:text timeout:number max_duration:number confirm:text confirm_timeout:number headers:headers " +
			"answer_on_bridge:flag ringback:list status_url:text call_state_url:text codecs:text",
		"record": "stereo:flag format:text direction:text terminators:text beep:flag input_sensitivity:number initial_timeout:number " +
			"end_silence_timeout:number max_length:number status_url:text",
		"record_call": "control_id:text stereo:flag format:text direction:text terminators:text beep:flag input_sensitivity:number " +
			"initial_timeout:number end_silence_timeout:number max_length:number status_url:text",
		"stop_record_call": "control_id:text",
		"sip_refer":        "to_uri:text! status_url:text username:text password:text",
		"transfer":         "dest:text! params:object meta:object",
		"execute":          "dest:text! params:object meta:object on_return:list result:object",
	}
	all := make(map[string]map[string]string, len(list))
	for method, params := range list {
		all[method] = map[string]string{}
		for _, p := range strings.Fields(params) {
			name, kind, _ := strings.Cut(p, ":")
			all[method][name] = kind
		}
	}
	return all
}

// readSWML reads an answer as SignalWire does: its faults begin with SignalWire's own
// names of them.
func readSWML(a answer, methods map[string]map[string]string) ([]swmlStep, error) {
	if a.status < 200 || a.status > 299 {
		return nil, fmt.Errorf("the document was not fetched: HTTP %d", a.status)
	}
	if kind, _, err := mime.ParseMediaType(a.contentType); err != nil || kind != "application/json" {
		return nil, fmt.Errorf("relay_script_parse_error: the content type is %q", a.contentType)
	}
	var doc map[string]any
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return nil, fmt.Errorf("relay_script_parse_error: %w", err)
	}
	for name := range doc {
		if name != "version" && name != "sections" {
			return nil, fmt.Errorf("relay_script_element_undefined: %s", name)
		}
	}
	if v, ok := doc["version"]; ok && v != "1.0.0" {
		return nil, fmt.Errorf("relay_script_version_invalid: %v", v)
	}
	sections, ok := doc["sections"].(map[string]any)
	if !ok {
		return nil, errors.New("relay_script_sections_missing")
	}
	main, ok := sections["main"].([]any)
	switch {
	case !ok || len(sections) != 1:
		return nil, errors.New("relay_script_main_section_missing")
	case len(main) == 0:
		return nil, errors.New("relay_script_section_code_missing")
	}
	steps := make([]swmlStep, 0, len(main))
	for _, m := range main {
		step, err := readStep(m, methods)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func readStep(m any, methods map[string]map[string]string) (step swmlStep, err error) {
	one, ok := m.(map[string]any)
	if !ok || len(one) != 1 {
		return step, errors.New("relay_script_method_missing_name")
	}
	for name, params := range one {
		step.method = name
		if step.params, ok = params.(map[string]any); !ok {
			return step, fmt.Errorf("relay_script_element_wrong_type: %s", name)
		}
	}
	known, ok := methods[step.method]
	if !ok {
		return step, fmt.Errorf("relay_script_method_undefined: %s", step.method)
	}
	for name, value := range step.params {
		kind, ok := known[name]
		if !ok {
			return step, fmt.Errorf("relay_script_method_parameter_undefined: %s of %s", name, step.method)
		}
		if !isSWML(value, strings.TrimSuffix(kind, "!")) {
			return step, fmt.Errorf("relay_script_method_parameter_invalid_value: %s of %s is %v", name, step.method, value)
		}
	}
	for name, kind := range known {
		if _, ok := step.params[name]; !ok && strings.HasSuffix(kind, "!") {
			return step, fmt.Errorf("relay_script_method_parameter_missing: %s of %s", name, step.method)
		}
	}
	if reason := step.text("reason"); step.method == "hangup" && reason != "" && reason != "hangup" && reason != "busy" && reason != "decline" {
		return step, fmt.Errorf("relay_script_method_parameter_invalid_value: reason of hangup is %q", reason)
	}
	if keys := step.text("terminators"); strings.Trim(keys, "0123456789*#") != "" {
		return step, fmt.Errorf("relay_script_method_parameter_invalid_value: terminators of %s is %q", step.method, keys)
	}
	if step.method == "play" && (step.params["url"] == nil) == (step.params["urls"] == nil) {
		return step, errors.New("relay_script_method_parameter_conflict: play has url or urls")
	}
	return step, nil
}

// isSWML tells whether a value is of a kind. Text with an expression in it is of none:
// nothing here works one out.
func isSWML(value any, kind string) bool {
	switch v := value.(type) {
	case string:
		return (kind == "text" || kind == "texts") && !strings.Contains(v, "${") && !strings.Contains(v, "%{")
	case float64:
		return kind == "number" && v >= 0
	case bool:
		return kind == "flag"
	case map[string]any:
		return kind == "object"
	case []any:
		switch kind {
		case "list", "texts":
			return len(v) > 0 && !slices.ContainsFunc(v, func(e any) bool { return !isSWML(e, "text") })
		case "headers":
			return !slices.ContainsFunc(v, func(e any) bool {
				h, ok := e.(map[string]any)
				return !ok || len(h) != 2 || !isSWML(h["name"], "text") || !isSWML(h["value"], "text")
			})
		}
	}
	return false
}

// has tells whether there is one of these parameters.
func (s swmlStep) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return s.params[name] != nil })
}

// text is a parameter that is text.
func (s swmlStep) text(name string) string {
	text, _ := s.params[name].(string)
	return text
}

// texts are the texts of the first of these parameters that is there.
func (s swmlStep) texts(names ...string) (all []string) {
	for _, name := range names {
		switch v := s.params[name].(type) {
		case string:
			return []string{v}
		case []any:
			for _, e := range v {
				if text, ok := e.(string); ok {
					all = append(all, text)
				}
			}
			return all
		}
	}
	return nil
}
