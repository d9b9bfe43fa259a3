package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callflow/engine/runner"
	"callflow/providers/store/bolt"
)

// child is this program as the other process of a test: "bolt-child crash FILE
// ROUND", "bolt-child full FILE HOW" or "bolt-child left FILE".
func child(args []string) bool {
	if len(args) < 3 || args[0] != "bolt-child" {
		return false
	}
	var err error
	switch args[1] {
	case "crash":
		err = writeUntilKilled(args[2], args[3])
	case "full":
		err = fillTheDisk(args[2], opener(args[3]))
	case "left":
		err = leaveFull(args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// writeUntilKilled changes sessions without end, and says of each change that was
// acknowledged: "ROUND-SESSION VERSION".
func writeUntilKilled(path, round string) error {
	n, err := strconv.Atoi(round)
	if err != nil {
		return err
	}
	s, err := opener(strconv.Itoa(n % 2))(path)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			ctx := context.Background()
			key := fmt.Sprintf("%s-%d", round, i)
			r := runner.Record{ID: key, Wake: start, ExpiresAt: start.Add(time.Hour)}
			for v := 1; ; v++ {
				r.Data = fmt.Append(nil, strings.Repeat("x", v*37%900), " ", v)
				var err error
				if v == 1 {
					err = s.Insert(ctx, r)
				} else {
					p := runner.Promise{Key: fmt.Sprintf("%s/%d", key, v), Session: key, Seq: v, NextAt: start, Data: r.Data}
					r.Version, r.Wake, r.ExpiresAt = int64(v-1), r.Wake.Add(time.Second), r.ExpiresAt.Add(time.Second)
					err = s.Commit(ctx, r, []runner.Promise{p}, 0)
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, key, v, err)
					os.Exit(1)
				}
				fmt.Fprintf(os.Stdout, "%s %d\n", key, v) // one write: whole or not at all
			}
		})
	}
	wg.Wait()
	return nil
}

// Everything that was acknowledged is there after the process was killed in the
// midst of writing, and nothing is half there.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := file(t)
	acknowledged := map[string]int64{}
	for round := range 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "bolt-child", "crash", path, strconv.Itoa(round))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			key, version, _ := strings.Cut(lines.Text(), " ")
			v, err := strconv.ParseInt(version, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[key] = max(acknowledged[key], v)
			if n == 200*(round+1) {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		if stderr.Len() > 0 {
			t.Fatal(stderr.String())
		}
		check(t, path, acknowledged)
	}
	if len(acknowledged) < 100 {
		t.Errorf("only %d sessions were written", len(acknowledged))
	}
}

// check opens the file and looks whether everything acknowledged is there, and of
// each change all or nothing.
func check(t *testing.T, path string, acknowledged map[string]int64) {
	t.Helper()
	s, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	backlog := int64(0)
	for key, version := range acknowledged {
		r, err := s.Load(ctx, key)
		if err != nil || r.Version < version {
			t.Fatalf("session %s has version %d, %v; %d was acknowledged", key, r.Version, err, version)
		}
		if want := fmt.Sprint(strings.Repeat("x", int(r.Version)*37%900), " ", r.Version); string(r.Data) != want {
			t.Fatalf("session %s of version %d has the data %q", key, r.Version, r.Data)
		}
		for v := int64(2); v <= r.Version+1; v++ {
			_, err := s.Promised(ctx, fmt.Sprintf("%s/%d", key, v))
			if (err == nil) != (v <= r.Version) {
				t.Fatalf("session %s has version %d, and of promise %d: %v", key, r.Version, v, err)
			}
		}
		backlog += r.Version - 1
	}
	found, err := s.Backlog(ctx)
	live, lerr := s.Live(ctx)
	if err != nil || lerr != nil || int64(found) < backlog || live < len(acknowledged) {
		t.Fatalf("backlog %d, expected %d at least; %d live, expected %d at least: %v, %v", found, backlog, live, len(acknowledged), err, lerr)
	}
	ids, err := s.Due(ctx, start.Add(100*time.Hour), 10_000)
	if err != nil || len(ids) != live {
		t.Fatalf("%d are due of %d live, %v", len(ids), live, err)
	}
}

