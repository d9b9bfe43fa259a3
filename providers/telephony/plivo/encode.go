package plivo

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What Plivo takes, in its own units.
const (
	maxDocument = 100_000 // bytes
	maxKeys     = 99      // of a GetDigits
	maxInput    = 32      // keys of a GetInput
	maxWait     = 600
	maxRing     = 600
	maxCall     = 24 * 60 * 60
	minRecord   = 2
	maxRecord   = 4 * 60 * 60

	// The clocks of a GetInput.
	minExecution, maxExecution = 5, 60
	minEnd, maxEnd             = 2, 10

	defaultTimeout = 5 * time.Second
	// sentence is how long somebody may speak who begins at the last moment.
	sentence = 5 * time.Second
)

// retry is the fragment that makes Plivo repeat a webhook: twice, when it cannot
// connect or meets a 5xx. It is neither sent nor signed. A repeat is harmless,
// because the turn in the URL makes it one, and the alternative is the end of the
// call. Answers that come too late (rt) are not repeated: by then the caller has
// waited for the whole of Plivo's patience.
const retry = "#rc=2&rp=ct,5xx"

// document is an answer being written.
type document struct {
	telephony.XML
	voices voices
}

// Encode writes a document. No verbs are the way that a lost call goes,
// because an empty document would hang up; without such an address it is empty, as
// it may be where nothing is said beside the course of a call.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("plivo: %w", err)
	}
	d := document{voices: c.voices, XML: make([]byte, 0, 1024)}
	d.XML = append(d.XML, `<?xml version="1.0" encoding="UTF-8"?><Response>`...)
	if len(o.Verbs) == 0 && o.LostURL != "" {
		d.pause(time.Second) // so that nothing goes round at full speed
		d.redirect(o.LostURL)
	}
	for _, v := range o.Verbs {
		if err := d.verb(v, o); err != nil {
			return telephony.Reply{}, fmt.Errorf("plivo: %w", err)
		}
	}
	d.Close("Response")
	if err := telephony.CheckDocument(d.XML, maxDocument); err != nil {
		return telephony.Reply{}, fmt.Errorf("plivo: %w", err)
	}
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/xml; charset=utf-8", Body: d.XML}, nil
}

func (d *document) verb(v engine.Verb, o telephony.Outbound) error {
	switch v := v.(type) {
	case engine.Say:
		d.say(v)
	case engine.Gather:
		d.gather(v, o)
		d.redirect(telephony.WithParam(o.TurnURL, onParam, onSilence))
		d.tail(o)
	case engine.Dial:
		if err := d.connect(v, o); err != nil {
			return err
		}
		d.tail(o)
	case engine.RecordVoice:
		d.record(v, o)
		if o.LostURL == "" {
			d.tail(o)
			break
		}
		// Nothing was to be heard.
		d.redirect(telephony.WithParam(telephony.WithParam(o.LostURL, onParam, onRecord), recordName, v.ID))
	case engine.Replay:
		d.Element("Play", v.URL)
	case engine.Continue:
		d.redirect(o.TurnURL)
		d.tail(o)
	case engine.Pause:
		d.pause(v.Length)
	case engine.Hangup:
		d.Open("Hangup")
		d.Empty()
	case engine.Enqueue, engine.Music, engine.Leave:
		return fmt.Errorf("%w: Plivo's documents have no queues", telephony.ErrUnsupported)
	}
	return nil
}

// tail stands behind everything that waits and leads back.
func (d *document) tail(o telephony.Outbound) {
	if o.LostURL == "" {
		d.say(o.Apology)
		d.Open("Hangup")
		d.Empty()
		return
	}
	d.redirect(o.LostURL)
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
		d.Open("Wait")
		d.Seconds("length", length, 1, maxWait)
		d.Empty()
	}
}

// action writes where an element's webhook goes.
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
	if s.SSML != "" && voice.isPolly() {
		if inner, ok := ssml(s.SSML); ok {
			d.speak(voice)
			d.XML = append(d.XML, inner...)
			d.Close("Speak")
			return
		}
	}
	for rest := telephony.Untagged(s.Text); rest != ""; {
		var piece string
		piece, rest = telephony.CutText(rest, leastSpeak, maxSpeak)
		d.speak(voice)
		d.Text(piece)
		d.Close("Speak")
	}
}

func (d *document) speak(v Voice) {
	d.Open("Speak")
	if v.Voice != "" {
		d.Attr("voice", v.Voice)
	}
	if v.Language != "" {
		d.Attr("language", v.Language)
	}
	d.Inside()
}

