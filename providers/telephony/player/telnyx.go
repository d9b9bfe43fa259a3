package player

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"callflow/engine"
)

// Telnyx plays a call as Telnyx does to an application of Call Control, by its own
// pages and the types of its package: it posts events, whose answer counts only as
// taken or not, and does what comes to its API, Options.API, command by command. The
// last client_state that a command has set is in every event after it. A command whose
// command_id was there within a minute does nothing; one for a call that is over is
// refused, as is one for a call that nobody has answered. A caller to whom nothing is
// said for half a minute is lost.
func Telnyx(ctx context.Context, o Options) Result {
	t := &telnyxCall{played: begin(o), seen: map[string]time.Time{}, commands: make(chan telnyxCommand, 64)}
	if o.API == nil {
		t.refuse(errors.New("there is no API for the server's commands"))
		return t.done()
	}
	o.API.enter(o.Call.ID, t)
	t.play(ctx)
	o.API.enter(o.Call.ID, &telnyxCall{over: true}) // which is all that is known of it
	return t.done()
}

// TelnyxPublicKey is the public key, in Base64, for which Telnyx' player signs with the
// secret: the seed of a key in Base64, or any other words, whose SHA-256 is the seed.
func TelnyxPublicKey(secret engine.Secret) string {
	return base64.StdEncoding.EncodeToString(telnyxKey(secret).Public().(ed25519.PublicKey))
}

func telnyxKey(secret engine.Secret) ed25519.PrivateKey {
	if seed, err := base64.StdEncoding.DecodeString(secret.Reveal()); err == nil && len(seed) == ed25519.SeedSize {
		return ed25519.NewKeyFromSeed(seed)
	}
	seed := sha256.Sum256([]byte(secret.Reveal()))
	return ed25519.NewKeyFromSeed(seed[:])
}

const (
	telnyxTimeout = 10 * time.Second
	// telnyxSilence is how long a caller waits for a command.
	telnyxSilence = 30 * time.Second
	// telnyxTimer is a gather for so many keys that nobody is asked for them.
	telnyxTimer = 64
)

type telnyxCall struct {
	*played
	events int

	mu       sync.Mutex
	answered bool
	over     bool
	state    string // the last client_state
	seen     map[string]time.Time
	tape     string // how the recording of the whole call stands: on, paused or ""
	commands chan telnyxCommand
}

// take takes a command, or says why not.
func (t *telnyxCall) take(c telnyxCommand, now time.Time) (status int, code, title string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch id := c.text("command_id"); {
	case t.over:
		return http.StatusUnprocessableEntity, "90018", "Call has already ended"
	case id != "" && !t.seen[id].IsZero() && now.Sub(t.seen[id]) < telnyxIgnores:
		return 0, "", ""
	case !t.answered && c.action != "answer" && c.action != "hangup" && c.action != "reject":
		return http.StatusUnprocessableEntity, "90034", "Call not answered yet"
	case !t.taping(c):
		return http.StatusUnprocessableEntity, "90062", "Recording cannot be " + c.action
	case id != "":
		t.seen[id] = now
	}
	select {
	case t.commands <- c:
		return 0, "", ""
	default:
		return http.StatusTooManyRequests, "10011", "Too many requests"
	}
}

// taping has the recording of the whole call begin, rest or go on. False: it cannot. A
// recording of some length is one of the caller's alone.
func (t *telnyxCall) taping(c telnyxCommand) bool {
	from, to := "", ""
	switch c.action {
	case "record_start":
		if _, bounded := c.body["max_length"]; bounded {
			return true
		}
		from, to = "", "on"
	case "record_pause":
		from, to = "on", "paused"
	case "record_resume":
		from, to = "paused", "on"
	default:
		return true
	}
	if t.tape != from {
		return false
	}
	t.tape = to
	return true
}

// next waits for a command.
func (t *telnyxCall) next(ctx context.Context) (telnyxCommand, error) {
	timer := time.NewTimer(telnyxSilence)
	defer timer.Stop()
	select {
	case c := <-t.commands:
		t.mu.Lock()
		defer t.mu.Unlock()
		if s := c.text("client_state"); s != "" {
			t.state = s
		}
		return c, nil
	case <-timer.C:
		return telnyxCommand{}, errors.New("no command has come for half a minute")
	case <-ctx.Done():
		return telnyxCommand{}, ctx.Err()
	}
}

func (t *telnyxCall) play(ctx context.Context) {
	begin := t.comes
	if t.Placed {
		begin = t.taken
	}
	if err := begin(ctx); err != nil {
		t.refuse(err)
		return
	}
	t.run(ctx)
}

