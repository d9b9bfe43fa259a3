package server_test

import (
	"strings"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

// TestTooLongOverHTTP: what nobody has checked before and is longer than the platform
// reads is an apology and the end, and no silence.
func TestTooLongOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.MaxDocument > 0 }, func(t *testing.T, platform string) {
		l := newLine(t, lineOptions{source: "callflow: 1\nflow: long\nstart: ask\nstates:\n" +
			"  ask: { menu: { prompt: Press 1., options: { 1: long } } }\n" +
			"  long: { say: \"" + strings.Repeat("One moment, please. ", 6_000) + "\", next: bye }\n" +
			"  bye: { hangup: { say: Goodbye. } }\n"})
		r := l.play(platform, callID(t, 1), "1")
		if heard := said(r); r.End != player.HungUp || r.Err != nil || !strings.HasPrefix(heard, "Press 1. | ") || !strings.HasSuffix(heard, "Please call again later. Goodbye.") || len(heard) > 200 {
			t.Errorf("ended %s (%v) after %.200s", r.End, r.Err, heard)
		}
	})
}
