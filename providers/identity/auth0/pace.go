package auth0

import (
	"context"
	"sync"
	"time"
)

// firstPace is how long Auth0 takes over a wrong PIN, as long as nobody has
// entered one.
const firstPace = 300 * time.Millisecond

// pace makes an account that nobody has cost the time of a wrong PIN, and a number that
// nobody has the time of a code that is sent: it repeats what those lately took. (Logging in as nobody would cost the same, but feed
// Auth0's count of failures for our address, which locks everybody out.)
type pace struct {
	mu     sync.Mutex
	recent [64]time.Duration
	added  int
	taken  int
}

// add notes how long one took.
func (p *pace) add(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent[p.added%len(p.recent)] = d
	p.added++
}

func (p *pace) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(p.added, len(p.recent))
	if n == 0 {
		return firstPace
	}
	p.taken++
	return p.recent[p.taken%n]
}

// wait waits as long as a wrong PIN takes, or until ctx is done, which is its
// error.
func (p *pace) wait(ctx context.Context) error { return p.rest(ctx, 0) }

// rest is wait after some of it has passed.
func (p *pace) rest(ctx context.Context, passed time.Duration) error {
	t := time.NewTimer(max(0, p.next()-passed))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
