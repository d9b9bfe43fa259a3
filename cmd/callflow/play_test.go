package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// TestPlay plays a call at a server that is really served.
func TestPlay(t *testing.T) {
	for _, name := range playerNames() {
		t.Run(name, func(t *testing.T) {
			addr := freeAddress(t)
			var log bytes.Buffer
			server := Command{Stdout: &log, Stderr: &log, Env: nil, Now: time.Now}
			served := make(chan int, 1)
			ctx, stop := context.WithCancel(t.Context())
			go func() {
				served <- server.Main(ctx, []string{"serve", "../../examples/authzero", "--server-listen", addr, "--platforms-" + name + "-unsigned", "--server-linger", "0s"})
			}()
			defer func() {
				stop()
				<-served
			}()
			until(t, "the server listens", func() bool {
				conn, err := net.Dial("tcp", addr) //nolint:noctx // it answers at once, or not at all
				if err == nil {
					_ = conn.Close()
				}
				return err == nil
			})
			var out, errs bytes.Buffer
			c := Command{Stdout: &out, Stderr: &errs, Now: time.Now}
			status := c.Main(t.Context(), []string{"play", "--url", "http://" + addr, "--platform", name, "--flow", "authzero", "--dtmf", "12345# 1234 9"})
			for _, want := range []string{"/v1/" + name + "/calls/authzero  200", "Welcome Maria", "the flow hung up"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("there is no %q in:\n%s%s", want, out.String(), errs.String())
				}
			}
			if status != 0 {
				t.Errorf("exit status %d", status)
			}
		})
	}
}
