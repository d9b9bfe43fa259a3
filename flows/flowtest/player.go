package flowtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"callflow/engine"
)

// Options say who calls and what the world answers.
type Options struct {
	World World
	Call  engine.Call
	// ID is the session's id, and with it the beginning of the idempotency keys
	// of actions. Where services are real it must be new for each call; left out
	// it is always the same.
	ID string
	// At is when the call begins. The zero value is a fixed instant, so that a
	// transcript is the same each time.
	At time.Time
	// Dials are the ends of transfers, in order; the last repeats. None:
	// completed.
	Dials []engine.DialResult
	// Records are the ends of recordings, in order; the last repeats. None:
	// recorded.
	Records []engine.RecordResult
	// Queues are what becomes of those who wait in a queue, in order; the last
	// repeats. None: connected.
	Queues []QueueEnd
	// KeysOnly is a platform that does not listen: what is said is silence.
	KeysOnly bool
	// KeyByKey hands each key on by itself, as some platforms do; else a key is
	// kept until its entry is complete.
	KeyByKey bool
	// Between is given the session after every step and returns the one to go on
	// with: a test saves and loads it there.
	Between func(engine.Session) (engine.Session, error)
}

// Question is what a player waits for: keys, or the end of a transfer.
type Question struct {
	State string
	// Gather is set when keys are wanted, Dial while a transfer runs, Record while
	// the caller is recorded.
	Gather *engine.Gather
	Dial   *engine.Dial
	Record *engine.RecordVoice
	Queue  *engine.Enqueue // the caller waits in it
	// Pressed counts the keys of an entry that is not finished.
	Pressed int
}

// Busy tells that the platform does something that ends by itself: a transfer, a
// recording, the waiting in a queue.
func (q *Question) Busy() bool { return q.Dial != nil || q.Record != nil || q.Queue != nil }

// Player plays one call. It is not safe for concurrent use.
type Player struct {
	program *engine.Program
	opts    Options
	session engine.Session
	now     time.Duration // since the call began

	gather *engine.Gather // what is waited for, or nil
	dial   *engine.Dial
	voice  *engine.RecordVoice
	queue  *engine.Enqueue
	asked  time.Duration // when the prompts of gather ended
	begun  time.Duration // and when they began
	heard  int           // the entry of those prompts, or -1
	keys   string        // pressed and not yet taken
	ahead  bool          // and that before they were asked for
	cause  int           // the entry that hops belong to

	leaving bool // the caller hangs up after the last of keys
	gone    bool // the caller has hung up
	ended   bool
	outbox  []promise
	late    []Entry // answers that came when nobody waited for them any more
	// last are the steps of the hook that was delivered last.
	last []stepped
	t    Transcript
}

// New makes a player for a call to program. Nothing happens before Start.
func New(program *engine.Program, opts Options) *Player {
	if opts.At.IsZero() {
		opts.At = usual()
	}
	if opts.ID == "" {
		opts.ID = "simulation"
	}
	if opts.Call.ID == "" {
		opts.Call.ID = opts.ID
	}
	return &Player{program: program, opts: opts, heard: -1}
}

// ErrOver is a move in a call that has ended or has not begun.
var ErrOver = errors.New("the call is not waiting for anything")

// Play plays a whole script: it starts the call and goes on until the flow or
// the script has come to its end. Where a transfer runs, or a recording, a move
// that only hangs up ends it; others wait for the next question.
func (p *Player) Play(ctx context.Context, script Script) error {
	if err := p.Start(ctx); err != nil {
		return err
	}
	for len(script) > 0 && !p.ended {
		move := script[0]
		if p.busy() && (!move.Hangup || move.Keys.Len() > 0) {
			if err := p.EndBusy(ctx, false); err != nil {
				return err
			}
			continue
		}
		script = script[1:]
		if err := p.Move(ctx, move); err != nil {
			return err
		}
	}
	for p.busy() && !p.ended {
		if err := p.EndBusy(ctx, false); err != nil {
			return err
		}
	}
	p.t.Unused = len(script)
	return p.Settle(ctx)
}

// Start begins the call and plays it up to its first question.
func (p *Player) Start(ctx context.Context) error {
	turn, err := p.program.Start(p.opts.Call, p.opts.ID, p.opts.At)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	p.last = append(p.last, stepped{in: engine.Input{At: p.opts.At}, turn: turn})
	p.record(Entry{Kind: Started, State: p.program.Spec().Start})
	p.cause = 0
	return p.follow(ctx, turn)
}

// Question is what the call waits for; false when it has ended.
func (p *Player) Question() (Question, bool) {
	q := Question{State: p.session.State, Gather: p.gather, Dial: p.dial, Record: p.voice, Queue: p.queue}
	q.Pressed = len(p.keys) + p.session.Entry.Partial.Len()
	return q, p.gather != nil || p.busy()
}

