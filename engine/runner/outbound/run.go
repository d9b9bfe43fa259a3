package outbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// WaitsForTurn is why a call is not dialled yet while others are: soon, though nobody
// knows when.
const WaitsForTurn = "waits for its turn"

// Services puts the desk before the services of a runner: what the outbox has to do
// about calls is done here.
func (d *Desk) Services(next runner.Services) runner.Services { return services{next, d} }

type services struct {
	runner.Services
	desk *Desk
}

// Action goes on with a call, or is the next one's.
func (s services) Action(ctx context.Context, a engine.Action) (engine.Answered, bool, error) {
	if a.Service != Service {
		return s.Services.Action(ctx, a)
	}
	var o order
	if err := json.Unmarshal(a.Body, &o); err != nil {
		return engine.Answered{Result: engine.AnswerRejected, Detail: "it cannot be read"}, false, nil
	}
	if err := s.desk.run(ctx, o); err != nil {
		return engine.Answered{Result: engine.AnswerPending, Detail: "not now"}, false, err
	}
	return engine.Answered{Result: engine.AnswerDone}, true, nil
}

// Idempotent: a run knows by the record how far it got before.
func (s services) Idempotent(service string) bool {
	return service == Service || s.Services.Idempotent(service)
}

// Margins and waits.
const (
	// silence is how long after its ringing nothing is heard of a call before it counts
	// as not answered.
	silence = 90 * time.Second
	// outageFirst and outageMost are the waits after a platform that did not answer.
	outageFirst, outageMost = 15 * time.Second, 5 * time.Minute
	// setupWait is that after one that refuses our credentials.
	setupWait = 5 * time.Minute
)

// run goes on with a call whose time has come.
func (d *Desk) run(ctx context.Context, o order) error {
	c, err := d.load(ctx, o.Call)
	if errors.Is(err, ErrNotFound) && o.Record != nil {
		if err := d.insert(ctx, o.Record); err != nil && !errors.Is(err, runner.ErrExists) && !errors.Is(err, runner.ErrEntombed) {
			return fmt.Errorf("save call: %w", err)
		}
		c, err = d.load(ctx, o.Call)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil // forgotten
	case err != nil:
		return err
	case c.Final || c.Run != o.Run:
		return nil // something else has happened since
	}
	switch c.Status {
	case Queued:
		return d.dial(ctx, c)
	case Dialling:
		if !c.Asked {
			return d.recover(ctx, c)
		}
		c, err = d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
			if c.Run != o.Run {
				return false, time.Time{}, nil
			}
			if c.Doubt {
				next := d.finish(c, Failed, c.attempt().Reason, true)
				return true, next, nil
			}
			return true, d.finish(c, NoAnswer, "the platform told nothing more of it", false), nil
		})
	default:
		c, err = d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
			if c.Run != o.Run {
				return false, time.Time{}, nil
			}
			return true, d.finish(c, Done, "the platform did not tell its end", true), nil
		})
	}
	if err == nil {
		d.paid(ctx, c, len(c.Attempts))
	}
	return err
}

// later puts a call off.
func (d *Desk) later(ctx context.Context, c *call, at time.Time, why string) error {
	run := c.Run
	_, err := d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if c.Run != run || c.Status != Queued {
			return false, time.Time{}, nil
		}
		if !at.Before(c.Order.Until) {
			return true, d.give(c, why+", and that would be too late"), nil
		}
		c.Next, c.Reason = at, why
		return true, at, nil
	})
	return err
}

// never ends a call that is not made any more.
func (d *Desk) never(ctx context.Context, c *call, why string) error {
	run := c.Run
	_, err := d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if c.Run != run || c.Status != Queued {
			return false, time.Time{}, nil
		}
		return true, d.give(c, why), nil
	})
	return err
}

// give gives up a queued call: it ends as its last attempt did.
func (d *Desk) give(c *call, why string) time.Time {
	c.Status, c.Reason, c.Final, c.Next = Failed, why, true, time.Time{}
	if n := len(c.Attempts); n > 0 {
		c.Status = c.Attempts[n-1].Status
	}
	c.Order.With = nil
	d.tell(c)
	return time.Time{}
}

