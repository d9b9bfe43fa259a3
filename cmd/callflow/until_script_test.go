package main

import (
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// untilCmd runs callflow until what it writes matches, and leaves it for the commands that
// look at it.
func untilCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN ARGS…")
	}
	pattern := regexp.MustCompile(`(?m)` + args[0])
	var out []byte
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		cmd := exec.Command(executable(ts), args[1:]...)
		cmd.Dir, cmd.Env = ts.Getenv("WORK"), environment(ts)
		var err error
		if out, err = cmd.Output(); err == nil && pattern.Match(out) {
			_, _ = ts.Stdout().Write(out)
			return
		}
	}
	ts.Fatalf("%s does not match, at last:\n%s", args[0], out)
}
