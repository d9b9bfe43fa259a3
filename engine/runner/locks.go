package runner

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// locks is a mutex for each key that is in use, and nothing for those that are
// not.
type locks struct {
	seed   maphash.Seed
	shards [64]lockShard
}

type lockShard struct {
	mu   sync.Mutex
	held map[string]*lock
	free []*lock
}

// lock is held by one; the others wait until it is handed over to them.
type lock struct {
	waiting int
	handed  chan struct{} // made for the first that waits
}

// spareLocks are kept by each shard, to be used again.
const spareLocks = 8

func newLocks() *locks {
	l := &locks{seed: maphash.MakeSeed()}
	for i := range l.shards {
		l.shards[i].held = make(map[string]*lock)
	}
	return l
}

func (l *locks) shard(key string) *lockShard {
	return &l.shards[maphash.String(l.seed, key)%uint64(len(l.shards))]
}

// acquire waits for the key's lock. It returns false when that takes longer than
// patience or ctx ends.
func (l *locks) acquire(ctx context.Context, key string, patience time.Duration) bool {
	s := l.shard(key)
	s.mu.Lock()
	k := s.held[key]
	if k == nil {
		s.held[key] = s.lock()
		s.mu.Unlock()
		return true
	}
	if k.handed == nil {
		k.handed = make(chan struct{}, 1)
	}
	k.waiting++
	s.mu.Unlock()

	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-k.handed:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-k.handed: // it came after all
		return true
	default:
		k.waiting--
		return false
	}
}

// release hands the lock to one that waits, or forgets it.
func (l *locks) release(key string) {
	s := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.held[key]
	if k.waiting > 0 {
		k.waiting--
		k.handed <- struct{}{}
		return
	}
	delete(s.held, key)
	if len(s.free) < spareLocks {
		s.free = append(s.free, k)
	}
}

// lock returns an unused one. The shard is locked.
func (s *lockShard) lock() *lock {
	n := len(s.free)
	if n == 0 {
		return &lock{}
	}
	k := s.free[n-1]
	s.free = s.free[:n-1]
	return k
}
