package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt trusts its file: a page that is not what it should be ends the process. So
// every page in use is looked at before bbolt is let near it. The numbers here are
// bbolt's file format, version 2, which does not change.
const (
	pageHead    = 16 // id, flags, count, overflow
	elementSize = 16 // of branches and leaves alike
	bucketHead  = 16 // root and sequence, in a leaf's value
	metaSize    = 64

	pageBranch = 0x01
	pageLeaf   = 0x02
	leafBucket = 0x01 // the flag of a leaf's element whose value is a bucket

	magic   = 0xED0CDAED
	version = 2
)

var errNotBolt = errors.New("it is some other kind of file")

// meta is one of the two pages that a file begins with: the newer one is good.
type meta struct {
	pageSize uint32
	root     uint64
	pages    uint64 // how many the file has
	tx       uint64
}

// readMeta reads the newer of those that are good.
func readMeta(f io.ReaderAt) (best meta, err error) {
	head := make([]byte, pageHead+metaSize)
	found := false
	look := func(at int64) bool {
		if _, err := f.ReadAt(head, at); err != nil {
			return false
		}
		m, ok := parseMeta(head[pageHead:])
		if ok && (!found || m.tx > best.tx) {
			best, found = m, true
		}
		return ok
	}
	if look(0) {
		look(int64(best.pageSize))
		return best, nil
	}
	for size := int64(1 << 10); size <= 1<<16; size <<= 1 { // the first is torn
		if look(size) {
			return best, nil
		}
	}
	return meta{}, errNotBolt
}

func parseMeta(b []byte) (m meta, ok bool) {
	le := binary.LittleEndian
	m = meta{pageSize: le.Uint32(b[8:]), root: le.Uint64(b[16:]), pages: le.Uint64(b[40:]), tx: le.Uint64(b[48:])}
	ok = le.Uint32(b) == magic && le.Uint32(b[4:]) == version && le.Uint64(b[56:]) == metaSum(b) &&
		m.pageSize >= 1<<10 && m.pageSize <= 1<<16 && m.pageSize&(m.pageSize-1) == 0
	return m, ok
}

func metaSum(b []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8])
	return sum.Sum64()
}

// verify looks at every page in use.
func verify(f io.ReaderAt, size int64) error {
	m, err := readMeta(f)
	if err != nil {
		return err
	}
	if m.pages > uint64(size)/uint64(m.pageSize) {
		return fmt.Errorf("it is cut short: %d bytes, expected %d pages of %d", size, m.pages, m.pageSize)
	}
	v := verifier{f: f, meta: m, seen: make([]uint64, m.pages/64+1)}
	return v.page(m.root, nil, nil, 0)
}

// verifier walks a file's pages.
type verifier struct {
	f    io.ReaderAt
	meta meta
	seen []uint64 // a bit for each page
}

// depthMost is more than any tree of pages has.
const depthMost = 64

// page looks at a page and what it leads to. Its keys begin at from and end before
// to; nil is no bound.
func (v *verifier) page(id uint64, from, to []byte, depth int) error {
	if depth > depthMost {
		return errors.New("its pages go round in a circle")
	}
	b, err := v.read(id)
	if err != nil {
		return err
	}
	return v.elements(b, id, from, to, depth)
}

// read returns a page with what overflows it.
func (v *verifier) read(id uint64) ([]byte, error) {
	size := int64(v.meta.pageSize)
	if id < 2 || id >= v.meta.pages {
		return nil, fmt.Errorf("there is no page %d", id)
	}
	head := make([]byte, pageHead)
	if _, err := v.f.ReadAt(head, int64(id)*size); err != nil {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, bare(err))
	}
	if found := binary.LittleEndian.Uint64(head); found != id {
		return nil, fmt.Errorf("page %d says that it is page %d", id, found)
	}
	overflow := uint64(binary.LittleEndian.Uint32(head[12:]))
	if overflow >= v.meta.pages-id {
		return nil, fmt.Errorf("page %d is too long", id)
	}
	for i := id; i <= id+overflow; i++ {
		if v.seen[i/64]&(1<<(i%64)) != 0 {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		v.seen[i/64] |= 1 << (i % 64)
	}
	b := make([]byte, size*int64(overflow+1))
	if _, err := v.f.ReadAt(b, int64(id)*size); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, bare(err))
	}
	return b, nil
}

// element is one entry of a page.
type element struct {
	flags      uint32
	child      uint64 // of a branch
	key, value []byte
}

// elements looks at what a page holds, and what that leads to.
func (v *verifier) elements(b []byte, id uint64, from, to []byte, depth int) error {
	all, isBranch, err := parseElements(b, id)
	if err != nil {
		return err
	}
	for i, e := range all {
		least := from
		if i > 0 {
			least = all[i-1].key
		}
		if c := bytes.Compare(least, e.key); c > 0 || c == 0 && i > 0 || to != nil && bytes.Compare(e.key, to) >= 0 {
			return fmt.Errorf("page %d is not in order", id)
		}
		next := to
		if i+1 < len(all) {
			next = all[i+1].key
		}
		switch {
		case isBranch:
			err = v.page(e.child, e.key, next, depth+1)
		case e.flags&leafBucket != 0:
			err = v.bucket(e.value, id, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseElements reads a page's entries.
func parseElements(b []byte, id uint64) (all []element, isBranch bool, err error) {
	le := binary.LittleEndian
	flags, count := le.Uint16(b[8:]), int(le.Uint16(b[10:]))
	if flags != pageBranch && flags != pageLeaf {
		return nil, false, fmt.Errorf("page %d is of no known kind", id)
	}
	if pageHead+count*elementSize > len(b) {
		return nil, false, fmt.Errorf("page %d holds too much", id)
	}
	if flags == pageBranch && count == 0 {
		return nil, false, fmt.Errorf("page %d leads nowhere", id)
	}
	all = make([]element, count)
	for i := range count {
		at := pageHead + i*elementSize
		e := b[at : at+elementSize]
		var pos, keySize, valueSize uint64
		if flags == pageBranch {
			pos, keySize = uint64(le.Uint32(e)), uint64(le.Uint32(e[4:]))
			all[i].child = le.Uint64(e[8:])
		} else {
			all[i].flags = le.Uint32(e)
			pos, keySize, valueSize = uint64(le.Uint32(e[4:])), uint64(le.Uint32(e[8:])), uint64(le.Uint32(e[12:]))
		}
		start := uint64(at) + pos
		if end := start + keySize + valueSize; end > uint64(len(b)) || start < uint64(pageHead+count*elementSize) && keySize+valueSize > 0 {
			return nil, false, fmt.Errorf("page %d leads beyond its end", id)
		}
		all[i].key, all[i].value = b[start:start+keySize], b[start+keySize:start+keySize+valueSize]
	}
	return all, flags == pageBranch, nil
}

// bucket looks at a bucket: its pages, or the one that stands in its value.
func (v *verifier) bucket(value []byte, id uint64, depth int) error {
	if len(value) < bucketHead {
		return fmt.Errorf("a bucket in page %d is too short", id)
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return v.page(root, nil, nil, depth)
	}
	if len(value) < bucketHead+pageHead {
		return fmt.Errorf("a bucket in page %d is too short", id)
	}
	return v.elements(value[bucketHead:], id, nil, nil, depth)
}
