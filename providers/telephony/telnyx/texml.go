package telnyx

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// TeXMLName is the word of TeXML in configuration and URLs.
const TeXMLName = "texml"

// TeXMLConfig is an account of Telnyx whose application is one of TeXML.
type TeXMLConfig struct {
	PublicKeys []engine.Secret // as in Config
	Tolerance  time.Duration
	Unsigned   bool
	Voices     map[string]Voice
	// RecordingHost is where recordings are, besides Telnyx' own store.
	RecordingHost string
	// ReferHost is the SIP host at which callers' own network takes telephone numbers.
	// Empty: no call can be handed over.
	ReferHost string
}

// TeXML is the codec of TeXML: forms arrive, and documents much like TwiML are the
// answers. It is safe for concurrent use.
type TeXML struct {
	signature *signature
	voices    voices
	host      string // of recordings
	referHost string
}

var _ telephony.Codec = (*TeXML)(nil)

// NewTeXML checks c.
func NewTeXML(c TeXMLConfig) (*TeXML, error) {
	signature, err := newSignature(c.PublicKeys, c.Tolerance, c.Unsigned)
	if err != nil {
		return nil, fmt.Errorf("texml: %w", err)
	}
	voices, err := newVoices(c.Voices, "alice")
	if err != nil {
		return nil, fmt.Errorf("texml: %w", err)
	}
	for _, h := range []struct{ name, host string }{{"recording_host", c.RecordingHost}, {"refer_host", c.ReferHost}} {
		if strings.Trim(h.host, hostLetters) != "" {
			return nil, fmt.Errorf("texml: %s is %q, expected a host, such as sip.example.com", h.name, h.host)
		}
	}
	return &TeXML{signature, voices, strings.ToLower(c.RecordingHost), c.ReferHost}, nil
}

// Name returns "texml".
func (*TeXML) Name() string { return TeXMLName }

// Capabilities says what Telnyx can do by documents.
func (c *TeXML) Capabilities() telephony.Capabilities {
	return telephony.Capabilities{
		MaxDigits: maxDigits,
		First:     telephony.Span{Most: maxClock, Step: time.Second},
		Pause:     telephony.Span{Least: leastPause * time.Second, Most: mostPause * time.Second, Step: time.Second},
		// One clock serves for the first key and for those after it.
		Timeouts:        telephony.Clocks{FirstDigit: true},
		BargeIn:         true,
		TypeAhead:       telephony.TypeAheadNone,
		Partial:         true,
		Hold:            telephony.HoldRedirect,
		Transfer:        true,
		Refer:           c.referHost != "",
		Whisper:         true,
		Record:          true,
		RecordSilence:   telephony.SilenceEmpty,
		RecordFailure:   true,
		HangupNotice:    true,
		EntryKeys:       telephony.EveryKey,
		HangupBy:        true,
		Audio:           true,
		Speech:          true,
		Hints:           hints(),
		OneClock:        telephony.OneClockTimeout,
		FinishKeys:      telephony.EveryKey,
		TransferReturns: true,
		TransferLimit:   true,
		Ring:            telephony.Span{Least: minRing * time.Second, Most: maxTeXMLRing * time.Second, Step: time.Second},
		Talk:            telephony.Span{Least: minTalk * time.Second, Most: maxTalk * time.Second, Step: time.Second},
		Tape:            telephony.Span{Most: maxRecord * time.Second, Step: time.Second},
		Silence:         telephony.Span{Step: time.Second},
		UnknownVoice:    telephony.VoiceLeftOut,
		Speaks:          languages(),
		AnswerWithin:    5 * time.Second,
	}
}

// Verify checks the signature.
func (c *TeXML) Verify(r telephony.Request, at time.Time) error { return c.signature.verify(r, at) }

// onSilence marks the tail of a question: the document only goes on there when nobody
// has pressed a key.
const onSilence = "silence"

