// Package phone writes telephone numbers in one way, so that they can be compared
// and looked up: E.164, "+61412345678". Platforms, address books and people write
// them in others.
package phone

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// longest bounds what is read as a number, in bytes. Display names and SIP users
// come in the same field.
const longest = 64

// Region is the country whose numbers are written without their country's code.
type Region struct{ code string }

// ParseRegion reads an ISO 3166 code such as "AU". "" is none: numbers must then
// have their country's code.
func ParseRegion(code string) (Region, error) {
	upper := strings.ToUpper(code)
	if code != "" && !phonenumbers.GetSupportedRegions()[upper] {
		return Region{}, fmt.Errorf("found %q, expected the code of a country, such as AU", code)
	}
	return Region{upper}, nil
}

// Normalize gives a number as E.164. ok is false for what is no number that
// somebody could have: a withheld one, a SIP user's name, a service code, too few
// digits. Extensions are dropped.
func (r Region) Normalize(raw string) (number string, ok bool) {
	raw = strings.TrimSpace(raw)
	if scheme, rest, found := strings.Cut(raw, ":"); found && isScheme(scheme) {
		raw = rest
	}
	raw, _, _ = strings.Cut(raw, "@")
	raw, _, _ = strings.Cut(raw, ";")
	if len(raw) > longest || !strings.ContainsAny(raw, "0123456789") || strings.ContainsFunc(raw, isLetter) {
		return "", false
	}
	if n, ok := r.parse(raw); ok {
		return n, true
	}
	// Some platforms leave out the plus sign of an international number.
	if !strings.HasPrefix(raw, "+") {
		return r.parse("+" + raw)
	}
	return "", false
}

func (r Region) parse(raw string) (string, bool) {
	n, err := phonenumbers.Parse(raw, r.code)
	// Whether the number is assigned is for others to know; whether it has a
	// possible length keeps out what was cut short.
	if err != nil || !phonenumbers.IsPossibleNumber(n) || phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == phonenumbers.UNKNOWN_REGION {
		return "", false
	}
	n.Extension = nil
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// Country is the ISO 3166 code of the country of a number in E.164; "": unknown.
func Country(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

func isScheme(s string) bool {
	s = strings.ToLower(s)
	return s == "tel" || s == "sip" || s == "sips"
}

// isLetter tells a name from a number. Letters would be read as the keys they
// stand on.
func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
