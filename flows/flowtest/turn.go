package flowtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"callflow/engine"
)

// react steps the session with an event, plays what comes of it, and goes on
// until the call waits for the caller or has ended. A nil event is none.
func (p *Player) react(ctx context.Context, ev engine.Event) error {
	if ev == nil {
		return nil
	}
	p.gather = nil
	turn, err := p.hook(ev)
	if err != nil {
		return err
	}
	return p.follow(ctx, turn)
}

// follow goes on from a turn.
func (p *Player) follow(ctx context.Context, turn engine.Turn) error {
	for {
		verbs, err := p.perform(ctx, turn)
		if err != nil {
			return err
		}
		if p.leaving && p.keys == "" && !p.gone {
			// The caller has hung up behind the last key: what there was to say is
			// heard by nobody.
			p.leaving = false
			p.gone = true
			p.session.Turn++
			if p.session.Phase == engine.PhaseEnded {
				p.record(Entry{Kind: HungUp, State: p.session.State})
				p.end()
				return nil
			}
			return p.leave(ctx)
		}
		ev := p.answer(verbs)
		if ev == nil {
			return nil
		}
		if turn, err = p.hook(ev); err != nil {
			return err
		}
	}
}

// hook is the first step of a hook that the platform delivers.
func (p *Player) hook(ev engine.Event) (engine.Turn, error) {
	p.last = p.last[:0]
	return p.step(ev)
}

// step is one step of the engine.
func (p *Player) step(ev engine.Event) (engine.Turn, error) {
	in := engine.Input{At: p.opts.At.Add(p.now), Event: ev}
	turn, err := p.program.Step(p.session, in)
	if err != nil {
		return turn, fmt.Errorf("step in state %q: %w", p.session.State, err)
	}
	p.last = append(p.last, stepped{p.session, in, turn})
	return turn, nil
}

// accept makes a turn's session the call's.
func (p *Player) accept(turn engine.Turn) error {
	p.session = turn.Session
	cause := &p.t.Entries[p.cause]
	cause.Hops = append(cause.Hops, turn.Trace...)
	cause.Milestones = append(cause.Milestones, turn.Milestones...)
	if p.opts.Between == nil {
		return nil
	}
	s, err := p.opts.Between(p.session)
	if err != nil {
		return fmt.Errorf("between two steps: %w", err)
	}
	p.session = s
	return nil
}

// perform performs the effects a turn asks for, one after the other, and gives
// all there is to play. A caller is held while one of them is slow.
func (p *Player) perform(ctx context.Context, turn engine.Turn) ([]engine.Verb, error) {
	if err := p.accept(turn); err != nil {
		return nil, err
	}
	verbs := turn.Verbs
	for turn.Await != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.deliver(ctx, p.now)
		began := p.now
		result := p.effect(ctx, turn.Await)
		waited := min(result.took, deadline)
		if p.gone {
			waited = 0 // nobody waits: what follows is not a matter of the caller's time
		}
		if waited > patience {
			if p.leaving && p.keys == "" {
				// The caller hangs up while the effect is running.
				p.late = append(p.late, Entry{At: began + result.took, Kind: Service, Text: result.late, State: p.session.State, After: true})
				return nil, nil
			}
			p.hold(verbs, began, waited)
			verbs = nil
		}
		p.now = max(p.now, began+waited)
		p.cause = p.record(Entry{Kind: Service, State: p.session.State, Text: result.text})
		next, err := p.step(result.event)
		if err != nil {
			return nil, err
		}
		turn = next
		if err := p.accept(turn); err != nil {
			return nil, err
		}
		verbs = append(verbs[:len(verbs):len(verbs)], turn.Verbs...)
	}
	return engine.Coalesce(verbs), nil
}

// hold plays what there is to say, and words of patience until the effect that
// began at an instant has run for as long as it takes.
func (p *Player) hold(verbs []engine.Verb, began, takes time.Duration) {
	p.now = began + patience
	p.play(verbs)
	for n := 1; ; n++ {
		p.session.Turn++
		for _, v := range p.program.Hold(&p.session, n) {
			switch v := v.(type) {
			case engine.Say:
				p.record(Entry{Kind: Held, Text: v.Text, State: p.session.State})
				p.now += speaking(v.Text)
			case engine.Pause:
				p.now += v.Length
			}
		}
		// The hook that comes back waits for the result for a while.
		if began+takes <= p.now+patience {
			return
		}
		p.now += patience
	}
}

// answer is one answer to the platform: it is played, and what the platform
// brings at once is returned.
func (p *Player) answer(verbs []engine.Verb) engine.Event {
	p.session.Turn++
	if !p.gone {
		p.play(verbs)
	}
	if p.session.Phase == engine.PhaseEnded {
		p.drop()
		p.end()
		return nil
	}
	p.ahead = p.keys != ""
	return p.take()
}

// play speaks verbs, up to the one that waits.
func (p *Player) play(verbs []engine.Verb) {
	p.gather, p.dial, p.voice, p.queue, p.heard = nil, nil, nil, nil, -1
	for _, v := range verbs {
		switch v := v.(type) {
		case engine.Say:
			p.record(Entry{Kind: Heard, Text: words(v), Audio: recordings(v), State: p.session.State})
			p.now += speaking(words(v))
		case engine.Pause:
			p.now += v.Length
		case engine.Gather:
			p.ask(v)
		case engine.Dial:
			p.drop()
			p.dial = &v
		case engine.CallRecording:
			p.record(Entry{Kind: Recording, Text: string(v.Do), State: p.session.State})
		case engine.Enqueue:
			p.drop()
			p.queue = &v
		case engine.RecordVoice:
			p.drop()
			p.voice = &v
		case engine.Replay:
			p.record(Entry{Kind: Heard, Text: "(the recording)", State: p.session.State})
			p.now += talking
		}
	}
}

// ask speaks the prompts of a gather. Keys pressed ahead cut them off, where
// the gather allows it.
func (p *Player) ask(g engine.Gather) {
	if g.Flush {
		p.drop()
	}
	p.gather, p.begun, p.heard = &g, p.now, -1
	texts := make([]string, len(g.Prompts))
	for i, say := range g.Prompts {
		texts[i] = words(say)
	}
	text := strings.Join(texts, " ")
	p.asked = p.now + speaking(text)
	if text != "" {
		p.heard = p.record(Entry{Kind: Heard, Text: text, Audio: recordings(g.Prompts...), State: p.session.State, Cut: p.keys != "" && g.BargeIn})
	}
	if p.keys != "" && !g.BargeIn {
		p.now = p.asked
	}
}

// end closes the transcript.
func (p *Player) end() {
	p.ended = true
	p.gather, p.dial, p.voice, p.queue = nil, nil, nil, nil
	p.record(Entry{Kind: Ended, State: p.session.State, Text: string(p.how())})
	p.t.Entries = append(p.t.Entries, p.late...)
	p.late = nil
}
