package bolt

import "github.com/tidwall/btree"

// tree holds changes of one bucket, in the order of their keys. A value of nil says
// that the key was deleted.
type tree = btree.Map[string, []byte]

// treeDegree makes nodes of up to 31 keys: a batch copies those that it changes.
const treeDegree = 16

// layer holds in memory what a journal has on disk. Once it is published it does not
// change any more.
type layer [buckets]*tree

// get tells what it knows of a key; nil is that it was deleted.
func (l *layer) get(n bucket, key []byte) (value []byte, known bool) {
	if l[n] == nil {
		return nil, false
	}
	return l[n].Get(string(key))
}

func (l *layer) set(n bucket, key string, value []byte) {
	if l[n] == nil {
		l[n] = btree.NewMap[string, []byte](treeDegree)
	}
	l[n].Set(key, value)
}

func (l *layer) empty() bool { return *l == layer{} }

// overlay is what has been acknowledged and is not in the file yet, or lies there
// too: young over old over the file.
type overlay struct {
	// young is the journal that is written to; old is on its way into the file.
	young, old layer
	// since is the file's transaction that took over what the overlay has let go.
	since int
}

// get tells what it knows of a key; nil is that it was deleted.
func (o *overlay) get(n bucket, key []byte) (value []byte, known bool) {
	if value, known = o.young.get(n, key); known {
		return value, true
	}
	return o.old.get(n, key)
}
