package signalwire

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What SignalWire takes, in its own units.
const (
	maxClock  = 600
	maxCall   = 14400
	maxRecord = 4 * 60 * 60

	// maxSay is the longest text of one play, in characters; a piece ends at a space
	// behind leastSay, if there is one.
	maxSay   = 3000
	leastSay = maxSay - 400

	defaultTimeout = 5 * time.Second

	tenth = 100 * time.Millisecond // what its clocks count in
)

// safeTransfers is how many turns are asked for by transfer. A call may have 32, and a
// turn that has to be asked for again has more than one.
const safeTransfers = 20

// document is an answer being written.
type document struct {
	body   []byte
	voices voices
	move   string // how the next document is asked for
	seals  telephony.Seals

	referHost string
}

// Encode writes a document. No verbs are the way that a lost call goes; without such an
// address it has nothing in it, as it may be where nothing is said beside the course of a
// call.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("signalwire: %w", err)
	}
	d := document{body: make([]byte, 0, 1024), voices: c.voices, move: "transfer", seals: c.seals, referHost: c.referHost}
	if turns(o.Token) > safeTransfers {
		d.move = "execute"
	}
	d.body = append(d.body, `{"version":"1.0.0","sections":{"main":[`...)
	if o.LostURL != "" || o.TurnURL != "" {
		d.step("answer")
		d.end()
	}
	if len(o.Verbs) == 0 && o.LostURL != "" {
		d.silence(time.Second) // so that nothing goes round at full speed
		d.goTo(o.LostURL)
	}
	for _, v := range o.Verbs {
		if err := d.verb(v, o); err != nil {
			return telephony.Reply{}, fmt.Errorf("signalwire: %w", err)
		}
	}
	if strings.HasSuffix(string(d.body), "[") { // a section has to have a step
		d.silence(100 * time.Millisecond)
	}
	d.body = append(d.body, `]}}`...)
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: d.body}, nil
}