// comes tells that a call comes in.
func (t *telnyxCall) comes(ctx context.Context) error {
	return t.tell(ctx, Start, "call.initiated", map[string]any{
		"direction": "incoming", "state": "parked", "caller_id_name": t.Call.Name, "start_time": t.time(),
	})
}

// taken tells that a call that was asked for rings and is answered, and who answered,
// where that is found out.
func (t *telnyxCall) taken(ctx context.Context) error {
	t.mu.Lock()
	t.state, t.answered = t.Order, true
	t.mu.Unlock()
	err := t.tell(ctx, Start, "call.initiated", map[string]any{"direction": "outgoing", "state": "bridging"})
	if err == nil {
		err = t.tell(ctx, Start, "call.answered", map[string]any{"state": "answered", "start_time": t.time()})
	}
	who := t.AnsweredBy
	if who == "" || err != nil {
		return err
	}
	greeting := ""
	if who == "beep_detected" || who == "ended" {
		who, greeting = "machine", who
	}
	if err = t.tell(ctx, Notice, "call.machine.detection.ended", map[string]any{"result": who}); err == nil && greeting != "" {
		err = t.tell(ctx, Notice, "call.machine.greeting.ended", map[string]any{"result": greeting})
	}
	return err
}

// run carries out commands until the call is over.
func (t *telnyxCall) run(ctx context.Context) {
	t.follow(func() error {
		c, err := t.next(ctx)
		if err == nil {
			err = t.perform(ctx, c)
		}
		return err
	}, func(err error) {
		if t.result.End == "" {
			t.end(ctx, Broken, err)
		}
	})
}

// perform carries out a command. An error ends the call.
func (t *telnyxCall) perform(ctx context.Context, c telnyxCommand) error {
	switch c.action {
	case "answer":
		t.mu.Lock()
		t.answered = true
		t.mu.Unlock()
		return t.tell(ctx, Turn, "call.answered", map[string]any{"state": "answered", "start_time": t.time()})
	case "hangup":
		t.end(ctx, HungUp, nil)
		return nil
	case "reject":
		t.end(ctx, Refused, errors.New("the call is rejected"))
		return nil
	case "speak", "playback_start":
		if err := t.speak(c); err != nil {
			return err
		}
		kind, more := "call.speak.ended", map[string]any{"status": "completed"}
		if c.action != "speak" {
			kind, more["media_url"] = "call.playback.ended", c.text("audio_url")
		}
		return t.tell(ctx, Turn, kind, more)
	case "gather", "gather_using_speak", "gather_using_audio":
		return t.gather(ctx, c)
	case "record_start":
		if _, bounded := c.body["max_length"]; !bounded {
			t.result.Recordings = append(t.result.Recordings, "start")
			return nil
		}
		return t.record(ctx, c)
	case "record_pause":
		t.result.Recordings = append(t.result.Recordings, "pause")
	case "record_resume":
		t.result.Recordings = append(t.result.Recordings, "resume")
	case "record_stop":
		return nil // there is nothing to stop any more
	case "refer":
		return t.refer(ctx)
	case "transfer":
		return t.transfer(ctx, c)
	default:
		return fmt.Errorf("nobody here carries out %s", c.action)
	}
	return nil
}

// speak is what a command has the caller hear.
func (t *telnyxCall) speak(c telnyxCommand) error {
	if address := c.text("audio_url"); address != "" {
		t.heard(recorded(address))
		return nil
	}
	text := c.text("payload")
	if c.text("payload_type") == "ssml" {
		var err error
		if text, err = telnyxSpoken(text); err != nil {
			return err
		}
	}
	if text != "" {
		t.heard(text)
	}
	return nil
}

// telnyxSpoken is what is said of marked-up text.
func telnyxSpoken(marked string) (string, error) {
	var b strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(marked))
	for first := true; ; first = false {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("the text is not SSML: %w", err)
		}
		if begins, ok := token.(xml.StartElement); first && (!ok || begins.Name.Local != "speak") {
			return "", errors.New("the text is not SSML: it does not begin with speak")
		}
		switch x := token.(type) {
		case xml.StartElement:
			if x.Name.Local == "break" || x.Name.Local == "p" || x.Name.Local == "s" {
				b.WriteByte(' ')
			}
			if x.Name.Local == "sub" {
				for _, a := range x.Attr {
					if a.Name.Local == "alias" {
						b.WriteString(a.Value)
					}
				}
				if err := decoder.Skip(); err != nil {
					return "", err
				}
			}
		case xml.CharData:
			b.Write(x)
		}
	}
}

