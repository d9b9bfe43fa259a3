package bolt

import (
	"context"
	"time"

	"callflow/engine/runner"
)

// Insert saves a new session at version 1.
func (s *Store) Insert(ctx context.Context, r runner.Record) error {
	if err := checkKey("the session's id", r.ID); err != nil {
		return err
	}
	id, body := []byte(r.ID), sealed(r.Data, r.Reply)
	wake, expiry := instantOf(r.Wake), instantOf(r.ExpiresAt)
	return s.do(ctx, func(b *batch) error {
		if v := b.get(bucketSessions, id); v != nil {
			old, err := readSession(v)
			switch {
			case err != nil:
				return err
			case old.dead:
				return runner.ErrEntombed
			default:
				return runner.ErrExists
			}
		}
		rec := sessionRecord{version: 1, wake: wake, wakeAt: wake, expiry: expiry, expiryAt: expiry}
		b.queue(bucketWake, wake, id)
		b.queue(bucketSessionExpiry, expiry, id)
		b.counts.live++
		b.put(bucketSessions, id, rec.write(body))
		return nil
	})
}

// Load returns a session.
func (s *Store) Load(ctx context.Context, id string) (r runner.Record, err error) {
	err = s.lookup(ctx, bucketSessions, []byte(id), func(value []byte) error {
		rec, err := liveSession(value)
		if err != nil {
			return err
		}
		r = rec.record(id)
		return nil
	})
	return r, err
}

// Commit replaces a session and puts promises into the outbox.
func (s *Store) Commit(ctx context.Context, r runner.Record, promises []runner.Promise, read int64) error {
	id, body := []byte(r.ID), sealed(r.Data, r.Reply)
	wake, expiry := instantOf(r.Wake), instantOf(r.ExpiresAt)
	added, err := recordsOf(promises)
	if err != nil {
		return err
	}
	return s.do(ctx, func(b *batch) error {
		rec, err := liveSession(b.get(bucketSessions, id))
		if err != nil {
			return err
		}
		if rec.version != r.Version {
			return runner.ErrConflict
		}
		left, mailWake, err := unread(rec.mail, read)
		if err != nil {
			return err
		}
		if err := b.addAll(added); err != nil {
			return err
		}
		rec.version++
		rec.mail = left
		rec.wake, rec.expiry = min(wake, mailWake), expiry
		rec.wakeAt = b.earlier(bucketWake, rec.wakeAt, rec.wake, id)
		rec.expiryAt = b.earlier(bucketSessionExpiry, rec.expiryAt, rec.expiry, id)
		b.put(bucketSessions, id, rec.write(body))
		return nil
	})
}

// Entomb replaces a session by a tombstone.
func (s *Store) Entomb(ctx context.Context, r runner.Record, promises []runner.Promise) error {
	id, body := []byte(r.ID), sealed(nil, r.Reply)
	expiry := instantOf(r.ExpiresAt)
	added, err := recordsOf(promises)
	if err != nil {
		return err
	}
	return s.do(ctx, func(b *batch) error {
		rec, err := liveSession(b.get(bucketSessions, id))
		switch {
		case err == runner.ErrEntombed || err == nil && rec.version != r.Version: //nolint:errorlint // it is returned as it is
			return runner.ErrConflict
		case err != nil:
			return err
		}
		if err := b.addAll(added); err != nil {
			return err
		}
		// The record is written anyway: it goes to its places at once.
		b.move(bucketWake, rec.wakeAt, never, id)
		b.move(bucketSessionExpiry, rec.expiryAt, expiry, id)
		tomb := sessionRecord{
			dead: true, version: rec.version + 1, lastMail: rec.lastMail,
			wake: never, wakeAt: never, expiry: expiry, expiryAt: expiry,
		}
		b.counts.live--
		b.put(bucketSessions, id, tomb.write(body))
		return nil
	})
}

// Tombstone returns what is left of a session that has ended.
func (s *Store) Tombstone(ctx context.Context, id string) (r runner.Record, err error) {
	err = s.lookup(ctx, bucketSessions, []byte(id), func(value []byte) error {
		if value == nil {
			return runner.ErrNotFound
		}
		rec, err := readSession(value)
		switch {
		case err != nil:
			return err
		case !rec.dead:
			return runner.ErrNotFound
		}
		r = rec.record(id)
		return nil
	})
	return r, err
}

// Post adds mail to a session.
func (s *Store) Post(ctx context.Context, session string, data []byte, wake time.Time) error {
	id, at := []byte(session), instantOf(wake)
	data = append([]byte{}, data...)
	return s.do(ctx, func(b *batch) error {
		rec, err := liveSession(b.get(bucketSessions, id))
		if err != nil {
			return err
		}
		rec.lastMail++
		rec.mail = appendLetter(rec.mail[:len(rec.mail):len(rec.mail)], letter{rec.lastMail, at, data})
		rec.wake = min(rec.wake, at)
		rec.wakeAt = b.earlier(bucketWake, rec.wakeAt, rec.wake, id)
		b.put(bucketSessions, id, rec.rewrite())
		return nil
	})
}

// Mail returns a session's mail.
func (s *Store) Mail(ctx context.Context, session string) (mail []runner.Mail, err error) {
	err = s.lookup(ctx, bucketSessions, []byte(session), func(value []byte) error {
		if value == nil {
			return nil
		}
		rec, err := readSession(value)
		if err != nil {
			return err
		}
		all, err := letters(rec.mail)
		mail = mailOf(all)
		return err
	})
	return mail, err
}

// liveSession reads a session that has not ended.
func liveSession(v []byte) (sessionRecord, error) {
	if v == nil {
		return sessionRecord{}, runner.ErrNotFound
	}
	rec, err := readSession(v)
	if err == nil && rec.dead {
		return sessionRecord{}, runner.ErrEntombed
	}
	return rec, err
}
