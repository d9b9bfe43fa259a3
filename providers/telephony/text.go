package telephony

import (
	"strings"
	"unicode"
)

// PlainText is what can be said of s: line breaks and other control characters,
// and those that turn the direction of writing, become spaces. They have no
// sound, and on some platforms they begin a new command.
func PlainText(s string) string {
	if strings.IndexFunc(s, soundless) < 0 {
		return s
	}
	return strings.Map(func(c rune) rune {
		if soundless(c) {
			return ' '
		}
		return c
	}, s)
}

func soundless(c rune) bool {
	if c < 0x80 {
		return c < ' ' || c == 0x7f
	}
	// The joiners are part of words in some scripts and of emoji.
	return c != '\u200c' && c != '\u200d' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029')
}
