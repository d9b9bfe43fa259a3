package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"callflow/engine/runner"
)

// Somebody moves the file while it is in use, or puts another in its place: what is
// saved would be lost with it, in silence. That is said, another's journals are left
// alone, and when the file is back the store goes on.
func TestMoved(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	away := path + ".away"
	s := openLimited(t, path, roomy, nothing)
	insert := func(id string) error { return s.Insert(ctx, runner.Record{ID: id}) }
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint := func() {
		t.Helper()
		if err := s.ask(ctx, func() { s.checkpoint(); s.await() }); err != nil {
			t.Fatal(err)
		}
	}
	saved := []string{"before"}
	if err := insert("before"); err != nil {
		t.Fatal(err)
	}
	for _, replaced := range []bool{false, true} {
		move(path, away)
		if replaced {
			put(t, path, []byte("another"))
		}
		if err := s.Ping(ctx); !errors.Is(err, errMoved) {
			t.Errorf("replaced %v: Ping says %v", replaced, err)
		}
		checkpoint()
		names := journalNames(path)
		for _, name := range names {
			put(t, name, []byte("another's"))
		}
		for range 2 {
			if err := insert("nowhere"); !errors.Is(err, errMoved) {
				t.Fatalf("replaced %v: Insert says %v", replaced, err)
			}
		}
		for _, name := range names {
			if string(read(t, name)) != "another's" {
				t.Errorf("replaced %v: another's journal was changed", replaced)
			}
		}
		if replaced && string(read(t, path)) != "another" {
			t.Error("another's file was changed")
		}
		if _, err := s.Load(ctx, "before"); err != nil {
			t.Errorf("replaced %v: Load says %v", replaced, err)
		}
		move(away, path)
		id := map[bool]string{false: "back", true: "back again"}[replaced]
		if err := errors.Join(s.Ping(ctx), insert(id)); err != nil {
			t.Fatalf("replaced %v, and back: %v", replaced, err)
		}
		saved = append(saved, id)
	}
	move(path, away)
	if err := s.Close(); !errors.Is(err, errMoved) {
		t.Errorf("Close says %v", err)
	}
	s = openLimited(t, away, roomy, nothing) // all of it is in the file
	for _, id := range saved {
		if _, err := s.Load(ctx, id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
