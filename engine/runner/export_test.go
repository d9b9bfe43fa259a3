package runner

import "callflow/engine"

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

// ClearForm is a record as the version before saved it, and SealedForm tells
// whether one is as this version saves it.
func ClearForm(r Record, sealer engine.Sealer) (Record, error) {
	env, data, err := parseEnvelope(r.Data)
	if err != nil {
		return Record{}, err
	}
	plain, err := sealer.Open(data)
	if err != nil {
		return Record{}, err
	}
	env.clear = true
	r.Data = append(env.append(nil), plain...)
	return r, nil
}

func SealedForm(r Record) bool {
	env, _, err := parseEnvelope(r.Data)
	return err == nil && !env.clear
}
