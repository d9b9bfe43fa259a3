package bolt

import (
	"encoding/binary"
	"errors"
)

// Records are written field after field: numbers in eight bytes, texts and bytes
// behind their length in four. Nothing in them says which field it is; the format
// of the whole file does.

var errShort = errors.New("the record is damaged")

// wire reads a record. After a mistake it yields zero values; done tells.
type wire struct {
	b   []byte
	bad bool
}

func (w *wire) byte() byte {
	if len(w.b) < 1 {
		w.bad = true
		return 0
	}
	c := w.b[0]
	w.b = w.b[1:]
	return c
}

func (w *wire) int() int64 {
	if len(w.b) < 8 {
		w.b, w.bad = nil, true
		return 0
	}
	n := binary.LittleEndian.Uint64(w.b)
	w.b = w.b[8:]
	return int64(n)
}

func (w *wire) instant() instant { return instant(w.int()) }

// bytes are those of the record itself: they are only good within a transaction.
func (w *wire) bytes() []byte {
	if len(w.b) < 4 {
		w.b, w.bad = nil, true
		return nil
	}
	n := binary.LittleEndian.Uint32(w.b)
	if uint64(n) > uint64(len(w.b)-4) {
		w.b, w.bad = nil, true
		return nil
	}
	part := w.b[4 : 4+n : 4+n]
	w.b = w.b[4+n:]
	return part
}

func (w *wire) text() string { return string(w.bytes()) }

// done fails unless the record was read exactly to its end.
func (w *wire) done() error {
	if w.bad || len(w.b) > 0 {
		return errShort
	}
	return nil
}

func appendInt(b []byte, n int64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(n)) }

func appendInstant(b []byte, i instant) []byte { return appendInt(b, int64(i)) }

func appendBytes[T []byte | string](b []byte, part T) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
	return append(b, part...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// part reads what appendPart wrote: it is not nil, unless that was a mistake.
func (w *wire) part() []byte {
	n, size := binary.Uvarint(w.b)
	if size <= 0 || n > uint64(len(w.b)-size) {
		w.b, w.bad = nil, true
		return nil
	}
	part := w.b[size : size+int(n) : size+int(n)]
	w.b = w.b[size+int(n):]
	return part
}
