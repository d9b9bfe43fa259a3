package server

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/telephony"
)

const (
	// commandTries is how often a command is sent whose answer nobody saves, and
	// commandWithin how long that takes at most: then the platform sends its hook again.
	commandTries  = 3
	commandWithin = 8 * time.Second
	commandPause  = 200 * time.Millisecond
)

// commandsOf are the commands of a reply, as the runner keeps them.
func commandsOf(reply telephony.Reply) (runner.Commands, error) {
	c := runner.Commands{Parts: make([][]byte, len(reply.Commands))}
	for i := range reply.Commands {
		part, err := reply.Commands[i].Append(nil)
		if err != nil {
			return c, err
		}
		c.Parts[i] = part
	}
	if reply.Last.Path == "" {
		return c, nil
	}
	last, err := reply.Last.Append(nil)
	c.Last = last
	return c, err
}

// command delivers the first of the commands of an answer that nobody has saved. What
// comes behind it the platform asks for. It returns false where it cannot be delivered
// now.
func (h *hook) command(c runner.Commands) bool {
	if h.deps.Commander == nil {
		h.deps.Log.Error("nobody is there to deliver commands", h.fields()...)
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.c.Request().Context()), commandWithin)
	defer cancel()
	err := h.deliver(ctx, c.Parts[0])
	if errors.Is(err, runner.ErrRefused) {
		h.deps.Log.Error("command is refused: the call is ended", h.fields(zap.Error(err), zap.Bool("alarm", true))...)
		if err = nil; len(c.Last) > 0 {
			err = h.deliver(ctx, c.Last)
		}
	}
	switch {
	case err == nil, errors.Is(err, runner.ErrCallOver), errors.Is(err, runner.ErrRefused): // another time it would be again
		return true
	}
	h.deps.Log.Error("command is not delivered", h.fields(zap.Error(err), zap.Bool("alarm", errors.Is(err, runner.ErrCredentials)))...)
	return false
}

// deliver sends a command, a few times where there is use in it.
func (h *hook) deliver(ctx context.Context, command []byte) (err error) {
	for try := range commandTries {
		if try > 0 {
			timer := time.NewTimer(commandPause << try)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return err
			}
		}
		err = h.deps.Commander.Deliver(ctx, command)
		for _, final := range []error{nil, runner.ErrCallOver, runner.ErrRefused, runner.ErrCredentials} {
			if errors.Is(err, final) {
				return err
			}
		}
	}
	return err
}
