package tropo

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What the end of a document is about, in the query of the address that is told of
// it: which of its handlers fired is all that is sure.
const (
	onParam     = "on"
	onAsk       = "ask"      // an entry
	onSilence   = "silence"  // no entry
	onDial      = "dial"     // a transfer that was connected
	onNoDial    = "nodial"   // one that was not
	onRecord    = "record"   // a recording
	onNoRecord  = "norecord" // none, because nothing was said
	onContinue  = "continue"
	recordParam = "recording"

	// From and to whom, on the way back to where the call began: results do not say.
	fromParam, toParam = "from", "to"
)

// The names of actions that a document waits for: results have them.
const (
	askName      = "entry"
	transferName = "transfer"
	recordName   = "recording"
)

// The events of handlers.
const (
	continued  = "continue"
	incomplete = "incomplete"
	failed     = "error"
	hungUp     = "hangup"
)

const (
	defaultTimeout = 5 * time.Second
	lostPause      = time.Second
	maxWait        = time.Hour
	maxSIPHeader   = 256
)

// Encode writes a document. No verbs are the way that a lost call goes, because an
// empty document would hang up.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("tropo: %w", err)
	}
	d := document{codec: c, out: o, body: make([]byte, 0, 1024)}
	d.body = append(d.body, `{"tropo":[`...)
	if len(o.Verbs) == 0 && o.LostURL != "" {
		d.wait(lostPause) // so that nothing goes round at full speed
		d.on(continued, o.LostURL)
	}
	keyed := interruptible(o.Verbs)
	for i, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			if i < keyed { // else the question says it
				d.say(v)
			}
		case engine.Gather:
			d.ask(v, o.Verbs[min(keyed, i):i])
		case engine.Dial:
			if err := d.transfer(v); err != nil {
				return telephony.Reply{}, fmt.Errorf("tropo: %w", err)
			}
		case engine.RecordVoice:
			if c.recorder == "" {
				return telephony.Reply{}, fmt.Errorf("tropo: %w: no recorder is configured, so that there is nowhere to upload a recording to", telephony.ErrUnsupported)
			}
			d.record(v)
		case engine.Enqueue, engine.Music, engine.Leave:
			return telephony.Reply{}, fmt.Errorf("tropo: %w: it has no queues", telephony.ErrUnsupported)
		case engine.Replay:
			d.say(engine.Say{Audio: v.URL})
		case engine.Continue:
			d.on(continued, telephony.WithParam(o.TurnURL, onParam, onContinue))
			d.lost()
		case engine.Pause:
			d.wait(v.Length)
		case engine.Hangup:
			d.open("hangup")
			d.body = append(d.body, "null}"...)
		}
	}
	if !d.ended {
		d.on(hungUp, o.NoticeURL)
	}
	d.body = append(d.body, "]}"...)
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: d.body}, nil
}

// interruptible is the first of the verbs from which on everything leads into a
// question that keys may begin early, so that the question says it.
func interruptible(verbs []engine.Verb) int {
	last := len(verbs) - 1
	if last < 0 {
		return 0
	}
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
	codec *Codec
	out   telephony.Outbound
	body  []byte
	ended bool // it says where a hang-up is told of
}

func (d *document) say(s engine.Say) {
	if speech(s) == "" {
		return
	}
	d.open("say")
	d.spoken(s)
	d.body = append(d.body, '}')
}

// spoken writes what is said as an object.
func (d *document) spoken(s engine.Say) {
	d.body = append(d.body, `{"value":`...)
	d.body = telephony.AppendText(d.body, speech(s))
	if voice := d.codec.voices.of(s); voice != "" && s.Audio == "" {
		d.text("voice", voice)
	}
	d.body = append(d.body, '}')
}

// ask asks for one entry, once.
func (d *document) ask(g engine.Gather, before []engine.Verb) {
	if g.Secret {
		// Else what is pressed stands in the log of the application.
		d.open("generalLogSecurity")
		d.body = append(d.body, `"suppress"}`...)
	}
	timeout := g.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	d.open("ask")
	d.body = append(d.body, `{"name":"`+askName+`","attempts":1,"required":true`...)
	d.flag("bargein", g.BargeIn)
	d.seconds("timeout", timeout)
	if g.InterDigit > 0 {
		d.seconds("interdigitTimeout", g.InterDigit)
	}
	if g.Secret {
		d.text("asrLogSecurity", "suppress")
	}
	d.body = append(d.body, `,"choices":{"value":`...)
	d.body = telephony.AppendText(d.body, grammar(g))
	d.text("mode", "dtmf")
	if g.Terminator != "" {
		d.text("terminator", g.Terminator)
	}
	d.body = append(d.body, `},"say":[`...)
	first := len(d.body)
	for _, s := range before {
		d.prompt(s.(engine.Say), first)
	}
	for _, s := range g.Prompts {
		d.prompt(s, first)
	}
	if len(d.body) == first {
		d.body = append(telephony.AppendText(append(d.body, `{"value":`...), silent), '}')
	}
	d.body = append(d.body, "]}}"...)
	d.on(continued, telephony.WithParam(d.out.TurnURL, onParam, onAsk))
	d.on(incomplete, telephony.WithParam(d.out.TurnURL, onParam, onSilence))
	d.lost()
}

// prompt adds to a list of what is said that began at first.
func (d *document) prompt(s engine.Say, first int) {
	if speech(s) == "" {
		return
	}
	if len(d.body) > first {
		d.body = append(d.body, ',')
	}
	d.spoken(s)
}

