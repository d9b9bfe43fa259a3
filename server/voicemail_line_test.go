package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

const voicemail = `
callflow: 1
flow: voicemail
start: message
states:
  message:
    voicemail:
      prompt: Leave a message.
      deliver: { service: desk, post: /messages, body: { url: "${message.url}", seconds: "${message.seconds}", id: "${message.id}" } }
    next: { recorded: thanks, rejected: sorry, pending: later, empty: nothing, failed: sorry }
  thanks: { hangup: { say: Thank you. } }
  sorry: { hangup: { say: That did not work. } }
  later: { hangup: { say: It will be delivered. } }
  nothing: { hangup: { say: We heard nothing. } }
`

// desk takes messages.
type desk struct {
	mu       sync.Mutex
	messages []string
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	d.messages = append(d.messages, string(body))
	d.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
}

func (d *desk) taken() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.messages...)
}

// TestVoicemailOverHTTP: a message is delivered however its caller leaves it.
func TestVoicemailOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.Record }, func(t *testing.T, platform string) {
		for _, c := range []struct {
			name, script string
			records      []string
			end          player.End
			last         string // heard, while somebody listens
			messages     int
		}{
			{"kept", "1", nil, player.HungUp, "Thank you.", 1},
			{"listened to, then kept", "2 1", nil, player.HungUp, "Thank you.", 1},
			{"recorded again", "3 1", nil, player.HungUp, "Thank you.", 1},
			{"silent in the review", "- - -", nil, player.HungUp, "Thank you.", 1},
			{"hung up while speaking, by the script", "x", nil, player.Left, "", 1},
			{"hung up in the review", "2 x", nil, player.Left, "", 1},
			{"hung up while speaking", "", []string{"hangup"}, player.Left, "", 1},
			{"nothing said", "", []string{"empty"}, player.HungUp, "We heard nothing.", 0},
			{"no recorder", "", []string{"failed"}, player.HungUp, "That did not work.", 0},
		} {
			switch ended := strings.Join(c.records, ""); {
			case platform == "vonage" && (ended == "empty" || ended == "failed"):
				continue // silence is a recording too, and of one that failed nothing is told
			case platform == "signalwire" && ended == "empty":
				c.last = "That did not work." // it tells success or failure alone
			}
			d := &desk{}
			l := newLine(t, lineOptions{source: voicemail, services: map[string]http.Handler{"desk": d}})
			runs(t, l)
			r := l.playWith(platform, callID(t, 1), c.script, func(o *player.Options) { o.Records = c.records })
			if r.End != c.end || r.Err != nil {
				t.Fatalf("%s: ended %s: %v", c.name, r.End, r.Err)
			}
			if heard := r.Heard[len(r.Heard)-1]; c.last != "" && heard != c.last {
				t.Errorf("%s: heard last %q, expected %q", c.name, heard, c.last)
			}
			eventually(t, c.name+": the message is delivered", func() bool { return len(d.taken()) == c.messages })
			for _, m := range d.taken() {
				var got struct {
					URL, ID string
					Seconds float64
				}
				if err := json.Unmarshal([]byte(m), &got); err != nil || !strings.HasPrefix(got.URL, "https://") || got.ID == "" ||
					strings.HasPrefix(got.URL, "https://recorder.example.com/") && !strings.HasSuffix(got.URL, got.ID+".wav") ||
					got.Seconds != 7 && !(platform == "signalwire" && got.Seconds == 0) { // which tells it too late, or never
					t.Errorf("%s: delivered %s: %v", c.name, m, err)
				}
				if strings.Contains(c.script, "2") && !strings.Contains(said(r), "recording "+got.URL) {
					t.Errorf("%s: heard %s, and not %s", c.name, said(r), got.URL)
				}
			}
		}
	})
}
