package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Sealer hides what is secret in a saved session. It is asked for secrets only.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// sessionFormat is the version of the saved form, its first byte. Sessions of the
// version before are read as well: a call outlives a deploy.
const (
	sessionFormat  = 2
	previousFormat = 1
)

// Append appends the saved form of s to dst. Secrets are sealed; everything else
// is in clear, compact: an idle call should cost a store next to nothing.
func (s *Session) Append(dst []byte, sealer Sealer) ([]byte, error) {
	w := writer{buf: append(dst, sessionFormat), sealer: sealer}
	for _, t := range []string{
		s.ID, s.Flow, s.Program,
		s.Call.Platform, s.Call.Account, s.Call.ID, s.Call.From, s.Call.To, s.Call.Name, s.Call.Language,
		s.Lang, s.State, string(s.Phase), s.Ended,
	} {
		w.text(t)
	}
	w.int(int64(s.Turn))
	w.time(s.StartedAt)
	w.vars(s.Vars)
	w.bool(s.Caller != nil)
	if s.Caller != nil {
		w.text(s.Caller.Account)
		w.text(s.Caller.ID)
		w.text(s.Caller.Greeting)
	}
	w.int(int64(s.Entry.NoInput))
	w.int(int64(s.Entry.NoMatch))
	w.secret(s.Entry.Partial)
	w.secret(s.Entry.Queue)
	w.time(s.Entry.Swallow)
	w.counts(s.Visits)
	w.counts(s.Denials)
	w.int(int64(s.Lost))
	w.int(int64(s.Errors))
	w.int(int64(s.Asked))
	w.int(int64(s.Limited))
	w.time(s.Dialled)
	w.int(int64(s.Bridged))
	w.bool(s.Awaiting)
	w.int(int64(s.Effects))
	w.int(int64(s.Recordings))
	w.texts(s.Trail)
	w.texts(s.Milestones)
	w.int(int64(s.Entry.Page))
	w.text(s.Phone)
	w.secret(s.Challenge.Pending)
	w.secret(s.Challenge.Handle)
	w.time(s.Queued)
	w.bool(s.Offered)
	w.text(s.CallRecording)
	w.bool(s.Call.Outbound)
	if s.Call.Outbound {
		w.text(string(s.Call.AnsweredBy))
	}
	return w.buf, w.err
}

// ParseSession reads what Append wrote. The error wraps ErrSession, or is the
// sealer's.
func ParseSession(data []byte, sealer Sealer) (Session, error) {
	if len(data) == 0 || data[0] != sessionFormat && data[0] != previousFormat {
		return Session{}, fmt.Errorf("%w of format %d", ErrSession, sessionFormat)
	}
	// One copy for all texts of the session: they share it.
	r := reading{buf: string(data[1:]), sealer: sealer}
	var s Session
	var phase string
	for _, t := range []*string{
		&s.ID, &s.Flow, &s.Program,
		&s.Call.Platform, &s.Call.Account, &s.Call.ID, &s.Call.From, &s.Call.To, &s.Call.Name, &s.Call.Language,
		&s.Lang, &s.State, &phase, &s.Ended,
	} {
		*t = r.text()
	}
	s.Phase = Phase(phase)
	s.Turn = int(r.int())
	s.StartedAt = r.time()
	s.Vars = r.vars(0)
	if r.bool() {
		s.Caller = &Principal{Account: r.text(), ID: r.text(), Greeting: r.text()}
	}
	s.Entry.NoInput, s.Entry.NoMatch = int(r.int()), int(r.int())
	s.Entry.Partial, s.Entry.Queue = r.secret(), r.secret()
	s.Entry.Swallow = r.time()
	s.Visits, s.Denials = r.counts(), r.counts()
	s.Lost, s.Errors = int(r.int()), int(r.int())
	s.Asked, s.Limited = int(r.int()), int(r.int())
	s.Dialled, s.Bridged = r.time(), time.Duration(r.int())
	s.Awaiting = r.bool()
	s.Effects = int(r.int())
	if data[0] == sessionFormat {
		s.Recordings = int(r.int())
		s.Trail, s.Milestones = r.texts(), r.texts()
		s.Entry.Page = int(r.int())
		s.Phone = r.text()
		s.Challenge = Challenge{Pending: r.secret(), Handle: r.secret()}
		s.Queued, s.Offered = r.time(), r.bool()
		s.CallRecording = r.text()
		if s.Call.Outbound = r.bool(); s.Call.Outbound {
			s.Call.AnsweredBy = AnsweredBy(r.text())
		}
	}
	if r.err == nil && len(r.buf) > 0 {
		r.fail("bytes are left over")
	}
	if r.err != nil {
		return Session{}, r.err
	}
	return s, nil
}

// The kinds of saved values.
const (
	tagText byte = iota + 1
	tagNumber
	tagBool
	tagSecret
	tagRecord
	tagList
)

type writer struct {
	buf    []byte
	sealer Sealer
	err    error
}

func (w *writer) int(n int64) { w.buf = binary.AppendVarint(w.buf, n) }

