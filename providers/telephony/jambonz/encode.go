package jambonz

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// The clocks of a gather, in what jambonz can count: a timeout of 0 would wait for
// ever, and a gap of 0 would never end an entry.
const (
	minClock       = 100 * time.Millisecond
	maxClock       = 10 * time.Minute
	defaultTimeout = 5 * time.Second
	defaultGap     = 3 * time.Second
)

// retry is the fragment that makes jambonz repeat a hook: twice, after 0.5 s and
// then 1 s, when it cannot connect or meets a 5xx. It is taken from absolute URLs
// only. A repeat is harmless, because the turn in the URL makes it one, and the
// alternative is the tail, where the caller's keys are forgotten. Answers that come
// too late (rt) are not repeated: by then the caller has waited ten seconds.
const retry = "#rc=2&rp=ct,5xx"

// dialParam marks the hook of a dial, because one whose caller left at once comes
// back without any word on the dial.
const (
	dialParam = "on"
	dialValue = "dial"
	// A hand-over, and what asks for the words to whoever takes a transfer.
	referValue   = "refer"
	whisperValue = "whisper"
	// The end of a recording, and which one.
	recordValue = "record"
	recordParam = "recording"
	// The end of a queue, and what asks for what callers hear in it.
	queueValue = "queue"
	waitValue  = "wait"
)

// Encode writes a document. No verbs are the empty document, with which jambonz
// goes on as it is; to a first hook it would refuse the call, as it would, with
// SIP 603, if the first document were nothing but a hangup.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("jambonz: %w", err)
	}
	d := document{voices: c.voices, body: make([]byte, 0, 1024)}
	d.body = append(d.body, '[')
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			d.say(v)
		case engine.Gather:
			d.gather(v, o)
			d.tail(o)
		case engine.Dial:
			if v.Refer {
				d.refer(v, o)
			} else {
				d.dial(v, o)
			}
			d.tail(o)
		case engine.RecordVoice:
			if c.recorder.Stream == "" {
				return telephony.Reply{}, fmt.Errorf("jambonz: %w: it records nothing without a recorder", telephony.ErrUnsupported)
			}
			d.record(v, o, c.recorder.Stream)
			d.tail(o)
		case engine.CallRecording:
			if c.recorder.Calls != "" {
				d.recordCall(v, c.recorder.Calls)
			}
		case engine.Enqueue:
			d.enqueue(v, o)
			d.tail(o)
		case engine.Music:
			d.verb("play")
			d.text("url", v.Audio)
			d.text("loop", "forever")
			d.seconds("timeoutSecs", v.Length)
			d.end()
		case engine.Leave:
			d.verb("leave")
			d.end()
		case engine.Replay:
			d.verb("play")
			d.text("url", v.URL)
			d.end()
		case engine.Continue:
			d.redirect(o.TurnURL)
			d.tail(o)
		case engine.Pause:
			d.verb("pause")
			d.seconds("length", min(v.Length, maxClock))
			d.end()
		case engine.Hangup:
			d.verb("hangup")
			d.end()
		}
	}
	d.body = append(d.body, ']')
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: d.body}, nil
}

// document is an answer being written.
type document struct {
	voices voices
	body   []byte
}

// tail follows every verb that waits. jambonz comes here when the hook failed, or
// our answer to it was refused.
func (d *document) tail(o telephony.Outbound) {
	if o.LostURL != "" {
		d.redirect(o.LostURL)
	}
	d.say(o.Apology)
	d.verb("hangup")
	d.end()
}

func (d *document) say(s engine.Say) {
	if s.Audio != "" {
		d.verb("play")
		d.text("url", s.Audio)
		d.end()
		return
	}
	text := d.voices.speech(s)
	if text == "" {
		return
	}
	d.verb("say")
	d.name("text")
	d.body = telephony.AppendText(d.body, text)
	if voice, ok := d.voices.of(s); ok {
		d.body = voice.append(d.body)
	}
	d.end()
}

