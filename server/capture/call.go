package capture

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/telephony"
)

// Call is one that is being kept. A nil one is not, and all its methods do nothing.
type Call struct {
	recorder *Recorder
	codec    telephony.Codec
	id, flow string // id: in the Recorder's table
	began    time.Time

	mu      sync.Mutex
	masks   *masks
	asked   map[int]*question // by turn
	answers map[int]*Answer
	// asking are the answers that have the platform told something, by the turn they ask for.
	asking map[int]*Answer
	hooks  int // whose lines are written
	callID string
	over   bool // nothing more is kept

	// keys are those of its commands. Of Recorder.mu.
	keys []string

	// Of the one goroutine that writes:
	name  string
	bytes int64
}

func newCall(r *Recorder, id, flow string, codec telephony.Codec, at time.Time) *Call {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return &Call{
		recorder: r, codec: codec, id: id, flow: flow, began: at,
		masks: newMasks(key), asked: map[int]*question{}, answers: map[int]*Answer{}, asking: map[int]*Answer{},
	}
}

// Answer is what is kept of an answer.
type Answer struct {
	status int
	kind   string
	body   []byte
	// effects are those that led to it.
	effects []Effect
	// parts are what the platform is told besides, and current the one that was sent last.
	parts   []*part
	current *part
}

// The turns of hooks that are of none.
const (
	TurnStart  = -1
	TurnNotice = -2
)

// Cause is what an answer follows from.
type Cause struct {
	// Turn is the one that Event answers, or TurnStart or TurnNotice.
	Turn      int
	Event     engine.Event
	Performed []runner.Performed
}

// Answer writes an answer as it is kept, and remembers what it asks for, and what the
// platform is told besides. It is nil where nothing can be kept of it.
func (c *Call) Answer(o telephony.Outbound, why Cause) *Answer {
	if c == nil {
		return nil
	}
	a, keys := c.answer(o, why)
	c.recorder.expect(c, keys)
	return a
}

func (c *Call) answer(o telephony.Outbound, why Cause) (*Answer, map[string]*told) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, nil
	}
	// What was entered is known before it can be heard.
	_, _, _ = c.entered(why.Event, c.asked[why.Turn])
	effects := c.effects(why.Performed)
	next := turnOf(o.Token)
	reply, err := c.codec.Encode(c.outbound(o))
	if err != nil {
		c.over = true
		return nil, nil
	}
	body := strings.ReplaceAll(string(reply.Body), c.recorder.public, Base)
	a := &Answer{status: reply.Status, kind: reply.ContentType, body: []byte(body), effects: effects}
	if q := questionOf(o.Verbs); q != nil {
		c.asked[next] = q
	}
	if len(reply.Commands) == 0 {
		return a, nil
	}
	sent, err := c.codec.Encode(o)
	keys, ok := c.pair(a, sent, reply)
	if err != nil || !ok {
		c.over = true
		return nil, nil
	}
	c.asking[next] = a
	delete(c.asking, next-3)
	return a, keys
}

// turnOf is the turn that an answer with a token leads to.
func turnOf(token string) int {
	_, rest, _ := strings.Cut(token, "/")
	turn, _, _ := strings.Cut(rest, "/")
	n, err := strconv.Atoi(turn)
	if err != nil {
		return TurnStart
	}
	return n
}

// outbound is an answer with everything replaced that is the caller's.
func (c *Call) outbound(o telephony.Outbound) telephony.Outbound {
	m := c.masks
	m.learn(o.Call.ID, o.Call.Account, o.Call.From, o.Call.To, o.Call.Name)
	token, query, has := strings.Cut(o.Token, "?")
	other := c.token(token)
	redo := func(address string) string {
		if token != "" {
			return strings.Replace(address, token, other, 1)
		}
		return m.values(address)
	}
	o.TurnURL, o.LostURL = redo(o.TurnURL), redo(o.LostURL)
	o.Token = other
	if has {
		o.Token += "?" + m.values(query)
	}
	for _, text := range []*string{&o.Call.ID, &o.Call.Account, &o.Call.From, &o.Call.To, &o.Call.Name} {
		if !isWithheld(*text) {
			*text = m.all(*text, '1')
		}
	}
	o.Problem, o.Order = "", m.all(o.Order, '1')
	o.Apology = c.say(o.Apology)
	verbs := make([]engine.Verb, len(o.Verbs))
	for i, v := range o.Verbs {
		verbs[i] = c.verb(v)
	}
	o.Verbs = verbs
	return o
}

func (c *Call) say(s engine.Say) engine.Say {
	s.Text = c.recorder.words.said(c.masks, s.Text)
	s.SSML = c.recorder.words.said(c.masks, s.SSML)
	s.Audio = c.masks.values(s.Audio)
	return s
}

