package server_test

import (
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/telephony"
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
	eachAble(t, func(c telephony.Capabilities) bool { return c.Transfer && c.Whisper && c.Context && c.Refer }, func(t *testing.T, platform string) {
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
			if told := strings.Contains(string(l.replies), `"X-Account-No":"12345"`); told == capabilities(t, platform).ContextSIPOnly { // telephones are told nothing
				t.Errorf("%s: the other side is told: %v", c.name, told)
			}
			l.mu.Unlock()
		}
	})
}

const handOvers = `
callflow: 1
flow: over
start: agent
states:
  agent:
    transfer: { to: "+15550100", whisper: A call for you. }
    next: { completed: thanks, failed: desk }
  desk:
    transfer: { to: "+15550199", mode: refer }
    next: { completed: over, busy: busy, no_answer: late, failed: sorry }
  thanks: { hangup: { say: Thank you. } }
  over: { hangup: }
  busy: { hangup: { say: They are on the phone. } }
  late: { hangup: { say: Nobody answers. } }
  sorry: { hangup: { say: That did not work. } }
`

// TestHandOverOverHTTP: every platform that whispers says its words, and every one that
// hands calls over tells how that went, telephone numbers and all.
func TestHandOverOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.Refer }, func(t *testing.T, platform string) {
		handOvers, whispered := handOvers, []string{"A call for you."}
		if !capabilities(t, platform).Whisper {
			handOvers, whispered = strings.Replace(handOvers, ", whisper: A call for you.", "", 1), nil
		}
		l := newLine(t, lineOptions{source: handOvers})
		r := l.play(platform, callID(t, 1), "")
		if r.Err != nil || said(r) != "Thank you." || !slices.Equal(r.Whispered, whispered) {
			t.Errorf("ended %s (%v), heard %q, whispered %q", r.End, r.Err, said(r), r.Whispered)
		}
		for result, heard := range map[engine.DialResult]string{
			engine.DialCompleted: "", engine.DialBusy: "They are on the phone.",
			engine.DialNoAnswer: "Nobody answers.", engine.DialFailed: "That did not work.",
		} {
			l := newLine(t, lineOptions{source: handOvers})
			failed, then := dialWord(platform, engine.DialFailed), dialWord(platform, result)
			r := l.playWith(platform, callID(t, 2), "", func(o *player.Options) { o.Dials = []string{failed, then} })
			if r.End != player.HungUp || r.Err != nil || said(r) != heard || len(r.Whispered) > 0 {
				t.Errorf("%s: ended %s (%v), heard %q, whispered %q, expected %q", result, r.End, r.Err, said(r), r.Whispered, heard)
			}
		}
	})
}

const plainTransfers = `
callflow: 1
flow: plain
start: account
states:
  account: { collect: { prompt: Your account., digits: 5 }, next: agent }
  agent:
    transfer: { to: sip:desk@example.com, limit: 30m, timeout: 20s, context: { account_no: "${account} & \"more\"" } }
    next: { completed: thanks, busy: busy, no_answer: late, failed: sorry }
  thanks: { hangup: { say: Thank you. } }
  busy: { hangup: { say: They are on the phone. } }
  late: { hangup: { say: Nobody answers. } }
  sorry: { hangup: { say: That did not work. } }
`

// TestPlainTransferOverHTTP: every platform that transfers tells the ends of a transfer
// apart, and tells the other side what the flow tells them, whatever is in it.
func TestPlainTransferOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(c telephony.Capabilities) bool { return c.Transfer && c.Context }, func(t *testing.T, platform string) {
		for result, heard := range map[engine.DialResult]string{
			engine.DialCompleted: "Thank you.", engine.DialBusy: "They are on the phone.",
			engine.DialNoAnswer: "Nobody answers.", engine.DialFailed: "That did not work.",
		} {
			l := newLine(t, lineOptions{source: plainTransfers})
			r := l.playWith(platform, callID(t, 1), "12345", func(o *player.Options) { o.Dials = []string{dialWord(platform, result)} })
			if r.Err != nil || len(r.Heard) == 0 {
				t.Fatalf("%s: ended %s: %v", result, r.End, r.Err)
			}
			if last := r.Heard[len(r.Heard)-1]; last != heard && platform != "sinch" { // whose calls end with their transfers
				t.Errorf("%s: heard last %q, expected %q", result, last, heard)
			}
			l.mu.Lock()
			// Telnyx takes commands, and Plivo letters and digits alone.
			if text := string(l.replies); platform != "telnyx" && platform != "plivo" && (!strings.Contains(text, "Account-No") || !strings.Contains(text, "12345")) {
				t.Errorf("%s: the other side is told nothing: %s", result, text)
			}
			l.mu.Unlock()
		}
	})
}
