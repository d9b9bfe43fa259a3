package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
)

// refused opens a file that must be refused, with these words, and left as it is.
func refused(t *testing.T, path string, words ...string) {
	t.Helper()
	before, _ := os.ReadFile(path)
	s, err := bolt.Open(path)
	if err == nil {
		_ = s.Close()
		t.Fatalf("%s is opened", path)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error lacks %q:\n%v", w, err)
		}
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	path := file(t)
	open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	began := time.Now()
	_, err := bolt.Open(path)
	if err == nil || !strings.Contains(err.Error(), path+" is in use: another callflow has it open. Stop that one") {
		t.Errorf("a second one is opened: %v", err)
	}
	if waited := time.Since(began); waited > 20*time.Second {
		t.Errorf("it waited %v", waited)
	}
	if err := s.Insert(t.Context(), runner.Record{ID: "a"}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Load(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const advice = "nothing in it was changed. Name another file, or move this one away"
	refused(t, write("text", []byte("callflow: 1\n")), "text is not a callflow store (it is some other kind of file)", advice)
	refused(t, write("zeros", make([]byte, 1<<16)), "it is some other kind of file", advice)
	refused(t, dir, "is not a file")
	refused(t, filepath.Join(dir, "none", "callflow.db"), "there is no folder "+filepath.Join(dir, "none"))

	other := filepath.Join(dir, "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, other, "it is the database of another program", advice)

	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = bbolt.Open(newer, 0o600, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("callflow")).Put([]byte("format"), []byte("9")) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, newer, `has the format "9", and this version of callflow has "2": use the version that wrote it`)

	// A file that is there and empty is as good as none.
	open(t, write("empty", nil))
	// And so is one of which the process was killed before it had written anything.
	if db, err = bbolt.Open(filepath.Join(dir, "begun.db"), 0o600, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, filepath.Join(dir, "begun.db"))

	unreadable := write("unreadable", []byte("x"))
	if err := os.Chmod(unreadable, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(unreadable); err == nil {
		_ = f.Close() // the superuser reads everything
	} else {
		refused(t, unreadable, "permission denied")
	}
}

// full is a store file with some of everything in it.
func full(t *testing.T) []byte {
	t.Helper()
	path := file(t)
	s := open(t, path)
	fill(t, s, 300, 300, 700)
	ctx := t.Context()
	for i := range 50 {
		key := id(i)
		_, perr := s.Promise(ctx, runner.Promise{Key: key, Session: key, NextAt: start, Data: []byte("data")})
		_, _, cerr := s.Claim(ctx, runner.EffectKey{Session: key}, "one", start, start)
		_, aerr := s.Add(ctx, key, 1, start, time.Hour)
		for _, err := range []error{perr, cerr, aerr, s.SaveProgram(ctx, key, make([]byte, 100*i)), s.Post(ctx, key, []byte("mail"), start)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCutShort(t *testing.T) {
	t.Parallel()
	content := full(t)
	dir := t.TempDir()
	for _, n := range []int{100 * 4096, 50 * 4096, 3 * 4096, 2 * 4096} {
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(path, content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "is damaged (it is cut short", "nothing in it was changed. Restore a backup")
	}
	for _, n := range []int{1, 100, 4096 + 16} { // not even a whole first page, or no second
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(path, content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "nothing in it was changed")
	}
}

// A damaged file is refused as it is, or what is damaged in it fails by itself.
// Nothing ends the process.
func TestDamaged(t *testing.T) {
	t.Parallel()
	content := full(t)
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(5, 6))
	found := 0
	for n := range 80 {
		damaged := bytes.Clone(content)
		at := random.IntN(130*4096) / 8 * 8 // where the pages are
		switch n % 3 {
		case 0:
			damaged[at] ^= 1 << random.IntN(8)
		case 1:
			for i := range damaged[at:min(at+64, len(damaged))] {
				damaged[at+i] = byte(random.Int())
			}
		default: // a page that was never written
			clear(damaged[at/4096*4096 : at/4096*4096+4096])
		}
		path := filepath.Join(dir, "callflow.db")
		if err := os.WriteFile(path, damaged, fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(path)
		if err != nil {
			found++
			if after, _ := os.ReadFile(path); !bytes.Equal(after, damaged) {
				t.Fatal("a refused file was changed")
			}
			continue
		}
		use(s)
		_ = s.Close()
	}
	if found < 15 {
		t.Errorf("of 80 damaged files %d were refused", found)
	}
}

// use calls most methods; whether they fail is of no interest.
func use(s *bolt.Store) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	later := start.Add(24 * time.Hour)
	for i := range 300 {
		r, err := s.Load(ctx, id(i))
		if err != nil {
			continue
		}
		if i%10 == 0 {
			_ = s.Commit(ctx, r, nil, 0)
			_, _ = s.Mail(ctx, id(i))
			_, _ = s.Promised(ctx, id(i))
			_, _ = s.Lease(ctx, id(i), "one", later, later)
			_ = s.Settle(ctx, id(i), "one", true, nil, later)
			_, _, _ = s.Claim(ctx, runner.EffectKey{Session: id(i)}, "two", later, later)
			_, _ = s.LoadProgram(ctx, id(i))
			_, _ = s.Add(ctx, id(i), 1, start, time.Hour)
		}
	}
	_, _ = s.Due(ctx, later, 100)
	_, _ = s.Ready(ctx, later, 100)
	_, _ = s.Counts(ctx, "", "", start, 100)
	_, _ = s.Expire(ctx, later)
	_ = s.Ping(ctx)
}

// A file from before there was an index of users is opened, and has one then.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveProgram(t.Context(), "h", []byte("source")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"users", "phones", "marks"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = bolt.Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.PutUsers(t.Context(), []runner.PhoneUser{{ID: "a", UpdatedAt: time.UnixMicro(1)}}); n != 1 || err != nil {
		t.Errorf("a user was not saved: %d, %v", n, err)
	}
	if source, err := s.LoadProgram(t.Context(), "h"); string(source) != "source" || err != nil {
		t.Errorf("what was there is %q, %v", source, err)
	}
}
