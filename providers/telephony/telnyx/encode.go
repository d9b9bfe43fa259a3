package telnyx

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callflow/engine"
	"callflow/providers/telephony"
)

// holdFor is how long a caller is held by nothing but silence before Telnyx comes back
// to us.
const holdFor = time.Second

// Encode writes the commands of an answer. Without verbs there are none: the call goes
// on as it is.
func (c *Codec) Encode(o telephony.Outbound) (telephony.Reply, error) {
	if err := telephony.Check(o); err != nil {
		return telephony.Reply{}, fmt.Errorf("telnyx: %w", err)
	}
	reply := telephony.Reply{Status: http.StatusOK, ContentType: "application/json", Body: []byte("{}")}
	s := script{codec: c, o: o}
	if o.Take {
		take := newCommand("answer").text("client_state", state("", onAnswer, nameParam, telephony.Truncate(o.Call.Name, maxName)))
		reply.Commands = []telephony.Command{take.done(o.Call.ID, "")}
		return reply, nil
	}
	end := onOver // where nothing else is said: a document that runs out ends the call
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Say:
			s.say(v)
		case engine.Replay:
			s.add(newCommand("playback_start").text("audio_url", v.URL))
		case engine.Pause:
			if v.Length > 0 {
				s.add(timer(v.Length))
			}
		case engine.Gather:
			s.gather(v)
			end = onGather
		case engine.Dial:
			if err := s.dial(v); err != nil {
				return telephony.Reply{}, fmt.Errorf("telnyx: %w", err)
			}
			end = onBridge
		case engine.RecordVoice:
			s.record(v)
		case engine.Continue:
			if len(s.steps) == 0 {
				s.add(timer(holdFor))
			}
			end = onWait
		case engine.Hangup:
			if len(s.steps) == 0 {
				s.add(newCommand("hangup"))
			}
		case engine.CallRecording:
			s.tape(v.Do)
		default:
			return telephony.Reply{}, fmt.Errorf("telnyx: %w: a %T has no commands", telephony.ErrUnsupported, v)
		}
	}
	for i, step := range s.steps {
		on, more := end, []string(nil)
		if i < len(s.steps)-1 {
			on, more = onPart, []string{partParam, strconv.Itoa(i + 1)}
		} else if on == onWait && (o.Token == "" || o.Token[0] == '?') { // back to where the call begins
			more = []string{nameParam, o.Call.Name, fromParam, o.Call.From, toParam, o.Call.To}
		}
		if len(step.own) > 0 {
			on, more = step.own[0], step.own[1:]
		}
		step.text("client_state", s.state(on, more...))
		done := step.done(o.Call.ID, o.Token)
		for _, first := range step.first {
			first.text("client_state", s.state(onTape))
			done.First = append(done.First, first.done(o.Call.ID, o.Token))
		}
		reply.Commands = append(reply.Commands, done)
	}
	if len(reply.Commands) > 0 {
		last := newCommand("hangup").text("client_state", s.state(onOver))
		reply.Last = last.done(o.Call.ID, o.Token)
	}
	return reply, nil
}

// script is an answer being written: commands, each of which begins when the one
// before is over.
type script struct {
	codec *Codec
	o     telephony.Outbound
	steps []*command
	// first are commands of whose end Telnyx does not tell: they go out with the step behind
	// them.
	first []*command
}

// state is the client_state of a command of the call's own leg.
func (s *script) state(on string, more ...string) string {
	if s.o.Order != "" {
		more = append(more, orderParam, s.o.Order)
	}
	return state(s.o.Token, on, more...)
}

func (s *script) add(c *command) {
	c.first, s.first = s.first, nil
	s.steps = append(s.steps, c)
}

// timer is silence of some length, of whose end Telnyx tells.
func timer(length time.Duration) *command {
	c := newCommand("gather")
	c.millis("initial_timeout_millis", length, minClock, maxDuration)
	c.millis("timeout_millis", length, minClock, maxDuration)
	return c.number("minimum_digits", maxDigits).number("maximum_digits", maxDigits).text("terminating_digit", "")
}

