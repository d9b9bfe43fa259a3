package runner_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"callflow/engine"
	"callflow/engine/runner"
)

// What somebody has to see to is an alarm; an outage that passes is not.
func TestAlarms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		alarm string
	}{
		{runner.ErrCredentials, "credentials"},
		{runner.ErrSetup, "set up"},
		{context.DeadlineExceeded, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			logs := b.observe()
			b.identity.do = func(context.Context, int) (engine.SignedIn, error) {
				return engine.SignedIn{}, fmt.Errorf("sign-in: %w", c.err)
			}
			b.phone(b.runner()).start().press("1234")
			if got := logs.has(`"alarm":true`); got != (c.alarm != "") {
				t.Errorf("%v: alarm %v in %s", c.err, got, logs)
			}
			if !logs.has("effect failed", c.alarm) {
				t.Errorf("%v: the log does not say %q: %s", c.err, c.alarm, logs)
			}
			b.close()
		})
	}
}
