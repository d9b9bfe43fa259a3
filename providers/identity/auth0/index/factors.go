package index

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"callflow/providers/phone"
)

// mostFactors bounds how many second factors are taken from one user.
const mostFactors = 20

// method is a user's way to authenticate, as the Management API shows it.
type method struct {
	Type      text  `json:"type"`
	Confirmed *bool `json:"confirmed"` // left out where it is
	Phone     text  `json:"phone_number"`
}

// errNoMethods is said of what is no list of them.
var errNoMethods = errors.New("it is not a list of authentication methods as JSON")

// parseFactors reads a user's authentication methods, either as an array or as a
// list with totals, and returns the numbers that are second factors. Auth0 may show
// a number masked, "XXXXXXXXXXX5044": then it is the one among known that fits,
// and, where none or several do, it only counts as masked.
func parseFactors(raw []byte, known []string) (numbers []string, masked int, err error) {
	var all []method
	if json.Unmarshal(raw, &all) != nil {
		var list struct {
			Methods *[]method `json:"authenticators"`
		}
		if json.Unmarshal(raw, &list) != nil || list.Methods == nil {
			return nil, 0, errNoMethods
		}
		all = *list.Methods
	}
	for _, m := range all {
		if m.Type != "phone" || m.Confirmed != nil && !*m.Confirmed || m.Phone == "" || len(numbers) == mostFactors {
			continue
		}
		number := string(m.Phone)
		if !isE164(number) {
			if number = unmask(number, known); number == "" {
				masked++
				continue
			}
		}
		if !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, masked, nil
}

// isE164 tells whether a number is whole, and one that somebody could have.
func isE164(number string) bool {
	whole, ok := phone.Region{}.Normalize(number)
	return ok && whole == number
}

// fewestShown is how many digits a masked number has to show to be told apart.
const fewestShown = 4

// unmask finds the one number that a masked one can be; "": none, or several.
func unmask(masked string, known []string) string {
	tail := masked[strings.LastIndexFunc(masked, func(r rune) bool { return r < '0' || r > '9' })+1:]
	if len(tail) < fewestShown {
		return ""
	}
	found := ""
	for _, number := range known {
		if len(number) != len(masked) || !strings.HasSuffix(number, tail) {
			continue
		}
		if found != "" && found != number {
			return ""
		}
		found = number
	}
	return found
}
