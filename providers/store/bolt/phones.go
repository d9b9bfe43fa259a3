package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"callflow/engine/runner"
)

// PutUsers saves users in one operation: a batch of a few thousand costs one write
// to the disk.
func (s *Store) PutUsers(ctx context.Context, users []runner.PhoneUser) (changed int, err error) {
	for i := range users {
		if err := checkKey("the user's id", users[i].ID); err != nil {
			return 0, err
		}
		for _, number := range users[i].Phones() {
			if number == "" || len(number) > numberMost {
				return 0, fmt.Errorf("bolt store: a number of %d characters cannot be one", len(number))
			}
		}
	}
	users = slices.Clone(users)
	var fresh int
	err = s.do(ctx, func(b *batch) error {
		fresh = 0 // it may be run again
		for i := range users {
			is, err := b.putUser(&users[i])
			if err != nil {
				return err
			}
			if is {
				fresh++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err // fresh may still be written to
	}
	return fresh, nil
}

// numberMost bounds a number, in characters. E.164 has 16 with its plus sign.
const numberMost = 64

func (b *batch) putUser(next *runner.PhoneUser) (changed bool, err error) {
	id := []byte(next.ID)
	var is runner.PhoneUser
	if v := b.get(bucketUsers, id); v != nil {
		if is, err = readUser(next.ID, v); err != nil {
			return false, err
		}
	}
	before := is.Phones()
	if !is.Merge(*next) {
		return false, nil
	}
	after := is.Phones()
	for _, number := range before {
		b.delete(bucketPhones, phoneKey(number, next.ID))
	}
	for _, number := range after {
		b.put(bucketPhones, phoneKey(number, next.ID), nil)
	}
	b.put(bucketUsers, id, writeUser(&is))
	return true, nil
}

// phoneKey is a number and an id. No number holds a zero byte.
func phoneKey(number, id string) []byte {
	key := make([]byte, 0, len(number)+1+len(id))
	key = append(key, number...)
	key = append(key, 0)
	return append(key, id...)
}

// UsersByPhone returns the users of a number.
func (s *Store) UsersByPhone(ctx context.Context, number string, limit int) (found []runner.PhoneUser, err error) {
	err = s.view(ctx, func(v view) error {
		prefix := phoneKey(number, "")
		c := v.cursor(bucketPhones)
		for key, _ := c.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix) && len(found) < limit; key, _ = c.Next() {
			id := key[len(prefix):]
			u, err := readUser(string(id), v.get(bucketUsers, id))
			if err != nil {
				return err
			}
			found = append(found, u)
		}
		return nil
	})
	return found, err
}

// PhoneUser returns a user by id.
func (s *Store) PhoneUser(ctx context.Context, id string) (u runner.PhoneUser, err error) {
	err = s.lookup(ctx, bucketUsers, []byte(id), func(value []byte) error {
		if value == nil {
			return runner.ErrNotFound
		}
		u, err = readUser(id, value)
		return err
	})
	return u, err
}

// PhoneUsers returns users in the order of their ids.
func (s *Store) PhoneUsers(ctx context.Context, after string, limit int) (found []runner.PhoneUser, err error) {
	err = s.view(ctx, func(v view) error {
		c := v.cursor(bucketUsers)
		for id, value := c.Seek([]byte(after)); id != nil && len(found) < limit; id, value = c.Next() {
			if string(id) <= after {
				continue
			}
			u, err := readUser(string(id), value)
			if err != nil {
				return err
			}
			found = append(found, u)
		}
		return nil
	})
	return found, err
}

// Mark keeps a few bytes under a name.
func (s *Store) Mark(ctx context.Context, name string, value []byte) error {
	if err := checkKey("the mark's name", name); err != nil {
		return err
	}
	value = bytes.Clone(value)
	return s.do(ctx, func(b *batch) error {
		if value == nil {
			b.delete(bucketMarks, []byte(name))
		} else {
			b.put(bucketMarks, []byte(name), value)
		}
		return nil
	})
}

// Marked returns what was kept under a name.
func (s *Store) Marked(ctx context.Context, name string) (value []byte, err error) {
	err = s.lookup(ctx, bucketMarks, []byte(name), func(kept []byte) error {
		if kept == nil {
			return runner.ErrNotFound
		}
		value = bytes.Clone(kept)
		return nil
	})
	return value, err
}

func writeUser(u *runner.PhoneUser) []byte {
	b := appendBytes(nil, u.Account)
	b = appendBytes(b, u.Name)
	b = appendInstant(b, instantOf(u.UpdatedAt))
	b = appendBool(b, u.Deleted)
	b = appendInstant(b, instantOf(u.FactorsAt))
	b = appendInt(b, int64(len(u.Numbers)))
	for _, n := range u.Numbers {
		b = appendBytes(b, n.Number)
		b = appendBytes(b, string(n.Kind))
	}
	for _, f := range u.Factors {
		b = appendBytes(b, f)
	}
	return b
}

func readUser(id string, v []byte) (runner.PhoneUser, error) {
	w := wire{b: v}
	u := runner.PhoneUser{ID: id, Account: w.text(), Name: w.text(), UpdatedAt: w.instant().time()}
	u.Deleted = w.byte() == 1
	u.FactorsAt = w.instant().time()
	for n := w.int(); n > 0 && !w.bad; n-- {
		u.Numbers = append(u.Numbers, runner.PhoneNumber{Number: w.text(), Kind: runner.PhoneKind(w.text())})
	}
	for len(w.b) > 0 && !w.bad {
		u.Factors = append(u.Factors, w.text())
	}
	return u, w.done()
}
