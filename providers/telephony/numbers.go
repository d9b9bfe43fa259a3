package telephony

import "strings"

// Numbers are the telephone numbers that a platform takes, such as those that a transfer
// may lead to.
type Numbers string

// NumbersAny: whatever can be dialled, extensions among it. NumbersInternational: seven
// to fifteen digits that begin with a country's code, with a plus or without.
// NumbersPlus: those that begin with a plus.
const (
	NumbersAny           Numbers = ""
	NumbersInternational Numbers = "international"
	NumbersPlus          Numbers = "with a plus"
)

// Takes tells whether a number that ParseTarget has read is one of them.
func (n Numbers) Takes(number string) bool {
	switch n {
	case NumbersInternational:
		return IsInternational(strings.TrimPrefix(number, "+"))
	case NumbersPlus:
		return strings.HasPrefix(number, "+")
	}
	return number != ""
}

// IsInternational tells an international number without its plus: seven to fifteen
// digits, of which the first is no nought.
func IsInternational(digits string) bool {
	return len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}
