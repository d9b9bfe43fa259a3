package telephony

// MaxKeys is the most keys that one event may carry. Nobody presses so many; a
// platform that sends more is broken or not a platform.
const MaxKeys = 256

// IsKey tells whether c is a key: 0-9, *, #, or one of A-D, which no telephone has
// any more and some trunks still carry.
func IsKey(c byte) bool {
	return isDigit(c) || c == '*' || c == '#' || 'A' <= c && c <= 'D'
}

// AreKeys tells whether s is nothing but keys, and not too many.
func AreKeys(s string) bool {
	if len(s) > MaxKeys {
		return false
	}
	for i := range len(s) {
		if !IsKey(s[i]) {
			return false
		}
	}
	return true
}
