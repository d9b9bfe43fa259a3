package capture

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"callflow/providers/telephony"
)

// Command is one that the platform's API was sent, once for each time that it was.
type Command struct {
	// Of is the hook that it follows from: its number in the capture, from 1.
	Of     int    `json:"of"`
	Method string `json:"method"`
	// Path stands behind the address of the API.
	Path string          `json:"path"`
	Body json.RawMessage `json:"body,omitempty"`
	// Status is the API's answer; zero: there was none. Of one that took the command
	// nothing else is kept, of others what the codec needs to judge them alike.
	Status int             `json:"status"`
	Answer json.RawMessage `json:"answer,omitempty"`
	// T is when it was answered, in seconds since the call began.
	T float64 `json:"-"`
}

// told is a command of a call that is kept, as it is kept. part is which of the parts of
// its answer it belongs to, or last.
type told struct {
	call    *Call
	answer  *Answer
	part    int
	command telephony.Command
}

// last is what ends the call when a part cannot be sent.
const last = -1

// part is a part of what an answer has the platform told.
type part struct {
	hook    int   // the number of the hook that had it sent; zero: it is not written
	waiting []job // commands that wait for that
}

// pair has commands known by the keys that they are sent under: written from verbs as
// they were and as they are kept, they are the same ones in the same order.
func (c *Call) pair(a *Answer, sent, kept telephony.Reply) (map[string]*told, bool) {
	if len(sent.Commands) != len(kept.Commands) {
		return nil, false
	}
	keys := map[string]*told{}
	add := func(part int, sent, kept telephony.Command) {
		kept.Body = bytes.ReplaceAll(kept.Body, []byte(c.recorder.public), []byte(Base))
		keys[sent.Key] = &told{c, a, part, kept}
	}
	for i, command := range sent.Commands {
		masked := kept.Commands[i]
		if len(command.First) != len(masked.First) {
			return nil, false
		}
		for j, first := range command.First {
			add(i, first, masked.First[j])
		}
		add(i, command, masked)
		a.parts = append(a.parts, &part{})
	}
	if sent.Last.Path != "" && keys[sent.Last.Key] == nil {
		add(last, sent.Last, kept.Last)
	}
	return keys, true
}

// Sent takes note of a command that was sent, and of its answer: status zero is none. It
// is what a sender.Sender is to be given.
func (r *Recorder) Sent(c telephony.Command, status int, answer []byte) {
	if r == nil {
		return
	}
	r.mu.Lock()
	t := r.told[c.Key]
	r.mu.Unlock()
	if t != nil {
		r.put(job{call: t.call, told: t, status: status, said: bytes.Clone(answer), at: r.now()})
	}
}

// commandLine makes the line of a command, as soon as that of its hook is there. c.mu is
// held.
func (c *Call) commandLine(j job) ([]byte, error) {
	t, of := j.told, c.hooks
	switch {
	case t.part != last:
		t.answer.current = t.answer.parts[t.part]
		fallthrough
	case t.answer.current != nil:
		if of = t.answer.current.hook; of == 0 {
			t.answer.current.waiting = append(t.answer.current.waiting, j)
			return nil, nil
		}
	}
	refusal, err := c.refusal(j.status, j.said)
	if err != nil {
		return nil, err
	}
	return asLine(commandLine{
		Experiment: c.flow, Platform: c.codec.Name(), Call: c.masks.all(c.callID, '1'), T: c.since(j.at),
		Command: Command{Of: of, Method: t.command.Method, Path: t.command.Path, Body: t.command.Body, Status: j.status, Answer: refusal},
	})
}

// commandLine is a line with a command.
type commandLine struct {
	Experiment string  `json:"experiment"`
	Platform   string  `json:"platform"`
	Call       string  `json:"call"`
	T          float64 `json:"t"`
	Command    Command `json:"command"`
}

// begun are the lines of commands that wait for that of a hook, which has been written.
// answer is what is kept of its answer. c.mu is held.
func (c *Call) begun(j job, answer *Answer) (lines []byte, err error) {
	n := j.hook.Inbound.Part
	if n > 0 {
		answer = j.part
	}
	if answer == nil || n >= len(answer.parts) || answer.parts[n].hook > 0 {
		return nil, nil
	}
	p := answer.parts[n]
	p.hook = c.hooks
	for _, waiting := range p.waiting {
		line, err := c.commandLine(waiting)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line...)
	}
	p.waiting = nil
	return lines, nil
}

// since is how long the call has lasted, in seconds.
func (c *Call) since(at time.Time) float64 { return float64(at.Sub(c.began).Milliseconds()) / 1000 }

// refusal is what is kept of the API's answer to a command.
func (c *Call) refusal(status int, body []byte) ([]byte, error) {
	commanding, ok := c.codec.(telephony.Commanding)
	if !ok || status/100 == 2 || len(body) == 0 {
		return nil, nil
	}
	verdict := func(body []byte) error {
		err := commanding.Judge(status, body)
		for _, known := range []error{telephony.ErrCallOver, telephony.ErrRefused, telephony.ErrNotOurs} {
			if errors.Is(err, known) {
				return known
			}
		}
		return nil // it may be sent again
	}
	goal := verdict(body)
	if verdict(nil) == goal { //nolint:errorlint // they are the sentinels themselves
		return nil, nil
	}
	all, err := leaves(body)
	if err != nil || !json.Valid(body) {
		return nil, errNeeded
	}
	values := make([]string, len(all))
	for i, l := range all {
		values[i] = l.value
	}
	for i, l := range all {
		if l.isName && c.isName(l.value) {
			continue
		}
		if values[i] = c.masks.all(l.value, '1'); l.isName {
			values[i] = c.masks.name(l.value)
		}
		if verdict(with(body, all, values)) == goal { //nolint:errorlint // as above
			continue
		}
		if values[i] = l.value; !isHarmless(l.value) && !c.isCode(l.value) {
			return nil, errNeeded
		}
	}
	var compact bytes.Buffer
	err = json.Compact(&compact, with(body, all, values))
	return compact.Bytes(), err
}

// isStatus tells a status of SIP from what belongs to a caller.
func (c *Call) isStatus(value string) bool {
	return c.isCode(value) && len(value) == 3 && '1' <= value[0] && value[0] <= '6'
}

// isCode tells the number of an error from what belongs to a caller.
func (c *Call) isCode(value string) bool {
	_, known := c.masks.known[value]
	return !known && len(value) <= 8 && strings.Trim(value, "0123456789") == ""
}