// opener is how a store is opened: with checkpoints when it is time, or all the time.
func opener(how string) func(string) (*bolt.Store, error) {
	if how == "0" {
		return bolt.Open
	}
	return bolt.OpenSmall
}

// limit is how large a file may become.
func limit(n uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = min(n, l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

// leaveFull writes until no file may grow, and ends then as it is. It says how many
// sessions were acknowledged.
func leaveFull(path string) error {
	s, err := bolt.OpenSmall(path)
	if err != nil {
		return err
	}
	if err := limit(6 << 20); err != nil {
		return err
	}
	saved := 0
	for failed := 0; failed < 5; {
		if s.Insert(context.Background(), runner.Record{ID: id(saved), Data: make([]byte, 10_000)}) != nil {
			failed++
		} else {
			saved++
		}
	}
	_, err = fmt.Println(saved)
	return err
}

// What was acknowledged before the disk became full is there, though the process has
// ended and nothing could be carried into the file any more.
func TestKilledWhenFull(t *testing.T) {
	t.Parallel()
	path := file(t)
	out, err := exec.CommandContext(t.Context(), os.Args[0], "bolt-child", "left", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	saved, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || saved < 100 {
		t.Fatalf("%d were saved, %v", saved, err)
	}
	s := open(t, path)
	for i := range saved {
		if _, err := s.Load(t.Context(), id(i)); err != nil {
			t.Fatalf("session %d of %d: %v", i, saved, err)
		}
	}
	// One that was not acknowledged may be there all the same.
	if n, err := s.Live(t.Context()); n < saved || n > saved+1 || err != nil {
		t.Errorf("%d are live of %d, %v", n, saved, err)
	}
}

// fillTheDisk writes until the file may not grow, goes on when it may, and looks
// whether all is there.
func fillTheDisk(path string, opened func(string) (*bolt.Store, error)) error {
	s, err := opened(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	insert := func(i int) error {
		return s.Insert(ctx, runner.Record{ID: id(i), Data: make([]byte, 10_000)})
	}
	saved := 0
	for range 3 {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := limit(uint64(info.Size()) + 4096); err != nil {
			return err
		}
		for insert(saved) == nil {
			saved++
			if saved > 100_000 {
				return errors.New("the file never became full")
			}
		}
		if err := limit(4096); err != nil { // now nothing can be written at all
			return err
		}
		for range 3 {
			if err := insert(saved); err == nil || !strings.Contains(err.Error(), "cannot be written") {
				return fmt.Errorf("insert where nothing can be written: %w", err)
			}
			if s.Ping(ctx) == nil {
				return errors.New("Ping succeeds where nothing can be written")
			}
		}
		if _, err := s.Load(ctx, id(0)); err != nil {
			return fmt.Errorf("read from a full disk: %w", err)
		}
		if err := limit(1 << 62); err != nil {
			return err
		}
		if err := s.Ping(ctx); err != nil {
			return fmt.Errorf("Ping when there is room again: %w", err)
		}
		for range 100 {
			if err := insert(saved); err != nil {
				return fmt.Errorf("when there is room again: %w", err)
			}
			saved++
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if s, err = opened(path); err != nil {
		return err
	}
	for i := range saved {
		if _, err := s.Load(ctx, id(i)); err != nil {
			return fmt.Errorf("session %d of %d: %w", i, saved, err)
		}
	}
	if n, err := s.Live(ctx); n != saved || err != nil {
		return fmt.Errorf("%d are live of %d: %w", n, saved, err)
	}
	return s.Close()
}

// A full disk fails what it has no room for, and nothing else, until there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"0", "1"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "bolt-child", "full", file(t), how)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// A store that was closed can be opened at once, also while this process starts another,
// which has its files, and so the lock, until it runs its program.
func TestOpenedWhileForking(t *testing.T) {
	t.Parallel()
	path := file(t)
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.Lock() // as whoever starts a program does
	child, err := os.Open(path)
	if err == nil {
		err = syscall.Flock(int(child.Fd()), syscall.LOCK_EX)
	}
	opened := make(chan error, 1)
	go func() {
		s, err := bolt.Open(path)
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	time.Sleep(100 * time.Millisecond) // who does not wait has failed by then
	_ = child.Close()
	syscall.ForkLock.Unlock()
	if err := errors.Join(err, <-opened); err != nil {
		t.Error(err)
	}
}
