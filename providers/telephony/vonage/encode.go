package vonage

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What Vonage can count.
const (
	maxDigits      = 20
	minClock       = time.Second
	maxClock       = 10 * time.Second
	defaultTimeout = 5 * time.Second

	minWait    = 100 * time.Millisecond
	maxWait    = 2 * time.Hour
	maxRinging = 2 * time.Minute
	maxTalk    = 2 * time.Hour

	minRecording, maxRecording = 3 * time.Second, 2 * time.Hour
	minSilence, maxSilence     = 3 * time.Second, 10 * time.Second
)

// What the hook of a document is about, in the query of its URL: Vonage repeats
// nothing of what it was asked.
const (
	onParam      = "on"
	onDial       = "dial"    // an event of the leg that a connect makes
	onDialled    = "dialled" // the connect is over
	onWhisper    = "whisper" // what whoever takes it hears first
	onRecord     = "record"  // a recording is over
	recordParam  = "recording"
	callParam    = "call" // the call, for webhooks about another leg
	maxSIPHeader = 256
)

// Encode writes a document. No verbs are no document, with which Vonage goes on as it
// is.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("vonage: %w", err)
	}
	reply := telephony.Reply{Status: http.StatusOK, ContentType: "application/json"}
	if len(o.Verbs) == 0 {
		return reply, nil
	}
	d := document{voices: c.voices, body: make([]byte, 0, 1024)}
	d.body = append(d.body, '[')
	keyed := interruptible(o.Verbs)
	for i, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			d.say(v, i >= keyed)
		case engine.Gather:
			for _, s := range v.Prompts {
				d.say(s, v.BargeIn)
			}
			d.input(v, o.TurnURL)
			d.tail(o)
		case engine.Dial:
			if err := d.connect(v, o); err != nil {
				return telephony.Reply{}, err
			}
			d.notify(telephony.WithParam(o.TurnURL, onParam, onDialled), onDialled, o.Call)
			d.tail(o)
		case engine.Enqueue, engine.Music, engine.Leave:
			return telephony.Reply{}, fmt.Errorf("vonage: %w: it has no queues", telephony.ErrUnsupported)
		case engine.RecordVoice:
			d.record(v, o)
			over := telephony.WithParam(o.TurnURL, onParam, onRecord)
			d.notify(telephony.WithParam(over, recordParam, v.ID), onRecord, o.Call)
			d.tail(o)
		case engine.Replay:
			d.stream(v.URL, false)
		case engine.Continue:
			d.notify(o.TurnURL, "continue", o.Call)
			d.tail(o)
		case engine.Pause:
			d.wait(v.Length)
		case engine.Hangup: // the end of the document is the end of the call
		}
	}
	if len(d.body) == 1 {
		d.wait(minWait)
	}
	d.body = append(d.body, ']')
	reply.Body = d.body
	return reply, nil
}

// interruptible is the first of the verbs from which on everything leads into a
// gather that keys may begin early. Vonage refuses a talk that keys may cut off and no
// input follows, and once one may be cut off, so may all behind it.
func interruptible(verbs []engine.Verb) int {
	last := len(verbs) - 1
	if g, ok := verbs[last].(engine.Gather); !ok || !g.BargeIn {
		return len(verbs)
	}
	for last > 0 {
		if s, ok := verbs[last-1].(engine.Say); !ok || !s.BargeIn {
			break
		}
		last--
	}
	return last
}

// document is an answer being written.
type document struct {
	voices voices
	body   []byte
}

// tail follows every action that waits. Vonage comes here when the hook failed, or
// our answer to it was refused.
func (d *document) tail(o telephony.Outbound) {
	if o.LostURL != "" {
		d.notify(o.LostURL, telephony.LostParam, o.Call)
	}
	d.say(o.Apology, false)
}

func (d *document) say(s engine.Say, bargeIn bool) {
	if s.Audio != "" {
		d.stream(s.Audio, bargeIn)
		return
	}
	for _, text := range pieces(s) {
		d.action("talk")
		d.text("text", text)
		d.voice(d.voices.of(s))
		if bargeIn {
			d.flag("bargeIn", true)
		}
		d.end()
	}
}

