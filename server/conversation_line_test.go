package server_test

import (
	"strings"
	"testing"

	"callflow/providers/telephony"
	"callflow/providers/telephony/player"
)

// spoken is a conversation in one line, however many pieces a platform says a text in.
func spoken(r player.Result) string {
	var words []string
	for _, l := range r.Conversation {
		switch l.Kind {
		case player.Heard:
			words = append(words, strings.Fields(l.Text)...)
		default:
			words = append(words, strings.TrimSuffix(">"+string(l.Kind)+":"+l.Text, ":"))
		}
	}
	return strings.Join(words, " ")
}

// TestConversationOverHTTP: on every platform what the caller does stands in its place,
// and what is masked is not shown.
func TestConversationOverHTTP(t *testing.T) {
	t.Parallel()
	eachAble(t, func(telephony.Capabilities) bool { return true }, func(t *testing.T, platform string) {
		for _, c := range []struct{ script, want string }{
			{"12345 54321", "Your account. >pressed:12345 Once more. >pressed:***** You said 1 2 3 4 5 and 5 4 3 2 1."},
			{"12345 x", "Your account. >pressed:12345 Once more. >hangup"},
			{"12345", "Your account. >pressed:12345 Once more. >hangup"},
			{"- x", "Your account. >silence Sorry, I did not hear anything. Your account. >hangup"},
		} {
			l := newLine(t, lineOptions{source: counting})
			r := l.playWith(platform, callID(t, 1), c.script, func(o *player.Options) {
				if len(o.Script) > 1 {
					o.Script[1].Masked = true
				}
			})
			if got := spoken(r); got != c.want {
				t.Errorf("%s: %s (%v)\n%s\nexpected\n%s", c.script, r.End, r.Err, got, c.want)
			}
			if strings.Contains(strings.Join(r.Heard, " "), "*****") {
				t.Errorf("%s: heard %q", c.script, r.Heard)
			}
		}
	})
}
