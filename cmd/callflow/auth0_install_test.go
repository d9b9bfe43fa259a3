package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/providers/identity/auth0/fake"
)

func TestAuth0Install(t *testing.T) {
	t.Parallel()
	f, env := tenant(t, fake.Settings{})
	env = append(env, "CALLFLOW_SERVER_PUBLIC_URL=https://ivr.example.com", "CALLFLOW_INDEX_SECRET=secret-of-the-actions", "CALLFLOW_AUTH0_LOGS_TOKEN=token-of-the-log-stream")
	run := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		c := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Env: env, Now: time.Now}
		status := c.Main(t.Context(), append([]string{"auth0", "install"}, args...))
		text := stdout.String() + stderr.String()
		if status != want {
			t.Errorf("%q: exit status %d, expected %d: %s", args, status, want, text)
		}
		for _, secret := range []string{"secret-of-the-actions", "token-of-the-log-stream", fakeSecret} {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is shown: %s", text)
			}
		}
		return text
	}
	if out := run(exitOK); !strings.Contains(out, "create   log stream callflow: it posts to https://ivr.example.com/auth0/logs\n") || !strings.Contains(out, "4 steps to do; with --apply it is done") {
		t.Error(out)
	}
	if n := len(f.Resources("log-streams")); n != 0 {
		t.Errorf("a plan made %d log streams", n)
	}
	if out := run(exitOK, "--apply"); strings.Count(out, "created  ") != 4 {
		t.Error(out)
	}
	if out := run(exitOK); strings.Count(out, "keep     ") != 4 || strings.Contains(out, "--apply") {
		t.Error(out)
	}
	if out := run(exitOK, "--secrets", "--apply", "--format", "json"); strings.Count(out, `"done": true`) != 4 {
		t.Error(out)
	}
	x, err := fake.ParseFault("setup=403:insufficient_scope")
	if err != nil {
		t.Fatal(err)
	}
	f.Script(x)
	if out := run(exitFound, "--apply"); strings.Count(out, "blocked  ") != 4 || !strings.Contains(out, "read:event_streams") {
		t.Error(out)
	}
	// A stand-in on this machine is set up for this machine; the script index.txtar has
	// what a tenant is not.
	f.Mend()
	if out := run(exitOK, "--server-public-url", "http://127.0.0.1:8080"); !strings.Contains(out, "change   log stream callflow: httpEndpoint") {
		t.Error(out)
	}
	env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, "CALLFLOW_SERVER_PUBLIC_URL=") })
	if out := run(exitUsage); !strings.Contains(out, "set server.public_url, such as http://127.0.0.1:8080") {
		t.Error(out)
	}
}
