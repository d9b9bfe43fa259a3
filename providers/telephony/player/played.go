package player

import (
	"context"
	"strings"
	"time"
)

// played is a call while it is played: what all platforms have in common, whatever
// their protocol. A player embeds it, and adds what its platform does.
type played struct {
	Options
	caller caller
	result Result
	began  time.Time
	// dials, recordings and queues are how many transfers, recordings and queues there
	// have been.
	dials, recordings, queues int
}

// begin takes up a call.
func begin(o Options) *played {
	o.complete()
	p := &played{Options: o, began: o.Now()}
	p.caller = o.caller(&p.result)
	return p
}

// done is what became of the call.
func (p *played) done() Result {
	p.result.Unused = len(p.caller.moves)
	return p.result
}

// follow goes on step by step until the call has ended. A step that fails, and a call
// that does not end, are broken: that has to end it.
func (p *played) follow(step func() error, broken func(error)) {
	for p.result.End == "" {
		err := errEndless
		if p.result.Hooks <= maxHooks {
			err = step()
		}
		if err != nil {
			broken(err)
		}
	}
}

// refuse is the end of a call that never began.
func (p *played) refuse(err error) { p.result.End, p.result.Err = Refused, err }

// close is the end of a call; err may be nil.
func (p *played) close(how End, err error) {
	p.result.End = how
	if how == Left {
		p.caller.hungUp()
	}
	if err != nil {
		p.result.Err = err
	}
}

// fault takes note of a hook that failed. Behind the end of a call it hides nothing of
// what has ended it.
func (p *played) fault(err error) {
	p.result.Faults++
	if p.result.End == "" || p.result.Err == nil {
		p.result.Err = err
	}
}

// seconds are how long the call has lasted.
func (p *played) seconds() int { return int(p.Now().Sub(p.began).Seconds()) }

// direction is a word for where the call comes from.
func (p *played) direction(inbound, outbound string) string {
	if p.Placed {
		return outbound
	}
	return inbound
}

// gone tells whether the caller has hung up, which the call does not know of yet.
func (p *played) gone() bool { return p.result.End == "" && p.caller.gone() }

// nextDial is how the next transfer ends; taken is the platform's word for one that is
// taken.
func (p *played) nextDial(taken string) string {
	p.dials++
	return nth(p.Dials, p.dials, taken)
}

// nextRecording is how the next recording ends.
func (p *played) nextRecording() string {
	p.recordings++
	if p.caller.hangsUp() {
		return hungUp
	}
	return nth(p.Records, p.recordings, "recorded")
}

// nextWaiting is what becomes of the caller in the next queue.
func (p *played) nextWaiting() Waiting {
	p.queues++
	w := nth(p.Queues, p.queues, Waiting{End: connected})
	if w.Position <= 0 {
		w.Position = 2
	}
	if p.caller.hangsUp() {
		w.End = hungUp
	}
	return w
}

// nth is the n-th in a list, from 1. The last repeats; otherwise where there is none.
func nth[T any](list []T, n int, otherwise T) T {
	if len(list) == 0 {
		return otherwise
	}
	return list[min(n, len(list))-1]
}

// heard has the caller hear texts and recordings.
func (p *played) heard(texts ...string) {
	p.result.Heard = append(p.result.Heard, texts...)
	for _, text := range texts {
		p.result.Conversation = append(p.result.Conversation, Line{Heard, text})
	}
}

// heardTimes has them hear a text, or the recording at an address, so many times.
func (p *played) heardTimes(times int, text string, isRecording bool) {
	if isRecording {
		text = recorded(strings.TrimSpace(text))
	}
	for range times {
		if strings.TrimSpace(text) != "" {
			p.heard(text)
		}
	}
}

// whispered has whoever takes a transfer hear texts and recordings.
func (p *played) whispered(texts ...string) {
	p.result.Whispered = append(p.result.Whispered, texts...)
}

// fetch sends a hook and reads the document that comes back. Where none does, it sends
// it again, as r has it.
func fetch[D any](ctx context.Context, p *played, d delivery, r retries, read func(answer) (D, error)) (D, error) {
	for try := 0; ; try++ {
		var doc D
		a, err := p.post(ctx, d, func(a answer) (err error) {
			doc, err = read(a)
			return err
		})
		if err == nil {
			if d.kind != Notice {
				p.result.Hooks++
			}
			return doc, nil
		}
		p.fault(err)
		if try >= r.count || !r.after(a.status, err) || ctx.Err() != nil {
			return doc, err
		}
		if pause := nth(r.pauses, try+1, 0); pause > 0 {
			if err := p.Wait(ctx, pause); err != nil {
				return doc, err
			}
		}
	}
}

// notify sends a notice, whose answer is of no interest.
func (p *played) notify(ctx context.Context, d delivery) {
	_, _ = fetch(ctx, p, d, retries{}, acknowledged) // a fault is in the result
}
