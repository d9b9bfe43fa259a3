package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReplayCommands: a call by commands is recorded and played again, by the commands
// themselves.
func TestReplayCommands(t *testing.T) {
	dir := t.TempDir()
	flow := filepath.Join(dir, "flow.yaml")
	write := func(thanks string) {
		t.Helper()
		source := `callflow: 1
flow: rating
start: number
states:
  number: { collect: { prompt: "Your number, please.", digits: 5 }, next: rating }
  rating: { menu: { prompt: "Press 1 for good, or 2 for bad.", options: { 1: thanks, 2: thanks } } }
  thanks: { hangup: { say: ` + thanks + ` } }
`
		if err := os.WriteFile(flow, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	api := freeAddress(t)
	// serving serves until the function that it returns is called.
	serving := func(more ...string) (url string, stop func()) {
		t.Helper()
		addr := freeAddress(t)
		server := Command{Stdout: io.Discard, Stderr: io.Discard, Env: []string{"CALLFLOW_PLATFORMS_TELNYX_API_KEY=KEY0123"}, Now: time.Now}
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan int, 1)
		go func() {
			served <- server.Main(ctx, append([]string{"serve", dir, "--server-listen", addr, "--platforms-telnyx-unsigned", "--platforms-telnyx-api", "http://" + api + "/v2", "--server-linger", "0s"}, more...))
		}()
		until(t, "the server listens", func() bool {
			conn, err := net.Dial("tcp", addr) //nolint:noctx // it answers at once, or not at all
			if err == nil {
				_ = conn.Close()
			}
			return err == nil
		})
		return "http://" + addr, func() {
			cancel()
			<-served
		}
	}
	play := func(args ...string) (status int, out string) {
		var stdout, stderr bytes.Buffer
		c := Command{Stdout: &stdout, Stderr: &stderr, Env: []string{"THE_KEY=KEY0123"}, Now: time.Now}
		status = c.Main(t.Context(), append([]string{"play"}, args...))
		return status, stdout.String() + stderr.String()
	}
	here := []string{"--api-listen", api, "--api-key-env", "THE_KEY"}

	write("Thank you.")
	kept := filepath.Join(dir, "kept")
	url, stop := serving("--record", kept)
	if status, out := play(append(here, "--url", url, "--platform", "telnyx", "--dtmf", "98765 1")...); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
	stop()
	files, err := filepath.Glob(filepath.Join(kept, "*-telnyx-rating-*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "98765") || strings.Contains(s, "KEY0123") || !strings.Contains(s, `"payload":"Thank you."`) {
		t.Errorf("kept:\n%s", s)
	}

	url, stop = serving()
	status, out := play(append(here, "--url", url, "--replay", files[0])...)
	if status != 0 || !strings.Contains(out, "/actions/answer  200  the same\n") || !strings.Contains(out, "\n12 webhooks, all answered as recorded, with 5 commands as recorded\n") {
		t.Errorf("%d: %s", status, out)
	}
	if status, out := play(append(here, "--url", url, "--replay", files[0], "--format", "json")...); status != 0 || strings.Count(out, `"commands": [`) != 5 {
		t.Errorf("%d: %s", status, out)
	}
	if status, out := play("--url", url, "--replay", files[0]); status != 2 || !strings.Contains(out, "--api-listen") {
		t.Errorf("without an API: %d: %s", status, out)
	}
	stop()

	write("Bless you.")
	url, stop = serving()
	status, out = play(append(here, "--url", url, "--replay", files[0])...)
	if status != 1 || !strings.Contains(out, "/actions/speak  200  another command\n") || !strings.Contains(out, `"payload":"Bless you."`) {
		t.Errorf("%d: %s", status, out)
	}
	stop()
}