// gather takes an entry, or lets a time pass. Keys count only while a question is
// asked.
func (t *telnyxCall) gather(ctx context.Context, c telnyxCommand) error {
	if err := t.speak(c); err != nil {
		return err
	}
	if c.action == "gather" && c.number("minimum_digits", 1) > telnyxTimer {
		length := time.Duration(c.number("initial_timeout_millis", 5000)) * time.Millisecond
		if err := t.Wait(ctx, length); err != nil {
			return err
		}
		return t.tell(ctx, Turn, "call.gather.ended", map[string]any{"digits": "", "status": "timeout"})
	}
	q := question{max: c.number("maximum_digits", 128), terminator: "#"}
	if _, ok := c.body["terminating_digit"]; ok {
		q.terminator = c.text("terminating_digit")
	}
	keys, end := t.caller.entry(q)
	t.caller.ahead = ""
	for i := range len(keys) { // each of them, before what they come to
		if err := t.tell(ctx, Notice, "call.dtmf.received", map[string]any{"digit": keys[i : i+1]}); err != nil {
			return err
		}
	}
	if end == left {
		err := t.tell(ctx, Turn, "call.gather.ended", map[string]any{"digits": "", "status": "call_hangup"})
		t.end(ctx, Left, err)
		return nil
	}
	status := "valid"
	if end == terminated {
		keys = strings.TrimSuffix(keys, q.terminator)
	}
	valid := c.text("valid_digits")
	if valid == "" {
		valid = "0123456789#*"
	}
	switch {
	case end == silent:
		status = "timeout"
	case len(keys) < c.number("minimum_digits", 1), strings.Trim(keys, valid) != "":
		status = "invalid"
	}
	err := t.tell(ctx, Turn, "call.gather.ended", map[string]any{"digits": keys, "status": status})
	if err == nil && t.caller.gone() {
		t.end(ctx, Left, nil)
	}
	return err
}

// telnyxStops is how long a recording goes on after a key: Telnyx does not know which one
// ends it, and is told to stop.
const telnyxStops = 5 * time.Second

// telnyxMakes is how long it takes until a recording can be had, of which the call may be
// over by then.
const telnyxMakes = 10 * time.Second

// record records the caller, whose last key is told as every key is. The event of its end
// does not name the call.
func (t *telnyxCall) record(ctx context.Context, c telnyxCommand) error {
	result := t.nextRecording()
	began, seconds := t.Now(), 7*time.Second
	saved := func(kind string, more map[string]any) error {
		more["call_control_id"] = nil
		return t.tell(ctx, Turn, kind, more)
	}
	address := map[string]any{
		c.text("format"): "https://s3.amazonaws.com/telephony-recorder-prod/" + t.Call.ID + "-" + strconv.Itoa(t.recordings) + "." + c.text("format") + "?X-Amz-Expires=600&X-Amz-Signature=abc",
	}
	switch result {
	case "failed":
		return saved("call.recording.error", map[string]any{"reason": "Internal server error"})
	case hungUp:
		t.caller.leave()
		t.end(ctx, Left, nil)
		if err := t.Wait(ctx, telnyxMakes); err != nil {
			return err
		}
	case "empty":
		seconds = 0
	default:
		if err := t.tell(ctx, Turn, "call.dtmf.received", map[string]any{"digit": "#"}); err != nil {
			return err
		}
		if err := t.stopped(ctx); err != nil {
			return err
		}
	}
	return saved("call.recording.saved", map[string]any{
		"channels": c.text("channels"), "recording_urls": address, "public_recording_urls": map[string]any{},
		"recording_started_at": began.UTC().Format(time.RFC3339Nano), "recording_ended_at": began.Add(seconds).UTC().Format(time.RFC3339Nano),
	})
}