// turns is how many documents the call has asked for so far, at least: the number in a
// turn's token, and how often it was held.
func turns(token string) int {
	path, query, _ := strings.Cut(token, "?")
	_, path, _ = strings.Cut(path, "/")
	number, _, _ := strings.Cut(path, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	for pair := range strings.SplitSeq(query, "&") {
		if _, value, ok := strings.Cut(pair, "="); ok {
			if held, err := strconv.Atoi(value); err == nil {
				n += max(0, held)
			}
		}
	}
	return n
}

func (d *document) verb(v engine.Verb, o telephony.Outbound) error {
	switch v := v.(type) {
	case engine.Say:
		d.say(v)
	case engine.Gather:
		d.gather(v)
		d.back(o, onGather)
	case engine.Dial:
		if v.Refer {
			if d.referHost == "" {
				return fmt.Errorf("%w: without refer_host no call is handed over", telephony.ErrUnsupported)
			}
			d.refer(v)
			d.back(o, onRefer)
			break
		}
		d.connect(v, o)
		d.back(o, onDial)
	case engine.RecordVoice:
		d.record(v, o)
		d.goTo(telephony.WithParam(telephony.WithParam(o.TurnURL, recordName, v.ID), onParam, onRecord))
		d.tail(o)
	case engine.CallRecording:
		d.recordCall(v.Do)
	case engine.Replay:
		d.play([]string{sound(v.URL)}, Voice{})
	case engine.Continue:
		d.goTo(o.TurnURL)
		d.tail(o)
	case engine.Pause:
		d.silence(v.Length)
	case engine.Hangup:
		d.step("hangup")
		d.end()
	case engine.Enqueue, engine.Music, engine.Leave:
		return fmt.Errorf("%w: callers wait in no queue here", telephony.ErrUnsupported)
	}
	return nil
}

// back asks for the next document, with the variables of the step before.
func (d *document) back(o telephony.Outbound, on string) {
	d.goTo(telephony.WithParam(o.TurnURL, onParam, on))
	d.tail(o)
}

// tail stands behind everything that leads back, and leads back once more.
func (d *document) tail(o telephony.Outbound) {
	if o.LostURL == "" {
		d.say(o.Apology)
		d.step("hangup")
		d.end()
		return
	}
	d.goTo(o.LostURL)
}

func (d *document) goTo(address string) {
	d.step(d.move)
	d.text("dest", plainAddress(address))
	d.end()
}

// step begins a step, and end ends it.
func (d *document) step(method string) {
	if d.body[len(d.body)-1] == '}' {
		d.body = append(d.body, ',')
	}
	d.body = append(d.body, `{"`+method+`":{`...)
}

func (d *document) end() { d.body = append(d.body, `}}`...) }

// name begins a parameter.
func (d *document) name(name string) {
	if d.body[len(d.body)-1] != '{' {
		d.body = append(d.body, ',')
	}
	d.body = append(d.body, `"`+name+`":`...)
}

func (d *document) text(name, value string) {
	d.name(name)
	d.body = telephony.AppendText(d.body, value)
}

func (d *document) list(name string, values []string) {
	d.name(name)
	d.body = append(d.body, '[')
	for i, v := range values {
		if i > 0 {
			d.body = append(d.body, ',')
		}
		d.body = telephony.AppendText(d.body, v)
	}
	d.body = append(d.body, ']')
}

func (d *document) number(name string, n int) {
	d.name(name)
	d.body = strconv.AppendInt(d.body, int64(n), 10)
}

// seconds writes a duration in seconds and tenths, within bounds.
func (d *document) seconds(name string, t time.Duration, most int) {
	d.name(name)
	d.body = append(d.body, tenths(t, most)...)
}

// tenths is a duration in seconds and tenths, rounded up.
func tenths(t time.Duration, most int) string {
	t = min(max(t, tenth), time.Duration(most)*time.Second)
	n := (t + tenth - 1) / tenth
	return strings.TrimSuffix(strconv.FormatFloat(float64(n)/10, 'f', 1, 64), ".0")
}

func (d *document) silence(length time.Duration) {
	if length > 0 {
		d.play([]string{"silence:" + tenths(length, maxClock)}, Voice{})
	}
}

func (d *document) play(sounds []string, v Voice) {
	d.step("play")
	d.list("urls", sounds)
	d.voice(v)
	d.end()
}

func (d *document) voice(v Voice) {
	if v.Voice != "" {
		d.text("say_voice", v.Voice)
	}
	if v.Language != "" {
		d.text("say_language", v.Language)
	}
}

// say speaks, or plays.
func (d *document) say(s engine.Say) {
	if all := sounds(s); len(all) > 0 {
		d.play(all, d.voiceOf(s))
	}
}

// voiceOf is the voice for what is said; a recording has none.
func (d *document) voiceOf(s engine.Say) Voice {
	if s.Audio != "" {
		return Voice{}
	}
	return d.voices.of(s)
}

// sounds are what is to be heard of a text or a recording.
func sounds(s engine.Say) (all []string) {
	if s.Audio != "" {
		return []string{sound(s.Audio)}
	}
	for rest := spoken(s.Text); rest != ""; {
		var piece string
		piece, rest = telephony.CutText(rest, leastSay, maxSay)
		all = append(all, "say:"+piece)
	}
	return all
}

// spoken is text that is said, and nothing else: a dollar sign or a percent sign with a
// brace behind it would begin an expression.
func spoken(text string) string {
	return parted(telephony.Untagged(text))
}

// parted is a text in which no expression begins.
func parted(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "${", "$ {"), "%{", "% {")
}

// sound is the address of a recording, in which nothing is an expression.
func sound(address string) string { return plainAddress(telephony.PlainText(address)) }

func plainAddress(address string) string {
	return strings.ReplaceAll(strings.ReplaceAll(address, "%{", "%25{"), "${", "%24{")
}

