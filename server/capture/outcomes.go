package capture

import (
	"context"
	"math"
	"slices"
	"sync"

	"callflow/engine"
)

// Outcomes have effects come out as they did when a call was recorded, in the order in
// which they did. Use NewOutcomes; a nil one knows of none.
type Outcomes struct {
	mu  sync.Mutex
	due []outcome
	at  int           // the hook that is being played
	on  chan struct{} // closed: at has moved
}

// outcome is an effect and the hook that it is of.
type outcome struct {
	Effect
	hook int
}

// NewOutcomes are the outcomes in a capture. One of an older version has none.
func NewOutcomes(capture []Exchange) *Outcomes {
	o := &Outcomes{at: math.MaxInt, on: make(chan struct{})}
	for i, e := range capture {
		for _, effect := range e.Effects {
			o.due = append(o.due, outcome{effect, i})
		}
	}
	return o
}

// reach says which hook is played now. Those who were held until then hear it.
func (o *Outcomes) reach(hook int) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = hook
	close(o.on)
	o.on = make(chan struct{})
}

// Next is what becomes of an effect: of the next one like it, whatever was asked for it.
// It comes with the hook that it came with, not before. known is false where the capture
// has none, and the error is the context's.
func (o *Outcomes) Next(ctx context.Context, e engine.Effect) (result engine.Event, known bool, err error) {
	if o == nil {
		return nil, false, nil
	}
	next, known := o.take(e)
	if !known {
		return nil, false, nil
	}
	for {
		o.mu.Lock()
		at, on := o.at, o.on
		o.mu.Unlock()
		if at >= next.hook {
			return next.event(), true, nil
		}
		select {
		case <-on:
		case <-ctx.Done():
			return nil, true, ctx.Err()
		}
	}
}

// take takes the next outcome that is of an effect. Those before it were not asked for.
func (o *Outcomes) take(e engine.Effect) (outcome, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	of := effectOf(e)
	i := slices.IndexFunc(o.due, func(due outcome) bool { return due.is(of) })
	if of.Effect == "" || i < 0 {
		return outcome{}, false
	}
	next := o.due[i]
	o.due = o.due[i+1:]
	return next, true
}

// Doubtful tells whether the next action at a service is one of which nobody knew what
// became of it, so that it must not be sent again.
func (o *Outcomes) Doubtful(service string) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.due, func(due outcome) bool { return due.Effect.Effect == effectAction && due.Service == service })
	return i >= 0 && engine.Answer(o.due[i].Result) == engine.AnswerUnknown
}
