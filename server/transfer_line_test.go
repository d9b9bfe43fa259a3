package server_test

import (
	"slices"
	"strings"
	"testing"

	"callflow/providers/telephony/player"
)

const transfers = `
callflow: 1
flow: transfers
start: account
states:
  account: { collect: { prompt: Your account., digits: 5 }, next: agent }
  agent:
    transfer:
      to: "+15550100"
      limit: 30m
      whisper: A call from account ${digits(account)}.
      context: { account_no: "${account}" }
    next: { completed: thanks, failed: desk }
  desk:
    transfer: { to: sip:desk@example.com, mode: refer }
    next: { completed: over, failed: sorry }
  thanks: { hangup: { say: Thank you. } }
  over: { hangup: }
  sorry: { hangup: { say: Nobody is there. } }
`

// TestTransferOverHTTP: whoever takes a transfer hears the whisper first, and is
// told what the flow tells them; a call that is handed over ends well.
func TestTransferOverHTTP(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, platform string) {
		for _, c := range []struct {
			name      string
			dials     []string
			heard     string
			whispered []string
		}{
			{"taken", nil, "Thank you.", []string{"A call from account 1 2 3 4 5."}},
			{"busy, then handed over", []string{"busy", "completed"}, "Your account.", nil},
			{"busy twice", []string{"busy"}, "Nobody is there.", nil},
		} {
			l := newLine(t, lineOptions{source: transfers})
			r := l.playWith(platform, callID(t, 1), "12345", func(o *player.Options) { o.Dials = c.dials })
			if r.End != player.HungUp || r.Err != nil {
				t.Fatalf("%s: ended %s: %v", c.name, r.End, r.Err)
			}
			if heard := r.Heard[len(r.Heard)-1]; heard != c.heard {
				t.Errorf("%s: heard last %q, expected %q", c.name, heard, c.heard)
			}
			if !slices.Equal(r.Whispered, c.whispered) {
				t.Errorf("%s: whispered %q, expected %q", c.name, r.Whispered, c.whispered)
			}
			l.mu.Lock()
			if !strings.Contains(string(l.replies), `"X-Account-No":"12345"`) {
				t.Errorf("%s: the other side is told nothing", c.name)
			}
			l.mu.Unlock()
		}
	})
}
