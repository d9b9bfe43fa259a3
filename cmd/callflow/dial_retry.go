package main

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"callflow/engine/runner/outbound"
)

// dialRetry are the flags that say when to call again: one for each member of an order's
// retry.
type dialRetry struct {
	flags                           *pflag.FlagSet
	attempts                        int
	busy, noAnswer, failed, machine time.Duration
}

// The flags that are not called as the members of an order are.
const (
	flagAttempts = "attempts"
	flagMachine  = "after-machine" // machine is what becomes of the call
)

func (r *dialRetry) add(f *pflag.FlagSet) {
	r.flags = f
	f.IntVar(&r.attempts, flagAttempts, 0, "how often to call in all, 1 to 10; left out, dial.retry.attempts")
	wait := func(into *time.Duration, name, doc string) {
		f.DurationVar(into, name, 0, "how long after "+doc+" to call again, 10s to 168h, or 0s for never; left out, dial.retry")
	}
	wait(&r.busy, "busy", "a line that was busy")
	wait(&r.noAnswer, "no-answer", "nobody answered")
	wait(&r.failed, "failed", "a call that did not come about")
	wait(&r.machine, flagMachine, "a machine ended the call (--machine hang_up or leave_message)")
}

// given is what the flags say; nil: nothing.
func (r *dialRetry) given() (*outbound.Retry, error) {
	var retry outbound.Retry
	if r.flags.Changed(flagAttempts) {
		if retry.Attempts = r.attempts; r.attempts == 0 {
			return nil, usagef("--attempts: found 0, expected 1 or more: the first time counts")
		}
	}
	for _, w := range []struct {
		name  string
		given time.Duration
		into  *outbound.Wait
	}{
		{"busy", r.busy, &retry.Busy},
		{"no-answer", r.noAnswer, &retry.NoAnswer},
		{"failed", r.failed, &retry.Failed},
		{flagMachine, r.machine, &retry.Machine},
	} {
		if r.flags.Changed(w.name) {
			*w.into = outbound.NewWait(w.given)
		}
	}
	if retry == (outbound.Retry{}) {
		return nil, nil //nolint:nilnil // nothing is said, which is no mistake
	}
	if problems := retry.Check(); len(problems) > 0 {
		p := problems[0]
		name := strings.ReplaceAll(p.Field, "_", "-")
		if p.Field == "machine" {
			name = flagMachine
		}
		return nil, usagef("--%s: %s", name, p.Message)
	}
	return &retry, nil
}
