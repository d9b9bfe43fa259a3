package telephony

import (
	"net/url"
	"strings"
)

// The query parameter that marks the URL of a document's tail: whoever comes that
// way has no answer to what was asked.
const (
	LostParam = "lost"
	LostValue = "1"
)

// IsLost tells whether the request came by the tail of a document.
func IsLost(r Request) bool { return HasParam(r.URL, LostParam, LostValue) }

// HasParam tells whether the query of u says name=value, both of which must need
// no escapes. u may be nil.
func HasParam(u *url.URL, name, value string) bool {
	if u == nil || u.RawQuery == "" {
		return false
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name && v == value {
			return true
		}
	}
	return false
}

// WithParam adds name=value, both of which must need no escapes, to the query of
// an address.
func WithParam(address, name, value string) string {
	address, fragment, cut := strings.Cut(address, "#")
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	address += sep + name + "=" + value
	if cut {
		address += "#" + fragment
	}
	return address
}

// Param is the first value of a parameter in the query of u, as it is written there,
// and whether there is one. u may be nil.
func Param(u *url.URL, name string) (string, bool) {
	if u == nil || u.RawQuery == "" {
		return "", false
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v, true
		}
	}
	return "", false
}
