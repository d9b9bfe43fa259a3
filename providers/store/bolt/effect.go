package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"callflow/engine/runner"
)

// effectKey is an effect's key in the file.
func effectKey(k runner.EffectKey) ([]byte, error) {
	if err := checkKey("the effect's session", k.Session); err != nil {
		return nil, err
	}
	b := sessionPrefix(k.Session, 2*8)
	b = binary.BigEndian.AppendUint64(b, uint64(k.Turn))
	return binary.BigEndian.AppendUint64(b, uint64(k.Position)), nil
}

// sessionPrefix begins a key with a session's id, in such a way that no id's prefix
// begins another's. There is room for so many bytes behind it.
func sessionPrefix(id string, room int) []byte {
	b := make([]byte, 0, 2+len(id)+room)
	b = binary.BigEndian.AppendUint16(b, uint16(len(id)))
	return append(b, id...)
}

// effectRecord is an effect as it is stored.
type effectRecord struct {
	owner          string
	lease, started instant
	done           bool
	result         []byte
}

func readEffect(v []byte) (e effectRecord, err error) {
	w := wire{b: v}
	e.done = w.byte() != 0
	e.lease, e.started = w.instant(), w.instant()
	e.owner, e.result = w.text(), w.bytes()
	return e, w.done()
}

func (e *effectRecord) write() []byte {
	b := make([]byte, 0, 1+2*8+2*4+len(e.owner)+len(e.result))
	b = appendBool(b, e.done)
	b = appendInstant(appendInstant(b, e.lease), e.started)
	return appendBytes(appendBytes(b, e.owner), e.result)
}

// expiry is when the record may go.
func (e *effectRecord) expiry() instant {
	if e.lease == never {
		return never
	}
	return e.lease + instant(runner.EffectLife.Microseconds())
}

func (e *effectRecord) record(k runner.EffectKey) runner.EffectRecord {
	return runner.EffectRecord{
		Key: k, Owner: e.owner, Lease: e.lease.time(), Started: e.started.time(), Done: e.done, Result: bytes.Clone(e.result),
	}
}

// Claim starts an effect for owner, or says who has.
func (s *Store) Claim(ctx context.Context, k runner.EffectKey, owner string, now, lease time.Time) (runner.EffectRecord, bool, error) {
	key, err := effectKey(k)
	if err != nil {
		return runner.EffectRecord{}, false, err
	}
	var r runner.EffectRecord
	var claimed bool
	err = s.do(ctx, func(b *batch) (err error) {
		var e effectRecord
		v := b.get(bucketEffects, key)
		claimed = v == nil
		from := never
		if claimed {
			e.started = instantOf(now)
		} else {
			if e, err = readEffect(v); err != nil {
				return err
			}
			if e.done || e.lease > instantOf(now) {
				r = e.record(k)
				return nil
			}
			from = e.expiry()
		}
		e.owner, e.lease = owner, instantOf(lease)
		b.move(bucketEffectExpiry, from, e.expiry(), key)
		r = e.record(k)
		b.put(bucketEffects, key, e.write())
		return nil
	})
	if err != nil {
		return runner.EffectRecord{}, false, err
	}
	return r, claimed, nil
}

// Finish keeps the first result of an effect.
func (s *Store) Finish(ctx context.Context, k runner.EffectKey, result []byte) (runner.EffectRecord, error) {
	key, err := effectKey(k)
	if err != nil {
		return runner.EffectRecord{}, err
	}
	result = bytes.Clone(result)
	var r runner.EffectRecord
	err = s.do(ctx, func(b *batch) error {
		v := b.get(bucketEffects, key)
		if v == nil {
			return runner.ErrNotFound
		}
		e, err := readEffect(v)
		if err != nil {
			return err
		}
		if e.done {
			r = e.record(k)
			return nil
		}
		e.done, e.result = true, result
		r = e.record(k)
		b.put(bucketEffects, key, e.write())
		return nil
	})
	if err != nil {
		return runner.EffectRecord{}, err
	}
	return r, nil
}

// Effect returns a record.
func (s *Store) Effect(ctx context.Context, k runner.EffectKey) (r runner.EffectRecord, err error) {
	key, err := effectKey(k)
	if err != nil {
		return r, err
	}
	err = s.lookup(ctx, bucketEffects, key, func(value []byte) error {
		if value == nil {
			return runner.ErrNotFound
		}
		e, err := readEffect(value)
		if err != nil {
			return err
		}
		r = e.record(k)
		return nil
	})
	return r, err
}
