package sms

import (
	"context"
	"errors"
	"fmt"
)

// Failover asks several senders in turn. A decision is final; an outage, wrong
// credentials and a wrong set-up move on to the next, unless the message may have
// been sent already: the same code twice, from two senders, costs and confuses.
type Failover struct {
	senders []Sender
	// Failed is told of every sender that was passed over; it may be nil.
	failed func(error)
}

// NewFailover makes a list of senders, which is not empty. failed hears of each
// failure that was not the last; it must not block.
func NewFailover(failed func(error), senders ...Sender) (*Failover, error) {
	if len(senders) == 0 {
		return nil, errors.New("there is no sender to send messages with")
	}
	if failed == nil {
		failed = func(error) {}
	}
	return &Failover{senders: senders, failed: failed}, nil
}

// Name is the first sender's.
func (f *Failover) Name() string { return f.senders[0].Name() }

// Send sends with the first sender that can.
func (f *Failover) Send(ctx context.Context, m Message) (Receipt, error) {
	var last error
	for i, s := range f.senders {
		r, err := s.Send(ctx, m)
		if err == nil {
			return r, nil
		}
		last = err
		var failure *Failure
		switch {
		case errors.Is(err, ErrRefused), ctx.Err() != nil:
			return Receipt{}, err
		case errors.As(err, &failure) && failure.Maybe:
			return Receipt{}, err
		case i < len(f.senders)-1:
			f.failed(err)
		}
	}
	return Receipt{}, last
}

// Approve reports to the sender that a receipt came from. A sender that learns
// nothing needs no report.
func (f *Failover) Approve(ctx context.Context, r Receipt) error {
	if r.Feedback == "" {
		return nil
	}
	for _, s := range f.senders {
		if s.Name() != r.Sender {
			continue
		}
		a, ok := s.(Approver)
		if !ok {
			return nil
		}
		return a.Approve(ctx, r.Feedback)
	}
	return fmt.Errorf("sender %q is not configured any more", r.Sender)
}