// stopped waits for the command that stops a recording. Where none comes, it ends by
// itself.
func (t *telnyxCall) stopped(ctx context.Context) error {
	timer := time.NewTimer(telnyxStops)
	defer timer.Stop()
	select {
	case c := <-t.commands:
		if c.action != "record_stop" {
			return fmt.Errorf("%s comes while the caller is recorded", c.action)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.state = c.text("client_state")
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refer hands the call over.
func (t *telnyxCall) refer(ctx context.Context) error {
	kind, status := "call.refer.failed", 0
	switch t.nextDial("completed") {
	case "completed":
		kind, status = "call.refer.completed", 200
	case "busy":
		status = 486
	case "no_answer":
		status = 480
	default:
		status = 503
	}
	if err := t.tell(ctx, Turn, "call.refer.started", map[string]any{"sip_notify_response": 100}); err != nil {
		return err
	}
	return t.tell(ctx, Turn, kind, map[string]any{"sip_notify_response": status})
}

// transfer calls the other side, and connects the two.
func (t *telnyxCall) transfer(ctx context.Context, c telnyxCommand) error {
	result := t.nextDial("completed")
	other := func(kind string, more map[string]any) error {
		leg := map[string]any{
			"call_control_id": t.Call.ID + "-other", "call_leg_id": t.Call.ID + "-other", "from": t.Call.To, "to": c.text("to"),
			"client_state": c.text("target_leg_client_state"),
		}
		for name, value := range more {
			leg[name] = value
		}
		return t.tell(ctx, Turn, kind, leg)
	}
	if err := other("call.initiated", map[string]any{"direction": "outgoing", "state": "bridging"}); err != nil {
		return err
	}
	cause, sip := "", ""
	switch result {
	case "completed":
		cause, sip = "normal_clearing", "200"
		if err := errors.Join(other("call.answered", map[string]any{"state": "answered"}), other("call.bridged", nil), t.tell(ctx, Turn, "call.bridged", nil)); err != nil {
			return err
		}
	case "busy":
		cause, sip = "user_busy", "486"
	case "no_answer":
		cause, sip = "timeout", "487"
	default:
		cause, sip = "not_found", "404"
	}
	leaves := t.caller.hangsUp()
	if leaves {
		t.end(ctx, Left, nil)
		if result != "completed" {
			cause = "originator_cancel"
		}
	}
	err := other("call.hangup", map[string]any{"state": "hangup", "hangup_cause": cause, "hangup_source": "callee", "sip_hangup_cause": sip})
	if !leaves && err == nil && result == "completed" && c.text("park_after_unbridge") != "self" {
		t.end(ctx, HungUp, nil)
	}
	return err
}

// tell posts an event, a few times where it is not taken.
func (t *telnyxCall) tell(ctx context.Context, kind Kind, event string, more map[string]any) error {
	t.mu.Lock()
	payload := map[string]any{
		"call_control_id": t.Call.ID, "call_leg_id": t.Call.ID, "call_session_id": "session-" + t.Call.ID, "connection_id": t.Call.Account,
		"from": t.Call.From, "to": t.Call.To, "client_state": nil,
	}
	if t.state != "" {
		payload["client_state"] = t.state
	}
	t.mu.Unlock()
	for name, value := range more {
		payload[name] = value
	}
	t.events++
	body, err := json.Marshal(map[string]any{
		"data": map[string]any{
			"event_type": event, "id": fmt.Sprintf("%s-%d", t.Call.ID, t.events), "record_type": "event", "occurred_at": t.time(), "payload": payload,
		},
		"meta": map[string]any{"attempt": 1, "delivered_to": t.URL},
	})
	if err != nil {
		return err
	}
	d := delivery{kind: kind, url: t.URL, body: body, timeout: telnyxTimeout, more: http.Header{}}
	t.signTelnyx(&d)
	_, err = fetch(ctx, t.played, d, retries{count: 2, policy: []string{"all"}, pauses: []time.Duration{time.Second}}, func(a answer) (answer, error) {
		_, err := acknowledged(a)
		if err != nil {
			err = fmt.Errorf("the event %s: %w", event, err)
		}
		return a, err
	})
	return err
}

// signTelnyx signs the moment and the body.
func (p *played) signTelnyx(d *delivery) {
	if p.Secret.Len() == 0 {
		return
	}
	stamp := strconv.FormatInt(p.Now().Unix(), 10)
	d.more.Set("telnyx-timestamp", stamp)
	d.header = "telnyx-signature-ed25519"
	d.signature = []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(telnyxKey(p.Secret), slices.Concat([]byte(stamp+"|"), d.body))))
}

// end ends the call.
func (t *telnyxCall) end(ctx context.Context, how End, err error) {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.close(how, err)
	source := "callee"
	if (how == Left) != t.Placed {
		source = "caller"
	}
	_ = t.tell(ctx, Notice, "call.hangup", map[string]any{ // a fault is in the result
		"state": "hangup", "hangup_cause": "normal_clearing", "hangup_source": source, "sip_hangup_cause": "200",
		"start_time": t.began.UTC().Format(time.RFC3339), "end_time": t.time(),
	})
	if t.tape != "" {
		_ = t.tell(ctx, Notice, "call.recording.saved", map[string]any{
			"call_control_id": nil, "channels": "dual", "recording_urls": map[string]any{}, "recording_started_at": t.time(), "recording_ended_at": t.time(),
		})
	}
}

func (t *telnyxCall) time() string { return t.Now().UTC().Format(time.RFC3339Nano) }
