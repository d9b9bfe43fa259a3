package bolt

import (
	"bytes"
	"encoding/binary"

	"callflow/engine/runner"
)

// sessionRecord is a session, or a tombstone, as it is stored. Read from the file
// its bytes are only good within a transaction.
type sessionRecord struct {
	dead    bool
	version int64
	// wake and expiry are when its time comes; wakeAt and expiryAt are where it
	// stands in the buckets ordered by time, which may be earlier.
	wake, wakeAt     instant
	expiry, expiryAt instant
	lastMail         int64
	data, reply      []byte
	mail             []byte // letters, one behind the other
}

// The kinds of session records; the first byte says which.
const (
	kindLive = 1
	kindDead = 2
)

// sessionHead is how long the fields before data are.
const sessionHead = 1 + 6*8

func readSession(v []byte) (s sessionRecord, err error) {
	w := wire{b: v}
	switch w.byte() {
	case kindLive:
	case kindDead:
		s.dead = true
	default:
		w.bad = true
	}
	s.version = w.int()
	s.wake, s.wakeAt = w.instant(), w.instant()
	s.expiry, s.expiryAt = w.instant(), w.instant()
	s.lastMail = w.int()
	s.data, s.reply = w.bytes(), w.bytes()
	s.mail = w.b
	w.b = nil
	if s.wakeAt > s.wake || s.expiryAt > s.expiry {
		w.bad = true // it would be found too late
	}
	return s, w.done()
}

// sealed is a record whose data and reply are copied already, in its place after
// the head. It is made by whoever calls, so that the writer copies nothing.
func sealed(data, reply []byte) []byte {
	b := make([]byte, sessionHead, sessionHead+8+len(data)+len(reply))
	return appendBytes(appendBytes(b, data), reply)
}

// write makes the bytes of a record whose data and reply stand in body, as sealed
// made it. They go to the transaction and must not be changed any more.
func (s *sessionRecord) write(body []byte) []byte {
	b := body[:len(body):len(body)]
	b[0] = kindLive
	if s.dead {
		b[0] = kindDead
	}
	for i, n := range [...]int64{s.version, int64(s.wake), int64(s.wakeAt), int64(s.expiry), int64(s.expiryAt), s.lastMail} {
		binary.LittleEndian.PutUint64(b[1+8*i:], uint64(n))
	}
	return append(b, s.mail...)
}

// rewrite makes the bytes of a record that keeps its data and reply.
func (s *sessionRecord) rewrite() []byte { return s.write(sealed(s.data, s.reply)) }

// record copies it out, with one allocation for its bytes.
func (s *sessionRecord) record(id string) runner.Record {
	buf := make([]byte, 0, len(s.data)+len(s.reply))
	buf = append(append(buf, s.data...), s.reply...)
	r := runner.Record{ID: id, Version: s.version, Wake: s.wake.time(), ExpiresAt: s.expiry.time()}
	// The capacities end where the lengths do: appending to one part must not
	// write over the other.
	if n := len(s.data); n > 0 {
		r.Data = buf[:n:n]
	}
	if n := len(s.data); n < len(buf) {
		r.Reply = buf[n:]
	}
	return r
}

// letter is a notice that waits, and when its session should wake for it.
type letter struct {
	id   int64
	wake instant
	data []byte
}

func appendLetter(b []byte, l letter) []byte {
	return appendBytes(appendInstant(appendInt(b, l.id), l.wake), l.data)
}

// letters reads a session's mail.
func letters(mail []byte) (all []letter, err error) {
	w := wire{b: mail}
	for len(w.b) > 0 && !w.bad {
		all = append(all, letter{w.int(), w.instant(), w.bytes()})
	}
	return all, w.done()
}

// unread is what stays of mail when everything up to read has gone, and the
// earliest wake that it asks for.
func unread(mail []byte, read int64) (left []byte, wake instant, err error) {
	wake = never
	if len(mail) == 0 {
		return nil, wake, nil
	}
	all, err := letters(mail)
	if err != nil {
		return nil, wake, err
	}
	for _, l := range all {
		if l.id > read {
			left = appendLetter(left, l)
			wake = min(wake, l.wake)
		}
	}
	return left, wake, nil
}

func mailOf(all []letter) []runner.Mail {
	if len(all) == 0 {
		return nil
	}
	mail := make([]runner.Mail, len(all))
	for i, l := range all {
		mail[i] = runner.Mail{ID: l.id, Data: bytes.Clone(l.data)}
	}
	return mail
}
