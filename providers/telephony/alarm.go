package telephony

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAlarm is the longest alarm, in bytes.
const maxAlarm = 200

// AlarmText is an alarm of those parts: what a platform complained about. Some
// platforms quote our answer in their complaint, so that whatever could be a
// caller's keys is hidden.
func AlarmText(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return Truncate(strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return '*'
		}
		return c
	}, PlainText(strings.Join(kept, ": "))), maxAlarm)
}

// Truncate cuts s to at most n bytes, between two characters.
func Truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
