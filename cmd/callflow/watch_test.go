package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a writer that one can wait for.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait takes what was written up to a text, once that is there.
func (s *screen) wait(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		text := s.text.String()
		if before, _, ok := strings.Cut(text, want); ok {
			s.text.Next(len(before) + len(want))
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("%q does not appear in:\n%s", want, text)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	const good = "callflow: 1\nflow: t\nstart: a\nstates:\n  a: { hangup: { say: Goodbye. } }\n"
	for _, c := range []struct {
		name, command, right, wrong string
	}{
		{"check", "check", "no problems\n", "[syntax-error]"},
		{"test", "test", "1 passed, 0 failed", "[syntax-error]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("flow.yaml", good)
			write("flow_test.yaml", "tests:\n  - name: goodbye\n    steps:\n      - hear: Goodbye\n")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := &screen{}
			status := make(chan int)
			go func() {
				status <- Command{Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Now: time.Now}.Main(ctx, []string{c.command, "--watch", dir})
			}()
			out.wait(t, "watching")
			write("flow.yaml", good+"  b: {")
			out.wait(t, c.wrong)
			out.wait(t, "watching")
			write("flow.yaml", good+"# more\n")
			out.wait(t, c.right)
			cancel()
			if got := <-status; got != 0 {
				t.Errorf("the status is %d", got)
			}
		})
	}
}