func (d *document) voice(v Voice) {
	if v.Language != "" {
		d.text("language", v.Language)
	}
	if v.Style != 0 {
		d.number("style", int64(v.Style))
	}
	if v.Premium {
		d.flag("premium", true)
	}
}

func (d *document) stream(address string, bargeIn bool) {
	d.action("stream")
	d.list("streamUrl", address)
	if bargeIn {
		d.flag("bargeIn", true)
	}
	d.end()
}

// input asks for one entry. There is no least length, and no clock over the whole of
// it.
func (d *document) input(g engine.Gather, address string) {
	clock := max(g.Timeout, g.InterDigit)
	if clock <= 0 {
		clock = defaultTimeout
	}
	patience := seconds(clock, minClock, maxClock)
	d.action("input")
	if g.Speech != nil {
		d.body = append(d.body, `,"type":["dtmf","speech"]`...)
		d.listen(g.Speech, patience)
	} else {
		d.body = append(d.body, `,"type":["dtmf"]`...)
	}
	d.body = append(d.body, `,"dtmf":{"timeOut":`...)
	d.body = strconv.AppendInt(d.body, patience, 10)
	d.number("maxDigits", int64(min(g.Max, maxDigits)))
	// Another terminator does not end the entry: it comes with the keys, after the
	// clock has run out.
	d.flag("submitOnHash", g.Terminator == "#")
	d.body = append(d.body, '}')
	d.hook(address)
	d.end()
}

// hints are the most that an input is given, and the longest: no page has a bound.
func hints() telephony.Hints { return telephony.Hints{Most: 100, Length: 100} }

func hint(text string) string { return telephony.Words(text, "") }

// listen has an input count what is said.
func (d *document) listen(l *engine.Listen, patience int64) {
	d.body = append(d.body, `,"speech":{"startTimeout":`...)
	d.body = strconv.AppendInt(d.body, patience, 10)
	if lang := d.voices.hears(l.Lang); lang != "" {
		d.text("language", lang)
	}
	if told := hints().Of(l.Hints, hint); len(told) > 0 {
		d.name("context")
		for i, h := range told {
			d.body = append(d.body, "[,"[min(i, 1)])
			d.body = telephony.AppendText(d.body, h)
		}
		d.body = append(d.body, ']')
	}
	d.body = append(d.body, '}')
}

func (d *document) connect(v engine.Dial, o telephony.Outbound) error {
	if v.Refer {
		return fmt.Errorf("vonage: %w: it connects callers itself and cannot hand them over", telephony.ErrUnsupported)
	}
	to, _ := telephony.ParseTarget(v.To) // checked
	number := strings.TrimPrefix(to.Number, "+")
	if to.SIP == "" && !telephony.IsInternational(number) {
		return fmt.Errorf("vonage: %w: it dials international numbers of 7 to 15 digits and sip: addresses, nothing else", telephony.ErrUnsupported)
	}
	d.action("connect")
	d.text("eventType", "synchronous")
	if v.Timeout > 0 {
		d.number("timeout", seconds(v.Timeout, time.Second, maxRinging))
	}
	if v.Limit > 0 {
		d.number("limit", seconds(v.Limit, time.Second, maxTalk))
	}
	// It must be a number of the account, or the other side sees none.
	if from, ok := telephony.ParseTarget(v.From); ok {
		if digits := strings.TrimPrefix(from.Number, "+"); telephony.IsInternational(digits) {
			d.text("from", digits)
		}
	}
	if to.SIP != "" {
		d.body = append(d.body, `,"endpoint":[{"type":"sip","uri":`...)
		d.body = telephony.AppendText(d.body, to.SIP)
		d.headers(v.Context)
	} else {
		d.body = append(d.body, `,"endpoint":[{"type":"phone","number":`...)
		d.body = telephony.AppendText(d.body, number)
		if v.Whispers {
			d.body = append(d.body, `,"onAnswer":{"url":`...)
			d.body = telephony.AppendText(d.body, aside(o, onWhisper))
			d.body = append(d.body, '}')
		}
	}
	d.body = append(d.body, "}]"...)
	d.hook(aside(o, onDial))
	d.end()
	return nil
}

