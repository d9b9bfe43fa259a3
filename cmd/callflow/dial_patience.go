package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// The pauses of whoever asks a server that is asked too much: doubled from one to the
// next, and longer where it says so.
const (
	firstPause  = time.Second
	longPause   = 8 * time.Second
	maxPatience = 2 * time.Minute // for one that is still asked too much then, nobody waits
)

var (
	errAskedTooMuch = errors.New("the server is asked too much: it has taken nothing; run the command again later, or fewer of them at once")
	// errPutOff means that nobody wants to wait any more for a server that asked to be
	// asked later.
	errPutOff = errors.New("interrupted while the server wanted to be asked later: it has taken nothing")
)

// send sends a request, and reads the answer into what it is given. A server that is
// asked too much has taken nothing: it is asked again.
func (d callDesk) send(ctx context.Context, method, path, key string, body []byte, into any) error {
	var waited time.Duration
	for next := firstPause; ; next = min(2*next, longPause) {
		later, err := d.attempt(ctx, method, path, key, body, into)
		if later <= 0 {
			return err
		}
		pause := spread(max(later, next), d.jitter)
		if waited += pause; waited > maxPatience {
			return errAskedTooMuch
		}
		d.waiting()
		if wait(ctx, pause) != nil {
			return errPutOff
		}
	}
}

// spread makes a pause up to a quarter longer, so that commands that began together do
// not come back together.
func spread(pause time.Duration, jitter func(time.Duration) time.Duration) time.Duration {
	return pause + jitter(pause/4)
}

// anyUnder is a time from zero up to most, which is above zero.
func anyUnder(most time.Duration) time.Duration { return rand.N(most) }