// utterance is what is spoken, or played, at once.
type utterance struct {
	voice  Voice
	text   string // or the address of a recording
	marked bool
	audio  bool
}

func (u utterance) command(action string) *command {
	if u.audio {
		if action == "" {
			return newCommand("playback_start").text("audio_url", u.text)
		}
		return newCommand("gather_using_audio").text("audio_url", u.text)
	}
	if action == "" {
		action = "speak"
	}
	kind := "text"
	if u.marked {
		kind = "ssml"
	}
	c := newCommand(action).text("payload", u.text).text("payload_type", kind).text("voice", u.voice.Voice)
	if u.voice.Language != "" {
		c.text("language", u.voice.Language)
	}
	return c
}

// utterances are prompts as they are spoken. Those that follow one another in one voice
// are one, a line each, as far as Telnyx speaks that much at once.
func (s *script) utterances(prompts []engine.Say) []utterance {
	var all []utterance
	for _, p := range prompts {
		if p.Audio != "" {
			all = append(all, utterance{text: p.Audio, audio: true})
			continue
		}
		voice := s.codec.voices.of(p)
		if whole, _, ok := voice.marked(p); ok {
			all = append(all, utterance{voice: voice, text: whole, marked: true})
			continue
		}
		for _, piece := range pieces(p.Text) {
			if n := len(all) - 1; n >= 0 && !all[n].audio && !all[n].marked && all[n].voice == voice &&
				utf8.RuneCountInString(all[n].text)+1+utf8.RuneCountInString(piece) <= maxSaid {
				all[n].text += "\n" + piece
				continue
			}
			all = append(all, utterance{voice: voice, text: piece})
		}
	}
	return all
}

// say speaks, or plays.
func (s *script) say(v engine.Say) {
	for _, u := range s.utterances([]engine.Say{v}) {
		s.add(u.command(""))
	}
}

// gather asks for one entry. Only the last utterance can be cut off by a key: what
// stands before it in another voice, what is longer than Telnyx speaks at once, and
// what no key may cut off are spoken first.
func (s *script) gather(g engine.Gather) {
	first := 0
	for i, p := range g.Prompts {
		if !g.BargeIn && !p.BargeIn {
			first = i + 1
		}
	}
	for _, u := range s.utterances(g.Prompts[:first]) {
		s.add(u.command(""))
	}
	timeout, gap := g.Timeout, g.InterDigit
	if timeout == 0 {
		timeout = defaultTimeout
	}
	if gap == 0 {
		gap = timeout
	}
	var c *command
	if heard := s.utterances(g.Prompts[first:]); len(heard) > 0 {
		last := len(heard) - 1
		for _, u := range heard[:last] {
			s.add(u.command(""))
		}
		c = heard[last].command("gather_using_speak")
		c.number("maximum_tries", 1) // the engine counts
		c.millis("timeout_millis", heard[last].length()+timeout+telephony.Typing(g.Max, gap), minClock, maxClock)
	} else {
		whole := g.MaxDuration
		if whole == 0 {
			whole = min(maxClock, timeout) + time.Duration(min(g.Max, maxDigits))*min(maxClock, gap)
		}
		c = newCommand("gather").millis("initial_timeout_millis", timeout, minClock, maxClock)
		c.millis("timeout_millis", whole, minDuration, maxDuration)
	}
	c.millis("inter_digit_timeout_millis", gap, minClock, maxClock)
	c.number("minimum_digits", 1) // the engine judges
	c.number("maximum_digits", min(g.Max, maxDigits))
	c.text("terminating_digit", g.Terminator) // left out, it would be #
	c.text("valid_digits", strings.Replace("0123456789*#", g.Terminator, "", 1))
	s.add(c)
}

// audioLength is what is reckoned with of a recording, whose length is not known.
const audioLength = 10 * time.Second

// length is how long it takes at most to say. A spoken question's timeout_millis leaves
// room for it, because sources differ about where that begins: by some it is how long
// the whole request takes, words and typing included; by others it begins when the words
// are over.
func (u utterance) length() time.Duration {
	if u.audio {
		return audioLength
	}
	return telephony.Speaking(u.text)
}
