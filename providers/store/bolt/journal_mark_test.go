package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"callflow/engine/runner"
)

// Of a last record that was known to be on disk any damage is found. Without its mark it
// may be one that a power cut has torn, and counts as none.
func TestLastRecordDamaged(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	s := openLimited(t, path, roomy, nothing)
	var before string
	var begins int
	for n := range 5 {
		before = contents(t, s)
		begins = 0
		if err := s.ask(ctx, func() {
			if s.journal != nil {
				begins = int(s.journal.end)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Insert(ctx, runner.Record{ID: fmt.Sprint(n), Data: make([]byte, 20)}); err != nil {
			t.Fatal(err)
		}
	}
	has := contents(t, s) // asks the writer, which has marked the last record by then
	left := copyStore(t, path)
	name := journalNames(left)[0]
	file, journal := read(t, left), read(t, name)
	end := recordsEnd(journal)
	if end <= begins || begins == 0 {
		t.Fatalf("the last record stands from %d to %d", begins, end)
	}
	at := filepath.Join(t.TempDir(), "damaged.db")
	opened := func(journal []byte) string {
		put(t, at, file)
		put(t, journalNames(at)[0], journal)
		return reopened(t, at)
	}
	for i := begins; i < end; i++ {
		damaged := bytes.Clone(journal)
		damaged[i] ^= 16
		if c, err := parseJournal(damaged, 0); err == nil {
			t.Fatalf("damage at byte %d of the last record is not found: the last is %d", i-begins, c.last)
		}
	}
	damaged := bytes.Clone(journal)
	clear(damaged[begins+30 : end])
	put(t, at, file)
	put(t, journalNames(at)[0], damaged)
	if s, err := Open(at); err == nil || !strings.Contains(err.Error(), "what stands behind it says that it was good") {
		if err == nil {
			_ = s.Close()
		}
		t.Errorf("a record that was marked is torn: %v", err)
	}
	// The mark itself says nothing that the records do not.
	for i := end; i < end+markSize; i++ {
		damaged := bytes.Clone(journal)
		damaged[i] ^= 16
		if c, err := parseJournal(damaged, 0); err != nil || c.last != 5 {
			t.Fatalf("with byte %d of the mark damaged the last record is %d, %v", i-end, c.last, err)
		}
	}
	unmarked := bytes.Clone(journal)
	clear(unmarked[end:])
	if found := opened(unmarked); found != has {
		t.Error(firstDifference(found, has))
	}
	unmarked[end-1] ^= 16
	if found := opened(unmarked); found != before {
		t.Error(firstDifference(found, before))
	}
	// The next record was torn while it was written over the mark, whose first bytes are
	// there still.
	over := bytes.Clone(journal)
	for i := end + markSize; i < end+500; i++ {
		over[i] = byte(i) | 1
	}
	if found := opened(over); found != has {
		t.Error(firstDifference(found, has))
	}
}

// A damaged record is not taken for a torn one where good ones stand behind it, with
// whatever bytes those end.
func TestDamagedBeforeZeros(t *testing.T) {
	t.Parallel()
	journal := appendJournalHead(nil, runID{1}, 1)
	salt := binary.LittleEndian.Uint32(journal[journalHead-4:])
	for n := range uint64(3) {
		rec := appendPut(beginRecord(nil), bucketWake, []byte{byte(n), 0, 0, 0}, nil)
		finishRecord(rec, salt, 1+n, 0)
		journal = append(journal, rec...)
	}
	for _, zeros := range []int{0, 1, 1000} {
		all := append(bytes.Clone(journal), make([]byte, zeros)...)
		if c, err := parseJournal(all, 0); err != nil || c.last != 3 {
			t.Fatalf("it ends with record %d, %v", c.last, err)
		}
		for i := journalHead; i < journalHead+2*(len(journal)-journalHead)/3; i++ {
			damaged := bytes.Clone(all)
			damaged[i] ^= 1
			if c, err := parseJournal(damaged, 0); err == nil {
				t.Fatalf("damage at byte %d is not found: the last record is %d", i, c.last)
			}
		}
	}
}
