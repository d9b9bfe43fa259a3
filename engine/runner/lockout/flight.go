package lockout

import (
	"context"
	"sync"
)

// flights are the attempts of this process that have not come to an end, by what
// they are counted by. An attempt that is refused while another is on its way
// waits for how that ends: until then nobody knows whether it is refused rightly.
type flights struct {
	mu   sync.Mutex
	byID map[ID]*flight
	// ends counts ends, by stripe.
	ends [256]uint64
}

type flight struct {
	n       int
	counted int           // of n
	next    chan struct{} // closed at the next end
}

// begin takes note of an attempt, before it is counted.
func (f *flights) begin(id ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID[id] == nil {
		f.byID[id] = &flight{next: make(chan struct{})}
	}
	f.byID[id].n++
}

// end takes note of its end, after that was counted, and wakes whoever waits.
func (f *flights) end(id ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ends[stripe(id)]++
	a := f.byID[id]
	close(a.next)
	a.next = make(chan struct{})
	if a.n--; a.n == 0 {
		delete(f.byID, id)
	}
}

// count takes note that an attempt was counted, or is not any more, and returns how
// many are. Whoever calls it has the turn of the counter, so that the number and the
// counter agree. The attempt has begun and not ended.
func (f *flights) count(id ID, change int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.byID[id]
	a.counted += change
	return a.counted
}

// ended is a number that changes whenever an attempt has ended.
func (f *flights) ended(id ID) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ends[stripe(id)]
}

// wait waits until the next attempt has ended, if any has since ended said so or
// is on its way. It returns false if none was.
func (f *flights) wait(ctx context.Context, id ID, ended uint64) (bool, error) {
	f.mu.Lock()
	a, now := f.byID[id], f.ends[stripe(id)]
	var next chan struct{}
	if a != nil {
		next = a.next
	}
	f.mu.Unlock()
	switch {
	case now != ended:
		return true, ctx.Err()
	case next == nil:
		return false, nil
	}
	select {
	case <-next:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
