package generic

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Encode writes a reply.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("generic: %w", err)
	}
	w := writer{body: make([]byte, 0, 1024)}
	w.body = append(w.body, `{"verbs":[`...)
	for i, v := range o.Verbs {
		if i > 0 {
			w.body = append(w.body, ',')
		}
		w.verb(v, o)
	}
	w.body = append(w.body, ']')
	w.address("turn", o.TurnURL)
	w.address("lost", o.LostURL)
	w.address("notice", o.NoticeURL)
	if o.Apology.Text != "" {
		w.name("apology")
		w.body = append(w.body, '{')
		w.prompt(o.Apology)
		w.body = append(w.body, '}')
	}
	if o.Problem != "" {
		w.text("problem", o.Problem)
	}
	w.body = append(w.body, '}')
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: w.body}, nil
}

// writer is a reply being written.
type writer struct{ body []byte }

func (w *writer) verb(v engine.Verb, o telephony.Outbound) {
	w.body = append(w.body, `{"verb":`...)
	switch v := v.(type) {
	case engine.Say:
		w.body = append(w.body, `"say",`...)
		w.prompt(v)
	case engine.Gather:
		w.body = append(w.body, `"gather"`...)
		w.gather(v)
		w.back(o)
	case engine.Dial:
		to, _ := telephony.ParseTarget(v.To) // checked
		w.body = append(w.body, `"dial"`...)
		w.text("to", to.Number+to.SIP)
		if v.From != "" {
			w.text("from", telephony.PlainText(v.From))
		}
		w.clock("timeout_ms", v.Timeout)
		w.clock("limit_ms", v.Limit)
		if v.Refer {
			w.flag("refer", true)
		}
		if v.Whispers {
			w.flag("whisper", true)
		}
		w.headers(v.Context)
		w.back(o)
	case engine.CallRecording:
		w.body = append(w.body, `"record_call"`...)
		w.text("do", string(v.Do))
	case engine.Enqueue:
		w.body = append(w.body, `"enqueue"`...)
		w.text("queue", v.Queue)
		w.flag("again", v.Again)
		w.back(o)
	case engine.Music:
		w.body = append(w.body, `"music"`...)
		w.text("url", v.Audio)
		w.clock("length_ms", v.Length)
	case engine.Leave:
		w.body = append(w.body, `"leave"`...)
	case engine.RecordVoice:
		w.body = append(w.body, `"record"`...)
		w.text("recording", v.ID)
		w.clock("max_ms", v.Max)
		w.clock("silence_ms", v.Silence)
		if v.Terminator != "" {
			w.text("terminator", v.Terminator)
		}
		w.flag("beep", v.Beep)
		w.back(o)
	case engine.Replay:
		w.body = append(w.body, `"play"`...)
		w.text("url", v.URL)
	case engine.Continue:
		w.body = append(w.body, `"continue"`...)
		w.back(o)
	case engine.Pause:
		w.body = append(w.body, `"pause"`...)
		w.number("length_ms", v.Length.Milliseconds())
	case engine.Hangup:
		w.body = append(w.body, `"hangup"`...)
	}
	w.body = append(w.body, '}')
}

// headers writes what the other side of a transfer is told.
func (w *writer) headers(fields []engine.Header) {
	if len(fields) == 0 {
		return
	}
	w.name("headers")
	for i, h := range fields {
		w.body = append(w.body, "{,"[min(i, 1)])
		w.body = telephony.AppendText(w.body, h.Name)
		w.body = append(w.body, ':')
		w.body = telephony.AppendText(w.body, telephony.PlainText(h.Value))
	}
	w.body = append(w.body, '}')
}

func (w *writer) gather(g engine.Gather) {
	w.name("prompts")
	w.body = append(w.body, '[')
	for i, s := range g.Prompts {
		if i > 0 {
			w.body = append(w.body, ',')
		}
		w.body = append(w.body, '{')
		w.prompt(s)
		w.body = append(w.body, '}')
	}
	w.body = append(w.body, ']')
	w.number("min_digits", int64(g.Min))
	w.number("max_digits", int64(g.Max))
	if g.Terminator != "" {
		w.text("terminator", g.Terminator)
	}
	if len(g.Options) > 0 {
		w.name("options")
		w.body = append(w.body, '[')
		for i, option := range g.Options {
			if i > 0 {
				w.body = append(w.body, ',')
			}
			w.body = telephony.AppendText(w.body, option)
		}
		w.body = append(w.body, ']')
	}
	w.clock("timeout_ms", g.Timeout)
	w.clock("inter_digit_timeout_ms", g.InterDigit)
	w.clock("max_duration_ms", g.MaxDuration)
	if g.Speech != nil {
		w.speech(g.Speech)
	}
	w.flag("secret", g.Secret)
	w.flag("flush", g.Flush)
	w.flag("barge_in", g.BargeIn)
}

func (w *writer) speech(l *engine.Listen) {
	w.name("speech")
	w.body = append(w.body, `{"language":`...)
	w.body = telephony.AppendText(w.body, l.Lang)
	if len(l.Hints) > 0 {
		w.name("hints")
		for i, hint := range l.Hints {
			w.body = append(w.body, "[,"[min(i, 1)])
			w.body = telephony.AppendText(w.body, telephony.PlainText(hint))
		}
		w.body = append(w.body, ']')
	}
	w.body = append(w.body, '}')
}

// prompt writes the members of what is said, without braces.
func (w *writer) prompt(s engine.Say) {
	w.body = append(w.body, `"text":`...)
	w.body = telephony.AppendText(w.body, telephony.PlainText(s.Text))
	if s.Audio != "" {
		w.text("audio", s.Audio)
	}
	if s.SSML != "" {
		w.text("ssml", telephony.PlainText(s.SSML))
	}
	if s.Lang != "" {
		w.text("language", s.Lang)
	}
	if s.Voice != "" {
		w.text("voice", s.Voice)
	}
	w.flag("barge_in", s.BargeIn)
}

// back writes the ways back from a verb that waits.
func (w *writer) back(o telephony.Outbound) {
	w.address("next", o.TurnURL)
	w.address("lost", o.LostURL)
}

func (w *writer) name(name string) {
	w.body = append(append(append(w.body, `,"`...), name...), `":`...)
}

func (w *writer) text(name, value string) {
	w.name(name)
	w.body = telephony.AppendText(w.body, value)
}

func (w *writer) address(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *writer) number(name string, n int64) {
	w.name(name)
	w.body = strconv.AppendInt(w.body, n, 10)
}

func (w *writer) flag(name string, value bool) {
	w.name(name)
	w.body = strconv.AppendBool(w.body, value)
}

// clock writes a clock in milliseconds, rounded up so that a short one does not
// become none. Without one, the member is left out.
func (w *writer) clock(name string, t time.Duration) {
	if t > 0 {
		ms := t / time.Millisecond
		if t%time.Millisecond > 0 {
			ms++
		}
		w.number(name, int64(ms))
	}
}
