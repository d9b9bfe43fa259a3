package player

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"callflow/engine"
)

// TelnyxAPI is the API of Telnyx to which a server sends its commands, as far as calls
// go. It is an http.Handler, under whatever path.
type TelnyxAPI struct {
	key   engine.Secret
	now   func() time.Time
	mu    sync.Mutex
	calls map[string]*telnyxCall
	// Fail, where there is one, is asked before a command is looked at: a status other
	// than zero is the answer, and nothing comes of the command.
	Fail func(action string) int
}

// NewTelnyxAPI returns an API that takes commands that come with the key. now may be
// nil.
func NewTelnyxAPI(key engine.Secret, now func() time.Time) *TelnyxAPI {
	if now == nil {
		now = time.Now
	}
	return &TelnyxAPI{key: key, now: now, calls: map[string]*telnyxCall{}}
}

// enter makes a call known by its id.
func (api *TelnyxAPI) enter(id string, t *telnyxCall) {
	api.mu.Lock()
	defer api.mu.Unlock()
	api.calls[id] = t
}

// telnyxCommand is a command that was taken.
type telnyxCommand struct {
	action string
	body   map[string]any
}

func (c telnyxCommand) text(name string) string {
	s, _ := c.body[name].(string)
	return s
}

func (c telnyxCommand) number(name string, otherwise int) int {
	if n, ok := c.body[name].(float64); ok {
		return int(n)
	}
	return otherwise
}

// telnyxIgnores is how long a command_id is remembered.
const telnyxIgnores = 60 * time.Second

// telnyxMembers are what each command may have, and of which kind: s text, n a number,
// l a list, b true or false. A capital letter: it must be there.
func telnyxMembers(action string) map[string]byte {
	all := map[string]map[string]byte{
		"answer": {},
		"hangup": {},
		"reject": {"cause": 'S'},
		"speak":  {"payload": 'S', "payload_type": 's', "voice": 'S', "language": 's', "service_level": 's'},
		"playback_start": {
			"audio_url": 'S', "loop": 'n',
		},
		"gather": {
			"initial_timeout_millis": 'n', "timeout_millis": 'n', "inter_digit_timeout_millis": 'n', "minimum_digits": 'n', "maximum_digits": 'n',
			"terminating_digit": 's', "valid_digits": 's', "gather_id": 's',
		},
		"gather_using_speak": {
			"payload": 'S', "payload_type": 's', "voice": 'S', "language": 's', "service_level": 's', "maximum_tries": 'n', "timeout_millis": 'n',
			"inter_digit_timeout_millis": 'n', "minimum_digits": 'n', "maximum_digits": 'n', "terminating_digit": 's', "valid_digits": 's',
		},
		"gather_using_audio": {
			"audio_url": 'S', "maximum_tries": 'n', "timeout_millis": 'n', "inter_digit_timeout_millis": 'n', "minimum_digits": 'n',
			"maximum_digits": 'n', "terminating_digit": 's', "valid_digits": 's',
		},
		"record_start": {
			"format": 'S', "channels": 'S', "max_length": 'n', "timeout_secs": 'n', "play_beep": 'b', "trim": 's', "recording_track": 's', "custom_file_name": 's',
		},
		"record_stop":   {"recording_id": 's'},
		"refer":         {"sip_address": 'S', "custom_headers": 'l', "sip_headers": 'l'},
		"record_pause":  {"recording_id": 's'},
		"record_resume": {"recording_id": 's'},
		"transfer": {
			"to": 'S', "from": 's', "timeout_secs": 'n', "time_limit_secs": 'n', "custom_headers": 'l', "park_after_unbridge": 's', "target_leg_client_state": 's',
		},
	}
	return all[action]
}

// ServeHTTP takes a command.
func (api *TelnyxAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, title string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]any{{"code": code, "title": title}}})
	}
	_, path, ok := strings.Cut(r.URL.Path, "/calls/")
	id, action, found := strings.Cut(path, "/actions/")
	members := telnyxMembers(action)
	switch {
	case !ok || !found || members == nil:
		refuse(http.StatusNotFound, "10005", "Resource not found")
		return
	case r.Method != http.MethodPost:
		refuse(http.StatusMethodNotAllowed, "10005", "Method not allowed")
		return
	case r.Header.Get("Authorization") != "Bearer "+api.key.Reveal():
		refuse(http.StatusUnauthorized, "10009", "Authentication failed")
		return
	}
	if api.Fail != nil {
		if status := api.Fail(action); status != 0 {
			refuse(status, "10007", "Unexpected error")
			return
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxReply))
	if err != nil {
		return
	}
	c := telnyxCommand{action: action}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&c.body); err != nil || decoder.More() || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(http.StatusBadRequest, "10015", "Bad Request")
		return
	}
	if wrong := c.wrong(members); wrong != "" {
		refuse(http.StatusUnprocessableEntity, "10032", wrong)
		return
	}
	api.mu.Lock()
	call := api.calls[id]
	api.mu.Unlock()
	if call == nil {
		refuse(http.StatusNotFound, "10005", "Resource not found")
		return
	}
	if status, code, title := call.take(c, api.now()); status != 0 {
		refuse(status, code, title)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":{"result":"ok"}}`)
}

// wrong is what is wrong with a command, or "".
func (c telnyxCommand) wrong(members map[string]byte) string {
	for name, value := range c.body {
		kind, ok := members[name]
		if name == "client_state" || name == "command_id" {
			kind, ok = 's', true
		}
		good := false
		switch kind | 0x20 {
		case 's':
			_, good = value.(string)
		case 'n':
			_, good = value.(float64)
		case 'l':
			_, good = value.([]any)
		case 'b':
			_, good = value.(bool)
		}
		if !ok || !good {
			return "the parameter " + name + " is not allowed, or not of its kind"
		}
	}
	for name, kind := range members {
		if kind < 'a' && c.text(name) == "" {
			return "the parameter " + name + " is missing"
		}
	}
	for _, name := range []string{"client_state", "target_leg_client_state"} {
		if _, err := base64.StdEncoding.DecodeString(c.text(name)); err != nil {
			return name + " is not Base64"
		}
	}
	for name, bounds := range map[string][2]int{
		"minimum_digits": {1, 128}, "maximum_digits": {1, 128}, "max_length": {0, 14400}, "time_limit_secs": {60, 14400}, "maximum_tries": {1, 100},
	} {
		if n := c.number(name, bounds[0]); n < bounds[0] || n > bounds[1] {
			return fmt.Sprintf("%s is %d", name, n)
		}
	}
	if least, most := c.number("minimum_digits", 1), c.number("maximum_digits", 128); least > most {
		return fmt.Sprintf("minimum_digits is %d, and maximum_digits %d", least, most)
	}
	if n := c.number("timeout_secs", 30); c.action == "transfer" && (n < 5 || n > 600) {
		return fmt.Sprintf("timeout_secs is %d", n)
	}
	if len([]rune(c.text("payload"))) > 3000 {
		return "payload is too long"
	}
	for name, words := range map[string]string{"format": "wav mp3", "channels": "single dual", "recording_track": "both inbound outbound"} {
		if word := c.text(name); word != "" && !slices.Contains(strings.Fields(words), word) {
			return name + " is " + word
		}
	}
	if to := c.text("sip_address"); to != "" && !strings.HasPrefix(to, "sip:") && !strings.HasPrefix(to, "sips:") {
		return "sip_address is no address"
	}
	if kind := c.text("payload_type"); kind != "" && kind != "text" && kind != "ssml" {
		return "payload_type is " + kind
	}
	return ""
}
