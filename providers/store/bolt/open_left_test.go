package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"callflow/engine/runner"
)

// Journals lie beside the file itself, so that it does not matter by which name it is
// opened after a crash.
func TestLinked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, sub := range []string{"data", "etc", "etc/deep"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "data", "callflow.db")
	// The folder of the second link is a link itself: ".." is not what it looks like.
	link := func(to, from string) string {
		from = filepath.Join(dir, from)
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
		return from
	}
	link("deep", "etc/link")
	names := []string{link("../data/callflow.db", "etc/callflow.db"), link("../../data/callflow.db", "etc/link/two.db"), link(file, "absolute.db"), file}
	names[1] = filepath.Join(dir, "etc", "link", "two.db")
	for n, name := range names {
		s := openLimited(t, name, roomy, nothing)
		if err := s.Insert(t.Context(), runner.Record{ID: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
		if found := beside(t, file); len(found) != 1 {
			t.Errorf("opened as %s, journals beside the file are %v", name, found)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "*", "*journal*")); len(found) != 1 {
			t.Errorf("opened as %s, all journals are %v", name, found)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openLimited(t, names[0], roomy, nothing)
	if n, err := s.Live(t.Context()); n != len(names) || err != nil {
		t.Errorf("%d are live, %v", n, err)
	}
	circle := link("circle.db", "circle.db")
	if _, err := Open(circle); err == nil || !strings.Contains(err.Error(), circle) {
		t.Errorf("a link to itself: %v", err)
	}
}

// Where there can be no journals nothing would be saved. That is said when the store is
// opened.
func TestNoRoomForJournals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("n", 244)) // the name of a file has 255 bytes at most
	occupied := filepath.Join(dir, "occupied.db")
	if err := os.MkdirAll(filepath.Join(journalPart(occupied), "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{long, occupied} {
		s, err := Open(path)
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "journal") || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v", err)
		}
	}
}

// What somebody else has put where journals are made is neither written to nor used.
func TestPlanted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	precious := filepath.Join(t.TempDir(), "precious")
	put(t, precious, []byte("precious"))
	s := openLimited(t, path, roomy, nothing)
	plants := []func() error{
		func() error { return os.Symlink(precious, journalPart(path)) },
		func() error { return os.WriteFile(journalPart(path), []byte("theirs"), 0o666) }, //nolint:gosec // that is the point
		func() error { return os.Link(precious, journalPart(path)) },
	}
	for n, plant := range plants {
		if err := s.Insert(ctx, runner.Record{ID: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
		if err := plant(); err != nil {
			t.Fatal(err)
		}
		if err := s.ask(ctx, func() { s.checkpoint(); s.await() }); err != nil {
			t.Fatal(err)
		}
		if err := s.Insert(ctx, runner.Record{ID: fmt.Sprint("then ", n)}); err != nil {
			t.Fatal(err)
		}
		found := beside(t, path)
		if len(found) != 1 {
			t.Errorf("journals are %v", found)
		}
		for _, name := range found {
			if info, err := os.Lstat(name); err != nil || info.Mode() != fs.FileMode(0o600) {
				t.Errorf("plant %d: %s has mode %v, %v", n, name, info.Mode(), err)
			}
		}
	}
	if b := read(t, precious); string(b) != "precious" {
		t.Errorf("another's file is %q", b)
	}
}

// What only has the name of a journal does not keep the store from telling so.
func TestNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callflow.db")
	if err := syscall.Mkfifo(journalNames(path)[1], 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), journalNames(path)[1]+" cannot be opened: it is not a file") {
		t.Errorf("error is %v", err)
	}
}

// What a process read of the file may be only in memory, where the one before it was
// killed before it had synced. The state before that is not touched until it is on disk.
func TestRenewed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	s := openLimited(t, path, roomy, nothing)
	m := newModel(31)
	m.write(ctx, s, 100)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	newer := func() (at int64) {
		t.Helper()
		b := read(t, path)
		one, ok := parseMeta(b[pageHead:])
		other, also := parseMeta(b[one.pageSize+pageHead:])
		if !ok || !also {
			t.Fatal("the file has lost a head")
		}
		if other.tx > one.tx {
			at = int64(one.pageSize)
		}
		return at
	}
	was := newer()
	s = openLimited(t, path, roomy, nothing)
	has := contents(t, s)
	if newer() == was {
		t.Fatal("nothing was written when it was opened")
	}
	// The head that was read is lost, and so is the one before it.
	lost := copyStore(t, path)
	b := read(t, lost)
	clear(b[was : was+pageHead+metaSize])
	put(t, lost, b)
	if found := reopened(t, lost); found != has {
		t.Error(firstDifference(found, has))
	}
}

// A database that a checkpoint has left locked is not waited for.
func TestLetGo(t *testing.T) {
	t.Parallel()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "callflow.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- letGo(db, fmt.Errorf("%w: it is gone", errDisorder)) }()
	select {
	case err = <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it waits for a transaction that does not end")
	}
	if err := errors.Join(err, tx.Rollback(), letGo(db, errDamaged)); err != nil {
		t.Error(err)
	}
	if _, err := db.Begin(false); err == nil {
		t.Error("it is not closed")
	}
}

// A line that leads to a promise which is not there is damage, not the answer that
// there is no such session.
func TestLineLeadsNowhere(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openLimited(t, filepath.Join(t.TempDir(), "callflow.db"), roomy, nothing)
	if err := s.Insert(ctx, runner.Record{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Promise(ctx, runner.Promise{Key: "k", Session: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := s.do(ctx, func(b *batch) error { b.delete(bucketPromises, []byte("k")); return nil }); err != nil {
		t.Fatal(err)
	}
	before := contents(t, s)
	err := s.Commit(ctx, runner.Record{ID: "a", Version: 1}, []runner.Promise{{Key: "l", Session: "b"}, {Key: "m", Session: "a", Seq: 1}}, 0)
	if !errors.Is(err, errDamaged) || isAnswer(err) {
		t.Errorf("error is %v", err)
	}
	if now := contents(t, s); !bytes.Equal([]byte(now), []byte(before)) {
		t.Errorf("what failed has changed something: %s", firstDifference(now, before))
	}
}