// gather asks for one entry. A prompt has one voice, and any key cuts it off: what
// another voice says, or nothing may cut off, is played before.
func (d *document) gather(g engine.Gather) {
	first := 0
	for i, s := range g.Prompts {
		if !g.BargeIn && !s.BargeIn || i > 0 && d.voiceOf(s) != d.voiceOf(g.Prompts[i-1]) {
			first = i
		}
		if !g.BargeIn && !s.BargeIn {
			first = i + 1
		}
	}
	for _, s := range g.Prompts[:first] {
		d.say(s)
	}
	var asked []string
	var voice Voice
	for _, s := range g.Prompts[first:] {
		asked, voice = append(asked, sounds(s)...), d.voiceOf(s)
	}
	if len(asked) == 0 {
		asked = []string{"silence:0.1"} // there has to be something
	}
	d.step("prompt")
	d.list("play", asked)
	d.voice(voice)
	d.number("max_digits", g.Max) // left out, it would be one
	if g.Terminator != "" {
		d.text("terminators", g.Terminator)
	}
	if g.Timeout == 0 {
		g.Timeout = defaultTimeout
	}
	d.seconds("initial_timeout", g.Timeout, maxClock)
	between := g.InterDigit
	if between == 0 {
		between = g.Timeout
	}
	d.seconds("digit_timeout", between, maxClock)
	if g.Speech != nil {
		d.listen(g)
	}
	d.end()
}

// listen has a prompt count what is said, beside keys.
func (d *document) listen(g engine.Gather) {
	d.text("speech_language", d.voices.heard(g.Speech.Lang))
	if len(g.Options) == 0 && g.InterDigit > 0 { // whoever reads a number out makes pauses
		d.seconds("speech_end_timeout", g.InterDigit, maxClock)
	}
	if told := hints().Of(g.Speech.Hints, spoken); len(told) > 0 {
		d.list("speech_hints", told)
	}
}

// hints are the most that a prompt takes.
func hints() telephony.Hints { return telephony.Hints{Most: 500} }

// connect transfers the call.
func (d *document) connect(v engine.Dial, o telephony.Outbound) {
	to, _ := telephony.ParseTarget(v.To) // checked
	d.step("connect")
	if to.SIP != "" {
		d.text("to", plainAddress(to.SIP))
	} else {
		d.text("to", to.Number)
	}
	// A caller without a number ("anonymous") is passed on as SignalWire does it.
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.text("from", from.Number)
	}
	if v.Timeout > 0 {
		d.number("timeout", telephony.WholeSeconds(v.Timeout, 1, maxClock))
	}
	if v.Limit > 0 {
		d.number("max_duration", telephony.WholeSeconds(v.Limit, 1, maxCall))
	}
	if v.Whispers {
		whisper := telephony.WithParam(o.TurnURL, onParam, onWhisper)
		if isID(o.Call.ID) {
			whisper = telephony.WithParam(whisper, callParam, o.Call.ID)
		}
		d.text("confirm", plainAddress(whisper))
	}
	if to.SIP != "" && len(v.Context) > 0 {
		d.name("headers")
		d.body = append(d.body, '[')
		for i, h := range v.Context {
			if i > 0 {
				d.body = append(d.body, ',')
			}
			d.body = append(d.body, '{')
			d.text("name", h.Name)
			d.text("value", parted(telephony.PlainText(h.Value)))
			d.body = append(d.body, '}')
		}
		d.body = append(d.body, ']')
	}
	d.end()
}

// record records the caller. All of what it could leave out it must say: # would end
// it, four seconds of silence at its beginning and five later. When the caller has hung
// up, no document is asked for: what has become of the recording is told by its status.
func (d *document) record(v engine.RecordVoice, o telephony.Outbound) {
	d.step("record")
	d.text("terminators", v.Terminator)
	d.name("beep")
	d.body = strconv.AppendBool(d.body, v.Beep)
	silence := v.Silence
	if silence == 0 {
		silence = v.Max
	}
	d.seconds("initial_timeout", silence, maxRecord)
	d.seconds("end_silence_timeout", silence, maxRecord)
	d.seconds("max_length", v.Max, maxRecord)
	if o.NoticeURL != "" {
		address := telephony.WithParam(o.NoticeURL, recordName, v.ID)
		if isID(o.Call.ID) {
			address = telephony.WithParam(address, callParam, o.Call.ID)
		}
		d.text("status_url", plainAddress(d.seals.Seal(address)))
	}
	d.end()
}
