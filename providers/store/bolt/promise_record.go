package bolt

import (
	"bytes"
	"encoding/binary"

	"callflow/engine/runner"
)

// promiseRecord is a promise as it is stored.
type promiseRecord struct {
	runner.Promise // without Key, and without its instants

	key                          []byte
	created, next, lease, expiry instant
	// arrival orders promises of one Seq. readyAt is the place of the first of a
	// line among those that may be delivered.
	arrival int64
	readyAt instant
}

// recordsOf copies promises for the writer.
func recordsOf(promises []runner.Promise) ([]promiseRecord, error) {
	if len(promises) == 0 {
		return nil, nil
	}
	all := make([]promiseRecord, len(promises))
	for i, p := range promises {
		var err error
		if all[i], err = recordOf(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func recordOf(p runner.Promise) (promiseRecord, error) {
	if err := checkKey("the promise's key", p.Key); err != nil {
		return promiseRecord{}, err
	}
	if err := checkKey("the promise's session", p.Session); err != nil {
		return promiseRecord{}, err
	}
	rec := promiseRecord{
		Promise: p, key: []byte(p.Key),
		created: instantOf(p.CreatedAt), next: instantOf(p.NextAt), lease: instantOf(p.Lease), expiry: instantOf(p.ExpiresAt),
		readyAt: never,
	}
	rec.Data, rec.Result = bytes.Clone(p.Data), bytes.Clone(p.Result)
	return rec, nil
}

// The flags of a promise.
const (
	flagDone   = 1
	flagResend = 2
)

func readPromise(key, v []byte) (p promiseRecord, err error) {
	w := wire{b: v}
	flags := w.byte()
	p.key, p.Key = key, string(key)
	p.Done, p.Resend = flags&flagDone != 0, flags&flagResend != 0
	p.Seq, p.Attempts = int(w.int()), int(w.int())
	p.arrival = w.int()
	p.created, p.next, p.lease = w.instant(), w.instant(), w.instant()
	p.expiry, p.readyAt = w.instant(), w.instant()
	p.Session, p.Owner = w.text(), w.text()
	p.Data, p.Result = w.bytes(), w.bytes()
	return p, w.done()
}

func (p *promiseRecord) write() []byte {
	b := make([]byte, 0, 1+8*8+4*4+len(p.Session)+len(p.Owner)+len(p.Data)+len(p.Result))
	var flags byte
	if p.Done {
		flags |= flagDone
	}
	if p.Resend {
		flags |= flagResend
	}
	b = append(b, flags)
	b = appendInt(appendInt(b, int64(p.Seq)), int64(p.Attempts))
	b = appendInt(b, p.arrival)
	b = appendInstant(appendInstant(appendInstant(b, p.created), p.next), p.lease)
	b = appendInstant(appendInstant(b, p.expiry), p.readyAt)
	b = appendBytes(appendBytes(b, p.Session), p.Owner)
	return appendBytes(appendBytes(b, p.Data), p.Result)
}

// promise copies it out.
func (p *promiseRecord) promise() runner.Promise {
	c := p.Promise
	c.CreatedAt, c.NextAt, c.Lease, c.ExpiresAt = p.created.time(), p.next.time(), p.lease.time(), p.expiry.time()
	c.Data, c.Result = bytes.Clone(c.Data), bytes.Clone(c.Result)
	return c
}

// leased tells whether somebody has it at now.
func (p *promiseRecord) leased(now instant) bool {
	return p.Owner != "" && p.lease != never && p.lease > now
}

// ready is when it may be delivered, were it the first of its line.
func (p *promiseRecord) ready() instant {
	if p.Owner != "" && p.lease != never {
		return max(p.next, p.lease)
	}
	return p.next
}

// linePlace is its key among the promises of its session that are not done.
func (p *promiseRecord) linePlace() []byte {
	b := linePrefix(p.Session)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Seq)^1<<63)
	return binary.BigEndian.AppendUint64(b, uint64(p.arrival))
}

func linePrefix(session string) []byte { return sessionPrefix(session, 2*8) }
