package telephony

import "strings"

// maxTarget is the longest target, in bytes.
const maxTarget = 256

// Target is where a dial leads: Number or SIP is set.
type Target struct {
	Number string // digits, with a plus in front where it was given one
	SIP    string // a sip: or sips: address
}

// ParseTarget reads a dial's target. The separators that people write in numbers
// are left out. A number may hold * and #, as service numbers do. It returns
// false for anything else: a platform puts the target into a SIP request, where a
// space, a bracket or a line break would mean something.
func ParseTarget(s string) (Target, bool) {
	if len(s) > maxTarget {
		return Target{}, false
	}
	if scheme, rest, ok := strings.Cut(s, ":"); ok {
		if !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
			return Target{}, false
		}
		for i := range len(rest) {
			if c := rest[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`<>"\,`+"`{}|^", c) >= 0 {
				return Target{}, false
			}
		}
		return Target{SIP: s}, rest != ""
	}
	clean := true
	keys := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c) || c == '*' || c == '#':
			keys++
		case c == '+' && i == 0:
		case strings.IndexByte(" -.()", c) >= 0:
			clean = false
		default:
			return Target{}, false
		}
	}
	if keys == 0 {
		return Target{}, false
	}
	if clean {
		return Target{Number: s}, true
	}
	return Target{Number: strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -.()", c) {
			return -1
		}
		return c
	}, s)}, true
}
