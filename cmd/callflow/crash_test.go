package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/player"
)

// herdBook takes events as the farm's service does, and remembers under which keys
// each animal's was sent.
type herdBook struct {
	mu   sync.Mutex
	keys map[string]map[string]int // by animal, then by key: how often
}

func (b *herdBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var event struct{ Animal string }
	if err != nil || json.Unmarshal(body, &event) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(20 * time.Millisecond) // so that some are on their way when the server dies
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys[event.Animal] == nil {
		b.keys[event.Animal] = map[string]int{}
	}
	b.keys[event.Animal][r.Header.Get("Idempotency-Key")]++
	w.WriteHeader(http.StatusCreated)
}

func (b *herdBook) sent(animal string) (keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.keys[animal] {
		keys = append(keys, k)
	}
	return keys
}

// animals counts those that something was sent about.
func (b *herdBook) animals() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.keys)
}

// askedAgain tells whether a question was heard twice.
func askedAgain(heard []string) bool {
	for i, h := range heard {
		if slices.Contains(heard[:i], h) {
			return true
		}
	}
	return false
}

// TestKillUnderLoad kills the real program again and again, with no chance to tidy
// up, in the middle of 200 calls at once that are answered from a bolt store. Whatever
// a caller was told is true afterwards: "Recorded" was recorded, "we will file it" is
// filed, and nothing was sent under two keys. The calls go on with the next process.
func TestKillUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server several times: left out with -short")
	}
	t.Parallel()
	const calls, kills = 200, 5
	dir := t.TempDir()
	bin := filepath.Join(dir, "callflow")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "callflow/cmd/callflow").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	book := &herdBook{keys: map[string]map[string]int{}}
	farm := httptest.NewServer(book)
	defer farm.Close()
	addr := freeAddress(t)
	flow, err := os.ReadFile("../../examples/herd/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "flow.yaml"), string(flow))
	put(t, filepath.Join(dir, "callflow.yaml"), fmt.Sprintf(`
flows: flow.yaml
server: { listen: %q }
store: bolt:calls.db
seal_key: "${env:SEAL_KEY}"
platforms: { jambonz: { secret: "${env:JAMBONZ_SECRET}" } }
services:
  herd: { url: %q, private: true }
`, addr, farm.URL))
	const secret = "a secret of jambonz for this test"
	logs, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	serve := func() *exec.Cmd {
		cmd := exec.Command(bin, "serve", dir) //nolint:noctx // it is killed
		cmd.Env = append(os.Environ(), "SEAL_KEY="+strings.Repeat("5a", 32), "JAMBONZ_SECRET="+secret)
		cmd.Stdout, cmd.Stderr = logs, logs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	ready := func() bool {
		resp, err := (&http.Client{Transport: apart}).Get("http://" + addr + "/readyz") //nolint:noctx // ends with the test
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}

	server := serve()
	until(t, "the server is ready", ready)
	results := make([]player.Result, calls)
	var wg sync.WaitGroup
	var over atomic.Int32
	for i := range calls {
		wg.Go(func() {
			defer over.Add(1)
			o := player.Options{
				URL: "http://" + addr + "/v1/jambonz/calls/herd#rc=5&rp=ct,5xx", StatusURL: "http://" + addr + "/v1/jambonz/status",
				Secret: engine.NewSecret(secret), Now: time.Now, Client: &http.Client{Transport: apart, Timeout: 10 * time.Second},
				Call: player.Call{ID: fmt.Sprintf("call-%03d", i), Account: "acc", From: "+15550100", To: "+61255500101"},
				Wait: func(ctx context.Context, d time.Duration) error {
					select {
					case <-ctx.Done():
					case <-time.After(d / 2):
					}
					return ctx.Err()
				},
			}
			for _, keys := range []string{"1", fmt.Sprintf("%05d", i), "1"} {
				o.Script = append(o.Script, player.Move{Keys: engine.NewSecret(keys)})
			}
			results[i] = player.Jambonz(t.Context(), o)
		})
	}
	for range kills {
		before := book.animals()
		until(t, "calls go on", func() bool { return book.animals() >= before+10 || over.Load() == calls })
		_ = server.Process.Kill()
		_ = server.Wait()
		server = serve()
		until(t, "the next server is ready", ready)
	}
	wg.Wait()

	told := map[string]int{}
	for i, r := range results {
		animal, heard := fmt.Sprintf("%05d", i), strings.Join(r.Heard, " | ")
		switch {
		case strings.Contains(heard, "Recorded. Thank you."):
			told["recorded"]++
			if len(book.sent(animal)) != 1 {
				t.Errorf("%s was told that it is recorded; the farm knows it under %v", animal, book.sent(animal))
			}
		case strings.Contains(heard, "We have your report"):
			told["promised"]++
			until(t, "the report on "+animal+" is delivered", func() bool { return len(book.sent(animal)) > 0 })
		case r.Faults > 0 && askedAgain(r.Heard):
			// No server was back in time for the platform's last try: the caller was
			// asked again, and this one had only one answer to give.
			told["asked again"]++
		default:
			t.Errorf("call %d did not go on: %s, after %s: %v", i, r.End, heard, r.Err)
		}
		if n := len(book.sent(animal)); n > 1 {
			t.Errorf("the report on %s was sent under %d keys: %v", animal, n, book.sent(animal))
		}
	}
	if told["recorded"]+told["promised"] < calls/20 {
		t.Errorf("only %d of %d calls came to their end: %v", told["recorded"]+told["promised"], calls, told)
	}
	t.Logf("%d calls, %d kills: %v", calls, kills, told)
	_ = server.Process.Signal(os.Interrupt)
	_ = server.Wait()
	said, err := os.ReadFile(logs.Name())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(said), "panic") {
		t.Errorf("a server panicked:\n%s", said)
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// until waits for what takes a moment, or for the lease of a process that was
// killed while it sent something.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it did not come to be: %s", what)
}
