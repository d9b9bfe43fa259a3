package server_test

import (
	"strings"
	"testing"

	"callflow/providers/telephony/player"
)

const talkative = `callflow: 1
flow: talkative
start: again
limits: { turns: 200 }
states:
  again:
    menu:
      prompt: Press 1 to hear this again, or 2 to finish.
      options: { 1: again, 2: bye }
  bye: { hangup: { say: Goodbye. } }
`

// TestLongCallOverHTTP: a call with more turns than SignalWire has transfers comes to its
// own end, on every platform.
func TestLongCallOverHTTP(t *testing.T) {
	t.Parallel()
	for _, platform := range scripted {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, lineOptions{source: talkative})
			r := l.play(platform, callID(t, 1), strings.Repeat("1 ", 50)+"2")
			if r.End != player.HungUp || r.Err != nil || !strings.HasSuffix(said(r), "Goodbye.") {
				t.Errorf("ended %s after %d hooks: %v: %.200s", r.End, r.Hooks, r.Err, said(r))
			}
		})
	}
}
