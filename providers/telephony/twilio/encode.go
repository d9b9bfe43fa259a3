package twilio

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What Twilio takes, in its own units.
const (
	maxDocument = 64 << 10 // bytes (error 11750)
	maxHeaders  = 1024     // characters of header fields in a SIP address
	maxCall     = 24 * 60 * 60
	maxRing     = 600
	minRing     = 5
	maxRecord   = 4 * 60 * 60
	maxSpeech   = 60

	defaultTimeout = 5 * time.Second
)

// retry is the fragment that makes Twilio repeat a webhook: twice, when it cannot
// connect or meets a 5xx. It is neither sent nor signed. A repeat is harmless,
// because the turn in the URL makes it one, and the alternative is the end of the
// call. Answers that come too late (rt) are not repeated: by then the caller has
// waited for the whole of Twilio's patience.
const retry = "#rc=2&rp=ct,5xx"

// Encode writes a document. No verbs are the way that a lost call goes,
// because an empty document would hang up; without such an address it is empty, as
// it may be where nothing is said beside the course of a call.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("twilio: %w", err)
	}
	d := document{voices: c.voices, XML: make([]byte, 0, 1024)}
	d.XML = append(d.XML, `<?xml version="1.0" encoding="UTF-8"?><Response>`...)
	if len(o.Verbs) == 0 && o.LostURL != "" {
		d.pause(time.Second) // so that nothing goes round at full speed
		d.redirect(o.LostURL)
	}
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			d.say(v)
		case engine.Gather:
			d.gather(v, o)
			d.tail(o, "", "")
		case engine.Dial:
			if err := d.connect(v, o, c.referHost); err != nil {
				return telephony.Reply{}, fmt.Errorf("twilio: %w", err)
			}
		case engine.Enqueue:
			d.enqueue(v, o)
			d.tail(o, "", "")
		case engine.Music:
			d.Element("Play", v.Audio)
		case engine.Leave:
			d.Open("Leave")
			d.Empty()
		case engine.RecordVoice:
			d.record(v, o)
			d.tail(o, onRecord, v.ID) // nothing was to be heard
		case engine.Replay:
			d.Element("Play", v.URL)
		case engine.Continue:
			d.redirect(o.TurnURL)
			d.tail(o, "", "")
		case engine.Pause:
			d.pause(v.Length)
		case engine.Hangup:
			d.Open("Hangup")
			d.Empty()
		}
	}
	d.Close("Response")
	if err := telephony.CheckDocument(d.XML, maxDocument); err != nil {
		return telephony.Reply{}, fmt.Errorf("twilio: %w", err)
	}
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/xml; charset=utf-8", Body: d.XML}, nil
}

// tail follows every verb that waits: a redirect, whose address tells what it was
// that had no webhook of its own. Nothing behind a redirect is ever run.
func (d *document) tail(o telephony.Outbound, on, recording string) {
	if o.LostURL == "" {
		d.say(o.Apology)
		d.Open("Hangup")
		d.Empty()
		return
	}
	address := o.LostURL
	if on != "" {
		address = telephony.WithParam(address, onParam, on)
	}
	if recording != "" {
		address = telephony.WithParam(address, recordName, recording)
	}
	d.redirect(address)
}

func (d *document) redirect(address string) {
	d.Open("Redirect")
	d.Attr("method", http.MethodPost)
	d.Inside()
	d.Text(hook(address))
	d.Close("Redirect")
}

func (d *document) pause(length time.Duration) {
	if length > 0 {
		d.Open("Pause")
		d.Seconds("length", length, 1, maxRing)
		d.Empty()
	}
}

// action writes where a verb's webhook goes.
func (d *document) action(address, on string) {
	d.Attr("action", hook(telephony.WithParam(address, onParam, on)))
	d.Attr("method", http.MethodPost)
}

// hook is the address of a webhook, with the retry fragment where there is room for
// it.
func hook(address string) string {
	if strings.Contains(address, "#") {
		return address
	}
	return address + retry
}

// say speaks, or plays.
func (d *document) say(s engine.Say) {
	if s.Audio != "" {
		d.Element("Play", s.Audio)
		return
	}
	voice := d.voices.of(s)
	if s.SSML != "" && voice.speaksSSML() {
		if inner, ok := ssml(s.SSML); ok {
			d.openSay(voice)
			d.XML = append(d.XML, inner...)
			d.Close("Say")
			return
		}
	}
	for rest := telephony.Untagged(s.Text); rest != ""; {
		var piece string
		piece, rest = telephony.CutText(rest, leastSay, maxSay)
		d.openSay(voice)
		d.Text(piece)
		d.Close("Say")
	}
}

func (d *document) openSay(v Voice) {
	d.Open("Say")
	if v.Voice != "" {
		d.Attr("voice", v.Voice)
	}
	if v.Language != "" {
		d.Attr("language", v.Language)
	}
	d.Inside()
}

