package bolt

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"callflow/engine/runner"
)

// Before turns wait for a copy, what is in a long journal is in the file. A short one is
// not worth it.
func TestLighten(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "callflow.db")
	rotated := 0
	s := openLimited(t, path, roomy, func(step string) {
		if step == "rotated" {
			rotated++
		}
	})
	left := func() (end int64) {
		t.Helper()
		if err := s.ask(ctx, func() {
			if s.journal != nil {
				end = s.journal.end
			}
		}); err != nil {
			t.Fatal(err)
		}
		return end
	}
	if err := s.lighten(ctx); err != nil || left() != 0 {
		t.Fatalf("of nothing: %v", err)
	}
	if err := s.Insert(ctx, runner.Record{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := s.lighten(ctx); err != nil || rotated != 0 {
		t.Fatalf("of little: %v, after %d checkpoints", err, rotated)
	}
	for n := range 3 {
		if err := s.Insert(ctx, runner.Record{ID: fmt.Sprint(n), Data: make([]byte, light)}); err != nil {
			t.Fatal(err)
		}
	}
	if left() <= light {
		t.Fatal("the journal is short")
	}
	if err := s.lighten(ctx); err != nil || left() > light || rotated != 1 {
		t.Errorf("%d bytes are left after %d checkpoints, %v", left(), rotated, err)
	}
	has := contents(t, s)
	var copied bytes.Buffer
	if err := s.Snapshot(ctx, &copied); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(t.TempDir(), "restored.db")
	put(t, restored, copied.Bytes())
	if found := reopened(t, restored); found != has {
		t.Error(firstDifference(found, has))
	}
}
