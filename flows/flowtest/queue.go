package flowtest

import (
	"context"
	"fmt"
	"time"

	"callflow/engine"
)

// QueueEnd is how it goes for a caller in a queue.
type QueueEnd struct {
	// Result is connected, failed, or waiting: nobody takes the call.
	Result string
	// Position is the place in the line at first; zero: 1.
	Position int
	// After is how long it takes until somebody takes the call; zero: a little.
	After time.Duration
}

// The words of a QueueEnd.
const (
	queueConnected = string(engine.QueueConnected)
	queueWaiting   = "waiting"
	queueFailed    = string(engine.QueueFailed)
)

// taken is when somebody takes the call where nothing else is given, and queueing
// how long anybody is kept waiting whom the flow does not take out of the queue.
const (
	taken    = 20 * time.Second
	queueing = 4 * time.Hour
)

// at is the place in the line after a time: it moves up until the call is taken.
func (q QueueEnd) at(waited time.Duration) int {
	first := max(1, q.Position)
	if q.Result != queueConnected || q.After <= 0 {
		return first
	}
	return max(1, first-int(int64(first)*int64(waited)/int64(q.After)))
}

// endQueue plays the waiting in a queue to its end: by the caller's hanging up
// after the first words, or as the options say.
func (p *Player) endQueue(ctx context.Context, gone bool) error {
	q := p.queue
	end := QueueEnd{Result: queueConnected}
	if n := len(p.opts.Queues); n > 0 && !gone {
		end = p.opts.Queues[0]
		if n > 1 {
			p.opts.Queues = p.opts.Queues[1:]
		}
	}
	if end.After <= 0 {
		end.After = taken
	}
	began, ev := p.now, engine.QueueEnded{Result: engine.QueueFailed}
	text := "failed"
	if end.Result != queueFailed {
		until := queueing
		if end.Result == queueConnected {
			until = end.After
		}
		left, err := p.wait(ctx, end, until, gone)
		if err != nil {
			return err
		}
		waited := (p.now - began).Round(time.Second).String()
		switch {
		case gone:
			ev, text = engine.QueueEnded{Result: engine.QueueLeft, CallerGone: true}, "left after "+waited
		case left || end.Result == queueWaiting:
			ev.Result, text = engine.QueueLeft, "taken out after "+waited
		default:
			ev.Result, text = engine.QueueConnected, "connected after "+waited
			p.now += bridged
		}
	}
	p.cause = p.record(Entry{Kind: Queued, State: p.session.State, Text: fmt.Sprintf("%s: %s", q.Queue, text)})
	if gone {
		p.gone = true
		p.record(Entry{Kind: HungUp, State: p.session.State})
	}
	p.queue = nil
	return p.react(ctx, ev)
}

// wait plays what a caller hears who waits until an instant, as the platform does:
// it asks for more whenever it has played what it was told. left tells that the
// flow had them leave.
func (p *Player) wait(ctx context.Context, end QueueEnd, until time.Duration, gone bool) (left bool, err error) {
	began := p.now
	for p.now-began < until {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		ev := engine.QueueWaiting{Position: end.at(p.now - began)}
		verbs, err := p.program.Aside(p.session, engine.Input{At: p.opts.At.Add(p.now), Event: ev})
		if err != nil {
			return false, fmt.Errorf("waiting in state %q: %w", p.session.State, err)
		}
		before := p.now
		for _, v := range verbs {
			switch v := v.(type) {
			case engine.Say:
				p.record(Entry{Kind: Heard, Text: v.Text, State: p.session.State})
				p.now += speaking(v.Text)
			case engine.Music:
				if !gone {
					p.now += v.Length
				}
			case engine.Pause:
				if !gone {
					p.now += v.Length
				}
			case engine.Leave:
				return true, nil
			}
		}
		if gone {
			p.now += reaction
			return false, nil
		}
		if p.now == before {
			p.now += time.Second // whoever asks again and again does so now and then
		}
	}
	p.now = began + until
	return false, nil
}
