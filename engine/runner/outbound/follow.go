package outbound

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
)

// Stage is what a platform tells of a call that it makes.
type Stage string

// The stages. Rejected is a decision of the other side; Beep is when a machine has said
// what it says; Unsure is a platform that could not find out who answered.
const (
	StageNone      Stage = ""
	StageRinging   Stage = "ringing"
	StageAnswered  Stage = "answered"
	StageHuman     Stage = "human"
	StageMachine   Stage = "machine"
	StageBeep      Stage = "beep"
	StageUnsure    Stage = "unsure"
	StageBusy      Stage = "busy"
	StageNoAnswer  Stage = "no_answer"
	StageRejected  Stage = "rejected"
	StageFailed    Stage = "failed"
	StageCompleted Stage = "completed"
)

// How long after the answer somebody is kept waiting, for a platform to find out who it
// is, and for a machine to finish.
const (
	detectPatience = 6 * time.Second
	beepPatience   = 40 * time.Second
)

// Answer is what a call that was answered begins with.
type Answer struct {
	// Hold has the platform come again: it is not known yet who answered. HangUp ends
	// the call.
	Hold, HangUp bool
	Flow         string
	Call         engine.Call
	With         engine.Opening
}

// ErrToken means that the address of a webhook is none of ours, or not of this call.
var ErrToken = errors.New("the address names no call that is being made")