// dial calls somebody, if it may.
func (d *Desk) dial(ctx context.Context, c *call) error {
	now := d.d.Now()
	o, platform := &c.Order, d.platforms[c.Order.Platform]
	p, _, ok := d.d.Programs.Program(o.Flow)
	switch {
	case now.Before(c.Next):
		return d.later(ctx, c, c.Next, c.Reason)
	case !now.Before(o.Until):
		return d.never(ctx, c, "it could not be made in time")
	case platform == nil:
		return d.never(ctx, c, "the platform makes no calls any more")
	case !ok:
		return d.never(ctx, c, "the flow is gone")
	}
	if _, err := p.Given(o.With); err != nil {
		return d.never(ctx, c, "the flow has changed: it does not take the values any more")
	}
	zone, err := d.zone(o)
	if err != nil {
		zone = time.UTC
	}
	switch open := opens(d.d.Settings.Window.Hours, now, zone); {
	case open.IsZero():
		return d.never(ctx, c, "nobody may be called at any time")
	case open.After(now) && d.d.Settings.Window.Outside == OutsideRefuse:
		return d.never(ctx, c, "nobody may be called at this time")
	case open.After(now):
		return d.later(ctx, c, open, "waits for the time at which people may be called")
	}
	if r := d.pace.ReserveN(now, 1); r.DelayFrom(now) > 0 {
		wait := r.DelayFrom(now)
		r.CancelAt(now)
		return d.later(ctx, c, now.Add(max(wait, time.Second)), WaitsForTurn)
	}
	longest := d.d.Settings.Longest
	if d.d.Tolls != nil {
		pass, err := d.d.Tolls.Place(ctx, c.toll(len(c.Attempts)+1, longest))
		switch {
		case err != nil:
			return err
		case pass.Refused != "" && pass.Again.IsZero():
			return d.never(ctx, c, pass.Refused)
		case pass.Refused != "":
			return d.later(ctx, c, pass.Again, "waits: "+pass.Refused)
		case pass.Longest > 0:
			longest = min(longest, pass.Longest)
		}
	}
	run := c.Run
	c, err = d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if c.Run != run || c.Status != Queued {
			return false, time.Time{}, errMoved
		}
		c.Status, c.Reason, c.Next, c.Longest = Dialling, "", time.Time{}, longest
		c.Nonce, c.Asked, c.Doubt, c.Started, c.Beep, c.CallID, c.Account, c.AnsweredBy = d.d.Nonce(), false, false, false, false, "", "", ""
		c.Attempts = append(c.Attempts, Attempt{At: now, Status: Dialling})
		return true, time.Time{}, nil // this run goes on, or is done again
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.place(ctx, c)
}

// errMoved: somebody else went on with the call meanwhile.
var errMoved = errors.New("the call has moved on")

// recover goes on where somebody stopped while the platform was asked.
func (d *Desk) recover(ctx context.Context, c *call) error {
	platform := d.platforms[c.Order.Platform]
	if platform != nil && platform.Idempotent() {
		return d.place(ctx, c)
	}
	return d.doubt(ctx, c, "nobody knows whether it was dialled: the server stopped while it asked the platform")
}

// doubt counts a call as dialled. Should somebody answer, the flow begins.
func (d *Desk) doubt(ctx context.Context, c *call, why string) error {
	nonce := c.Nonce
	_, err := d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if c.Nonce != nonce || c.Asked {
			return false, time.Time{}, nil
		}
		c.Asked = true
		if c.Status != Dialling {
			return true, d.d.Now().Add(c.Longest + silence), nil
		}
		c.Doubt, c.Reason, c.attempt().Reason = true, why, why
		return true, d.d.Now().Add(d.d.Settings.Ring + silence), nil
	})
	if err == nil {
		d.d.Log.Error("nobody knows whether a call was dialled; it counts as dialled", zap.String("call", c.ID), zap.String("platform", c.Order.Platform), zap.String("reason", why), zap.Bool("alarm", true))
	}
	return err
}

// said is what came of asking a platform, for people: there may be several.
func said(c *call, failed *Failure) string { return c.Order.Platform + ": " + failed.Error() }

// place asks the platform for the call at hand.
func (d *Desk) place(ctx context.Context, c *call) error {
	token := c.ID + "." + c.Nonce
	o := &c.Order
	placed, err := d.platforms[o.Platform].Place(ctx, Placement{
		Key: c.key(len(c.Attempts)), From: o.From, To: o.To,
		AnswerURL: d.d.AnswerURL(o.Platform, o.Flow, token), StatusURL: d.d.StatusURL(o.Platform, token), Token: token,
		Ring: d.d.Settings.Ring, Longest: c.Longest, Detect: o.Machine.detect(),
	})
	var failed *Failure
	if err != nil && !errors.As(err, &failed) {
		failed = &Failure{Kind: ErrOutage, Reason: err.Error(), Maybe: true}
	}
	switch {
	case failed == nil:
		return d.asked(ctx, c, placed)
	case failed.Maybe:
		return d.doubt(ctx, c, "nobody knows whether it was dialled: "+said(c, failed))
	}
	return d.notPlaced(ctx, c, failed)
}

