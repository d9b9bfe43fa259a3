package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What answers in the server's place, or badly, is told with where that was and what to
// do; and what is no copy is never taken for one.
func TestOddServers(t *testing.T) {
	t.Parallel()
	const page = "<html>hello</html>"
	write := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte(text)) }
	}
	tests := []struct {
		name         string
		handle       http.HandlerFunc
		answer, copy string // what is said of an answer in JSON, and of a copy
	}{
		{"closes", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "gave no answer that can be read: EOF; look into its log", "gave no answer that can be read: EOF"},
		{"nothing", write(200, ""), "is not one of callflow's: EOF; look into its log", "is not whole: it is empty; look into its log"},
		{"a page", write(200, page), "is not one of callflow's: invalid character", "is not a callflow store"},
		{"cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = w.Write([]byte(`[{"a":`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "breaks off", "is not whole: unexpected EOF"},
		{"another version", http.NotFound, "it is another version of callflow", "it is another version of callflow"},
		{"500", write(500, "no\x1b[2J"), "refuses with 500: no\ufffd[2J", "refuses with 500: no\ufffd[2J"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "odd") //nolint:usetesting // a socket's path may not be long
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			for name, text := range map[string]string{
				"flow.yaml":     "callflow: 1\nflow: f\nstart: a\nstates: { a: { hangup: { say: Bye. } } }\n",
				"callflow.yaml": "flows: [flow.yaml]\nstore: bolt:" + filepath.Join(dir, "x.db") + "\nseal_key: " + strings.Repeat("0123456789abcdef", 4) + "\n",
				"users.json":    `{"user_id":"auth0|1"}` + "\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ln, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "x.db.sock"))
			if err != nil {
				t.Fatal(err)
			}
			srv := &http.Server{Handler: tt.handle, ReadHeaderTimeout: time.Minute}
			go func() { _ = srv.Serve(ln) }()
			t.Cleanup(func() { _ = srv.Close() })
			copied := filepath.Join(dir, "copy.db")
			for _, run := range []struct {
				want string
				args []string
			}{
				{tt.copy, []string{"backup", dir, copied}},
				{tt.answer, []string{"lockouts", dir}},
				{tt.answer, []string{"users", "import", filepath.Join(dir, "users.json"), "--config", dir}},
				{tt.answer, []string{"users", "lookup", "+61412345678", "--config", dir}},
			} {
				var stdout, stderr bytes.Buffer
				c := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now}
				if status := c.Main(t.Context(), run.args); status != exitFound || !strings.Contains(stderr.String(), run.want) {
					t.Errorf("%q: exit status %d: %q lacks %q", run.args, status, stdout.String()+stderr.String(), run.want)
				}
			}
			if left, _ := filepath.Glob(copied + "*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
