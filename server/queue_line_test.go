package server_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const queues = `
callflow: 1
flow: queues
start: line
states:
  line:
    queue:
      name: support
      say: [All our people are busy., "You are number ${line.position}."]
      every: 20s
      music: https://media.example.com/hold.mp3
      max_wait: 2m
      offer: { after: 50s, prompt: "To be called back, press 1." }
    next: { connected: thanks, timeout: late, callback: call_back, failed: sorry }
  call_back:
    callback: { number: "${call.from}", service: desk, post: /callbacks }
    next: { done: promised, rejected: sorry, pending: later }
  promised: { hangup: { say: We will call you. } }
  later: { hangup: { say: It may take a while. } }
  thanks: { hangup: { say: Thank you. } }
  late: { hangup: { say: Nobody is free. } }
  sorry: { hangup: { say: That did not work. } }
`

// hands is a clock that somebody puts forward.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) wait(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
	return ctx.Err()
}

// TestQueueOverHTTP: callers who wait hear announcements and music in turn, are
// offered a call once, wait on after it, and no longer than they are meant to.
func TestQueueOverHTTP(t *testing.T) {
	t.Parallel()
	const busy, second, music = "All our people are busy.", "You are number 2.", "music https://media.example.com/hold.mp3"
	eachAble(t, func(c telephony.Capabilities) bool { return c.Queue }, func(t *testing.T, platform string) {
		again := busy // what is said first after the offer
		if platform == "twilio" {
			again = second
		}
		for _, c := range []struct {
			name, script string
			queues       []player.Waiting
			end          player.End
			heard        string
			waited       []string
			whole        []string // where music is played to its end, half a minute later
			calls        int
		}{
			{"taken at once", "", nil, player.HungUp, "Thank you.", []string{busy, music}, []string{busy, music}, 0},
			{"a call is promised", "1", []player.Waiting{{End: "waiting"}}, player.HungUp, "We will call you.", []string{busy, music, second, music, busy, music}, []string{busy, music, second, music}, 1},
			{"waits on, and is taken", "-", []player.Waiting{{End: "waiting"}, {End: "connected"}}, player.HungUp, "Thank you.", []string{busy, music, second, music, busy, music, busy, music}, []string{busy, music, second, music, second, music}, 0},
			{"waits on in vain", "-", []player.Waiting{{End: "waiting"}}, player.HungUp, "Nobody is free.", []string{busy, music, second, music, busy, music, busy, music, second, music, busy, music, second, music}, []string{busy, music, second, music, second, music, busy, music}, 0},
			{"does not wait", "", []player.Waiting{{End: "hangup"}}, player.Left, "", []string{busy, music}, []string{busy, music}, 0},
			{"no queue", "", []player.Waiting{{End: "failed"}}, player.HungUp, "That did not work.", nil, nil, 0},
			{"waits on, but not for long", "- x", []player.Waiting{{End: "waiting"}}, player.Left, "To be called back, press 1. | " + again, []string{busy, music, second, music, busy, music, busy, music}, []string{busy, music, second, music, second, music}, 0},
		} {
			clock := &hands{at: time.Now()}
			d := &desk{}
			l := newLine(t, lineOptions{
				source: queues, now: clock.now, services: map[string]http.Handler{"desk": d}, callbacks: []string{"+1"},
			})
			runs(t, l)
			r := l.playWith(platform, callID(t, 1), c.script, func(o *player.Options) { o.Queues, o.Wait = c.queues, clock.wait })
			if r.End != c.end || r.Err != nil {
				t.Fatalf("%s: ended %s: %v", c.name, r.End, r.Err)
			}
			if heard := said(r); !strings.HasSuffix(heard, c.heard) {
				t.Errorf("%s: heard %q, expected %q at last", c.name, heard, c.heard)
			}
			waited := c.waited
			if platform == "twilio" {
				waited = c.whole
			}
			if !slices.Equal(r.Waited, waited) {
				t.Errorf("%s: waited with %q, expected %q", c.name, r.Waited, waited)
			}
			eventually(t, c.name+": the call is asked for", func() bool { return len(d.taken()) == c.calls })
			for _, m := range d.taken() {
				if !strings.Contains(m, `"number":"+15550100"`) {
					t.Errorf("%s: asked for %s", c.name, m)
				}
			}
		}
	})
}