// gather asks for one entry. Prompts that no key may cut off are spoken before: in
// the question, any key would.
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
	if g.Timeout == 0 {
		g.Timeout = defaultTimeout
	}
	name := "GetDigits"
	if g.Speech != nil && g.Max <= maxInput {
		name = "GetInput"
	}
	d.Open(name)
	d.action(o.TurnURL, onGather)
	if name == "GetInput" {
		d.listen(g)
	} else {
		d.Seconds("timeout", g.Timeout, 1, maxWait)
		if g.Max > 1 {
			d.Seconds("digitTimeout", between(g), 1, maxWait)
		}
		d.Number("retries", 1)
	}
	d.Number("numDigits", min(g.Max, maxKeys))
	finish := g.Terminator
	if finish == "" {
		finish = "none" // left out, it would be #
	}
	d.Attr("finishOnKey", finish)
	if g.Secret {
		d.Attr("log", "false")
	}
	if first == len(prompts) {
		d.Empty()
		return
	}
	d.Inside()
	for _, s := range prompts[first:] {
		d.say(s)
	}
	d.Close(name)
}

// between is the clock between two keys.
func between(g engine.Gather) time.Duration {
	if g.InterDigit > 0 {
		return g.InterDigit
	}
	return g.Timeout
}

// listen has a question count what is said. Its clock runs over all of the entry:
// whoever begins at the last moment is given the time to end.
func (d *document) listen(g engine.Gather) {
	d.Attr("inputType", "dtmf speech")
	entry := max(time.Duration(g.Max-1)*min(between(g), maxEnd*time.Second), sentence)
	d.Seconds("executionTimeout", min(g.Timeout, maxExecution*time.Second)+entry, minExecution, maxExecution)
	if g.Max > 1 {
		d.Seconds("digitEndTimeout", between(g), minEnd, maxEnd)
	}
	// Words that choose something are over at the first pause; whoever reads a number
	// out makes pauses.
	if len(g.Options) > 0 || g.InterDigit <= 0 {
		d.Attr("speechEndTimeout", "auto")
	} else {
		d.Seconds("speechEndTimeout", g.InterDigit, minEnd, maxEnd)
	}
	if lang := d.voices.heard(g.Speech.Lang); lang != "" {
		d.Attr("language", lang)
	}
	if told := hints().Of(g.Speech.Hints, hint); len(told) > 0 {
		d.Attr("hints", strings.Join(told, ","))
	}
}

// connect transfers the call.
func (d *document) connect(v engine.Dial, o telephony.Outbound) error {
	if v.Refer {
		return fmt.Errorf("%w: Plivo hands no call over", telephony.ErrUnsupported)
	}
	to, _ := telephony.ParseTarget(v.To) // checked
	d.Open("Dial")
	d.action(o.TurnURL, onDial)
	// A caller without a number ("anonymous") is passed on as Plivo does it.
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		d.Attr("callerId", from.Number)
	}
	if v.Timeout > 0 {
		d.Seconds("timeout", v.Timeout, 1, maxRing)
	}
	if v.Limit > 0 {
		d.Seconds("timeLimit", v.Limit, 1, maxCall)
	}
	if v.Whispers {
		d.Attr("confirmSound", hook(telephony.WithParam(o.TurnURL, onParam, onWhisper)))
	}
	d.Inside()
	if to.SIP == "" {
		d.Element("Number", to.Number)
	} else {
		fields, err := sipHeaders(v.Context)
		if err != nil {
			return err
		}
		d.Open("User")
		if fields != "" {
			d.Attr("sipHeaders", fields)
		}
		d.Inside()
		d.Text(to.SIP)
		d.Close("User")
	}
	d.Close("Dial")
	return nil
}

// sipHeaders are header fields as Plivo takes them, and hands them on with X-PH- in
// front: names and values of letters and digits alone, and of values what else is in
// them by its percent code.
func sipHeaders(list []engine.Header) (string, error) {
	var b strings.Builder
	for i, h := range list {
		name := strings.ReplaceAll(strings.TrimPrefix(h.Name, "X-"), "-", "")
		if isKept(strings.ToLower(name)) {
			return "", fmt.Errorf("%w: Plivo keeps the header field %s for itself and would drop it", telephony.ErrUnsupported, h.Name)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
		b.WriteByte('=')
		for _, c := range []byte(telephony.PlainText(h.Value)) {
			if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
	}
	return b.String(), nil
}

// keptNames are the beginnings of header fields that Plivo drops, in small letters.
func keptNames() []string { return []string{"plivo", "sipauth", "twilio", "clientregion"} }

func isKept(name string) bool {
	return slices.ContainsFunc(keptNames(), func(kept string) bool { return strings.HasPrefix(name, kept) })
}

// record records the caller. All of what it could leave out it must say: # would end
// it, and fifteen seconds of silence.
func (d *document) record(v engine.RecordVoice, o telephony.Outbound) {
	d.Open("Record")
	d.action(telephony.WithParam(o.TurnURL, recordName, v.ID), onRecord)
	finish := v.Terminator
	if finish == "" {
		finish = "none"
	}
	d.Attr("finishOnKey", finish)
	d.Seconds("maxLength", v.Max, minRecord, maxRecord)
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
	if o.NoticeURL != "" {
		d.Attr("callbackUrl", hook(telephony.WithParam(o.NoticeURL, recordName, v.ID)))
		d.Attr("callbackMethod", http.MethodPost)
	}
	d.Empty()
}
