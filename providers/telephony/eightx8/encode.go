package eightx8

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// What 8x8 can count.
const (
	maxDigits      = 25
	minClock       = time.Second
	maxClock       = 30 * time.Second
	maxOverall     = 5 * time.Minute
	defaultTimeout = 5 * time.Second
)

// What an answer was about, in the token's query, where it is not an entry.
const (
	onParam    = "on"
	onContinue = "continue"
)

// A hold is a question that nobody is asked: its time is up at once.
const (
	holdGap   = 500 * time.Millisecond
	holdWhole = time.Second
)

// Encode writes a call flow. No verbs are the way that a lost call goes, because an
// empty call flow would end it; beside the course of a call they are empty.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("eightx8: %w", err)
	}
	f := flow{voices: c.voices, body: make([]byte, 0, 512)}
	f.body = append(f.body, '{')
	var said []engine.Say
	f.list(o)
	if len(o.Verbs) == 0 && o.TurnURL != "" {
		f.hold(nil)
	}
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			said = append(said, v)
		case engine.Gather:
			f.capture(v, append(said, v.Prompts...))
			said = nil
		case engine.Hangup:
			f.say(said)
			said = nil
			f.act("hangup")
			f.body = append(f.body, '}')
		case engine.Dial:
			return unsupported("it does not tell what comes of a transfer")
		case engine.RecordVoice:
			return unsupported("it records nothing of what a caller says")
		case engine.Enqueue, engine.Music, engine.Leave:
			return unsupported("it has no queues")
		case engine.Continue:
			f.hold(said)
			said = nil
		case engine.Pause, engine.CallRecording, engine.Replay: // there is none
		}
	}
	f.say(said)
	f.body = append(f.body, "]}"...)
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: f.body}, nil
}

func unsupported(why string) (telephony.Reply, error) {
	return telephony.Reply{}, fmt.Errorf("eightx8: %w: %s", telephony.ErrUnsupported, why)
}

// flow is an answer being written.
type flow struct {
	voices voices
	body   []byte
}

// list begins the list of actions, behind the token where a question is asked.
func (f *flow) list(o telephony.Outbound) {
	token := ""
	if len(o.Verbs) == 0 && o.TurnURL != "" {
		token = telephony.WithParam(o.Token, telephony.LostParam, telephony.LostValue)
	}
	for _, v := range o.Verbs {
		switch v.(type) {
		case engine.Gather:
			token = o.Token
		case engine.Continue:
			token = telephony.WithParam(o.Token, onParam, onContinue)
		}
	}
	if token != "" {
		f.body = append(f.body, `"clientActionId":`...)
		f.body = append(telephony.AppendText(f.body, token), ',')
	}
	f.body = append(f.body, `"callflow":[`...)
}

// say says texts, of which neighbours in one voice are one action.
func (f *flow) say(said []engine.Say) {
	for len(said) > 0 {
		voice, n := f.voices.of(said[0]), 1
		for n < len(said) && f.voices.of(said[n]) == voice {
			n++
		}
		if text := words(said[:n]); text != "" {
			f.act("say")
			f.body = append(f.body, `,"params":{"text":`...)
			f.body = telephony.AppendText(f.body, text)
			f.text("voiceProfile", voice)
			f.body = append(f.body, "}}"...)
		}
		said = said[n:]
	}
}

// hold brings the call back to us, when it has said what there is to say.
func (f *flow) hold(said []engine.Say) { f.ask(said, 1, holdGap, holdWhole, false) }

// capture asks for one entry, once.
func (f *flow) capture(g engine.Gather, said []engine.Say) {
	clock := max(g.Timeout, g.InterDigit)
	if clock <= 0 {
		clock = defaultTimeout
	}
	clock = max(minClock, min(clock, maxClock))
	digits := min(g.Max, maxDigits)
	// The gap counts between two keys: whoever presses none waits for the whole.
	overall := clock + telephony.Typing(digits, clock)
	if g.MaxDuration > 0 {
		overall = g.MaxDuration
	}
	f.ask(said, digits, clock, overall, g.Terminator == "#")
}

// ask asks. No page says whether the whole begins with the words or behind them: there is
// room for both.
func (f *flow) ask(said []engine.Say, digits int, gap, overall time.Duration, hash bool) {
	voice := f.voices.of(engine.Say{})
	for i := len(said) - 1; i >= 0; i-- {
		if plain(said[i]) != "" {
			voice = f.voices.of(said[i])
			break
		}
	}
	text := words(said)
	overall = max(gap+holdGap, min(telephony.Speaking(text)+overall, maxOverall))
	if text == "" {
		text = " " // it must say something
	}
	f.act("sayAndCapture")
	f.body = append(f.body, `,"params":{"promptMessage":`...)
	f.body = telephony.AppendText(f.body, text)
	f.text("voiceProfile", voice)
	f.number("minDigits", 1)
	f.number("maxDigits", int64(digits))
	f.number("digitTimeout", gap.Milliseconds())
	f.number("overallTimeout", overall.Milliseconds())
	f.name("completeOnHash")
	f.body = strconv.AppendBool(f.body, hash)
	f.number("noOfTries", 1)
	f.body = append(f.body, "}}"...)
}

// words are texts in a row.
func words(said []engine.Say) string {
	var all []string
	for _, s := range said {
		if text := plain(s); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, " ")
}

// plain is text that 8x8 says, and does nothing else with. Tags could be markup, and
// have no sound.
func plain(s engine.Say) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c == '<' || c == '>' {
			return ' '
		}
		return c
	}, telephony.PlainText(s.Text)))
}

// act begins an action.
func (f *flow) act(name string) {
	if f.body[len(f.body)-1] != '[' {
		f.body = append(f.body, ',')
	}
	f.body = append(append(append(f.body, `{"action":"`...), name...), '"')
}

func (f *flow) name(name string) {
	f.body = append(append(append(f.body, `,"`...), name...), `":`...)
}

func (f *flow) text(name, value string) {
	f.name(name)
	f.body = telephony.AppendText(f.body, value)
}

func (f *flow) number(name string, n int64) {
	f.name(name)
	f.body = strconv.AppendInt(f.body, n, 10)
}
