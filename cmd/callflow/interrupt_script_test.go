package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// interruptCmd runs callflow, and interrupts it when it has written two lines. $CALL is
// the call that it has named.
func interruptCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt CODE ARGS…")
	}
	cmd := exec.Command(executable(ts), args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr = ts.Getenv("WORK"), environment(ts), ts.Stderr()
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	lines := bufio.NewReader(out)
	for range 2 {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(ts.Stdout(), line)
		ts.Check(err)
		if id, ok := strings.CutPrefix(line, "call "); ok {
			ts.Setenv("CALL", strings.TrimSpace(id))
		}
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	_, err = io.Copy(ts.Stdout(), lines)
	ts.Check(err)
	var failed *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &failed) {
		ts.Check(err)
	}
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit status %s, expected %s", code, args[0])
	}
}
