package runner

import (
	"encoding/binary"
	"errors"
)

// errSaved: bytes in the store that this package did not write, or not in this
// format.
var errSaved = errors.New("saved record is damaged or of another version")

// appendBytes appends s behind its length.
func appendBytes[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendInt(dst []byte, n int64) []byte { return binary.AppendVarint(dst, n) }

// reader reads what the append functions wrote. After a fault it reads zeros,
// and err says so at the end. What it returns is part of buf, not a copy.
type reader struct {
	buf []byte
	err error
}

// format reads the first byte of a record.
func (r *reader) format(want byte) {
	if r.byte() != want {
		r.fail()
	}
}

func (r *reader) fail() {
	r.buf, r.err = nil, errSaved
}

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		r.fail()
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) bytes() []byte {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 || n > uint64(len(r.buf)-size) {
		r.fail()
		return nil
	}
	b := r.buf[size : size+int(n) : size+int(n)]
	r.buf = r.buf[size+int(n):]
	return b
}

func (r *reader) text() string { return string(r.bytes()) }

// done is the fault, if any; leftover bytes are one.
func (r *reader) done() error {
	if r.err == nil && len(r.buf) > 0 {
		r.fail()
	}
	return r.err
}