// gather asks for one entry. Prompts that no key may cut off are spoken before: in
// a gather, any key would.
func (d *document) gather(g engine.Gather, o telephony.Outbound) {
	prompts := g.Prompts
	first := 0
	for i, s := range prompts {
		if !g.BargeIn && !s.BargeIn {
			first = i + 1
		}
	}
	for _, s := range prompts[:first] {
		d.say(s)
	}
	d.Open("Gather")
	d.action(o.TurnURL, onGather)
	if g.Speech == nil {
		d.Attr("input", "dtmf")
	} else {
		d.Attr("input", "dtmf speech")
		d.listen(g)
	}
	d.Number("numDigits", g.Max)
	d.Attr("finishOnKey", g.Terminator) // left out, it would be #
	timeout := g.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	d.Seconds("timeout", timeout, 1, maxRing)
	d.Attr("actionOnEmptyResult", "true")
	if first == len(prompts) {
		d.Empty()
		return
	}
	d.Inside()
	for _, s := range prompts[first:] {
		d.say(s)
	}
	d.Close("Gather")
}

// hints are the most that a gather takes, and the longest (warning 13330).
func hints() telephony.Hints { return telephony.Hints{Most: 500, Length: 100} }

// listen has a gather count what is said. Words that choose something are over at
// the first pause; whoever reads a number out makes pauses, so that there the clock
// between keys counts.
func (d *document) listen(g engine.Gather) {
	if lang := d.voices.hears(g.Speech.Lang); lang != "" {
		d.Attr("language", lang)
	}
	if told := hints().Of(g.Speech.Hints, hint); len(told) > 0 {
		d.Attr("hints", strings.Join(told, ","))
	}
	if len(g.Options) > 0 || g.InterDigit <= 0 {
		d.Attr("speechTimeout", "auto")
	} else {
		d.Seconds("speechTimeout", g.InterDigit, 1, maxSpeech)
	}
}

// hint is one of a list that commas part, and in which $ begins a word for a whole
// class of words.
func hint(text string) string { return telephony.Words(text, ",$") }

// connect transfers the call.
func (d *document) connect(v engine.Dial, o telephony.Outbound, referHost string) error {
	to, _ := telephony.ParseTarget(v.To) // checked
	if v.Refer {
		if referHost == "" {
			return fmt.Errorf("%w: without refer_host no call is handed over", telephony.ErrUnsupported)
		}
		d.Open("Refer")
		d.action(o.TurnURL, onRefer)
		d.Inside()
		d.Element("Sip", withHeaders(to.Address(referHost), v.Context))
		d.Close("Refer")
		d.tail(o, onRefer, "") // the call has not come by SIP
		return nil
	}
	d.Open("Dial")
	d.action(o.TurnURL, onDial)
	// A caller without a number ("anonymous") is passed on as Twilio does it.
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.Attr("callerId", from.Number)
	}
	if v.Timeout > 0 {
		d.Seconds("timeout", v.Timeout, minRing, maxRing)
	}
	if v.Limit > 0 {
		d.Seconds("timeLimit", v.Limit, 1, maxCall)
	}
	d.Inside()
	noun, address := "Number", to.Number
	if to.SIP != "" {
		noun, address = "Sip", withHeaders(to.SIP, v.Context)
	}
	d.Open(noun)
	if v.Whispers {
		d.Attr("url", hook(telephony.WithParam(o.TurnURL, onParam, onWhisper)))
		d.Attr("method", http.MethodPost)
	}
	d.Inside()
	d.Text(address)
	d.Close(noun)
	d.Close("Dial")
	d.tail(o, "", "")
	return nil
}

// enqueue has the caller wait. Twilio asks the wait URL again whenever its document
// has come to an end.
func (d *document) enqueue(v engine.Enqueue, o telephony.Outbound) {
	d.Open("Enqueue")
	d.action(o.TurnURL, onQueue)
	d.Attr("waitUrl", hook(telephony.WithParam(o.TurnURL, onParam, onWait)))
	d.Attr("waitUrlMethod", http.MethodPost)
	d.Inside()
	d.Text(v.Queue)
	d.Close("Enqueue")
}

// withHeaders puts header fields into a SIP address, as many as Twilio takes: whoever is
// connected without some of them is better off than whoever is not.
func withHeaders(address string, fields []engine.Header) string {
	full := address
	for _, h := range fields {
		if with := telephony.WithHeaders(full, []engine.Header{h}); len(with)-len(address)-1 <= maxHeaders {
			full = with
		}
	}
	return full
}

// record records the caller. All of what it could leave out it must say: any key
// would end it, and five seconds of silence.
func (d *document) record(v engine.RecordVoice, o telephony.Outbound) {
	d.Open("Record")
	d.action(telephony.WithParam(o.TurnURL, recordName, v.ID), onRecord)
	d.Attr("finishOnKey", v.Terminator)
	d.Seconds("maxLength", v.Max, 1, maxRecord)
	silence := v.Silence
	if silence == 0 {
		silence = v.Max
	}
	d.Seconds("timeout", silence, 1, maxRecord)
	beep := "false"
	if v.Beep {
		beep = "true"
	}
	d.Attr("playBeep", beep)
	d.Attr("trim", "trim-silence")
	if o.NoticeURL != "" {
		d.Attr("recordingStatusCallback", hook(telephony.WithParam(o.NoticeURL, recordName, v.ID)))
		d.Attr("recordingStatusCallbackMethod", http.MethodPost)
		d.Attr("recordingStatusCallbackEvent", "completed absent")
	}
	d.Empty()
}
