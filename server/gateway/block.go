package gateway

import (
	"fmt"
	"slices"
	"strings"

	"callflow/engine/lazy"
	"callflow/providers/phone"
	"callflow/providers/sms"
)

// Block says who gets no message, of those whom Allow lets have one.
type Block struct {
	// Countries are ISO 3166 codes.
	Countries []string
	Carriers  []Carrier
}

// Carrier is a network by its pair of codes: an MNC has two digits or three, and
// 310-45 is not 310-045.
type Carrier struct{ MCC, MNC string }

var carrierForm = lazy.Regexp(`^([0-9]{3})-([0-9]{2,3})$`)

// ParseCarrier reads "310-456".
func ParseCarrier(s string) (Carrier, error) {
	m := carrierForm().FindStringSubmatch(s)
	if m == nil {
		return Carrier{}, fmt.Errorf("found %q, expected a network's MCC and MNC, such as 310-456", clip(s))
	}
	return Carrier{m[1], m[2]}, nil
}

var prefixForm = lazy.Regexp(`^\+[1-9][0-9]{0,14}$`)

// ParsePrefix reads how numbers begin: "+61".
func ParsePrefix(s string) (string, error) {
	if !prefixForm().MatchString(s) {
		return "", fmt.Errorf("found %q, expected how numbers begin, such as +61", clip(s))
	}
	return s, nil
}

func hasPrefix(number, prefix string) bool { return strings.HasPrefix(number, prefix) }

// barred says why a number gets no message, by what it begins with alone; "": it
// may have one.
func (g *Gateway) barred(number string) string {
	if !slices.ContainsFunc(g.deps.Allow, func(p string) bool { return hasPrefix(number, p) }) {
		return "its prefix is not allowed"
	}
	if c := phone.Country(number); slices.Contains(g.deps.Block.Countries, c) {
		return "its country is blocked: " + c
	}
	return ""
}

// blocks says why who carries a number gets no message; "": it may.
func (b *Block) blocks(c sms.Carrier) string {
	switch {
	case !c.Valid:
		return "nobody can have the number"
	case slices.Contains(b.Countries, strings.ToUpper(c.Country)):
		return "its country is blocked: " + strings.ToUpper(c.Country)
	case slices.Contains(b.Carriers, Carrier{c.MCC, c.MNC}):
		return "its carrier is blocked: " + c.MCC + "-" + c.MNC
	}
	return ""
}
