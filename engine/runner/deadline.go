package runner

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends at an instant, or with its parent. Unlike those
// of package context it starts no timer until somebody waits for it: most turns
// are over before, and a store in memory never does.
type deadline struct {
	parent context.Context
	at     time.Time

	mu   sync.Mutex
	over bool
	real context.Context // nil until somebody waits
	stop context.CancelFunc
}

// after is a context of parent's that ends when d has passed.
func after(parent context.Context, d time.Duration) *deadline {
	return &deadline{parent: parent, at: time.Now().Add(d)}
}

// Deadline is always set.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done starts the timer.
func (d *deadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.real == nil {
		d.real, d.stop = context.WithDeadline(d.parent, d.at)
		if d.over {
			d.stop()
		}
	}
	return d.real.Done()
}

// Err tells whether the instant has come.
func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.real != nil:
		return d.real.Err()
	case d.parent.Err() != nil:
		return d.parent.Err()
	case d.over:
		return context.Canceled
	case time.Now().Before(d.at):
		return nil
	}
	return context.DeadlineExceeded
}

// Value is the parent's. Once the timer runs, contexts derived from this one find
// it here and need no goroutine to watch it.
func (d *deadline) Value(key any) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.real != nil {
		return d.real.Value(key)
	}
	return d.parent.Value(key)
}

// cancel ends the context and stops the timer, if it runs.
func (d *deadline) cancel() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.stop != nil {
		d.stop()
	}
}
