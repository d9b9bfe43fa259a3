package bolt

import (
	"fmt"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
)

// batch is a copy of what is acknowledged that operations change, one after another.
// Nobody sees it before it is in the journal, and then as a whole.
type batch struct {
	tx       *bbolt.Tx // reads the file
	young    layer
	old      *layer
	own      [buckets]bool // the trees of young that are its own
	record   []byte        // of the journal
	counts   counts
	arrivals uint64
	changed  bool
}

// batch begins a batch, which is to be ended.
func (s *Store) batch() (*batch, error) {
	tx, err := s.db.Load().Begin(false)
	if err != nil {
		return nil, err
	}
	top := s.top.Load()
	return &batch{tx: tx, young: top.young, old: &top.old, counts: s.counts, arrivals: s.arrivals, record: beginRecord(s.room)}, nil
}

// end lets go of the file.
func (b *batch) end() error { return b.tx.Rollback() }

// get reads what is acknowledged, with the changes of the batch. The file may be newer
// than what lies over it, which is all the same: that says of every key what it has
// become.
func (b *batch) get(n bucket, key []byte) []byte {
	if value, known := b.young.get(n, key); known {
		return value
	}
	if value, known := b.old.get(n, key); known {
		return value
	}
	return b.tx.Bucket(n.name()).Get(key)
}

// cursor walks a bucket, which must not be changed meanwhile.
func (b *batch) cursor(n bucket) cursor {
	return newCursor(b.tx.Bucket(n.name()).Cursor(), n, &b.young, b.old)
}

// put keeps value, which must not be changed any more, nor be of the file.
func (b *batch) put(n bucket, key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	b.record = appendPut(b.record, n, key, value)
	b.set(n, key, value)
}

func (b *batch) delete(n bucket, key []byte) {
	b.record = appendDelete(b.record, n, key)
	b.set(n, key, nil)
}

func (b *batch) set(n bucket, key, value []byte) {
	b.changed = true
	if !b.own[n] {
		b.own[n] = true
		if b.young[n] == nil {
			b.young[n] = btree.NewMap[string, []byte](treeDegree)
		} else {
			b.young[n] = b.young[n].Copy()
		}
	}
	b.young[n].Set(string(key), value)
}

// guarded runs an operation; a damaged file may make it panic.
func (b *batch) guarded(run func(*batch) error) (err error) {
	defer recovered(&err)
	return run(b)
}

// finish puts the counts in, if they are others than before.
func (b *batch) finish(before counts) {
	if b.counts != before {
		b.put(bucketFormat, keyCounts, b.counts.write())
	}
}

// recovered makes an error of a panic: of a page that is not what it should be, or
// of memory that is no longer behind the file.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, p)
	}
}

// counts are kept beside the records, so that nobody counts them.
type counts struct{ live, backlog int64 }

func (c counts) write() []byte { return appendInt(appendInt(nil, c.live), c.backlog) }

func readCounts(v []byte) (c counts, err error) {
	w := wire{b: v}
	c.live, c.backlog = w.int(), w.int()
	return c, w.done()
}
