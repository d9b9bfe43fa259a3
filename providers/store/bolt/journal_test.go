package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"callflow/engine/runner"
)

// contents is all that a store has, bucket by bucket, with the counts beside it.
func contents(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	err := s.view(t.Context(), func(v view) error {
		for n := range buckets {
			c := v.cursor(n)
			for key, value := c.First(); key != nil; key, value = c.Next() {
				if n != bucketFormat || bytes.Equal(key, keyCounts) {
					fmt.Fprintf(&b, "%d %x: %x\n", n, key, value)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var arrivals uint64
	if err := s.ask(t.Context(), func() { arrivals = s.arrivals }); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&b, arrivals, s.live.Load(), s.backlog.Load())
	return b.String()
}

// reopened is what a store has that is opened and closed.
func reopened(t *testing.T, path string) string {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	all := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := beside(t, path); len(left) > 0 {
		t.Fatalf("%v are left", left)
	}
	return all
}

// beside are the journals of a file.
func beside(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(path + "-journal*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// write plays operations of a model, one batch each.
func (m *model) write(ctx context.Context, s *Store, n int) {
	for range n {
		m.operation()(ctx, s)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Wherever the power is cut, with whatever part of the last record on disk, the store
// has what was acknowledged and, of what was not, all of it or nothing.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	m := newModel(11)
	s := openLimited(t, path, roomy, nothing)
	m.write(ctx, s, 100)
	if err := s.Close(); err != nil { // so that there is something in the file
		t.Fatal(err)
	}
	s = openLimited(t, path, roomy, nothing)
	type state struct {
		end int64 // of the journal
		has string
	}
	now := func() (st state) {
		if err := s.ask(ctx, func() {
			if s.journal != nil {
				st.end = s.journal.end
			}
		}); err != nil {
			t.Fatal(err)
		}
		st.has = contents(t, s)
		return st
	}
	var states []state
	var file []byte
	for len(states) < 60 {
		m.write(ctx, s, 1)
		st := now()
		if st.end == 0 || len(states) > 0 && st.end == states[len(states)-1].end {
			continue // it wrote nothing
		}
		if file == nil {
			file = read(t, path)
		}
		states = append(states, st)
	}
	if !bytes.Equal(file, read(t, path)) {
		t.Fatal("the file was written to between checkpoints")
	}
	journal := read(t, journalNames(path)[0])
	if int64(len(journal)) <= states[len(states)-1].end {
		t.Fatal("there are no zeros behind the records")
	}
	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	// has opens what is left and compares it with the states it may be in.
	has := func(what string, journal []byte, may ...string) {
		t.Helper()
		to := filepath.Join(dir, "cut.db")
		put(t, to, file)
		put(t, journalNames(to)[random.IntN(2)], journal)
		if found := reopened(t, to); !slices.Contains(may, found) {
			t.Fatalf("%s: it is in a state that was never acknowledged", what)
		}
	}
	for i, st := range states[:len(states)-1] {
		next := states[i+1]
		if i%4 == 0 {
			has(fmt.Sprintf("cut at %d", st.end), journal[:st.end], st.has)
		}
		cut := st.end + random.Int64N(next.end-st.end)
		has(fmt.Sprintf("cut at %d", cut), journal[:cut], st.has)
		// The file has grown already, and some sectors were written and others not.
		torn := bytes.Clone(journal)
		clear(torn[next.end:])
		const sector = 512
		for at := st.end / sector * sector; at < next.end; at += sector {
			if random.IntN(2) == 0 {
				clear(torn[max(at, st.end):min(at+sector, next.end)])
			}
		}
		if whole := bytes.Equal(torn[:next.end], journal[:next.end]); whole {
			has("whole", torn, next.has)
		} else {
			has(fmt.Sprintf("torn between %d and %d", st.end, next.end), torn, st.has)
		}
	}
	has("whole", journal, states[len(states)-1].has)
}

// What a journal syncs with asks the disk: of a pipe, which has none, that fails.
func TestSyncs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callflow.db")
	j, err := createJournal(journalNames(path)[0], journalPart(path), runID{1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	if err := j.sync(j.file); err != nil {
		t.Errorf("the journal is not synced: %v", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := j.sync(w); err == nil {
		t.Error("nothing is asked to keep what was written")
	}
}

// A crash at any step of a checkpoint, of starting, of sealing and of what comes after
// a crash leaves what was acknowledged.
func TestCrashInCheckpoint(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	var mu sync.Mutex
	copies := map[string][]string{}
	var s *Store
	m := newModel(12)
	s = openLimited(t, path, roomy, func(step string) {
		if step == "begun" {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		copies[step] = append(copies[step], copyStore(t, path))
	})
	before := contents(t, s)
	for n := range 12 {
		m.write(ctx, s, 30)
		has := contents(t, s)
		var err error
		if n%3 == 2 { // as before a copy is made
			err = s.ask(ctx, func() {
				if err := s.seal(); err != nil {
					t.Error(err)
				}
			})
		} else {
			err = s.ask(ctx, func() { s.checkpoint(); s.await() })
		}
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		for step, left := range copies {
			want := has
			if step == "started" { // whose first batch was not written yet
				want = before
			}
			for _, c := range left {
				crashed := copyStore(t, c)
				if found := reopened(t, c); found != want {
					t.Fatalf("round %d: after a crash when it was %s %s", n, step, firstDifference(found, want))
				}
				// The power is cut again, before the journals were removed.
				names := journalNames(c)
				for i, name := range journalNames(crashed) {
					if b, err := os.ReadFile(name); err == nil {
						put(t, names[i], b)
					}
				}
				if found := reopened(t, c); found != want {
					t.Fatalf("round %d: after another crash %s", n, firstDifference(found, want))
				}
			}
			delete(copies, step)
		}
		mu.Unlock()
		before = has
		if n < 2 && s.journal == nil {
			t.Fatal("there is no journal")
		}
	}
}

// journaled is a store file that was left by a crash, with both journals beside it and
// something in each, and what it has.
func journaled(t *testing.T, seed uint64) (path, has string) {
	t.Helper()
	ctx := t.Context()
	at := filepath.Join(t.TempDir(), "callflow.db")
	hold := make(chan struct{})
	rotations := 0
	s := openLimited(t, at, roomy, func(step string) {
		if step == "rotated" {
			rotations++
		}
		if step == "carried" && rotations == 2 {
			<-hold
		}
	})
	m := newModel(seed)
	m.write(ctx, s, 60)
	if err := s.ask(ctx, func() { s.checkpoint(); s.await() }); err != nil {
		t.Fatal(err)
	}
	m.write(ctx, s, 60)
	// As it is before the file has the older journal.
	file := read(t, at)
	if err := s.ask(ctx, s.checkpoint); err != nil {
		t.Fatal(err)
	}
	m.write(ctx, s, 60)
	path = copyStore(t, at)
	put(t, path, file)
	has = contents(t, s)
	close(hold)
	if n := len(beside(t, path)); n != 2 {
		t.Fatalf("there are %d journals", n)
	}
	return path, has
}

// recordsEnd is where the records of a journal end.
func recordsEnd(b []byte) int {
	at, salt := journalHead, binary.LittleEndian.Uint32(b[journalHead-4:])
	for {
		rec := goodRecord(b[at:], salt)
		if len(rec) <= markSize {
			return at
		}
		at += len(rec)
	}
}

// What a crash leaves is taken up; anything else is refused, with a word on what to
// do, and nothing is changed.
func TestLeftJournals(t *testing.T) {
	t.Parallel()
	left, has := journaled(t, 13)
	other, _ := journaled(t, 14)
	ofLeft := journalNames(left)
	// b was written to before a: the first checkpoint was of a.
	older, newer := 1, 0
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 4
		return b
	}
	var content [2][]byte
	for i, name := range ofLeft {
		content[i] = read(t, name)
	}
	whole := filepath.Join(t.TempDir(), "whole.db")
	put(t, whole, read(t, left))
	for i, name := range journalNames(whole) {
		put(t, name, content[i])
	}
	if found := reopened(t, whole); found != has {
		t.Fatal(firstDifference(found, has))
	}
	tests := []struct {
		name  string
		file  []byte
		a, b  []byte // nil: there is none
		words []string
	}{
		{"damaged in the middle", read(t, left), flip(content[newer], 900), content[older], []string{"-journal-a of the store file", "is damaged (record", "what stands behind it says that it was good", "Restore a backup", "put empty files in the place of its journals"}},
		{"damaged head", read(t, left), flip(content[newer], 20), content[older], []string{"-journal-a of", "its head is not one of a journal"}},
		{"cut short to nothing", read(t, left), content[newer][:10], content[older], []string{"it is cut short: 10 bytes"}},
		{"the older one lacks its end", read(t, left), content[newer], content[older][:recordsEnd(content[older])-1], []string{"-journal-a of", "it begins with record"}},
		{"the older one is missing", read(t, left), content[newer], nil, []string{"it begins with record"}},
		{"both are missing", read(t, left), nil, nil, []string{"was not stopped, and its journal is missing", "-journal-a or ", "Put back what lay beside the file", "put empty files"}},
		{"of another file", read(t, other), content[newer], content[older], []string{"does not belong to the store file", "move the journal away"}},
		{"of a file that was stopped since", read(t, whole), flip(content[newer], 900), nil, []string{"is damaged"}},
		{"the file is gone", nil, content[newer], content[older], []string{"does not belong to the store file"}},
		{"the file is empty", []byte{}, content[newer], content[older], []string{"does not belong to the store file"}},
		{"only the newer one is emptied", read(t, left), content[newer], []byte{}, []string{"it begins with record"}},
		{"something else", read(t, left), []byte(strings.Repeat("callflow: 1\n", 100)), content[older], []string{"its head is not one of a journal"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "callflow.db")
			lies := map[string][]byte{path: tt.file, journalNames(path)[newer]: tt.a, journalNames(path)[older]: tt.b}
			for name, b := range lies {
				if b != nil {
					put(t, name, b)
				}
			}
			s, err := Open(path)
			if err == nil {
				_ = s.Close()
				t.Fatal("it is opened")
			}
			for _, w := range append(tt.words, "nothing was changed") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error lacks %q:\n%v", w, err)
				}
			}
			for name, b := range lies {
				now, err := os.ReadFile(name)
				if b == nil && err == nil || !bytes.Equal(now, b) {
					t.Errorf("%s was changed", filepath.Base(name))
				}
			}
		})
	}

	// With empty journals it goes on with what the file has.
	emptied := filepath.Join(t.TempDir(), "emptied.db")
	put(t, emptied, read(t, left))
	put(t, journalNames(emptied)[0], nil)
	if found := reopened(t, emptied); found == has {
		t.Error("it has what was in the journals")
	}
	// And journals that the file has are removed.
	for i, name := range journalNames(whole) {
		put(t, name, content[i])
	}
	if found := reopened(t, whole); found != has {
		t.Error(firstDifference(found, has))
	}
	// A copy of a store that runs on is no place for its journals.
	var copied bytes.Buffer
	s := openLimited(t, whole, roomy, nothing)
	newModel(15).write(t.Context(), s, 50)
	if err := s.Snapshot(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	if n := len(beside(t, whole)); n != 0 {
		t.Errorf("%d journals are left by a copy", n)
	}
	newModel(16).write(t.Context(), s, 50)
	restored := copyStore(t, whole)
	put(t, restored, copied.Bytes())
	if c, err := Open(restored); err == nil || !strings.Contains(err.Error(), "does not belong to the store file") {
		if err == nil {
			_ = c.Close()
		}
		t.Errorf("a copy is opened with journals of what came later: %v", err)
	}
	if err := removeJournals(restored); err != nil {
		t.Fatal(err)
	}
	reopened(t, restored)
}

// While it is used, the file says that there are journals: a version that knows
// nothing of them refuses it. A file that was stopped is as it was before journals.
func TestFormats(t *testing.T) {
	t.Parallel()
	formatOf := func(path string) (format string) {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_ = db.View(func(tx *bbolt.Tx) error {
			format = string(tx.Bucket(bucketFormat.name()).Get(keyFormat))
			return nil
		})
		return format
	}
	path := filepath.Join(t.TempDir(), "callflow.db")
	s := openLimited(t, path, roomy, nothing)
	if n := len(beside(t, path)); n != 0 {
		t.Errorf("%d journals before anything was written", n)
	}
	if err := s.Insert(t.Context(), runner.Record{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if found := formatOf(copyStore(t, path)); found != "2" {
		t.Errorf("in use its format is %q", found)
	}
	for _, name := range beside(t, path) {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := formatOf(path); found != "1" {
		t.Errorf("stopped its format is %q", found)
	}
	if n := len(beside(t, path)); n != 0 {
		t.Errorf("%d journals are left", n)
	}
}

// A checkpoint begins by itself when a journal is long, or old, and what is left over
// does not pile up.
func TestCheckpointsByThemselves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits limits
	}{
		{"by length", limits{carry: 4 << 10, every: time.Hour, most: 8 << 10}},
		{"by age", limits{carry: 1 << 40, every: time.Millisecond, most: 1 << 40}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := make(chan string, 10_000)
			path := filepath.Join(t.TempDir(), "callflow.db")
			s := openLimited(t, path, tt.limits, func(step string) {
				select {
				case steps <- step:
				default:
				}
			})
			for removed, n := 0, 0; removed < 3; n++ {
				if err := s.Insert(t.Context(), runner.Record{ID: fmt.Sprint(n), Data: make([]byte, 500)}); err != nil {
					t.Fatal(err)
				}
				for len(steps) > 0 {
					if <-steps == "removed" {
						removed++
					}
				}
				if len(beside(t, path)) > 3 {
					t.Fatal("journals pile up")
				}
				for _, name := range beside(t, path) {
					if info, err := os.Stat(name); err == nil && info.Size() > tt.limits.most+2*growLeast {
						t.Fatalf("%s has %d bytes", name, info.Size())
					}
				}
			}
		})
	}
}

// No bytes make the look at a journal fail in any other way than with an error, and no
// record that was changed is taken for good.
func FuzzJournal(f *testing.F) {
	run := runID{1, 2, 3}
	journal := appendJournalHead(nil, run, 5)
	salt := binary.LittleEndian.Uint32(journal[journalHead-4:])
	ends := []int{len(journal)}
	for n := range uint64(4) {
		rec := beginRecord(nil)
		rec = appendPut(rec, bucketSessions, []byte("key"), bytes.Repeat([]byte{byte(n)}, 30*int(n)))
		rec = appendDelete(rec, bucketWake, []byte{byte(n)})
		finishRecord(rec, salt, 5+n, n)
		journal = append(journal, rec...)
		ends = append(ends, len(journal))
	}
	journal = append(journal, make([]byte, 100)...)
	if c, err := parseJournal(journal, 0); err != nil || c.first != 5 || c.last != 8 || c.arrivals != 3 || c.run != run {
		f.Fatalf("%+v, %v", c, err)
	}
	f.Add(uint16(0), []byte{1}, false)
	f.Add(uint16(journalHead), []byte{255, 255}, false)
	f.Add(uint16(ends[2]+4), []byte{7}, true)
	f.Add(uint16(ends[4]), []byte("callflow journal"), false)
	f.Fuzz(func(t *testing.T, at uint16, with []byte, cut bool) {
		changed := bytes.Clone(journal)
		from := int(at) % len(changed)
		n := copy(changed[from:], with)
		if cut {
			changed = changed[:from+n]
		}
		c, err := parseJournal(changed, 0)
		_, _ = parseJournal(with, 0)
		_, _ = parseJournal(append(bytes.Clone(journal[:ends[0]]), with...), 0)
		// So many records are as they were written.
		same := 0
		for same+1 < len(ends) && len(changed) >= ends[same+1] && bytes.Equal(changed[:ends[same+1]], journal[:ends[same+1]]) {
			same++
		}
		if err != nil {
			if same == len(ends)-1 {
				t.Errorf("all records are good: %v", err)
			}
			return
		}
		if c.run != run || c.first != 5 || c.last != 4+uint64(same) {
			t.Errorf("records %d to %d of run %x are good; expected %d of them", c.first, c.last, c.run, same)
		}
	})
}

// failures are what can go wrong with a disk, and whether what fails then may be there
// after a crash for all that.
var failures = []struct {
	name string
	fail func(s *Store)
	may  bool
}{
	{"the journal cannot be written", func(s *Store) { _ = s.journal.file.Close() }, false},
	{"half of a record is written", func(s *Store) {
		s.journal.sync = func(f *os.File) error {
			if err := f.Truncate(s.journal.end + 20); err != nil {
				return err
			}
			return fs.ErrInvalid
		}
	}, false},
	{"the journal is written and cannot be synced", func(s *Store) {
		s.journal.sync = func(*os.File) error { return fs.ErrInvalid }
	}, true},
	{"the file cannot be written", func(s *Store) {
		_ = s.db.Load().Close()
		s.checkpoint()
		s.await()
	}, false},
	{"there can be no other journal", func(s *Store) {
		part := journalPart(s.path)
		_ = os.MkdirAll(filepath.Join(part, "something"), 0o700)
		s.checkpoint()
		_ = os.RemoveAll(part)
	}, false},
}

// What a disk fails to do fails what depends on it, and nothing else: the store goes
// on with what was acknowledged, and after a crash that is there.
func TestFailures(t *testing.T) {
	t.Parallel()
	for i, tt := range failures {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			path := filepath.Join(t.TempDir(), "callflow.db")
			s := openLimited(t, path, roomy, nothing)
			m := newModel(uint64(20 + i))
			m.write(ctx, s, 40)
			if err := s.ask(ctx, func() { s.checkpoint(); s.await() }); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				m.write(ctx, s, 40)
				if err := s.SaveProgram(ctx, fmt.Sprint("last", m.ticks), nil); err != nil {
					t.Fatal(err)
				}
				if err := s.ask(ctx, func() { tt.fail(s) }); err != nil {
					t.Fatal(err)
				}
				fails := strings.Contains(tt.name, "record") || strings.Contains(tt.name, "the journal")
				var has string
				if fails {
					// The file may be closed: what it is to have stands in a copy.
					has = contents(t, s)
					key := fmt.Sprint("failing", m.ticks)
					if err := s.Insert(ctx, runner.Record{ID: key}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
						t.Fatalf("error is %v", err)
					}
					if _, err := s.Load(ctx, key); err == nil {
						t.Fatal("what failed is seen")
					}
					if now := contents(t, s); now != has {
						t.Fatal(firstDifference(now, has))
					}
					if found := reopened(t, copyStore(t, path)); found != has && !tt.may {
						t.Fatalf("after a crash %s", firstDifference(found, has))
					}
				} else if !s.failing.Load() {
					t.Fatal("nothing failed")
				}
				if err := s.Ping(ctx); err != nil {
					t.Fatalf("it does not recover: %v", err)
				}
				m.write(ctx, s, 40)
				has = contents(t, s)
				if found := reopened(t, copyStore(t, path)); found != has {
					t.Fatalf("after a later crash %s", firstDifference(found, has))
				}
			}
			has := contents(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if found := reopened(t, path); found != has {
				t.Fatal(firstDifference(found, has))
			}
		})
	}
}

// A reader that has begun before a checkpoint, and looks at what lies over the file
// behind it, would see neither what went into the file nor what it was in before.
func TestReadsAcrossCheckpoint(t *testing.T) {
	t.Parallel()
	var s *Store
	var once sync.Once
	armed := false
	carry := func() {
		if err := s.ask(t.Context(), func() { s.checkpoint(); s.await() }); err != nil {
			t.Error(err)
		}
	}
	s = openLimited(t, filepath.Join(t.TempDir(), "callflow.db"), roomy, func(step string) {
		if step == "begun" && armed {
			once.Do(carry)
		}
	})
	ctx := t.Context()
	insert := func(id string) {
		if err := s.Insert(ctx, runner.Record{ID: id, Wake: begun}); err != nil {
			t.Error(err)
		}
	}
	insert("a")
	carry()
	insert("b")
	armed = true
	for range 2 {
		if ids, err := s.Due(ctx, begun, 10); err != nil || !slices.Equal(ids, []string{"a", "b"}) {
			t.Errorf("%v are due, %v", ids, err)
		}
	}
}

// How journals go on from a file is judged by what both say.
func TestGoOn(t *testing.T) {
	t.Parallel()
	ours, theirs := runID{1}, runID{2}
	journal := func(run runID, first, last uint64) foundJournal {
		return foundJournal{name: "j", journalContent: journalContent{run: run, first: first, last: last, arrivals: last * 10}}
	}
	file := func(format string) tail { return tail{format: format, run: ours, carried: 5, arrivals: 50} }
	empty := foundJournal{name: "j", emptied: true}
	for _, tt := range []struct {
		name   string
		format string
		found  []foundJournal
		end    uint64 // 0: it is refused
	}{
		{"whole, and nothing else", formatWhole, nil, 5},
		{"whole, and a journal it has", formatWhole, []foundJournal{journal(ours, 3, 5)}, 5},
		{"whole, and a journal that goes on", formatWhole, []foundJournal{journal(ours, 3, 6)}, 0},
		{"whole, and one just begun", formatWhole, []foundJournal{journal(theirs, 6, 5)}, 5},
		{"whole, and another's", formatWhole, []foundJournal{journal(theirs, 1, 2)}, 0},
		{"whole, and an emptied one", formatWhole, []foundJournal{empty}, 5},
		{"nothing", formatJournal, nil, 0},
		{"an emptied one", formatJournal, []foundJournal{empty}, 5},
		{"one that begins where the file ends", formatJournal, []foundJournal{journal(ours, 6, 9)}, 9},
		{"one without records", formatJournal, []foundJournal{journal(ours, 6, 5)}, 5},
		{"one that begins before that", formatJournal, []foundJournal{journal(ours, 4, 9)}, 9},
		{"one that begins behind it", formatJournal, []foundJournal{journal(ours, 7, 9)}, 0},
		{"one that is carried, without that which followed", formatJournal, []foundJournal{journal(ours, 4, 5)}, 0},
		{"one that is carried, and an emptied one", formatJournal, []foundJournal{journal(ours, 4, 5), empty}, 5},
		{"two", formatJournal, []foundJournal{journal(ours, 8, 9), journal(ours, 4, 7)}, 9},
		{"two, the older one carried", formatJournal, []foundJournal{journal(ours, 1, 5), journal(ours, 6, 9)}, 9},
		{"two, the newer one without records", formatJournal, []foundJournal{journal(ours, 8, 7), journal(ours, 4, 7)}, 7},
		{"two with a gap", formatJournal, []foundJournal{journal(ours, 4, 6), journal(ours, 8, 9)}, 0},
		{"two that overlap", formatJournal, []foundJournal{journal(ours, 4, 8), journal(ours, 8, 9)}, 0},
		{"one, and another's", formatJournal, []foundJournal{journal(ours, 4, 8), journal(theirs, 9, 9)}, 0},
		{"one, and another's without records", formatJournal, []foundJournal{journal(ours, 4, 8), journal(theirs, 9, 8)}, 8},
	} {
		_, end, err := goOn("callflow.db", file(tt.format), tt.found)
		if (err != nil) != (tt.end == 0) {
			t.Errorf("%s: %v", tt.name, err)
		} else if err == nil && (end.carried != tt.end || end.arrivals != tt.end*10 || end.format != formatWhole || end.run != ours) {
			t.Errorf("%s: it ends with %+v, expected %d", tt.name, end, tt.end)
		}
	}
}
