package runner

import (
	"sync"
	"time"

	"callflow/engine"
)

// flight is an effect that runs in this process, or ran and has not got its result
// into the store yet.
type flight struct {
	of fingerprint
	// deadline is when nobody waits for the result any more.
	deadline time.Time
	done     chan struct{} // closed when event may be read
	// event is the effect's result; nil when nothing was started after all.
	event engine.Event
}

// land makes the result known.
func (f *flight) land(ev engine.Event) {
	f.event = ev
	close(f.done)
}

// flights are this process's, by key.
type flights[K comparable] struct {
	mu  *sync.Mutex
	all map[K]*flight
}

func newFlights[K comparable]() flights[K] {
	return flights[K]{new(sync.Mutex), make(map[K]*flight)}
}

// join returns the flight of that key, or begins one: fresh.
func (fs flights[K]) join(key K, of fingerprint, deadline time.Time) (f *flight, fresh bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.all[key]; f != nil {
		return f, false
	}
	f = &flight{of: of, deadline: deadline, done: make(chan struct{})}
	fs.all[key] = f
	return f, true
}

// find returns the flight of that key, or nil.
func (fs flights[K]) find(key K) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.all[key]
}

func (fs flights[K]) forget(key K) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.all, key)
}
