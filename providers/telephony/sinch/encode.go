package sinch

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/providers/telephony"
)

// The cookies of a call. turnCookie holds the token, with what was asked in its query;
// the others say who calls whom on the way back to where the call began, because only
// its first event does.
const (
	turnCookie = "turn"
	fromCookie = "from"
	toCookie   = "to"
	// orderCookie holds the token of the order that the call was made for, from the
	// request for the call on; custom has it too.
	orderCookie = "order"
)

// What an answer was about, in the token's query.
const (
	onParam    = "on"
	onAsk      = "ask"
	onDial     = "dial"
	onContinue = "continue"
)

const (
	defaultTimeout = 5 * time.Second
	atOnce         = 100 * time.Millisecond // the time of a menu that asks nothing
	lostPause      = time.Second
	maxSilence     = 10 * time.Second // that one break lasts
	maxBreaks      = 30
	maxTalk        = 4 * time.Hour
	maxSIPHeader   = 256
)

// Encode writes an answer. No verbs leave the call as it is: to an event in which it is
// only told what happens that is the action continue, and elsewhere the way that a lost
// call goes.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("sinch: %w", err)
	}
	a := answer{voices: c.voices, body: make([]byte, 0, 1024)}
	a.body = append(a.body, `{"instructions":[`...)
	if err := a.write(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("sinch: %w", err)
	}
	a.body = append(a.body, '}')
	return telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: a.body}, nil
}

func (a *answer) write(o telephony.Outbound) error {
	if len(o.Verbs) == 0 {
		if o.TurnURL == "" {
			a.act("continue")
			a.end()
			return nil
		}
		a.cookies(o, telephony.LostParam, telephony.LostValue)
		a.silence(lostPause)
		return nil
	}
	keyed := len(o.Verbs) - 1
	for i, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			a.say(v)
		case engine.Replay:
			a.play(v.URL, "")
		case engine.Pause:
			a.pause(v.Length)
		case engine.Gather:
			a.cookies(o, onParam, onAsk)
			a.ask(v)
		case engine.Continue:
			a.cookies(o, onParam, onContinue)
			a.silence(atOnce)
		case engine.Dial:
			a.cookies(o, onParam, onDial)
			if err := a.connect(v); err != nil {
				return err
			}
		case engine.RecordVoice:
			return fmt.Errorf("%w: it records whole calls, into a store of the account's", telephony.ErrUnsupported)
		case engine.Enqueue, engine.Music, engine.Leave:
			return fmt.Errorf("%w: it has no queues", telephony.ErrUnsupported)
		case engine.Hangup:
			a.act("hangup")
			a.end()
		}
		if i == keyed && !a.acted {
			a.act("hangup")
			a.end()
		}
	}
	return nil
}

// answer is SVAML being written.
type answer struct {
	voices voices
	body   []byte
	acted  bool
}

// cookies says what the next event will be about.
func (a *answer) cookies(o telephony.Outbound, name, value string) {
	a.cookie(turnCookie, telephony.WithParam(o.Token, name, value))
	if o.Call.From != "" || o.Call.To != "" {
		a.cookie(fromCookie, o.Call.From)
		a.cookie(toCookie, o.Call.To)
	}
}

func (a *answer) cookie(key, value string) {
	a.instruct("setCookie")
	a.text("key", key)
	a.text("value", value)
	a.end()
}

func (a *answer) say(s engine.Say) {
	voice := a.voices.of(s)
	switch {
	case s.Audio != "":
		a.play(s.Audio, "")
	case s.SSML != "" && len(s.SSML) <= maxText && !strings.ContainsAny(s.SSML, "[]"):
		a.play("#ssml["+telephony.PlainText(s.SSML)+"]", voice)
	default:
		for _, text := range pieces(s.Text) {
			a.instruct("say")
			a.text("text", text)
			a.locale(voice)
			a.end()
		}
	}
}

func (a *answer) play(id, voice string) {
	a.instruct("playFiles")
	a.name("ids")
	a.body = append(a.body, '[')
	a.body = append(telephony.AppendText(a.body, id), ']')
	a.locale(voice)
	a.end()
}

// pause is silence, which is something to be said.
func (a *answer) pause(t time.Duration) {
	for range maxBreaks {
		part := min(t, maxSilence)
		if part < time.Millisecond {
			return
		}
		t -= part
		a.play(`#ssml[<speak><break time="`+strconv.FormatInt(part.Milliseconds(), 10)+`ms"/></speak>]`, "en-US")
	}
}

