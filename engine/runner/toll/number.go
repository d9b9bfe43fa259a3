package toll

import (
	"slices"
	"strings"
)

// Allows tells whether an installation that allows these calls a number; number is
// as it is dialled, and e164 as Normalize writes it, or "".
func Allows(allow []string, number, e164 string) bool {
	return slices.ContainsFunc(allow, func(a string) bool {
		switch {
		case strings.HasPrefix(a, "+"):
			return strings.HasPrefix(e164, a)
		case strings.HasPrefix(a, "@"):
			return strings.EqualFold(host(number), a[1:])
		}
		return a != "" && number == a
	})
}

// host is that of a SIP address, or "".
func host(number string) string {
	if !isSIP(number) {
		return ""
	}
	_, rest, _ := strings.Cut(number, ":")
	_, at, ok := strings.Cut(rest, "@")
	if !ok || strings.Contains(at, "@") {
		return ""
	}
	at, _, _ = strings.Cut(at, ";")
	at, _, _ = strings.Cut(at, "?")
	at, _, _ = strings.Cut(at, ":")
	return at
}

// isSIP tells SIP addresses, whose hosts decide what a call costs, from numbers.
func isSIP(number string) bool {
	scheme, _, ok := strings.Cut(number, ":")
	return ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips"))
}