// Encode writes a document. No verbs are the way that a lost call goes, because an
// empty document would hang up; without such an address it is empty.
func (c *TeXML) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("texml: %w", err)
	}
	d := document{voices: c.voices, o: o, referHost: c.referHost}
	d.XML = append(make([]byte, 0, 1024), `<?xml version="1.0" encoding="UTF-8"?><Response>`...)
	if len(o.Verbs) == 0 && o.LostURL != "" {
		d.pause(time.Second) // so that nothing goes round at full speed
		d.redirect(o.LostURL)
	}
	if d.whispers() {
		d.whisper()
		o.Verbs = nil
	}
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			d.say(v)
		case engine.Replay:
			d.Element("Play", v.URL)
		case engine.Pause:
			d.pause(v.Length)
		case engine.Gather:
			d.gather(v)
			d.tail(onSilence, "")
		case engine.Dial:
			if err := d.transfer(v); err != nil {
				return telephony.Reply{}, fmt.Errorf("texml: %w", err)
			}
		case engine.Continue:
			d.redirect(o.TurnURL)
			d.tail("", "")
		case engine.Hangup:
			d.Open("Hangup")
			d.Empty()
		case engine.RecordVoice:
			d.record(v)
			d.tail(onRecord, v.ID)
		case engine.CallRecording: // nobody records whole calls here
		default:
			return telephony.Reply{}, fmt.Errorf("texml: %w: there is no element for a %T", telephony.ErrUnsupported, v)
		}
	}
	d.Close("Response")
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/xml; charset=utf-8", Body: d.XML}, nil
}

// document is an answer being written.
type document struct {
	telephony.XML
	voices    voices
	o         telephony.Outbound
	referHost string
}

// tail follows every verb that waits; of a recording, by its id.
func (d *document) tail(on, recording string) {
	if d.o.LostURL == "" {
		d.say(d.o.Apology)
		d.Open("Hangup")
		d.Empty()
		return
	}
	address := d.o.LostURL
	if on != "" {
		address = telephony.WithParam(address, onParam, on)
	}
	if recording != "" {
		address = telephony.WithParam(address, recordingParam, recording)
	}
	d.redirect(address)
}

func (d *document) redirect(address string) {
	d.Open("Redirect")
	d.Attr("method", http.MethodPost)
	d.Inside()
	d.Text(address)
	d.Close("Redirect")
}

func (d *document) pause(length time.Duration) {
	if length > 0 {
		d.Open("Pause")
		d.Seconds("length", length, 1, maxRing)
		d.Empty()
	}
}

func (d *document) action(address, on string) {
	d.Attr("action", telephony.WithParam(address, onParam, on))
	d.Attr("method", http.MethodPost)
}

// say speaks, or plays.
func (d *document) say(s engine.Say) {
	if s.Audio != "" {
		d.Element("Play", s.Audio)
		return
	}
	voice := d.voices.of(s)
	for _, piece := range pieces(s.Text) {
		d.Open("Say")
		d.Attr("voice", voice.Voice)
		if voice.Language != "" {
			d.Attr("language", voice.Language)
		}
		d.Inside()
		d.Text(piece)
		d.Close("Say")
	}
}

// gather asks for one entry. Prompts that no key may cut off are spoken before.
func (d *document) gather(g engine.Gather) {
	first := 0
	for i, s := range g.Prompts {
		if !g.BargeIn && !s.BargeIn {
			first = i + 1
		}
	}
	for _, s := range g.Prompts[:first] {
		d.say(s)
	}
	timeout := g.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	d.Open("Gather")
	d.action(d.o.TurnURL, onGather)
	if g.Speech == nil {
		d.Attr("input", "dtmf")
	} else {
		d.listen(g)
	}
	d.Number("minDigits", 1) // the engine judges
	d.Number("maxDigits", min(g.Max, maxDigits))
	d.Attr("finishOnKey", g.Terminator) // left out, it would be #
	d.Seconds("timeout", timeout, 1, int(maxClock/time.Second))
	if first == len(g.Prompts) {
		d.Empty()
		return
	}
	d.Inside()
	for _, s := range g.Prompts[first:] {
		d.say(s)
	}
	d.Close("Gather")
}
