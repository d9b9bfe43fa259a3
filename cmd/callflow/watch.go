package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// watchEvery is how often files are looked at. Looking works on every file system,
// also on those that tell nobody of changes.
const watchEvery = 300 * time.Millisecond

// stamp is what changes with a file.
type stamp struct {
	changed time.Time
	size    int64
}

// watch runs something now, and again whenever a file changes that it may have
// read, until it is interrupted. What is wrong with the files does not end it; a
// wrong command line does.
func (c *Command) watch(ctx context.Context, args []string, run func() error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	seen := stampsOf(args)
	if err := c.rerun(run); err != nil {
		return err
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			fmt.Fprintln(c.Stdout)
			return nil
		case <-tick.C:
		}
		now := stampsOf(args)
		if maps.Equal(seen, now) {
			continue
		}
		seen = now
		if isTerminal(c.Stdout) {
			fmt.Fprint(c.Stdout, "\x1b[H\x1b[2J\x1b[3J") // what is old only confuses
		}
		if err := c.rerun(run); err != nil {
			fmt.Fprintln(c.Stderr, "callflow:", err) // perhaps a file is just being written
		}
	}
}

// rerun runs once and says when. The error is nil where what was wrong has been
// shown.
func (c *Command) rerun(run func() error) error {
	err := run()
	if err != nil && !errors.Is(err, errShown) {
		return err
	}
	fmt.Fprintf(c.Stdout, "%s, watching; Ctrl-C ends it\n", c.Now().Format(time.TimeOnly))
	return nil
}

// stampsOf looks at the files that a command with these arguments may read: those
// in the folders, and what stands beside the files.
func stampsOf(args []string) map[string]stamp {
	if len(args) == 0 {
		args = []string{"."}
	}
	all := map[string]stamp{}
	add := func(path string, d fs.DirEntry) {
		if !slices.Contains([]string{".yaml", ".yml", ".wav", ".mp3"}, strings.ToLower(filepath.Ext(path))) {
			return
		}
		if info, err := d.Info(); err == nil {
			all[path] = stamp{info.ModTime(), info.Size()}
		}
	}
	for _, arg := range args {
		dir := arg
		if info, err := os.Stat(arg); err == nil && !info.IsDir() {
			dir = filepath.Dir(arg)
		}
		// A folder that cannot be read now may be there again next time.
		_ = walkFiles(dir, add)
	}
	return all
}
