package flowtest

import (
	"strings"
	"time"
)

// How long things take on a simulated call.
const (
	perWord  = 400 * time.Millisecond // of speech
	reaction = 500 * time.Millisecond // from a question to the first key
	perKey   = 200 * time.Millisecond
	bridged  = 30 * time.Second // a conversation after a transfer
	talking  = 10 * time.Second // into a recording
	engaged  = 2 * time.Second  // until a line is found busy, or a transfer fails
)

// The runner's rules, on the caller's clock.
const (
	patience = 1500 * time.Millisecond // then a caller is held
	deadline = 20 * time.Second        // then an effect counts as unavailable
)

// The rules by which promised actions are sent again.
const (
	firstRetry = time.Second // doubled each time
	maxTries   = 6           // of one action, in a simulation
)

// speaking is how long a text takes to say.
func speaking(text string) time.Duration {
	return time.Duration(len(strings.Fields(text))) * perWord
}