// Answer takes the first hook of a call that was answered. The token belongs to one
// attempt, and after its first use to one call of the platform. Errors: ErrToken, or the
// store's.
func (d *Desk) Answer(ctx context.Context, token string, in engine.Call, stage Stage) (Answer, error) {
	id, nonce, err := split(token)
	if err != nil {
		return Answer{}, err
	}
	c, err := d.change(ctx, id, func(c *call) (bool, time.Time, error) {
		if !c.proves(nonce, in) || c.CallID != "" && c.CallID != in.ID {
			return false, time.Time{}, ErrToken
		}
		if c.Final || c.Started {
			return false, time.Time{}, nil
		}
		c.CallID, c.Account = in.ID, in.Account
		a := c.attempt()
		a.Call = in.ID
		next := d.answered(c)
		c.hear(stage)
		if c.AnsweredBy == engine.ByMachine && c.Order.Machine == MachineHangUp {
			return true, d.finish(c, ByMachine, "a machine answered", false), nil
		}
		if !d.waits(c) {
			c.Started = true
			if c.AnsweredBy == "" {
				c.AnsweredBy = engine.ByUnknown
			}
			a.Session = runner.SessionID(in)
		}
		return true, next, nil
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return Answer{}, ErrToken
	case err != nil:
		return Answer{}, err
	}
	in.Outbound, in.AnsweredBy = true, c.AnsweredBy
	in.From, in.To = c.Order.From, c.Order.To // as they were asked for, whatever the platform makes of them
	if c.Order.Language != "" {
		in.Language = c.Order.Language
	}
	answer := Answer{Flow: c.Order.Flow, Call: in}
	switch {
	case c.Started:
	case c.Final || c.Status == Queued:
		answer.HangUp = true
		d.paid(ctx, c, len(c.Attempts))
		return answer, nil
	default:
		answer.Hold = true
		return answer, nil
	}
	if p, _, ok := d.d.Programs.Program(c.Order.Flow); ok {
		// What does not fit any more is found by whoever begins the call.
		answer.With.Vars, _ = p.Given(c.Order.With)
	}
	if c.AnsweredBy == engine.ByMachine {
		answer.With.State = c.Order.Message
	}
	return answer, nil
}

// answered notes that somebody, or something, has answered.
func (d *Desk) answered(c *call) (next time.Time) {
	if c.Status != Dialling {
		return time.Time{}
	}
	now := d.d.Now()
	c.Status, c.Reason, c.Doubt = Answered, "", false
	a := c.attempt()
	a.Status, a.Reason, a.Answered = Answered, "", now
	if !c.Asked {
		return time.Time{} // whoever asks the platform goes on with it
	}
	return now.Add(c.Longest + silence)
}

// hear takes what is known of who answered.
func (c *call) hear(stage Stage) {
	switch stage {
	case StageHuman:
		c.AnsweredBy = engine.ByHuman
	case StageMachine, StageBeep:
		c.AnsweredBy = engine.ByMachine
		c.Beep = c.Beep || stage == StageBeep
		if c.Status == Answered {
			c.Status = ByMachine
			c.attempt().Status = ByMachine
		}
	case StageUnsure:
		if c.AnsweredBy == "" {
			c.AnsweredBy = engine.ByUnknown
		}
	}
}

// waits tells whether it is worth waiting to hear who has answered, or for a machine to
// finish.
func (d *Desk) waits(c *call) bool {
	since := d.d.Now().Sub(c.attempt().Answered)
	switch {
	case c.Order.Machine == MachineIgnore:
		return false
	case c.AnsweredBy == "":
		return since < detectPatience
	case c.AnsweredBy == engine.ByMachine && c.Order.Machine == MachineMessage && !c.Beep:
		return since < beepPatience
	}
	return false
}

// Notice takes what a platform tells of a call. What is about another call, or comes too
// late, changes nothing. Errors: ErrToken, or the store's.
func (d *Desk) Notice(ctx context.Context, token string, in engine.Call, stage Stage) error {
	id, nonce, err := split(token)
	if err != nil {
		return err
	}
	if stage == StageNone || stage == StageRinging {
		return nil
	}
	over := false
	c, err := d.change(ctx, id, func(c *call) (save bool, next time.Time, err error) {
		over = false
		if !c.proves(nonce, in) {
			return false, time.Time{}, ErrToken
		}
		if c.Final || c.CallID != "" && in.ID != "" && c.CallID != in.ID {
			return false, time.Time{}, nil // of the other leg of a transfer, or late
		}
		switch stage {
		case StageAnswered:
			next = d.answered(c)
			return true, next, nil
		case StageHuman, StageMachine, StageBeep, StageUnsure:
			if c.Started {
				return false, time.Time{}, nil // too late for the flow
			}
			next = d.answered(c)
			c.hear(stage)
			return true, next, nil
		}
		over = true
		return true, d.ended(c, stage), nil
	})
	if errors.Is(err, ErrNotFound) {
		return ErrToken
	}
	if err == nil && over {
		d.paid(ctx, c, len(c.Attempts))
	}
	return err
}

// ended ends the attempt at hand, and returns when the next one is.
func (d *Desk) ended(c *call, stage Stage) time.Time {
	switch {
	case c.Status == Queued:
		return time.Time{}
	case c.AnsweredBy == engine.ByMachine && !c.Started:
		return d.finish(c, ByMachine, "a machine answered", false)
	case c.Status != Dialling:
		return d.finish(c, Done, "", true)
	}
	switch stage {
	case StageBusy:
		return d.finish(c, Busy, "", false)
	case StageNoAnswer:
		return d.finish(c, NoAnswer, "", false)
	case StageRejected:
		return d.finish(c, Failed, "the other side rejects the call, or the number is none", true)
	case StageCompleted:
		return d.finish(c, Done, "it was over before a word was said", true)
	}
	return d.finish(c, Failed, "the call did not come about", false)
}

// proves tells whether a webhook's address is that of the attempt at hand.
func (c *call) proves(nonce string, in engine.Call) bool {
	return c.Nonce != "" && subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(nonce)) == 1 && c.Order.Platform == in.Platform
}

// split takes a token apart.
func split(token string) (id, nonce string, err error) {
	id, nonce, _ = strings.Cut(token, ".")
	if !isID(id) || nonce == "" || len(nonce) > maxWord {
		return "", "", ErrToken
	}
	return id, nonce, nil
}
