package bolt_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
	"callflow/providers/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func file(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "callflow.db")
}

func open(tb testing.TB, path string) *bolt.Store {
	tb.Helper()
	s, err := bolt.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) runner.Store { return open(t, file(t)) })
}
