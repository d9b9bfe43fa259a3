package runner

import "sync"

// doubts are promises to services that must never see an action twice, by key, whose
// action may have been sent although the store does not tell: somebody who crashed
// had the lease, and the answer to our taking it got lost; or we have sent it, and
// the store did not take what came of it. The next to lease one learns only that the
// lease was ours.
type doubts struct {
	mu   sync.Mutex
	keys map[string]bool
}

func newDoubts() *doubts { return &doubts{keys: make(map[string]bool)} }

func (d *doubts) add(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys[key] = true
}

func (d *doubts) drop(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.keys, key)
}

func (d *doubts) has(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.keys[key]
}
