package bolt

import (
	"bytes"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
)

// cursor walks a bucket of the file with the layers over it, in the order of keys.
// What it returns is good until the transaction ends.
type cursor struct {
	memory [2]memoryCursor // the younger one first
	disk   *bbolt.Cursor
	// The file's next key; nil: there is none.
	key, value []byte
}

// memoryCursor walks one layer.
type memoryCursor struct {
	iter btree.MapIter[string, []byte]
	some bool // there is a bucket
	ok   bool // it stands at a key
}

func newCursor(disk *bbolt.Cursor, n bucket, layers ...*layer) cursor {
	c := cursor{disk: disk}
	for i, l := range layers {
		if l[n] != nil {
			c.memory[i] = memoryCursor{iter: l[n].Iter(), some: true}
		}
	}
	return c
}

// First goes to the first key; nil: there is none.
func (c *cursor) First() (key, value []byte) {
	for i := range c.memory {
		if m := &c.memory[i]; m.some {
			m.ok = m.iter.First()
		}
	}
	c.key, c.value = c.disk.First()
	return c.Next()
}

// Seek goes to the first key that is not before from; nil: there is none.
func (c *cursor) Seek(from []byte) (key, value []byte) {
	for i := range c.memory {
		if m := &c.memory[i]; m.some {
			m.ok = m.iter.Seek(string(from))
		}
	}
	c.key, c.value = c.disk.Seek(from)
	return c.Next()
}

// Next goes to the next key; nil: there is none.
func (c *cursor) Next() (key, value []byte) {
	for {
		first := c.first()
		if first < 0 { // the file alone has the next key
			key, value = c.key, c.value
			if key != nil {
				c.key, c.value = c.disk.Next()
			}
			return key, value
		}
		m := &c.memory[first]
		at := m.iter.Key()
		value = m.iter.Value()
		c.pass(at)
		if value != nil {
			return []byte(at), value
		}
	}
}

// first tells which layer has the next key, the younger of two that have the same;
// below zero it is the file.
func (c *cursor) first() int {
	first := -1
	for i := range c.memory {
		if m := &c.memory[i]; m.ok && (first < 0 || m.iter.Key() < c.memory[first].iter.Key()) {
			first = i
		}
	}
	if first >= 0 && c.key != nil && string(c.key) < c.memory[first].iter.Key() {
		return -1
	}
	return first
}

// pass goes beyond a key wherever it is.
func (c *cursor) pass(key string) {
	for i := range c.memory {
		if m := &c.memory[i]; m.ok && m.iter.Key() == key {
			m.ok = m.iter.Next()
		}
	}
	if c.key != nil && bytes.Equal(c.key, []byte(key)) {
		c.key, c.value = c.disk.Next()
	}
}
