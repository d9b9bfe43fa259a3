package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers/telephony/player"
)

// commandBook is an API that remembers under which ids each command came: a command is
// its call, its action and all that it says but the id.
type commandBook struct {
	next http.Handler
	mu   sync.Mutex
	ids  map[string]map[string]int // by command, then by id: how often
	what map[string]string         // by id
	two  []string                  // ids of two commands
}

func (b *commandBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var body map[string]any
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id, _ := body["command_id"].(string)
	delete(body, "command_id")
	said, _ := json.Marshal(body)
	command := r.URL.Path + " " + string(said)
	time.Sleep(10 * time.Millisecond) // so that some are on their way when the server dies
	b.mu.Lock()
	if b.ids[command] == nil {
		b.ids[command] = map[string]int{}
	}
	b.ids[command][id]++
	if before, ok := b.what[id]; ok && before != command {
		b.two = append(b.two, id)
	}
	b.what[id] = command
	b.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(raw))
	b.next.ServeHTTP(w, r)
}

// TestTelnyxServerIsKilled kills the real program again and again while calls are told
// by commands what to do. Every call goes on with the next process to its own end: no
// command is lost, none comes under two ids, and no report is sent twice.
func TestTelnyxServerIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server several times: left out with -short")
	}
	t.Parallel()
	const calls, kills = 80, 4
	const key, secret = "KEY0123456789", "a key of Telnyx for this test"
	dir := t.TempDir()
	bin := filepath.Join(dir, "callflow")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "callflow/cmd/callflow").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	farmBook := &herdBook{keys: map[string]map[string]int{}}
	farm := httptest.NewServer(farmBook)
	defer farm.Close()
	api := player.NewTelnyxAPI(engine.NewSecret(key), nil)
	commands := &commandBook{next: api, ids: map[string]map[string]int{}, what: map[string]string{}}
	platform := httptest.NewServer(commands)
	defer platform.Close()
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
platforms: { telnyx: { public_key: "${env:TELNYX_PUBLIC_KEY}", api_key: "${env:TELNYX_API_KEY}", api: %q } }
services:
  herd: { url: %q, private: true }
`, addr, platform.URL+"/v2", farm.URL))
	logs, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	serve := func() *exec.Cmd {
		cmd := exec.Command(bin, "serve", dir) //nolint:noctx // it is killed
		cmd.Env = append(os.Environ(), "SEAL_KEY="+strings.Repeat("5a", 32), "TELNYX_API_KEY="+key,
			"TELNYX_PUBLIC_KEY="+player.TelnyxPublicKey(engine.NewSecret(secret)))
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
	slots := make(chan struct{}, 20)
	for i := range calls {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			o := player.Options{
				URL: "http://" + addr + "/v1/telnyx/calls/herd", Secret: engine.NewSecret(secret), API: api,
				Client: &http.Client{Transport: apart, Timeout: 10 * time.Second},
				Call:   player.Call{ID: fmt.Sprintf("call-%03d", i), Account: "acc", From: "+15550100", To: "+61255500101"},
				Wait: func(ctx context.Context, d time.Duration) error {
					select {
					case <-ctx.Done():
					case <-time.After(d):
					}
					// A platform gives up after a few tries, and a server that is slow to come
					// back on a busy machine is not what is tested.
					for ctx.Err() == nil && !ready() {
						time.Sleep(20 * time.Millisecond)
					}
					return ctx.Err()
				},
			}
			for _, keys := range []string{"1", fmt.Sprintf("%05d", i), "1"} {
				o.Script = append(o.Script, player.Move{Keys: engine.NewSecret(keys)})
			}
			results[i] = player.Telnyx(t.Context(), o)
		})
	}
	for range kills {
		time.Sleep(150 * time.Millisecond)
		_ = server.Process.Kill()
		_ = server.Wait()
		server = serve()
		until(t, "the next server is ready", ready)
	}
	wg.Wait()

	ends := map[string]int{}
	for i, r := range results {
		animal, heard := fmt.Sprintf("%05d", i), strings.Join(r.Heard, " | ")
		done := strings.Contains(heard, "Recorded. Thank you.") || strings.Contains(heard, "We have your report")
		ends[fmt.Sprintf("%s, told %v", r.End, done)]++
		if r.End != player.HungUp {
			t.Errorf("%s: the call ended %s (%v) after: %s", animal, r.End, r.Err, heard)
		}
		if done {
			until(t, "the report on "+animal+" is delivered", func() bool { return len(farmBook.sent(animal)) > 0 })
		}
		if n := len(farmBook.sent(animal)); n > 1 {
			t.Errorf("the report on %s was sent under %d keys", animal, n)
		}
	}
	t.Logf("%d calls, %d kills: %v", calls, kills, ends)
	_ = server.Process.Signal(os.Interrupt)
	_ = server.Wait()

	commands.mu.Lock()
	defer commands.mu.Unlock()
	again := 0
	for command, ids := range commands.ids {
		if len(ids) != 1 {
			t.Errorf("%.200s came under %d ids", command, len(ids))
		}
		for _, n := range ids {
			again += n - 1
		}
	}
	if len(commands.two) > 0 {
		t.Errorf("ids of two commands: %q", commands.two)
	}
	t.Logf("%d commands, %d of them again", len(commands.ids), again)
	said, err := os.ReadFile(logs.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"panic", `"alarm":true`, key} {
		if strings.Contains(string(said), bad) {
			t.Errorf("%q is in the log:\n%.4000s", bad, said)
		}
	}
}
