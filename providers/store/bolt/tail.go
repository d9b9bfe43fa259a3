package bolt

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// The formats of a file, which say who can read it. One that changes how records are
// written gets another number.
const (
	// formatWhole is a file with everything in it.
	formatWhole = "1"
	// formatJournal is a file that is in use, or was when the power was cut: its
	// journals go on from it. A version that knows nothing of journals refuses it.
	formatJournal = "2"
)

var (
	keyFormat  = []byte("format")
	keyCounts  = []byte("counts")
	keyProbe   = []byte("probe")   // what Ping writes
	keyRun     = []byte("run")     // of the journals
	keyCarried = []byte("carried") // number of the last record that is in the file
)

// tail is what a file says of how it goes on.
type tail struct {
	format   string
	run      runID
	carried  uint64
	arrivals uint64 // promises that ever came
}

// readTail reads it from a file that has been looked at. One in which nothing was
// written yet is whole.
func readTail(tx *bbolt.Tx) (t tail, err error) {
	t.format = formatWhole
	if b := tx.Bucket(bucketPromises.name()); b != nil {
		t.arrivals = b.Sequence()
	}
	b := tx.Bucket(bucketFormat.name())
	if b == nil {
		return t, nil
	}
	if v := b.Get(keyFormat); v != nil {
		t.format = string(v)
	}
	run, carried := b.Get(keyRun), b.Get(keyCarried)
	if run == nil && carried == nil && t.format == formatWhole {
		return t, nil
	}
	if len(run) != runSize || len(carried) != 8 {
		return t, fmt.Errorf("%w (what it says of its journals cannot be read): %s", errDamaged, adviceDamaged)
	}
	copy(t.run[:], run)
	t.carried = binary.LittleEndian.Uint64(carried)
	return t, nil
}

func (t tail) write(tx *bbolt.Tx) error {
	if err := tx.Bucket(bucketPromises.name()).SetSequence(t.arrivals); err != nil {
		return err
	}
	b := tx.Bucket(bucketFormat.name())
	for _, f := range [...]struct{ key, value []byte }{
		{keyFormat, []byte(t.format)},
		{keyRun, t.run[:]},
		{keyCarried, binary.LittleEndian.AppendUint64(nil, t.carried)},
	} {
		if err := b.Put(f.key, f.value); err != nil {
			return err
		}
	}
	return nil
}