// ask asks for one entry. A menu speaks in one voice: what stands before its last words
// in another is said before it.
func (a *answer) ask(g engine.Gather) {
	voice, first := "", 0
	for i, s := range g.Prompts {
		if s.Audio != "" {
			continue
		}
		if own := a.voices.of(s); own != voice {
			if voice != "" {
				first = i
			}
			voice = own
		}
	}
	for _, s := range g.Prompts[:first] {
		a.say(s)
	}
	var all []string
	for _, s := range g.Prompts[first:] {
		all = append(all, prompts(s)...)
	}
	clock := max(g.Timeout, g.InterDigit)
	if clock <= 0 {
		clock = defaultTimeout
	}
	a.menu(strings.Join(all, ";"), voice, g.BargeIn, g.Max, clock)
}

// silence brings the call back to us after a time.
func (a *answer) silence(t time.Duration) { a.menu("", "", true, 1, t) }

func (a *answer) menu(prompt, voice string, barge bool, digits int, clock time.Duration) {
	a.act("runMenu")
	a.name("barge")
	a.body = strconv.AppendBool(a.body, barge)
	a.locale(voice)
	a.body = append(a.body, `,"menus":[{"id":"main"`...)
	if prompt != "" {
		a.text("mainPrompt", prompt)
	}
	a.body = append(a.body, `,"repeats":0`...)
	a.number("maxDigits", int64(digits))
	a.number("timeoutMills", max(clock.Milliseconds(), atOnce.Milliseconds()))
	a.body = append(a.body, "}]"...)
	a.end()
}

func (a *answer) connect(v engine.Dial) error {
	switch {
	case v.Refer:
		return fmt.Errorf("%w: it connects callers itself and cannot hand them over", telephony.ErrUnsupported)
	case v.Whispers:
		return fmt.Errorf("%w: it asks for no words for whoever takes a transfer", telephony.ErrUnsupported)
	}
	to, _ := telephony.ParseTarget(v.To) // checked
	if to.SIP != "" {
		a.act("connectSip")
		a.body = append(a.body, `,"destination":{"type":"sip","endpoint":`...)
		a.body = append(telephony.AppendText(a.body, sipUser(to.SIP)), '}')
		a.headers(v.Context)
	} else {
		if !telephony.NumbersInternational.Takes(to.Number) {
			return fmt.Errorf("%w: it dials international numbers of 7 to 15 digits and sip: addresses, nothing else", telephony.ErrUnsupported)
		}
		a.act("connectPstn")
		a.text("number", "+"+strings.TrimPrefix(to.Number, "+"))
		if v.Timeout > 0 {
			a.number("dialTimeout", seconds(v.Timeout))
		}
	}
	if v.Limit > 0 {
		a.number("maxDuration", seconds(min(v.Limit, maxTalk)))
	}
	if from, ok := telephony.ParseTarget(v.From); ok && from.Number != "" {
		a.text("cli", from.Number)
	}
	a.end()
	return nil
}

// headers writes private header fields of SIP.
func (a *answer) headers(fields []engine.Header) {
	if len(fields) == 0 {
		return
	}
	a.name("callHeaders")
	for i, h := range fields {
		a.body = append(append(a.body, "[,"[min(i, 1)]), `{"key":`...)
		a.body = append(telephony.AppendText(a.body, h.Name), `,"value":`...)
		a.body = append(telephony.AppendText(a.body, telephony.Truncate(telephony.PlainText(h.Value), maxSIPHeader)), '}')
	}
	a.body = append(a.body, ']')
}

// sipUser is an address as Sinch takes it: without its scheme.
func sipUser(address string) string {
	_, user, _ := strings.Cut(address, ":")
	return user
}

// instruct begins an instruction.
func (a *answer) instruct(name string) {
	if a.body[len(a.body)-1] != '[' {
		a.body = append(a.body, ',')
	}
	a.body = append(append(append(a.body, `{"name":"`...), name...), '"')
}

// act begins the action, behind which nothing stands.
func (a *answer) act(name string) {
	a.acted = true
	a.body = append(append(append(a.body, `],"action":{"name":"`...), name...), '"')
}

func (a *answer) end() { a.body = append(a.body, '}') }

func (a *answer) name(name string) {
	a.body = append(append(append(a.body, `,"`...), name...), `":`...)
}

func (a *answer) text(name, value string) {
	a.name(name)
	a.body = telephony.AppendText(a.body, value)
}

func (a *answer) locale(voice string) {
	if voice != "" {
		a.text("locale", voice)
	}
}

func (a *answer) number(name string, n int64) {
	a.name(name)
	a.body = strconv.AppendInt(a.body, n, 10)
}

// seconds is a time in whole seconds, rounded up.
func seconds(t time.Duration) int64 { return int64((t + time.Second - 1) / time.Second) }
