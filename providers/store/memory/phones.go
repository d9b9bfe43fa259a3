package memory

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"callflow/engine/runner"
)

// phones is the index of users by their numbers.
type phones struct {
	mu    sync.RWMutex
	users map[string]runner.PhoneUser
	// ids are all users' ids, in order, unless fresh is set: it is sorted when
	// somebody asks.
	ids      []string
	fresh    bool
	byNumber map[string][]string // sorted ids
	marks    map[string][]byte
}

func newPhones() phones {
	return phones{users: map[string]runner.PhoneUser{}, byNumber: map[string][]string{}, marks: map[string][]byte{}}
}

var errNoID = errors.New("memory store: a user has no id")

// PutUsers saves users.
func (s *Store) PutUsers(ctx context.Context, users []runner.PhoneUser) (changed int, err error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	for i := range users {
		if users[i].ID == "" {
			return 0, errNoID
		}
	}
	p := &s.phones
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range users {
		if p.put(users[i]) {
			changed++
		}
	}
	return changed, nil
}

func (p *phones) put(next runner.PhoneUser) bool {
	next.UpdatedAt, next.FactorsAt = kept(next.UpdatedAt), kept(next.FactorsAt)
	is, known := p.users[next.ID]
	before := is.Phones()
	if !is.Merge(next) {
		return false
	}
	if !known {
		p.ids, p.fresh = append(p.ids, next.ID), true
	}
	for _, number := range before {
		ids := p.byNumber[number]
		if i, found := slices.BinarySearch(ids, next.ID); found {
			ids = slices.Delete(ids, i, i+1)
		}
		if p.byNumber[number] = ids; len(ids) == 0 {
			delete(p.byNumber, number)
		}
	}
	for _, number := range is.Phones() {
		ids := p.byNumber[number]
		if i, found := slices.BinarySearch(ids, next.ID); !found {
			p.byNumber[number] = slices.Insert(ids, i, next.ID)
		}
	}
	p.users[next.ID] = is
	return true
}

// kept is an instant as it is kept: to the microsecond.
func kept(t time.Time) time.Time { return instantOf(t).time() }

// UsersByPhone returns the users of a number.
func (s *Store) UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	p := &s.phones
	p.mu.RLock()
	defer p.mu.RUnlock()
	var found []runner.PhoneUser
	for _, id := range p.byNumber[number] {
		if len(found) == limit {
			break
		}
		found = append(found, copied(p.users[id]))
	}
	return found, nil
}

// PhoneUser returns a user by id.
func (s *Store) PhoneUser(ctx context.Context, id string) (runner.PhoneUser, error) {
	if err := s.usable(ctx); err != nil {
		return runner.PhoneUser{}, err
	}
	p := &s.phones
	p.mu.RLock()
	defer p.mu.RUnlock()
	u, ok := p.users[id]
	if !ok {
		return runner.PhoneUser{}, runner.ErrNotFound
	}
	return copied(u), nil
}

// PhoneUsers returns users in the order of their ids.
func (s *Store) PhoneUsers(ctx context.Context, after string, limit int) ([]runner.PhoneUser, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	p := &s.phones
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh {
		slices.Sort(p.ids)
		p.fresh = false
	}
	i, found := slices.BinarySearch(p.ids, after)
	if found {
		i++
	}
	var users []runner.PhoneUser
	for ; i < len(p.ids) && len(users) < limit; i++ {
		users = append(users, copied(p.users[p.ids[i]]))
	}
	return users, nil
}

func copied(u runner.PhoneUser) runner.PhoneUser {
	u.Numbers, u.Factors = slices.Clone(u.Numbers), slices.Clone(u.Factors)
	return u
}

// Mark keeps a few bytes under a name.
func (s *Store) Mark(ctx context.Context, name string, value []byte) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	p := &s.phones
	p.mu.Lock()
	defer p.mu.Unlock()
	if value == nil {
		delete(p.marks, name)
	} else {
		p.marks[name] = bytes.Clone(value)
	}
	return nil
}

// Marked returns what was kept under a name.
func (s *Store) Marked(ctx context.Context, name string) ([]byte, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	p := &s.phones
	p.mu.RLock()
	defer p.mu.RUnlock()
	value, ok := p.marks[name]
	if !ok {
		return nil, runner.ErrNotFound
	}
	return bytes.Clone(value), nil
}