// busy tells that the platform does something that ends by itself: a transfer, a
// recording, the waiting in a queue.
func (p *Player) busy() bool { return p.dial != nil || p.voice != nil || p.queue != nil }

// EndBusy ends the transfer, the recording or the waiting that is running, by the caller's
// hanging up or as the options say.
func (p *Player) EndBusy(ctx context.Context, gone bool) error {
	switch {
	case p.voice != nil:
		return p.endRecording(ctx, gone)
	case p.queue != nil:
		return p.endQueue(ctx, gone)
	}
	return p.EndDial(ctx, gone)
}

// Move does what a caller does at one question: press keys and wait, be silent,
// hang up.
func (p *Player) Move(ctx context.Context, m Move) error {
	switch {
	case m.silent():
		return p.Expire(ctx)
	case m.Say.Len() > 0:
		return p.Say(ctx, m.Say, m.Unclear)
	case m.Keys.Len() == 0:
		return p.Hangup(ctx)
	case p.gather == nil:
		return ErrOver
	}
	p.leaving = m.Hangup
	if err := p.press(ctx, m.Keys.Reveal(), m.Early); err != nil {
		return err
	}
	switch {
	case p.ended:
		return nil
	case m.Hangup:
		return p.Hangup(ctx)
	case p.open():
		return p.Expire(ctx)
	}
	return nil
}

// Say says something to a question. The platform makes words of it where the
// question listens, and it can; where not, nobody hears it and the question goes on.
func (p *Player) Say(ctx context.Context, words engine.Secret, unclear bool) error {
	g := p.gather
	if g == nil {
		return ErrOver
	}
	if g.Speech == nil || p.opts.KeysOnly {
		return p.Expire(ctx)
	}
	p.keys = ""
	p.now = p.asked + reaction + speaking(words.Reveal())
	p.cause = p.record(Entry{Kind: Said, Text: words.Reveal(), State: p.session.State, Unclear: unclear})
	said := engine.Speech{Text: words, Confidence: sure}
	if unclear {
		said.Text = engine.Secret{}
	}
	return p.react(ctx, said)
}

// sure is the confidence of a platform that understands.
const sure = 0.95

// Press presses keys and comes back at once when they leave an entry unfinished.
func (p *Player) Press(ctx context.Context, keys string) error {
	if p.gather == nil {
		return ErrOver
	}
	return p.press(ctx, keys, false)
}

func (p *Player) press(ctx context.Context, keys string, early bool) error {
	if p.keys == "" {
		p.ahead = false
		p.now = p.asked + reaction
		if early && p.gather.BargeIn {
			p.now = min(p.begun+reaction, p.asked)
			p.cutOff()
		}
	}
	p.keys += keys
	return p.react(ctx, p.take())
}

// cutOff marks the prompts being spoken as not heard to their end.
func (p *Player) cutOff() {
	if p.heard >= 0 {
		p.t.Entries[p.heard].Cut = true
	}
}

// open tells that some keys of an entry were pressed and more may follow.
func (p *Player) open() bool {
	return p.gather != nil && (p.keys != "" || p.session.Entry.Partial.Len() > 0)
}

// Expire lets the running timer run out: it closes an entry that was begun, and
// is silence otherwise.
func (p *Player) Expire(ctx context.Context) error {
	g := p.gather
	if g == nil {
		return ErrOver
	}
	if p.keys != "" {
		keys := p.keys
		p.keys = ""
		typing := time.Duration(len(keys)) * perKey
		wait := g.InterDigit
		if g.MaxDuration > 0 {
			wait = max(0, min(wait, g.MaxDuration-typing))
		}
		p.now += typing
		p.pressed(keys, g.Secret)
		p.now += wait
		return p.react(ctx, digits(keys, engine.EndGap))
	}
	p.now = p.asked + g.Timeout
	if p.session.Entry.Partial.Len() == 0 {
		p.cause = p.record(Entry{Kind: Silence, State: p.session.State})
	}
	return p.react(ctx, engine.NoInput{})
}

// Hangup hangs up as the caller.
func (p *Player) Hangup(ctx context.Context) error {
	if p.busy() {
		return p.EndBusy(ctx, true)
	}
	if p.ended || p.gather == nil && !p.leaving {
		return ErrOver
	}
	if p.keys != "" {
		p.now += time.Duration(len(p.keys)) * perKey
		p.pressed(p.keys, p.gather.Secret)
		p.keys = ""
	} else if p.gather != nil && !p.leaving {
		p.now = p.asked + reaction
	}
	return p.leave(ctx)
}

