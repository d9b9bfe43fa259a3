package player

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SignalWire plays a call as SignalWire runs SWML, by its own pages: steps set
// variables and nothing comes back by itself; a transfer asks for the document that
// takes over, an execute for one that runs as a subroutine; a call has 32 transfers and
// no more; keys are heard while a prompt is played and asks, and at no other time; the
// finish key is told apart from what was entered, and alone it is an entry of nothing; a
// document with anything unknown in it, or that does not come, ends the call. What asks
// for documents is signed. The end of a call is told by a webhook that nobody signs: it
// brings the password of StatusURL, or the secret where there is none.
func SignalWire(ctx context.Context, o Options) Result {
	s := &signalWireCall{played: begin(o), methods: swmlMethods(), state: "created", vars: map[string]any{}, running: map[string]bool{}}
	s.play(ctx)
	return s.done()
}

const (
	// What SignalWire's pages give for a document: they name no time for SWML, and five
	// seconds for its other product.
	signalWireTimeout = 5 * time.Second
	maxTransfers      = 32
)

type signalWireCall struct {
	*played
	methods map[string]map[string]string
	state   string // of the call
	vars    map[string]any

	stack     [][]swmlStep // what is left of the document that runs, and of those that wait for it
	transfers int
	// running are the recordings of the whole call that run, by their names; last is the
	// one begun last, and begun how many there were.
	running map[string]bool
	last    string
	begun   int
}

func (s *signalWireCall) play(ctx context.Context) {
	doc, err := s.fetch(ctx, Start, s.URL, s.call(), nil)
	if err != nil && s.FallbackURL != "" && ctx.Err() == nil {
		doc, err = s.fetch(ctx, Start, s.FallbackURL, s.call(), nil)
	}
	if err != nil {
		s.refuse(err)
		return
	}
	s.stack = [][]swmlStep{doc}
	s.follow(func() error {
		top := len(s.stack) - 1
		switch {
		case top < 0:
			s.end(ctx, HungUp, nil)
		case len(s.stack[top]) == 0:
			s.stack = s.stack[:top] // back to the document that asked for this one
		default:
			step := s.stack[top][0]
			s.stack[top] = s.stack[top][1:]
			return s.perform(ctx, step)
		}
		return nil
	}, func(err error) { s.end(ctx, Broken, err) })
}

// perform carries out one step. An error ends the call.
func (s *signalWireCall) perform(ctx context.Context, step swmlStep) error {
	switch step.method {
	case "answer":
		s.state = "answered"
		s.vars["answer_result"] = "success"
	case "hangup":
		s.end(ctx, HungUp, nil)
	case "play":
		return s.hear(ctx, step.texts("urls", "url"))
	case "prompt":
		return s.prompt(ctx, step)
	case "connect":
		return s.connect(ctx, step)
	case "record":
		s.record(ctx, step)
	case "record_call":
		s.recordCall(step)
	case "stop_record_call":
		s.stopRecording(step)
	case "sip_refer":
		return s.refer(step)
	case "transfer":
		if s.transfers++; s.transfers > maxTransfers {
			return errors.New("relay_script_too_many_transfers")
		}
		return s.goTo(ctx, step, func(doc []swmlStep) { s.stack = [][]swmlStep{doc} })
	case "execute":
		return s.goTo(ctx, step, func(doc []swmlStep) { s.stack = append(s.stack, doc) })
	default:
		return fmt.Errorf("nobody here plays a %s", step.method)
	}
	return nil
}

// goTo asks for a document with the variables of all that has been.
func (s *signalWireCall) goTo(ctx context.Context, step swmlStep, run func([]swmlStep)) error {
	params, _ := step.params["params"].(map[string]any) // which come back
	doc, err := s.fetch(ctx, Turn, step.text("dest"), s.call(), params)
	if s.caller.gone() { // they have hung up meanwhile
		s.end(ctx, Left, nil)
		return nil
	}
	if err == nil {
		run(doc)
	}
	return err
}

func (s *signalWireCall) hear(ctx context.Context, sounds []string) error {
	for _, sound := range sounds {
		switch kind, rest, _ := strings.Cut(sound, ":"); kind {
		case "say":
			s.heard(rest)
		case "silence":
			seconds, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				return fmt.Errorf("relay_script_method_execute_failed: %q", sound)
			}
			if err := s.Wait(ctx, time.Duration(seconds*float64(time.Second))); err != nil {
				return err
			}
		case "http", "https":
			s.heard(recorded(sound))
		default:
			return fmt.Errorf("relay_script_method_execute_failed: %q cannot be played", sound)
		}
	}
	return nil
}