func (w *writer) bool(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *writer) time(t time.Time) {
	w.bool(!t.IsZero())
	if !t.IsZero() {
		w.int(t.UnixNano())
	}
}

func (w *writer) text(s string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// secret seals; an empty one leaves nothing to hide.
func (w *writer) secret(s Secret) {
	if s.Len() == 0 {
		w.text("")
		return
	}
	sealed, err := w.sealer.Seal([]byte(s.Reveal()))
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("seal: %w", err)
	}
	w.text(string(sealed))
}

func (w *writer) texts(list []string) {
	w.int(int64(len(list)))
	for _, t := range list {
		w.text(t)
	}
}

func (w *writer) counts(list []Count) {
	w.int(int64(len(list)))
	for _, c := range list {
		w.text(c.Name)
		w.int(int64(c.N))
	}
}

func (w *writer) vars(list []Var) {
	w.int(int64(len(list)))
	for _, v := range list {
		w.text(v.Name)
		if !w.value(v.Value) && w.err == nil {
			w.err = fmt.Errorf("variable %s: a value of type %T cannot be saved", v.Name, v.Value)
		}
	}
}

// value writes a value's kind and the value; false: it is none.
func (w *writer) value(v Value) bool {
	switch x := v.(type) {
	case string:
		w.buf = append(w.buf, tagText)
		w.text(x)
	case float64:
		w.buf = append(w.buf, tagNumber)
		w.buf = binary.BigEndian.AppendUint64(w.buf, math.Float64bits(x))
	case bool:
		w.buf = append(w.buf, tagBool)
		w.bool(x)
	case Secret:
		w.buf = append(w.buf, tagSecret)
		w.secret(x)
	case Record:
		w.buf = append(w.buf, tagRecord)
		w.vars(x)
	case List:
		w.buf = append(w.buf, tagList)
		w.int(int64(len(x)))
		for _, item := range x {
			if _, nested := item.(List); nested || !w.value(item) {
				return false
			}
		}
	default:
		return false
	}
	return true
}

// reading reads on after a fault, as zeros: the first fault counts.
type reading struct {
	buf    string
	sealer Sealer
	err    error
}

func (r *reading) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrSession, why)
	}
	r.buf = ""
}

func (r *reading) uint() uint64 {
	var n uint64
	for i := 0; i < len(r.buf) && i < binary.MaxVarintLen64; i++ {
		b := r.buf[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.buf = r.buf[i+1:]
			return n
		}
	}
	r.fail("it ends in a number")
	return 0
}

// int undoes the zigzag of binary.AppendVarint.
func (r *reading) int() int64 {
	n := r.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *reading) byte() byte {
	if len(r.buf) == 0 {
		r.fail("it ends early")
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reading) bool() bool { return r.byte() == 1 }

func (r *reading) time() time.Time {
	if !r.bool() {
		return time.Time{}
	}
	return time.Unix(0, r.int()).UTC()
}

func (r *reading) text() string {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail("it ends in a text")
		return ""
	}
	s := r.buf[:n]
	r.buf = r.buf[n:]
	return s
}

func (r *reading) secret() Secret {
	sealed := r.text()
	if sealed == "" {
		return Secret{}
	}
	plain, err := r.sealer.Open([]byte(sealed))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("open: %w", err)
	}
	return NewSecret(string(plain))
}

// length reads how many items follow: each takes at least a byte.
func (r *reading) length() int {
	n := r.int()
	if n < 0 || n > int64(len(r.buf)) {
		r.fail("it ends in a list")
		return 0
	}
	return int(n)
}

func (r *reading) texts() []string {
	var list []string
	for n := r.length(); n > 0; n-- {
		list = append(list, r.text())
	}
	return list
}

func (r *reading) counts() []Count {
	var list []Count
	for n := r.length(); n > 0; n-- {
		list = append(list, Count{r.text(), int(r.int())})
	}
	return list
}

func (r *reading) vars(depth int) []Var {
	n := r.length()
	if n == 0 {
		return nil
	}
	list := make([]Var, 0, n)
	for ; n > 0; n-- {
		list = append(list, Var{r.text(), r.value(depth)})
	}
	return list
}

// value reads a value that is depth records and lists deep in others. The deepest
// are the records of a list in a service's answer.
func (r *reading) value(depth int) Value {
	switch tag := r.byte(); {
	case tag == tagText:
		return r.text()
	case tag == tagNumber && len(r.buf) >= 8:
		f := math.Float64frombits(binary.BigEndian.Uint64([]byte(r.buf[:8])))
		r.buf = r.buf[8:]
		return f
	case tag == tagBool:
		return r.bool()
	case tag == tagSecret && depth == 0:
		return r.secret()
	case tag == tagRecord && depth < 3:
		return Record(r.vars(depth + 1))
	case tag == tagList && depth < 2:
		list := List{}
		for n := r.length(); n > 0; n-- {
			list = append(list, r.value(depth+1))
		}
		return list
	}
	r.fail("it holds an unknown value")
	return nil
}
