package bolt

import "bytes"

// queue gives a key its place in a bucket of times; never is no place.
func (b *batch) queue(n bucket, at instant, key []byte) {
	if at != never {
		b.put(n, place(at, key), nil)
	}
}

// move takes a key from one place to another.
func (b *batch) move(n bucket, from, to instant, key []byte) {
	if from == to {
		return
	}
	if from != never {
		b.delete(n, place(from, key))
	}
	b.queue(n, to, key)
}

// earlier moves a key only if its time has become earlier, and returns its place:
// one whose time has become later moves on when its old time comes.
func (b *batch) earlier(n bucket, from, to instant, key []byte) instant {
	if to >= from {
		return from
	}
	b.move(n, from, to, key)
	return to
}

// come returns the keys of up to limit places whose time came until now, earliest
// first, and whether there are more. They are the caller's.
func (b *batch) come(n bucket, now instant, limit int) (found []arrival, more bool) {
	c := b.cursor(n)
	for p, _ := c.First(); p != nil; p, _ = c.Next() {
		at, key := placed(p)
		if at > now {
			return found, false
		}
		if len(found) == limit {
			return found, true
		}
		found = append(found, arrival{at, bytes.Clone(key)})
	}
	return found, false
}

// arrival is a place whose time has come.
type arrival struct {
	at  instant
	key []byte
}

// hasCome tells whether there is a place whose time came until now.
func (v view) hasCome(n bucket, now instant) bool {
	c := v.cursor(n)
	p, _ := c.First()
	if p == nil {
		return false
	}
	at, _ := placed(p)
	return at <= now
}
