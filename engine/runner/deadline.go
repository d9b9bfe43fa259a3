package runner

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends at an instant, whatever becomes of its parent,
// whose values it has. Unlike those of package context it starts no timer until
// somebody waits for it: most turns are over before, and a store in memory never
// does.
type deadline struct {
	parent context.Context
	at     time.Time

	mu   sync.Mutex
	real context.Context // nil until somebody waits
	stop context.CancelFunc
}

// Deadline is always set.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done starts the timer.
func (d *deadline) Done() <-chan struct{} { return d.start().Done() }

// Err tells whether the instant has come.
func (d *deadline) Err() error {
	d.mu.Lock()
	real := d.real
	d.mu.Unlock()
	switch {
	case real != nil:
		return real.Err()
	case time.Now().Before(d.at):
		return nil
	}
	return context.DeadlineExceeded
}

// Value is the parent's. Once the timer runs, contexts derived from this one find
// it here and need no goroutine to watch it.
func (d *deadline) Value(key any) any {
	d.mu.Lock()
	real := d.real
	d.mu.Unlock()
	if real != nil {
		return real.Value(key)
	}
	return context.WithoutCancel(d.parent).Value(key)
}

func (d *deadline) start() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.real == nil {
		d.real, d.stop = context.WithDeadline(context.WithoutCancel(d.parent), d.at)
	}
	return d.real
}

// cancel stops the timer, if it runs.
func (d *deadline) cancel() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop()
	}
}
