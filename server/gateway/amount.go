package gateway

import (
	"fmt"
	"strconv"
	"strings"
)

// Amount is an amount of money in ten-thousandths of whatever currency the
// vendors' prices are in: 0.0079 is 79.
type Amount int

const (
	amountUnit   = 10_000
	amountPlaces = 4
	// maxAmount is the most that is read.
	maxAmount = 1_000_000 * amountUnit
)

// ParseAmount reads "50", "50.00" or "0.0079".
func ParseAmount(s string) (Amount, error) {
	whole, part, _ := strings.Cut(s, ".")
	bad := fmt.Errorf("found %q, expected an amount such as 50 or 0.0079", clip(s))
	if whole == "" || len(whole) > 7 || len(part) > amountPlaces || strings.Trim(whole+part, "0123456789") != "" || strings.HasSuffix(s, ".") {
		return 0, bad
	}
	n, err := strconv.Atoi(whole + part + strings.Repeat("0", amountPlaces-len(part)))
	if err != nil {
		return 0, bad
	}
	if n > maxAmount {
		return 0, fmt.Errorf("found %q, expected an amount of at most %s", clip(s), Amount(maxAmount))
	}
	return Amount(n), nil
}

// String writes the amount with as many places as it needs, two at least.
func (a Amount) String() string {
	s := fmt.Sprintf("%d.%04d", int(a)/amountUnit, int(a)%amountUnit)
	for range amountPlaces - 2 {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}