// grammar is what may be entered. There is no least number of digits: a short entry is
// for the engine to judge, and silence is something else. A star is no digit, so that
// a menu that has one is the list of its options.
func grammar(g engine.Gather) string {
	for _, o := range g.Options {
		if strings.Trim(o, "0123456789") != "" {
			return strings.Join(g.Options, ", ")
		}
	}
	if g.Max == 1 {
		return "[1 DIGITS]"
	}
	return "[1-" + strconv.Itoa(g.Max) + " DIGITS]"
}

func (d *document) transfer(v engine.Dial) error {
	if v.Refer {
		return fmt.Errorf("%w: it connects callers itself and cannot hand them over", telephony.ErrUnsupported)
	}
	if v.Whispers {
		return fmt.Errorf("%w: it asks for no words for whoever takes a transfer", telephony.ErrUnsupported)
	}
	to, _ := telephony.ParseTarget(v.To) // checked
	address := to.SIP
	if address == "" {
		if !telephony.NumbersInternational.Takes(to.Number) {
			return fmt.Errorf("%w: it dials international numbers of 7 to 15 digits and sip: addresses, nothing else", telephony.ErrUnsupported)
		}
		address = "tel:+" + strings.TrimPrefix(to.Number, "+")
	}
	d.open("transfer")
	d.body = append(d.body, `{"name":"`+transferName+`","to":`...)
	d.body = telephony.AppendText(d.body, address)
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.text("from", from.Number)
	}
	if v.Timeout > 0 {
		d.seconds("timeout", v.Timeout)
	}
	if to.SIP != "" && len(v.Context) > 0 {
		d.body = append(d.body, `,"headers":`...)
		for i, h := range v.Context {
			d.body = append(d.body, "{,"[min(i, 1)])
			d.body = append(telephony.AppendText(d.body, h.Name), ':')
			d.body = telephony.AppendText(d.body, telephony.Truncate(telephony.PlainText(h.Value), maxSIPHeader))
		}
		d.body = append(d.body, '}')
	}
	d.body = append(d.body, "}}"...)
	d.on(continued, telephony.WithParam(d.out.TurnURL, onParam, onDial))
	d.on(incomplete, telephony.WithParam(d.out.TurnURL, onParam, onNoDial))
	d.lost()
	return nil
}

// record records the caller. Most end their recording by hanging up, so that this
// document's hang-up is the end of the recording.
func (d *document) record(v engine.RecordVoice) {
	d.open("record")
	d.body = append(d.body, `{"name":"`+recordName+`","attempts":1`...)
	d.text("url", strings.Replace(d.codec.recorder, recordingMark, v.ID, 1))
	d.text("format", "audio/wav")
	d.flag("beep", v.Beep)
	d.flag("bargein", false)
	d.seconds("maxTime", v.Max)
	if v.Silence > 0 {
		d.seconds("maxSilence", v.Silence)
	}
	if v.Terminator != "" {
		d.body = append(d.body, `,"choices":{"terminator":`...)
		d.body = append(telephony.AppendText(d.body, v.Terminator), '}')
	}
	d.body = append(d.body, "}}"...)
	over := telephony.WithParam(telephony.WithParam(d.out.TurnURL, onParam, onRecord), recordParam, v.ID)
	d.on(continued, over)
	d.on(incomplete, telephony.WithParam(d.out.TurnURL, onParam, onNoRecord))
	d.lost()
	d.on(hungUp, over)
}

func (d *document) wait(t time.Duration) {
	d.open("wait")
	d.body = append(d.body, `{"milliseconds":`...)
	d.body = strconv.AppendInt(d.body, min(t, maxWait).Milliseconds(), 10)
	d.body = append(d.body, "}}"...)
}

// lost says where Tropo goes when it could not do what was asked: back to us, else
// the caller hears an apology and the call ends.
func (d *document) lost() {
	if d.out.LostURL != "" {
		d.on(failed, d.out.LostURL)
		return
	}
	if speech(d.out.Apology) == "" {
		return
	}
	d.open("on")
	d.body = append(d.body, `{"event":"error","say":`...)
	d.spoken(d.out.Apology)
	d.body = append(d.body, "}}"...)
}

// on says what happens after an event.
func (d *document) on(event, address string) {
	if address == "" {
		return
	}
	if c := d.out.Call; c.From != "" || c.To != "" { // back to where the call began
		address = telephony.WithParam(address, fromParam, url.QueryEscape(c.From))
		address = telephony.WithParam(address, toParam, url.QueryEscape(c.To))
	}
	d.ended = d.ended || event == hungUp
	d.open("on")
	d.body = append(append(append(d.body, `{"event":"`...), event...), '"')
	d.text("next", d.codec.seals.Seal(address))
	d.body = append(d.body, "}}"...)
}

// open begins an action: {"NAME":
func (d *document) open(name string) {
	if d.body[len(d.body)-1] != '[' {
		d.body = append(d.body, ',')
	}
	d.body = append(append(append(d.body, `{"`...), name...), `":`...)
}

func (d *document) name(name string) {
	d.body = append(append(append(d.body, `,"`...), name...), `":`...)
}

func (d *document) text(name, value string) {
	d.name(name)
	d.body = telephony.AppendText(d.body, value)
}

func (d *document) flag(name string, value bool) {
	d.name(name)
	d.body = strconv.AppendBool(d.body, value)
}

// seconds writes a time in seconds, to the millisecond.
func (d *document) seconds(name string, t time.Duration) {
	d.name(name)
	d.body = strconv.AppendFloat(d.body, max(t, time.Millisecond).Round(time.Millisecond).Seconds(), 'f', -1, 64)
}