// asked notes that the platform makes the call.
func (d *Desk) asked(ctx context.Context, c *call, placed Placed) error {
	nonce := c.Nonce
	_, err := d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if c.Nonce != nonce || c.Asked {
			return false, time.Time{}, nil
		}
		c.Asked, c.Outages = true, 0
		if c.CallID == "" {
			c.CallID = placed.ID
		}
		c.attempt().Call = c.CallID
		wait := d.d.Settings.Ring
		if c.Status != Dialling {
			wait = c.Longest // somebody was quick
		}
		return true, d.d.Now().Add(wait + silence), nil
	})
	if err == nil {
		d.d.Log.Info("call dialled", zap.String("call", c.ID), zap.String("platform", c.Order.Platform), zap.String("platform_call", placed.ID), zap.Int("attempt", len(c.Attempts)))
	}
	return err
}

// notPlaced ends an attempt that never was one, or the call where that was a decision.
func (d *Desk) notPlaced(ctx context.Context, c *call, failed *Failure) error {
	refused := errors.Is(failed, ErrRefused)
	ours := errors.Is(failed, runner.ErrCredentials) || errors.Is(failed, runner.ErrSetup)
	fields := []zap.Field{zap.String("call", c.ID), zap.String("platform", c.Order.Platform), zap.Error(failed)}
	switch {
	case ours:
		d.d.Log.Error("calls cannot be made: check the platform's credentials and its set-up", append(fields, zap.Bool("alarm", true))...)
	case !refused:
		d.d.Log.Warn("call not taken by the platform", fields...)
	}
	nonce, attempt, moved := c.Nonce, len(c.Attempts), false
	_, err := d.change(ctx, c.ID, func(c *call) (bool, time.Time, error) {
		if moved = c.Nonce != nonce || c.Asked || c.Status != Dialling; moved {
			return false, time.Time{}, nil
		}
		if refused {
			return true, d.finish(c, Failed, said(c, failed), true), nil
		}
		now := d.d.Now()
		wait := min(outageFirst<<min(c.Outages, 10), outageMost)
		if ours {
			wait = setupWait
		}
		next := now.Add(max(wait, failed.After))
		// Nobody's telephone has rung: it is no attempt.
		c.Attempts = c.Attempts[:len(c.Attempts)-1]
		c.Outages++
		c.Status, c.Nonce = Queued, ""
		if c.Last {
			c.cancel()
			d.tell(c)
			return true, time.Time{}, nil
		}
		if !next.Before(c.Order.Until) {
			return true, d.give(c, said(c, failed)), nil
		}
		c.Next, c.Reason = next, said(c, failed)
		return true, next, nil
	})
	switch {
	case err != nil || moved:
	case refused:
		d.paid(ctx, c, attempt)
	default:
		d.withdrawn(ctx, c, attempt)
	}
	return err
}

// finish ends the attempt at hand, and returns when the next one is.
func (d *Desk) finish(c *call, s Status, why string, final bool) time.Time {
	now, a := d.d.Now(), c.attempt()
	a.Status, a.Reason, a.Ended = s, why, now
	c.Reason = why
	if wait := c.Order.Retry.after(s); !final && !c.Last && wait > 0 && len(c.Attempts) < c.Order.Retry.Attempts && now.Add(wait).Before(c.Order.Until) {
		c.Status, c.Next, c.Nonce = Queued, now.Add(wait), ""
		d.tell(c)
		return c.Next
	}
	c.Status, c.Final, c.Next, c.Order.With = s, true, time.Time{}, nil
	d.tell(c)
	return time.Time{}
}

// tell logs what has become of a call, without its numbers.
func (d *Desk) tell(c *call) {
	fields := []zap.Field{zap.String("call", c.ID), zap.String("status", string(c.Status)), zap.String("flow", c.Order.Flow), zap.Int("attempts", len(c.Attempts)), zap.String("reason", c.Reason)}
	if !c.Final {
		d.d.Log.Info("call to be tried again", append(fields, zap.Time("next", c.Next))...)
		return
	}
	d.d.Log.Info("call over", fields...)
}

// paid gives back what an attempt did not cost.
func (d *Desk) paid(ctx context.Context, c *call, attempt int) {
	if d.d.Tolls == nil {
		return
	}
	if err := d.d.Tolls.Ended(ctx, c.toll(attempt, c.Longest)); err != nil {
		d.d.Log.Warn("a call that is over stays counted", zap.String("call", c.ID), zap.Error(err))
	}
}

// withdrawn gives back all that an attempt was counted in, for it was none: or a platform
// that is out for a while would use up what may be called.
func (d *Desk) withdrawn(ctx context.Context, c *call, attempt int) {
	if d.d.Tolls == nil {
		return
	}
	if err := d.d.Tolls.Withdrawn(ctx, c.toll(attempt, c.Longest)); err != nil {
		d.d.Log.Warn("a call that was not made stays counted", zap.String("call", c.ID), zap.Error(err))
	}
}

func (c *call) key(attempt int) string { return c.ID + "-" + strconv.Itoa(attempt) }

func (c *call) toll(attempt int, longest time.Duration) Toll {
	return Toll{Key: c.key(attempt), By: c.By, To: c.Order.To, Longest: longest}
}