// verb is a verb with everything replaced that is the caller's. The tables are those
// of the engine: a test knows when there is one more.
func (c *Call) verb(v engine.Verb) engine.Verb {
	m, words := c.masks, c.recorder.words
	switch v := v.(type) {
	case engine.Say:
		return c.say(v)
	case engine.Gather:
		prompts := make([]engine.Say, len(v.Prompts))
		for i, p := range v.Prompts {
			prompts[i] = c.say(p)
		}
		v.Prompts = prompts
		if v.Speech != nil {
			listen := engine.Listen{Lang: v.Speech.Lang}
			for _, hint := range v.Speech.Hints {
				listen.Hints = append(listen.Hints, words.said(m, hint))
			}
			v.Speech = &listen
		}
		return v
	case engine.Dial:
		m.learn(v.To, v.From)
		v.To, v.From = m.values(v.To), m.values(v.From)
		context := make([]engine.Header, len(v.Context))
		for i, h := range v.Context {
			h.Value = words.said(m, h.Value)
			context[i] = h
		}
		v.Context = context
		return v
	case engine.RecordVoice:
		if id := m.values(v.ID); id != v.ID { // it has the session in it
			v.ID = id
		} else {
			v.ID = m.of(v.ID)
		}
		return v
	case engine.Replay:
		for _, candidate := range c.candidates(v.URL, "", "") {
			v.URL = candidate // the last one is an address still
		}
		return v
	case engine.Music:
		v.Audio = m.values(v.Audio)
		return v
	}
	return v
}

// handled are the verbs that verb knows, and those that have nothing of a caller's.
func handled() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[engine.Say](), reflect.TypeFor[engine.Gather](), reflect.TypeFor[engine.Dial](),
		reflect.TypeFor[engine.RecordVoice](), reflect.TypeFor[engine.Replay](), reflect.TypeFor[engine.Music](),
		reflect.TypeFor[engine.CallRecording](), reflect.TypeFor[engine.Enqueue](), reflect.TypeFor[engine.Leave](),
		reflect.TypeFor[engine.Pause](), reflect.TypeFor[engine.Continue](), reflect.TypeFor[engine.Hangup](),
	}
}

// Add keeps a hook of a turn, with its answer: nil is the one that the turn had
// before, or that there is nothing to say. The body must not be used by anybody else.
func (c *Call) Add(h Hook, turn int, a *Answer) {
	if c == nil {
		return
	}
	j := job{call: c, hook: h, turn: turn, answer: a, at: c.recorder.now()}
	if h.Inbound.Part > 0 {
		c.mu.Lock()
		j.part = c.asking[turn]
		c.mu.Unlock()
	}
	c.recorder.put(j)
}

// line makes the line of a hook, with those of commands that wait for it, or of a command;
// nil: there is none.
func (c *Call) line(j job) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, nil
	}
	lines, err := c.lines(j)
	if err != nil {
		c.over = true
	}
	return lines, err
}

func (c *Call) lines(j job) ([]byte, error) {
	if j.told != nil {
		return c.commandLine(j)
	}
	answer := j.answer
	switch {
	case j.turn == TurnNotice && answer == nil:
		answer = &Answer{status: j.hook.Status}
	case j.turn == TurnNotice:
	case answer == nil:
		answer = c.answers[j.turn]
	default:
		c.answers[j.turn] = answer
		delete(c.answers, j.turn-2)
	}
	if answer == nil {
		return nil, nil // a redelivery whose answer nobody here gave
	}
	kept, err := c.redact(j.hook, c.asked[j.turn])
	if err != nil {
		return nil, err
	}
	c.callID = j.hook.Inbound.Call.ID
	e := Exchange{
		Experiment: c.flow,
		Platform:   c.codec.Name(),
		Call:       c.masks.all(c.callID, '1'),
		T:          c.since(j.at),
	}
	e.Request.Method = method(j.hook.Request)
	e.Request.URL = kept.path
	if kept.query != "" {
		e.Request.URL += "?" + kept.query
	}
	e.Request.Headers = map[string]string{}
	if kind := j.hook.Request.Header.Get("Content-Type"); kind != "" {
		kind, _, _ = strings.Cut(kind, ";")
		if kind == "application/json" || kind == "application/x-www-form-urlencoded" {
			e.Request.Headers["Content-Type"] = kind
		}
	}
	e.Request.Raw = string(kept.body)
	if j.answer != nil {
		e.Effects = j.answer.effects
	}
	e.Response.Status, e.Response.Type = answer.status, answer.kind
	if len(answer.body) > 0 {
		e.Response.Body = answer.body
		if !json.Valid(answer.body) {
			e.Response.Body = []byte(quote(string(answer.body)))
		}
	}
	if j.hook.Status != answer.status { // what the answer has the platform told was not taken
		e.Response.Status, e.Response.Type, e.Response.Body = j.hook.Status, "", nil
	}
	line, err := asLine(e)
	if err != nil {
		return nil, err
	}
	c.hooks++
	commands, err := c.begun(j, answer)
	return append(line, commands...), err
}

// asLine is a line.
func asLine(v any) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return line.Bytes(), err
}