func (d *document) gather(g engine.Gather, o telephony.Outbound) {
	prompts := d.lead(g.Prompts)
	d.verb("gather")
	d.hook(o.TurnURL)
	d.body = append(d.body, `,"input":["digits"`...)
	if g.Speech != nil {
		d.body = append(d.body, `,"speech"`...)
	}
	d.body = append(d.body, `],"minDigits":1,"maxDigits":`...)
	d.body = strconv.AppendInt(d.body, int64(g.Max), 10)
	if g.Terminator != "" {
		d.text("finishOnKey", g.Terminator)
	}
	d.seconds("timeout", clock(g.Timeout, defaultTimeout))
	d.seconds("interDigitTimeout", clock(g.InterDigit, defaultGap))
	d.name("dtmfBargein")
	d.body = strconv.AppendBool(d.body, g.BargeIn)
	if g.Speech != nil {
		d.recognizer(g.Speech, g.BargeIn)
	}
	switch {
	case len(prompts) == 0:
	case prompts[len(prompts)-1].Audio != "":
		d.body = append(d.body, `,"play":{"url":`...)
		d.list(prompts, func(s engine.Say) string { return s.Audio })
		d.body = append(d.body, '}')
	default:
		d.body = append(d.body, `,"say":{"text":`...)
		d.list(prompts, d.voices.speech)
		if voice, ok := d.voices.of(prompts[0]); ok {
			d.body = voice.append(d.body)
		}
		d.body = append(d.body, '}')
	}
	d.end()
}

// recognizer writes how the gather listens: by the application's recogniser, in the
// language of the call as the voice for it has it. A recogniser wants to know the
// region, which a flow may leave open.
func (d *document) recognizer(l *engine.Listen, bargeIn bool) {
	d.name("bargein")
	d.body = strconv.AppendBool(d.body, bargeIn)
	d.body = append(d.body, `,"recognizer":{"vendor":"default","language":`...)
	lang := l.Lang
	if voice, ok := d.voices.of(engine.Say{Lang: lang}); ok && strings.EqualFold(telephony.BaseLanguage(voice.Language), telephony.BaseLanguage(lang)) {
		lang = voice.Language
	}
	d.body = telephony.AppendText(d.body, lang)
	for i, hint := range l.Hints {
		if i == 0 {
			d.body = append(d.body, `,"hints":[`...)
		} else {
			d.body = append(d.body, ',')
		}
		d.body = telephony.AppendText(d.body, telephony.PlainText(hint))
	}
	if len(l.Hints) > 0 {
		d.body = append(d.body, ']')
	}
	d.body = append(d.body, '}')
}

// lead says the prompts that cannot be part of the gather, because it speaks with
// one voice or plays recordings, and returns the others: the last ones, which lead
// into the entry.
func (d *document) lead(prompts []engine.Say) []engine.Say {
	silent := func(s engine.Say) bool { return s.Audio == "" && d.voices.speech(s) == "" }
	for len(prompts) > 0 && silent(prompts[len(prompts)-1]) {
		prompts = prompts[:len(prompts)-1]
	}
	if len(prompts) < 2 {
		return prompts
	}
	last := prompts[len(prompts)-1]
	voice, spoken := d.voices.of(last)
	alike := func(s engine.Say) bool {
		if last.Audio != "" || s.Audio != "" {
			return last.Audio != "" && (s.Audio != "" || silent(s))
		}
		v, ok := d.voices.of(s)
		return v == voice && ok == spoken
	}
	first := len(prompts) - 1
	for first > 0 && alike(prompts[first-1]) {
		first--
	}
	for _, s := range prompts[:first] {
		d.say(s)
	}
	return prompts[first:]
}

// list writes what is said or played: one, or a list of them.
func (d *document) list(prompts []engine.Say, what func(engine.Say) string) {
	if len(prompts) == 1 {
		d.body = telephony.AppendText(d.body, what(prompts[0]))
		return
	}
	d.body = append(d.body, '[')
	n := 0
	for _, s := range prompts {
		text := what(s)
		if text == "" {
			continue
		}
		if n++; n > 1 {
			d.body = append(d.body, ',')
		}
		d.body = telephony.AppendText(d.body, text)
	}
	d.body = append(d.body, ']')
}

func (d *document) dial(v engine.Dial, o telephony.Outbound) {
	d.verb("dial")
	d.hook(telephony.WithParam(o.TurnURL, dialParam, dialValue))
	// A caller without a number ("anonymous") is passed on as jambonz does it.
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.text("callerId", from.Number)
	}
	if v.Timeout > 0 {
		d.seconds("timeout", clock(v.Timeout, v.Timeout))
	}
	to, _ := telephony.ParseTarget(v.To) // checked
	d.name("target")
	if to.SIP != "" {
		d.body = append(d.body, `[{"type":"sip","sipUri":`...)
		d.body = telephony.AppendText(d.body, to.SIP)
	} else {
		d.body = append(d.body, `[{"type":"phone","number":`...)
		d.body = telephony.AppendText(d.body, to.Number)
	}
	d.body = append(d.body, "}]"...)
	if v.Limit > 0 {
		d.seconds("timeLimit", v.Limit)
	}
	if v.Whispers {
		d.address("confirmHook", telephony.WithParam(o.TurnURL, dialParam, whisperValue))
	}
	d.headers(v.Context)
	d.end()
}