// prompt asks for one entry. Keys that are left over are gone: nobody listens until the
// next prompt.
func (s *signalWireCall) prompt(ctx context.Context, step swmlStep) error {
	if err := s.hear(ctx, step.texts("play")); err != nil {
		return err
	}
	listens := step.has("speech_timeout", "speech_end_timeout", "speech_language", "speech_hints")
	q := question{max: 1, terminator: step.text("terminators"), speech: listens && !s.KeysOnly}
	if n, ok := step.params["max_digits"].(float64); ok {
		q.max = int(n)
	}
	for _, name := range []string{"prompt_value", "prompt_value_raw", "prompt_digit_terminator", "prompt_speech_confidence"} {
		delete(s.vars, name)
	}
	keys, end := s.caller.entry(q)
	if end == left {
		s.end(ctx, Left, nil)
		return nil
	}
	s.caller.ahead = ""
	if listens && end != said && end != mumbled && !step.has("max_digits", "terminators", "digit_timeout") {
		keys, end = "", silent // who is listened to has no keys that count, unless something is said of keys
	}
	switch end {
	case said:
		s.vars["prompt_result"], s.vars["prompt_speech_confidence"] = "match_speech", 0.9
	case mumbled:
		s.vars["prompt_result"] = "no_match"
	case silent:
		s.vars["prompt_result"] = "no_input"
	default:
		s.vars["prompt_result"] = "match_digits"
		if end == terminated {
			last := len(keys) - 1
			s.vars["prompt_digit_terminator"] = keys[last:]
			keys = keys[:last]
		}
	}
	s.vars["prompt_value"] = keys
	return nil
}

// record records the caller, and tells what has become of it: of one that a hang-up has
// ended, when the call is over.
func (s *signalWireCall) record(ctx context.Context, step swmlStep) {
	result := s.nextRecording()
	delete(s.vars, "record_url")
	switch result {
	case "recorded":
		s.vars["record_result"] = "success"
		s.vars["record_url"] = s.tape()
		s.tell(ctx, step, "finished", 7)
	case hungUp:
		s.caller.leave()
		s.end(ctx, Left, nil)
		s.tell(ctx, step, "finished", 7)
	case "empty":
		s.vars["record_result"] = "failed"
		s.tell(ctx, step, "no_input", 0)
	default:
		s.vars["record_result"] = "failed"
		s.tell(ctx, step, "error", 0)
	}
}

// recordCall begins a recording of the whole call. One of a name that runs already fails.
func (s *signalWireCall) recordCall(step swmlStep) {
	name := step.text("control_id")
	if name == "" {
		name = "recording-" + strconv.Itoa(s.begun+1)
	}
	if s.running[name] {
		s.vars["record_call_result"] = "failed"
		return
	}
	s.begun++
	did := "start"
	if s.begun > 1 {
		did = "resume"
	}
	s.result.Recordings = append(s.result.Recordings, did)
	s.running[name], s.last = true, name
	s.vars["record_control_id"], s.vars["record_call_result"] = name, "success"
}

// stopRecording ends a recording of the whole call: the one of that name, or the last.
func (s *signalWireCall) stopRecording(step swmlStep) {
	name := step.text("control_id")
	if name == "" {
		name = s.last
	}
	if !s.running[name] {
		s.vars["stop_record_call_result"] = "failed"
		return
	}
	delete(s.running, name)
	s.result.Recordings = append(s.result.Recordings, "pause")
	s.vars["stop_record_call_result"] = "success"
}

// refer hands the call over.
func (s *signalWireCall) refer(step swmlStep) error {
	to := step.text("to_uri")
	if !strings.HasPrefix(to, "sip:") && !strings.HasPrefix(to, "sips:") {
		return fmt.Errorf("relay_script_method_parameter_invalid_value: to_uri is %q", to)
	}
	result := s.nextDial("completed")
	s.vars["sip_refer_to"] = to
	delete(s.vars, "sip_refer_to_response_code")
	s.vars["sip_refer_result"], s.vars["sip_refer_response_code"] = "failed", "202"
	switch result {
	case "completed", "connected":
		s.vars["sip_refer_result"], s.vars["sip_refer_to_response_code"] = "success", "200"
	case "busy":
		s.vars["sip_refer_to_response_code"] = "486"
	case "noAnswer":
		s.vars["sip_refer_to_response_code"] = "480"
	default:
		s.vars["sip_refer_response_code"] = "405"
	}
	s.vars["return_value"] = s.vars["sip_refer_result"]
	return nil
}

// tape is where the last recording is.
func (s *signalWireCall) tape() string {
	return "https://example.signalwire.com/api/v1/recordings/" + s.Call.ID + "-" + strconv.Itoa(s.recordings) + "/download"
}

// tell posts the statuses of a recording, which nobody signs.
func (s *signalWireCall) tell(ctx context.Context, step swmlStep, state string, seconds float64) {
	address := step.text("status_url")
	if address == "" {
		return
	}
	params := map[string]any{"state": "recording", "control_id": "c-1", "call_id": s.Call.ID, "node_id": "n-1"}
	s.status(ctx, address, "calling.call.record", params)
	params["state"] = state
	if state != "error" {
		params["duration"], params["size"] = seconds, seconds*16000
	}
	if state == "finished" {
		params["url"] = s.tape()
	}
	s.status(ctx, address, "calling.call.record", params)
}

