package telephony

import (
	"time"
	"unicode"
)

// What a platform's clock leaves room for that runs over words and keys as a whole, or
// over keys of which it only counts the time between two.
const (
	perLetter   = 80 * time.Millisecond // of slow speech
	perSign     = 300 * time.Millisecond
	perKey      = 2 * time.Second
	longestType = 20 * time.Second
)

// Speaking is how long it takes at most to say a text, as far as it tells.
func Speaking(text string) (length time.Duration) {
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || unicode.IsDigit(r) {
			length += perSign
		} else {
			length += perLetter
		}
	}
	return length
}

// Typing is how long the keys after the first of so many may take, of which each may
// come so long after the one before.
func Typing(most int, gap time.Duration) time.Duration {
	return min(time.Duration(most-1)*min(gap, perKey), longestType)
}
