package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A call begins when --at says, else now; schedules go by that.
func TestSimulateAt(t *testing.T) {
	t.Parallel()
	flow := filepath.Join(t.TempDir(), "flow.yaml")
	if err := os.WriteFile(flow, []byte(`callflow: 1
flow: desk
time_zone: Australia/Sydney
schedules:
  office: { open: { mon-fri: 09:00-17:00 }, holidays: [{ date: 12-25 }] }
start: now
states:
  now: { hours: office, next: { open: desk, closed: later, holiday: away } }
  desk: { hangup: { say: We are here. } }
  later: { hangup: { say: Call later. } }
  away: { hangup: { say: Merry Christmas. } }
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"":                          "We are here.",
		"2026-11-23T08:59:59+11:00": "Call later.",
		"2026-12-24T13:00:00Z":      "Merry Christmas.",
		"Christmas":                 "",
	} {
		var out, problems bytes.Buffer
		c := Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Now: func() time.Time { return time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC) }}
		args := []string{"simulate", flow, "--dtmf", "-"}
		if at != "" {
			args = append(args, "--at", at)
		}
		status := c.Main(t.Context(), args)
		if want == "" {
			if status != 2 || !strings.Contains(problems.String(), `--at: found "Christmas", expected an instant`) {
				t.Errorf("%q gives status %d: %s", at, status, &problems)
			}
			continue
		}
		if status != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("at %q, status %d: %s%s", at, status, &out, &problems)
		}
	}
}
