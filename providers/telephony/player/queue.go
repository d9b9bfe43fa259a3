package player

import (
	"errors"
	"time"
)

// Waiting is what becomes of a caller in a queue.
type Waiting struct {
	// End is connected, failed, waiting for one who waits until they are told to
	// leave, or hangup for one who leaves after the first words.
	End string
	// Position is the caller's place in the line at first; zero: 2. It moves up until
	// the call is taken.
	Position int
	// After is when the call is taken; zero: after the first words.
	After time.Duration
}

const (
	connected = "connected"
	unqueued  = "failed"
)

// maxWaits bounds how often a queue asks what a caller hears.
const maxWaits = 5000

var errWaiting = errors.New("nobody takes the caller out of the queue")

// at is the place in the line after a time, from 1.
func (w Waiting) at(waited time.Duration) int {
	if w.End != connected || w.After <= 0 {
		return w.Position
	}
	return max(1, w.Position-int(int64(w.Position)*int64(waited)/int64(w.After)))
}

// over tells that the call is taken, or the caller does not wait any longer.
func (w Waiting) over(waited time.Duration) bool {
	return w.End == hungUp || w.End == connected && waited >= w.After
}
