package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"callflow/engine"
)

// keptPrograms bounds the programs that are kept although they are not live any
// more: those of calls that began before a deploy.
const keptPrograms = 64

// programs are those that calls of this process run on, as far as the store has
// their source.
type programs struct {
	mu     sync.RWMutex
	byHash map[string]*engine.Program
	// order has the hashes, the first added first.
	order []string
}

func newPrograms() *programs { return &programs{byHash: make(map[string]*engine.Program)} }

// find returns the program of that hash, or nil.
func (ps *programs) find(hash string) *engine.Program {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.byHash[hash]
}

func (ps *programs) keep(p *engine.Program) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	hash := p.Hash()
	if ps.byHash[hash] == nil {
		if len(ps.order) >= keptPrograms {
			delete(ps.byHash, ps.order[0])
			ps.order = slices.Delete(ps.order, 0, 1)
		}
		ps.order = append(ps.order, hash)
	}
	ps.byHash[hash] = p
}

// errNoProgram: the program a session started on is nowhere to be had.
var errNoProgram = errors.New("program is not available")

// pin makes sure that p can be had again by its hash, from the store, for as long
// as a call may run on it.
func (r *Runner) pin(ctx context.Context, p *engine.Program, source []byte) error {
	if r.programs.find(p.Hash()) != nil {
		return nil
	}
	if err := r.store.SaveProgram(ctx, p.Hash(), source); err != nil {
		return stored("save program", err)
	}
	r.programs.keep(p)
	return nil
}

// program is the one a session started on: the live one, as a rule.
func (r *Runner) program(ctx context.Context, flow, hash string) (*engine.Program, error) {
	if p, _, ok := r.catalog.Program(flow); ok && p.Hash() == hash {
		return p, nil
	}
	if p := r.programs.find(hash); p != nil {
		return p, nil
	}
	// One compiles, the others wait for it.
	key := "program " + hash
	if !r.locks.acquire(ctx, key, lockPatience) {
		return nil, fmt.Errorf("%w: flow %q, %.12s: it is still being compiled", errNoProgram, flow, hash)
	}
	defer r.locks.release(key)
	if p := r.programs.find(hash); p != nil {
		return p, nil
	}
	source, err := r.store.LoadProgram(ctx, hash)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%w: flow %q, %.12s: neither live nor in the store", errNoProgram, flow, hash)
	}
	if err != nil {
		return nil, stored("load program", err)
	}
	p, err := r.catalog.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("%w: flow %q, %.12s: its source no longer compiles: %w", errNoProgram, flow, hash, err)
	}
	if p.Hash() != hash {
		return nil, fmt.Errorf("%w: flow %q, %.12s: its source compiles to %.12s here", errNoProgram, flow, hash, p.Hash())
	}
	r.programs.keep(p)
	return p, nil
}