// recordCall has the session border controller send the whole call to a SIPREC
// server. A call that is not answered yet has nothing to send.
func (d *document) recordCall(v engine.CallRecording, server string) {
	if v.Do == engine.RecordingStart {
		d.verb("answer")
		d.end()
	}
	d.verb("config")
	d.body = append(append(append(d.body, `,"record":{"action":"`...), v.Do...), `CallRecording"`...)
	if v.Do == engine.RecordingStart {
		d.text("siprecServerURL", server)
	}
	d.body = append(d.body, '}')
	d.end()
}

// ahead is the priority of callers who have left a queue to hear an offer: they are
// taken before those who have not waited as long. Others have 999.
const ahead = 998

func (d *document) enqueue(v engine.Enqueue, o telephony.Outbound) {
	d.verb("enqueue")
	d.text("name", v.Queue)
	d.hook(telephony.WithParam(o.TurnURL, dialParam, queueValue))
	d.address("waitHook", telephony.WithParam(o.TurnURL, dialParam, waitValue))
	if v.Again {
		d.name("priority")
		d.body = strconv.AppendInt(d.body, ahead, 10)
	}
	d.end()
}

// record streams the caller to the recorder. How long a pause ends a recording is
// for the recorder to see to: it closes the stream.
func (d *document) record(v engine.RecordVoice, o telephony.Outbound, stream string) {
	address := telephony.WithParam(o.TurnURL, dialParam, recordValue)
	d.verb("listen")
	d.hook(telephony.WithParam(address, recordParam, v.ID))
	d.text("url", stream)
	if v.Terminator != "" {
		d.text("finishOnKey", v.Terminator)
	}
	d.seconds("maxLength", v.Max)
	d.name("playBeep")
	d.body = strconv.AppendBool(d.body, v.Beep)
	d.body = append(d.body, `,"metadata":{"recording":`...)
	d.body = telephony.AppendText(d.body, v.ID)
	if v.Silence > 0 {
		d.seconds("silence", v.Silence)
	}
	d.body = append(d.body, '}')
	d.end()
}

// refer hands the call over. A network that takes it hangs up on us; otherwise the
// hook tells.
func (d *document) refer(v engine.Dial, o telephony.Outbound) {
	to, _ := telephony.ParseTarget(v.To) // checked
	d.verb("sip:refer")
	d.hook(telephony.WithParam(o.TurnURL, dialParam, referValue))
	d.text("referTo", to.SIP+to.Number)
	d.headers(v.Context)
	d.end()
}

// headers writes header fields of SIP.
func (d *document) headers(fields []engine.Header) {
	if len(fields) == 0 {
		return
	}
	d.name("headers")
	for i, h := range fields {
		d.body = append(d.body, "{,"[min(i, 1)])
		d.body = telephony.AppendText(d.body, h.Name)
		d.body = append(d.body, ':')
		d.body = telephony.AppendText(d.body, telephony.PlainText(h.Value))
	}
	d.body = append(d.body, '}')
}

func (d *document) redirect(address string) {
	d.verb("redirect")
	d.hook(address)
	d.end()
}

// hook writes the address of a hook, with the retry fragment where jambonz reads
// it.
func (d *document) hook(address string) { d.address("actionHook", address) }

// address writes the address of a hook under a name of its own.
func (d *document) address(name, address string) {
	d.text(name, address)
	if strings.Contains(address, "#") ||
		!strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return
	}
	d.body = append(append(d.body[:len(d.body)-1], retry...), '"') // inside the quotes
}

// verb begins a verb and end ends it.
func (d *document) verb(name string) {
	if len(d.body) > 1 {
		d.body = append(d.body, ',')
	}
	d.body = append(append(append(d.body, `{"verb":"`...), name...), '"')
}

func (d *document) end() { d.body = append(d.body, '}') }

// name begins a property.
func (d *document) name(name string) {
	d.body = append(append(append(d.body, `,"`...), name...), `":`...)
}

func (d *document) text(name, value string) {
	d.name(name)
	d.body = telephony.AppendText(d.body, value)
}

// seconds writes a duration in seconds, to the millisecond.
func (d *document) seconds(name string, t time.Duration) {
	d.name(name)
	ms := t.Round(time.Millisecond).Milliseconds()
	d.body = strconv.AppendFloat(d.body, float64(ms)/1000, 'f', -1, 64)
}

// clock is a clock that jambonz can keep.
func clock(t, otherwise time.Duration) time.Duration {
	if t <= 0 {
		t = otherwise
	}
	return max(minClock, min(t, maxClock))
}
