package outbound

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// ErrOthers means that somebody else has ordered the call.
var ErrOthers = errors.New("the call was ordered by somebody else")

// TooLateError is a call that cannot be taken back any more.
type TooLateError struct{ Status Status }

func (e *TooLateError) Error() string {
	switch e.Status {
	case Dialling:
		return "it is being dialled, and may ring already: this attempt goes on, and no other follows"
	case Answered, ByMachine:
		return "it was answered already, and goes on"
	}
	return "it is over already: " + string(e.Status)
}

// Cancel takes back a call that somebody has ordered, or with all anybody's, while it
// waits. One that is being dialled goes on, which is a *TooLateError, and is not tried
// again. A call that was cancelled may be cancelled again. Other errors: ErrNotFound,
// ErrOthers, or the store's.
func (d *Desk) Cancel(ctx context.Context, id, by string, all bool) (View, error) {
	if !isID(id) {
		return View{}, ErrNotFound
	}
	var late *TooLateError
	cancelled := false
	c, err := d.change(ctx, id, func(c *call) (bool, time.Time, error) {
		late, cancelled = nil, false
		switch {
		case c.By != by && !all:
			return false, time.Time{}, ErrOthers
		case c.Status == Cancelled:
			return false, time.Time{}, nil
		case !c.Final && c.Status == Queued:
			cancelled = true
			c.cancel()
			return true, time.Time{}, nil
		}
		late = &TooLateError{c.Status}
		save := c.Status == Dialling && !c.Last
		c.Last = c.Last || save
		return save, time.Time{}, nil
	})
	switch {
	case err != nil:
		return View{}, err
	case cancelled:
		d.tell(c)
		d.d.Log.Info("audit: call cancelled", zap.String("call", id), zap.String("ordered_by", c.By), zap.String("by", by))
	case late != nil:
		d.d.Log.Info("audit: call not cancelled", zap.String("call", id), zap.String("ordered_by", c.By), zap.String("by", by), zap.String("status", string(late.Status)))
		return c.view(), late
	}
	return c.view(), nil
}

// cancel ends a call that waits.
func (c *call) cancel() {
	c.Status, c.Reason, c.Final, c.Next, c.Nonce, c.Order.With = Cancelled, "it was taken back", true, time.Time{}, "", nil
}
