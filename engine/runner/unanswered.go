package runner

import (
	"sync"
	"time"

	"callflow/engine"
)

const (
	// maxUnanswered bounds how many events are kept; with more, callers are asked
	// again.
	maxUnanswered = 4096
	// unansweredLife is how long one is kept: longer than a caller is held.
	unansweredLife = time.Minute
)

// unanswered keeps the events of turns that were put off because the store was
// down, by the token they came with, so that nobody has to press a key twice, nor
// is signed in twice for it. They are kept in memory only and by one instance:
// where they are missing, the question is asked again.
type unanswered struct {
	mu      sync.Mutex
	byToken map[Token]keptEvent
}

type keptEvent struct {
	event engine.Event
	until time.Time
}

func newUnanswered() *unanswered { return &unanswered{byToken: make(map[Token]keptEvent)} }

func (u *unanswered) keep(t Token, ev engine.Event, now time.Time) {
	u.mu.Lock()
	full := len(u.byToken) >= maxUnanswered
	u.mu.Unlock()
	if full {
		u.drop(now)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.byToken) < maxUnanswered {
		u.byToken[t] = keptEvent{ev, now.Add(unansweredLife)}
	}
}

// take removes the event of a token, and returns Lost where there is none.
func (u *unanswered) take(t Token) engine.Event {
	u.mu.Lock()
	defer u.mu.Unlock()
	if k, ok := u.byToken[t]; ok {
		delete(u.byToken, t)
		return k.event
	}
	return engine.Lost{}
}

// drop forgets what is too old.
func (u *unanswered) drop(now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for t, k := range u.byToken {
		if !now.Before(k.until) {
			delete(u.byToken, t)
		}
	}
}