// status posts what is told aside.
func (s *signalWireCall) status(ctx context.Context, address, event string, params map[string]any) {
	d, err := s.delivery(Notice, address, map[string]any{
		"event_type": event, "event_channel": "swml:" + s.Call.ID, "timestamp": float64(s.Now().Unix()),
		"project_id": "11111111-2222-3333-4444-555555555555", "space_id": "66666666-7777-8888-9999-000000000000", "params": params,
	}, false)
	if err != nil {
		s.fault(err)
		return
	}
	s.notify(ctx, d)
}

func (s *signalWireCall) connect(ctx context.Context, step swmlStep) error {
	if s.caller.hangsUp() {
		s.end(ctx, Left, nil)
		return nil
	}
	result := s.nextDial("completed")
	delete(s.vars, "connect_failed_reason")
	if result != "completed" && result != "connected" {
		s.vars["connect_result"], s.vars["connect_failed_reason"] = "failed", result
		return nil
	}
	s.vars["connect_result"] = "connected"
	confirm := step.text("confirm")
	if confirm == "" {
		return nil
	}
	call := s.call()
	call["call_id"], call["direction"] = s.Call.ID+"-b", "outbound"
	doc, err := s.fetch(ctx, Turn, confirm, call, nil)
	if err != nil {
		return err
	}
	for _, step := range doc {
		if step.method != "play" {
			return fmt.Errorf("nobody here plays a %s to whoever takes a call", step.method)
		}
		for _, sound := range step.texts("urls", "url") {
			if text, ok := strings.CutPrefix(sound, "say:"); ok {
				s.whispered(text)
			} else if strings.HasPrefix(sound, "http") {
				s.whispered(recorded(sound))
			}
		}
	}
	return nil
}

// call is what every request says of the call.
func (s *signalWireCall) call() map[string]any {
	return map[string]any{
		"call_id": s.Call.ID, "node_id": "n-1", "segment_id": "g-1", "call_state": s.state, "direction": "inbound", "type": "phone",
		"from": s.Call.From, "to": s.Call.To, "from_number": s.Call.From, "to_number": s.Call.To, "headers": []any{},
		"project_id": "11111111-2222-3333-4444-555555555555", "space_id": "66666666-7777-8888-9999-000000000000",
	}
}

// fetch asks for a document.
func (s *signalWireCall) fetch(ctx context.Context, kind Kind, address string, call, params map[string]any) ([]swmlStep, error) {
	if params == nil {
		params = map[string]any{}
	}
	body := map[string]any{"call": call, "vars": maps.Clone(s.vars), "envs": map[string]any{}, "params": params}
	d, err := s.delivery(kind, address, body, true)
	if err != nil {
		s.fault(err)
		return nil, err
	}
	return fetch(ctx, s.played, d, retries{}, func(a answer) ([]swmlStep, error) { return readSWML(a, s.methods) })
}

// delivery makes JSON ready.
func (s *signalWireCall) delivery(kind Kind, address string, body any, signed bool) (delivery, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return delivery{}, fmt.Errorf("relay_script_parse_error: %q is no address", address)
	}
	d := delivery{kind: kind, url: at.String(), timeout: signalWireTimeout}
	if d.body, err = json.Marshal(body); err == nil && signed {
		d.more = s.signed(*at, d.body)
	}
	return d, err
}

// signed are the signatures: HMACs of the address, without a password, and the body.
func (s *signalWireCall) signed(at url.URL, body []byte) http.Header {
	if s.Secret.Len() == 0 {
		return nil
	}
	at.User = nil
	sum := func(of func() hash.Hash) []string {
		mac := hmac.New(of, []byte(s.Secret.Reveal()))
		mac.Write([]byte(at.String()))
		mac.Write(body)
		return []string{hex.EncodeToString(mac.Sum(nil))}
	}
	return http.Header{"X-Signalwire-Signature": sum(sha1.New), "X-Signalwire-Sha256-Signature": sum(sha256.New)}
}

// end ends the call, and tells of it where it is told so beforehand.
func (s *signalWireCall) end(ctx context.Context, how End, err error) {
	s.close(how, err)
	s.state = "ended"
	at, bad := url.Parse(s.StatusURL)
	if s.StatusURL == "" || bad != nil {
		return
	}
	if at.User == nil && s.Secret.Len() > 0 {
		at.User = url.UserPassword("callflow", s.Secret.Reveal())
	}
	s.status(ctx, at.String(), "calling.call.state", map[string]any{
		"call_id": s.Call.ID, "node_id": "n-1", "call_state": "ended", "direction": "inbound", "end_reason": "hangup",
	})
}
