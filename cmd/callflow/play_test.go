package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"callflow/providers/telephony/player"
)

// TestPlay plays a call at a server that is really served.
func TestPlay(t *testing.T) {
	for _, p := range platformPlayers() {
		name := p.name
		t.Run(name, func(t *testing.T) {
			serve := []string{"serve", "../../examples/authzero", "--server-listen", "127.0.0.1:0", "--platforms-" + name + "-unsigned", "--server-linger", "0s"}
			play := []string{"play", "--platform", name, "--flow", "authzero", "--dtmf", "12345# 1234 9", "--mask", "2"}
			var env []string
			if p.commands {
				env = []string{"CALLFLOW_PLATFORMS_TELNYX_API_KEY=KEY0123"}
				api := freeAddress(t)
				serve = append(serve, "--platforms-"+name+"-api", "http://"+api+"/v2")
				play = append(play, "--api-listen", api, "--api-key-env", "THE_KEY")
			}
			server := background(t, env, serve...)
			var out, errs bytes.Buffer
			c := Command{Stdout: &out, Stderr: &errs, Env: []string{"THE_KEY=KEY0123"}, Now: time.Now}
			status := c.Main(t.Context(), append(play, "--url", "http://"+server.addr))
			for _, want := range []string{"/v1/" + name + "/calls/authzero  200", "\n  > 12345#\n", "PIN.\n  > ****\n  Welcome Maria", "9 to finish.\n  > 9\n  Goodbye.\n", "the flow hung up"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("there is no %q in:\n%s%s", want, out.String(), errs.String()+server.stderr.String())
				}
			}
			if strings.Contains(out.String(), "1234\n") {
				t.Errorf("the PIN is shown:\n%s", out.String())
			}
			if status != 0 {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

// What is said in several lines stands as one thing that is said.
func TestPlayLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &page{w: &out}
	p.talk(player.Line{Kind: player.Heard, Text: "Welcome Maria.\nPress 1."})
	if want := "  Welcome Maria.\n  Press 1.\n"; out.String() != want {
		t.Errorf("got %q, expected %q", out.String(), want)
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
