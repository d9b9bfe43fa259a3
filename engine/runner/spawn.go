package runner

// spawn runs f in a goroutine that Close waits for. The caller is inside the
// gate.
func (r *Runner) spawn(f func()) {
	r.gate.join()
	select {
	case r.idle <- f:
	default:
		go r.worker(f)
	}
}

// idleMost is how many goroutines wait for work at most.
const idleMost = 64

// worker runs f, and after it what else there is to do. A goroutine that has worked
// has its stack and its share of collecting garbage; a new one begins with neither.
func (r *Runner) worker(f func()) {
	for f != nil {
		r.through(f)
		if r.idling.Add(1) > idleMost {
			r.idling.Add(-1)
			return
		}
		select {
		case f = <-r.idle:
		case <-r.base.Done():
			f = nil
		}
		r.idling.Add(-1)
	}
}

// through runs f and leaves the gate, however f ends.
func (r *Runner) through(f func()) {
	defer r.gate.leave()
	f()
}
