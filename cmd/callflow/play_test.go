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
	for _, p := range platformPlayers() {
		name := p.name
		t.Run(name, func(t *testing.T) {
			addr := freeAddress(t)
			var log bytes.Buffer
			serve := []string{"serve", "../../examples/authzero", "--server-listen", addr, "--platforms-" + name + "-unsigned", "--server-linger", "0s"}
			play := []string{"play", "--url", "http://" + addr, "--platform", name, "--flow", "authzero", "--dtmf", "12345# 1234 9"}
			var env []string
			if p.commands {
				env = []string{"CALLFLOW_PLATFORMS_TELNYX_API_KEY=KEY0123"}
				api := freeAddress(t)
				serve = append(serve, "--platforms-"+name+"-api", "http://"+api+"/v2")
				play = append(play, "--api-listen", api, "--api-key-env", "THE_KEY")
			}
			server := Command{Stdout: &log, Stderr: &log, Env: env, Now: time.Now}
			served := make(chan int, 1)
			ctx, stop := context.WithCancel(t.Context())
			go func() {
				served <- server.Main(ctx, serve)
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
			c := Command{Stdout: &out, Stderr: &errs, Env: []string{"THE_KEY=KEY0123"}, Now: time.Now}
			status := c.Main(t.Context(), play)
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

func TestPlayAPIFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ flags, want string }{
		{"--platform telnyx", "--api-listen"},
		{"--platform telnyx --api-listen 127.0.0.1:0 --api-key-env NONE", "NONE is not set"},
		{"--platform telnyx --api-listen nowhere --api-key-env THE_KEY", "cannot listen on nowhere"},
		{"--platform jambonz --api-listen 127.0.0.1:0", "jambonz takes no commands"},
	} {
		for _, command := range []string{"play", "load"} {
			var out, errs bytes.Buffer
			c := Command{Stdout: &out, Stderr: &errs, Env: []string{"THE_KEY=KEY0123"}, Now: time.Now}
			args := append([]string{command, "--url", "http://127.0.0.1:1"}, strings.Fields(tt.flags)...)
			if status := c.Main(t.Context(), args); status != 2 || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("%s %s: exit status %d: %s", command, tt.flags, status, errs.String())
			}
		}
	}
}
