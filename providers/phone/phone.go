package phone

import (
	"fmt"
	"strings"
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
	if code != "" && known().country(upper) == nil {
		return Region{}, fmt.Errorf("found %q, expected the code of a country, such as AU", code)
	}
	return Region{upper}, nil
}

// Code is the country's ISO 3166 code; "": none.
func (r Region) Code() string { return r.code }

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

// parse reads a number. Whether it is assigned is for others to know; whether it
// has a possible length keeps out what was cut short. One that would be read as
// another the next time is none.
func (r Region) parse(raw string) (string, bool) {
	home := known().country(r.code)
	n, ok := parse(raw, home)
	if !ok || !n.main.possible(n.national) {
		return "", false
	}
	number := "+" + n.main.code + n.national
	if again, ok := parse(number, home); !ok || again != n {
		return "", false
	}
	return number, true
}

// Country is the ISO 3166 code of the country of a number in E.164, "001" for a
// number that is no country's; "": unknown.
func Country(number string) string {
	n, ok := parse(number, nil)
	if !ok {
		return ""
	}
	sharing := known().of(n.main.code)
	if len(sharing) == 1 {
		return n.main.country
	}
	for _, p := range sharing {
		if p.has(n.national) {
			return p.country
		}
	}
	return ""
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