// leave steps the end of the call as the platform reports it.
func (p *Player) leave(ctx context.Context) error {
	p.gone = true
	p.gather, p.dial, p.voice, p.queue = nil, nil, nil, nil
	p.cause = p.record(Entry{Kind: HungUp, State: p.session.State})
	return p.react(ctx, engine.CallEnded{By: "caller"})
}

// EndDial ends the transfer that is running, by the caller's hanging up or as
// Options.Dials say.
func (p *Player) EndDial(ctx context.Context, gone bool) error {
	d := p.dial
	if d == nil {
		return ErrOver
	}
	result := engine.DialCompleted
	if n := len(p.opts.Dials); n > 0 {
		result = p.opts.Dials[0]
		if n > 1 {
			p.opts.Dials = p.opts.Dials[1:]
		}
	}
	switch {
	case gone:
		result = engine.DialCompleted
		p.now += bridged
	case result == engine.DialCompleted:
		p.now += bridged
	case result == engine.DialNoAnswer:
		p.now += d.Timeout
	default:
		p.now += engaged
	}
	if d.Limit > 0 && result == engine.DialCompleted {
		p.now -= max(0, bridged-d.Limit)
	}
	if err := p.whisper(d, result); err != nil {
		return err
	}
	p.cause = p.record(Entry{Kind: Dialled, State: p.session.State, Text: fmt.Sprintf("%s: %s", d.To, strings.ReplaceAll(string(result), "_", " "))})
	if gone {
		p.gone = true
		p.record(Entry{Kind: HungUp, State: p.session.State})
	}
	p.dial = nil
	return p.react(ctx, engine.DialEnded{Result: result, CallerGone: gone})
}

// whisper records what whoever took a transfer heard before the caller.
func (p *Player) whisper(d *engine.Dial, result engine.DialResult) error {
	if !d.Whispers || result != engine.DialCompleted {
		return nil
	}
	verbs, err := p.program.Aside(p.session, engine.Input{At: p.opts.At.Add(p.now), Event: engine.WhisperWanted{}})
	if err != nil {
		return fmt.Errorf("whisper in state %q: %w", p.session.State, err)
	}
	for _, v := range verbs {
		if say, ok := v.(engine.Say); ok {
			p.record(Entry{Kind: Whispered, Text: say.Text, State: p.session.State})
		}
	}
	return nil
}

// take takes one entry off the keys pressed and gives its event; nil while the
// entry is not complete.
func (p *Player) take() engine.Event {
	g := p.gather
	if g == nil || p.keys == "" {
		return nil
	}
	n, ended, done := cut(g, p.keys)
	if p.opts.KeyByKey {
		n, ended, done = 1, engine.EndOpen, true
	}
	if !done {
		return nil
	}
	keys := p.keys[:n]
	p.keys = p.keys[n:]
	p.now += time.Duration(n) * perKey
	p.pressed(keys, g.Secret)
	return digits(keys, ended)
}

// pressed records keys that the current question took.
func (p *Player) pressed(keys string, secret bool) {
	if secret {
		keys = mask(keys)
	}
	p.cause = p.record(Entry{Kind: Pressed, Text: keys, State: p.session.State, ahead: p.ahead})
}

// drop forgets keys that no question took. Nobody knows which one they were
// meant for, so they are hidden.
func (p *Player) drop() {
	if p.keys == "" {
		return
	}
	p.record(Entry{Kind: Pressed, Text: mask(p.keys), State: p.session.State, Dropped: true, ahead: true})
	p.keys = ""
}

// record adds an entry at this moment and gives its index.
func (p *Player) record(e Entry) int {
	e.At = p.now
	p.t.Entries = append(p.t.Entries, e)
	return len(p.t.Entries) - 1
}

// Transcript is what has happened so far.
func (p *Player) Transcript() *Transcript {
	t := p.t
	spec := p.program.Spec()
	t.Flow, t.Title, t.Language = spec.Flow, spec.Title, p.session.Lang
	t.From, t.To = p.session.Call.From, p.session.Call.To
	t.Session = p.session
	t.End = End{How: p.how(), State: p.session.State, After: p.now}
	for _, e := range t.Entries {
		if e.Kind == Ended {
			t.End.After = e.At
		}
	}
	for _, promised := range p.outbox {
		t.Promised = append(t.Promised, promised.action.Key)
	}
	return &t
}

func (p *Player) how() How {
	switch {
	case p.gone:
		return ByCaller
	case !p.ended:
		return Waiting
	case p.session.Ended == "error":
		return ByError
	case p.session.Ended == "goodbye":
		return ByGoodbye
	}
	return ByFlow
}
