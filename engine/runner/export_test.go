package runner

// Busy counts the locks in use, for tests.
func (r *Runner) Busy() int {
	n := 0
	for i := range r.locks.shards {
		s := &r.locks.shards[i]
		s.mu.Lock()
		n += len(s.held)
		s.mu.Unlock()
	}
	return n
}

// Kept counts the programs that are kept.
func (r *Runner) Kept() int { return len(r.programs.byHash) }

// Flying counts the effects and deliveries in flight.
func (r *Runner) Flying() int {
	r.effects.mu.Lock()
	defer r.effects.mu.Unlock()
	r.sends.mu.Lock()
	defer r.sends.mu.Unlock()
	return len(r.effects.all) + len(r.sends.all)
}