// aside is the turn's URL for a webhook about another leg than the caller's.
func aside(o telephony.Outbound, about string) string {
	address := telephony.WithParam(o.TurnURL, onParam, about)
	if isID(o.Call.ID) {
		address = telephony.WithParam(address, callParam, o.Call.ID)
	}
	return address
}

// headers writes header fields of SIP. Vonage puts the X- in front of each.
func (d *document) headers(fields []engine.Header) {
	if len(fields) == 0 {
		return
	}
	d.name("headers")
	for i, h := range fields {
		d.body = append(d.body, "{,"[min(i, 1)])
		d.body = telephony.AppendText(d.body, strings.TrimPrefix(h.Name, "X-"))
		d.body = append(d.body, ':')
		d.body = telephony.AppendText(d.body, telephony.Truncate(telephony.PlainText(h.Value), maxSIPHeader))
	}
	d.body = append(d.body, '}')
}

// record records until something ends it: without a timeOut Vonage would go on at
// once. Where the recording is comes as a notice.
func (d *document) record(v engine.RecordVoice, o telephony.Outbound) {
	d.action("record")
	d.text("format", "wav")
	d.number("timeOut", seconds(v.Max, minRecording, maxRecording))
	if v.Silence > 0 {
		d.number("endOnSilence", seconds(v.Silence, minSilence, maxSilence))
	}
	if k := v.Terminator; k != "" && (k < "A" || k > "D") {
		d.text("endOnKey", k)
	}
	d.flag("beepStart", v.Beep)
	if o.NoticeURL != "" {
		d.hook(telephony.WithParam(o.NoticeURL, recordParam, v.ID))
	}
	d.end()
}

// notify brings the call to an address of ours, whose answer replaces the document.
// Vonage does not say again who calls whom, so that the way back to where the call
// began says it.
func (d *document) notify(address, why string, call engine.Call) {
	d.action("notify")
	d.body = append(d.body, `,"payload":{"on":`...)
	d.body = telephony.AppendText(d.body, why)
	if call.From != "" {
		d.text("from", call.From)
	}
	if call.To != "" {
		d.text("to", call.To)
	}
	d.body = append(d.body, '}')
	d.hook(address)
	d.end()
}

func (d *document) wait(t time.Duration) {
	t = max(minWait, min(t, maxWait)).Round(time.Millisecond)
	d.action("wait")
	d.name("timeout")
	d.body = strconv.AppendFloat(d.body, t.Seconds(), 'f', -1, 64)
	d.end()
}

// hook writes where a webhook goes.
func (d *document) hook(address string) {
	d.list("eventUrl", address)
	d.text("eventMethod", http.MethodPost)
}

// action begins an action and end ends it.
func (d *document) action(name string) {
	if len(d.body) > 1 {
		d.body = append(d.body, ',')
	}
	d.body = append(append(append(d.body, `{"action":"`...), name...), '"')
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

// list writes a list of one: Vonage refuses an address that stands alone.
func (d *document) list(name, value string) {
	d.name(name)
	d.body = append(d.body, '[')
	d.body = telephony.AppendText(d.body, value)
	d.body = append(d.body, ']')
}

func (d *document) number(name string, n int64) {
	d.name(name)
	d.body = strconv.AppendInt(d.body, n, 10)
}

func (d *document) flag(name string, value bool) {
	d.name(name)
	d.body = strconv.AppendBool(d.body, value)
}

// seconds is a time in whole seconds, rounded up, within what Vonage takes.
func seconds(t, least, most time.Duration) int64 {
	t = max(least, min(t, most))
	return int64((t + time.Second - 1) / time.Second)
}
