package server

import "strings"

// NormalNumber is a called number as it is compared: without the separators that
// people write, without a plus in front, and in small letters where it is the name
// of a SIP user. Trunks differ in what they send.
func NormalNumber(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if scheme, rest, ok := strings.Cut(s, ":"); ok && (scheme == "sip" || scheme == "sips" || scheme == "tel") {
		s = rest
	}
	s, _, _ = strings.Cut(s, "@")
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()", r) {
			return -1
		}
		return r
	}, s)
	bare = strings.TrimPrefix(bare, "+")
	if strings.Trim(bare, "0123456789*#") == "" {
		return bare
	}
	return s // a name keeps its dots
}
