package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkColdStart is the time from starting a process to its first answer: of
// callflow with the bank line, to the first hook of a call, and of an echo server
// that does nothing, to anything. Compare ms/start.
func BenchmarkColdStart(b *testing.B) {
	dir := b.TempDir()
	build := func(name, pkg string) string {
		bin := filepath.Join(dir, name)
		if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", bin, pkg).CombinedOutput(); err != nil {
			b.Fatalf("build: %v\n%s", err, out)
		}
		return bin
	}
	bench := func(b *testing.B, bin string, args func(addr string) []string, ask func(addr string) (*http.Response, error)) {
		var spent time.Duration
		n := 0
		for b.Loop() {
			addr := freeAddress(b)
			began := time.Now()
			cmd := exec.CommandContext(b.Context(), bin, args(addr)...)
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			for {
				resp, err := ask(addr)
				if err == nil {
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						b.Fatalf("answered with %d", resp.StatusCode)
					}
					break
				}
				if time.Since(began) > 10*time.Second {
					b.Fatal(err)
				}
				time.Sleep(200 * time.Microsecond)
			}
			spent += time.Since(began)
			n++
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		b.ReportMetric(float64(spent.Microseconds())/1e3/float64(n), "ms/start")
	}
	b.Run("callflow", func(b *testing.B) {
		bench(b, build("callflow", "callflow/cmd/callflow"), func(addr string) []string {
			return []string{"serve", "../../examples/authzero", "--server-listen", addr}
		}, func(addr string) (*http.Response, error) {
			body := []byte(fmt.Sprintf(`{"call":{"id":"c%d","from":"+15550100","to":"+61255500100"}}`, time.Now().UnixNano()))
			return http.Post("http://"+addr+"/v1/generic/calls/authzero", "application/json", bytes.NewReader(body)) //nolint:noctx // ends with the process
		})
	})
	b.Run("bare", func(b *testing.B) {
		bench(b, build("bare", "callflow/cmd/callflow/testdata/bare"), func(addr string) []string {
			return []string{addr}
		}, func(addr string) (*http.Response, error) {
			return http.Get("http://" + addr + "/healthz") //nolint:noctx // ends with the process
		})
	})
}
