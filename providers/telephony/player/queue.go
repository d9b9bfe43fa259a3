package player

import "errors"

// What becomes of a caller in a queue, besides failed and hangup.
const (
	connected = "connected"
	waiting   = "waiting"
)

// maxWaits bounds how often a queue asks what a caller hears.
const maxWaits = 500

var errWaiting = errors.New("nobody takes the caller out of the queue")

// waitingEnd is what becomes of the n-th caller in a queue, from 0.
func waitingEnd(ends []string, n int) string {
	if len(ends) == 0 {
		return connected
	}
	return ends[min(n, len(ends)-1)]
}
