package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A journal is a head and records, one behind the other, a mark, and zeros for records
// to come:
//
//	head:   magic, run, the number of the first record, sum of these
//	record: length of the rest, sum, number; arrivals, changes
//	change: bucket, with deleted its highest bit set; key; unless deleted, value
//	mark:   a record with the number of the one before it, and no changes
//
// Numbers are little-endian; keys and values stand behind their lengths. A record's
// sum goes on from the head's, so that no record of another journal is good in this
// one. Each record is on disk before the next is written: the last may be torn by a
// power cut, and no other. A mark is written when the last record is on disk, and the
// next record over it: one that stands behind a bad record tells that it was good once.
// Marks are not waited for, so that a power cut may take the last.
const (
	journalMagic = "callflow journal"
	runSize      = 16
	journalHead  = len(journalMagic) + runSize + 8 + 4
	// recordHead is what the length does not count and what stands before the arrivals.
	recordHead = 4 + 4 + 8
	// markSize is how long a mark is. No record is as short.
	markSize = recordHead + 8
	// recordMost bounds a record. A batch of operations is far smaller.
	recordMost = 1 << 30
	// changeDeleted is set in the bucket of a key that was deleted.
	changeDeleted = 0x80
)

// runID names the time from one start of journals to the end of the last of them. It
// tells which belong to a file.
type runID [runSize]byte

// castagnoli makes the sums, which processors have an instruction for.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func appendJournalHead(b []byte, run runID, first uint64) []byte {
	at := len(b)
	b = append(b, journalMagic...)
	b = append(b, run[:]...)
	b = binary.LittleEndian.AppendUint64(b, first)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli()))
}

// beginRecord makes room for what finishRecord fills in.
func beginRecord(room []byte) []byte { return append(room[:0], make([]byte, markSize)...) }

func appendPut(b []byte, n bucket, key, value []byte) []byte {
	b = append(b, byte(n))
	b = appendPart(b, key)
	return appendPart(b, value)
}

func appendDelete(b []byte, n bucket, key []byte) []byte {
	return appendPart(append(b, byte(n)|changeDeleted), key)
}

func appendPart(b, part []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// finishRecord makes a record of what stands behind its head.
func finishRecord(b []byte, salt uint32, number, arrivals uint64) {
	le := binary.LittleEndian
	le.PutUint32(b, uint32(len(b)-recordHead))
	le.PutUint64(b[8:], number)
	le.PutUint64(b[recordHead:], arrivals)
	le.PutUint32(b[4:], recordSum(b, salt))
}

// recordSum is of everything in a record but the sum itself.
func recordSum(b []byte, salt uint32) uint32 {
	sum := crc32.Update(salt, castagnoli(), b[:4])
	return crc32.Update(sum, castagnoli(), b[8:])
}

// journalContent is what a journal says.
type journalContent struct {
	run         runID
	first, last uint64 // last is first-1: there is no record
	arrivals    uint64 // as of the last record
	changes     layer  // whose values are of the bytes that were read
}

func (c *journalContent) none() bool { return c.last < c.first }

// parseJournal reads a journal. A last record that is torn counts as none; anything
// else that is not as it was written is an error.
func parseJournal(b []byte, carried uint64) (c journalContent, err error) {
	if len(b) < journalHead {
		return c, fmt.Errorf("it is cut short: %d bytes", len(b))
	}
	head := b[:journalHead-4]
	salt := binary.LittleEndian.Uint32(b[journalHead-4:])
	if string(head[:len(journalMagic)]) != journalMagic || crc32.Checksum(head, castagnoli()) != salt {
		return c, errors.New("its head is not one of a journal")
	}
	copy(c.run[:], head[len(journalMagic):])
	c.first = binary.LittleEndian.Uint64(head[len(journalMagic)+runSize:])
	if c.first == 0 {
		return c, errors.New("its head has no number")
	}
	c.last = c.first - 1
	for b = b[journalHead:]; ; {
		rec := goodRecord(b, salt)
		if rec == nil {
			break
		}
		number := binary.LittleEndian.Uint64(rec[8:])
		if number == c.last && len(rec) == markSize {
			break
		}
		if number != c.last+1 {
			return c, fmt.Errorf("record %d stands behind record %d", number, c.last)
		}
		if err := c.apply(rec, number <= carried); err != nil {
			return c, fmt.Errorf("record %d cannot be read: %w", number, err)
		}
		c.last = number
		b = b[len(rec):]
	}
	if laterRecord(b, salt, c.last) {
		return c, fmt.Errorf("record %d is damaged: what stands behind it says that it was good", c.last+1)
	}
	return c, nil
}

// goodRecord returns the record that b begins with; nil: it begins with none.
func goodRecord(b []byte, salt uint32) []byte {
	if len(b) < markSize {
		return nil
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size < 8 || size > recordMost || size > uint64(len(b)-recordHead) {
		return nil
	}
	rec := b[:recordHead+size]
	if recordSum(rec, salt) != binary.LittleEndian.Uint32(rec[4:]) {
		return nil
	}
	return rec
}

// laterRecord tells whether a record, or the mark of one, is good in what should be
// torn at most.
func laterRecord(b []byte, salt uint32, last uint64) bool {
	end := len(bytes.TrimRight(b, "\x00")) // where none begins any more; one may end with zeros
	for at := 1; at < end && at+markSize <= len(b); at++ {
		number := binary.LittleEndian.Uint64(b[at+8:])
		if number > last && number-last <= uint64(len(b)) && goodRecord(b[at:], salt) != nil {
			return true
		}
	}
	return false
}

// apply makes a record's changes. Those that are in the file already are only looked at.
func (c *journalContent) apply(rec []byte, carried bool) error {
	c.arrivals = binary.LittleEndian.Uint64(rec[recordHead:])
	w := wire{b: rec[recordHead+8:]}
	for len(w.b) > 0 {
		kind := w.byte()
		n := bucket(kind &^ changeDeleted)
		key := w.part()
		var value []byte
		if kind&changeDeleted == 0 {
			value = w.part()
		}
		if w.bad || n >= buckets || len(key) == 0 {
			return errShort
		}
		if !carried {
			c.changes.set(n, string(key), value)
		}
	}
	return nil
}
