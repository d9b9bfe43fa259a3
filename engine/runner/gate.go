package runner

import (
	"context"
	"sync"
)

// gate counts what is running, lets nothing in once it is shut, and tells when
// all have left.
type gate struct {
	mu    sync.Mutex
	in    int
	shut  bool
	empty chan struct{} // closed when shut and nobody is in
}

func newGate() *gate { return &gate{empty: make(chan struct{})} }

// enter returns false once the gate is shut.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.in++
	return true
}

// join enters from inside, shut or not: somebody who is in brings another.
func (g *gate) join() {
	g.mu.Lock()
	g.in++
	g.mu.Unlock()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in--
	if g.shut && g.in == 0 {
		close(g.empty)
	}
}

// close shuts the gate, which may be shut already.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return
	}
	g.shut = true
	if g.in == 0 {
		close(g.empty)
	}
}

// wait returns when all have left, or with ctx's error.
func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.empty:
		return nil
	default:
	}
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
