package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"callflow/engine/runner"
)

// Promise adds a promise, or returns the one already there.
func (s *Store) Promise(ctx context.Context, p runner.Promise) (runner.Promise, error) {
	rec, err := recordOf(p)
	if err != nil {
		return runner.Promise{}, err
	}
	var kept runner.Promise
	err = s.do(ctx, func(b *batch) error {
		known, err := b.add(rec)
		if err != nil {
			return err
		}
		kept = known.promise()
		return nil
	})
	if err != nil {
		return runner.Promise{}, err
	}
	return kept, nil
}

// Promised returns a promise by its key.
func (s *Store) Promised(ctx context.Context, key string) (p runner.Promise, err error) {
	err = s.lookup(ctx, bucketPromises, []byte(key), func(value []byte) error {
		rec, err := promiseOf([]byte(key), value)
		if err != nil {
			return err
		}
		p = rec.promise()
		return nil
	})
	return p, err
}

// Lease takes a promise for owner.
func (s *Store) Lease(ctx context.Context, key, owner string, now, lease time.Time) (runner.Promise, error) {
	var leased runner.Promise
	err := s.do(ctx, func(b *batch) error {
		p, err := b.promise([]byte(key))
		if err != nil {
			return err
		}
		if p.Done {
			return runner.ErrLeased
		}
		first, err := b.first(p.Session)
		switch {
		case err != nil:
			return err
		case first == nil || first.Key != key:
			return runner.ErrConflict
		case p.leased(instantOf(now)) && p.Owner != owner:
			return runner.ErrLeased
		}
		p.Owner, p.lease = owner, instantOf(lease)
		p.Attempts++
		leased = p.promise()
		b.place(p, p.ready())
		return nil
	})
	if err != nil {
		return runner.Promise{}, err
	}
	return leased, nil
}

// Ready returns promises that should be delivered now.
func (s *Store) Ready(ctx context.Context, now time.Time, limit int) ([]runner.Promise, error) {
	ready := []runner.Promise{}
	err := s.view(ctx, func(v view) error {
		c := v.cursor(bucketReady)
		for p, _ := c.First(); p != nil && len(ready) < limit; p, _ = c.Next() {
			at, key := placed(p)
			if at > instantOf(now) {
				return nil
			}
			// One that cannot be read must not hold back the others: the backlog
			// still counts it.
			if rec, err := promiseOf(key, v.get(bucketPromises, key)); err == nil {
				ready = append(ready, rec.promise())
			}
		}
		return nil
	})
	return ready, err
}

// Settle ends a lease.
func (s *Store) Settle(ctx context.Context, key, owner string, done bool, result []byte, next time.Time) error {
	result = bytes.Clone(result)
	return s.do(ctx, func(b *batch) error {
		p, err := b.promise([]byte(key))
		switch {
		case err != nil:
			return err
		case p.Owner == "" || p.Owner != owner:
			return runner.ErrLeased
		}
		p.Owner, p.lease = "", never
		if !done {
			p.next = instantOf(next)
			if p.readyAt == never { // another has come before it
				b.put(bucketPromises, p.key, p.write())
				return nil
			}
			b.place(p, p.ready())
			return nil
		}
		p.Done, p.Result = true, result
		b.queue(bucketPromiseExpiry, p.expiry, p.key)
		b.delete(bucketLines, p.linePlace())
		b.place(p, never)
		b.counts.backlog--
		first, err := b.first(p.Session)
		if err != nil || first == nil {
			return err
		}
		b.place(first, first.ready())
		return nil
	})
}

// addAll adds the promises of a commit.
func (b *batch) addAll(added []promiseRecord) error {
	for _, p := range added {
		if _, err := b.add(p); err != nil {
			return err
		}
	}
	return nil
}

// add puts a promise into its session's line, unless its key is known.
func (b *batch) add(p promiseRecord) (*promiseRecord, error) {
	if v := b.get(bucketPromises, p.key); v != nil {
		known, err := readPromise(p.key, v)
		return &known, err
	}
	if p.Done {
		b.queue(bucketPromiseExpiry, p.expiry, p.key)
		b.put(bucketPromises, p.key, p.write())
		return &p, nil
	}
	first, err := b.first(p.Session)
	if err != nil {
		return nil, err
	}
	b.arrivals++
	p.arrival = int64(b.arrivals)
	b.put(bucketLines, p.linePlace(), p.key)
	b.counts.backlog++
	switch {
	case first == nil:
	case bytes.Compare(first.linePlace(), p.linePlace()) < 0:
		b.put(bucketPromises, p.key, p.write())
		return &p, nil
	default: // first is not the first any longer
		b.place(first, never)
	}
	b.place(&p, p.ready())
	return &p, nil
}

// place moves a promise among those that may be delivered, and keeps it.
func (b *batch) place(p *promiseRecord, at instant) {
	b.move(bucketReady, p.readyAt, at, p.key)
	p.readyAt = at
	b.put(bucketPromises, p.key, p.write())
}

// promise reads a promise.
func (b *batch) promise(key []byte) (*promiseRecord, error) {
	return promiseOf(key, b.get(bucketPromises, key))
}

// first reads the first promise of a session that is not done; nil: there is none.
func (b *batch) first(session string) (*promiseRecord, error) {
	prefix := linePrefix(session)
	c := b.cursor(bucketLines)
	at, key := c.Seek(prefix)
	if !bytes.HasPrefix(at, prefix) {
		return nil, nil
	}
	p, err := b.promise(bytes.Clone(key))
	if errors.Is(err, runner.ErrNotFound) {
		return nil, fmt.Errorf("%w: in the line of %q stands what is not there", errDamaged, session)
	}
	return p, err
}

func promiseOf(key, v []byte) (*promiseRecord, error) {
	if v == nil {
		return nil, runner.ErrNotFound
	}
	p, err := readPromise(key, v)
	return &p, err
}
