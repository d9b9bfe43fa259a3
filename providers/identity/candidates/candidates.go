package candidates

import (
	"context"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/phone"
)

// most bounds the accounts of a number: more are nobody's in particular.
const most = 20

// Finder finds candidates. It is safe for concurrent use.
type Finder struct {
	// Users are those of a number, E.164: runner.Phones has them.
	Users func(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
	// Region is that of numbers without a country.
	Region phone.Region
	// Live is asked where the index has nobody, with a number as E.164; nil: nobody
	// is.
	Live runner.Finder
}

var _ runner.Finder = (*Finder)(nil)

// Identify finds the accounts of a number. One that is withheld, or is none, has
// none.
func (f *Finder) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	number, ok := f.Region.Normalize(e.Number)
	if !ok {
		return Found(nil), nil
	}
	users, err := f.Users(ctx, number, most)
	if err != nil {
		return engine.Identified{Result: engine.IdentifiedUnavailable}, err
	}
	var all []engine.Candidate
	for _, u := range users {
		kinds := u.Kinds(number)
		if u.Deleted || len(kinds) == 0 || u.Account == "" {
			continue
		}
		all = append(all, engine.Candidate{Account: u.Account, Kind: string(kinds[0])})
	}
	if len(all) == 0 && f.Live != nil {
		return f.Live.Identify(ctx, engine.Identify{Number: number})
	}
	return Found(all), nil
}

// Found makes an answer of candidates: each account once, sorted.
func Found(all []engine.Candidate) engine.Identified {
	slices.SortFunc(all, func(a, b engine.Candidate) int {
		if by := strings.Compare(a.Account, b.Account); by != 0 {
			return by
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	all = slices.CompactFunc(all, func(a, b engine.Candidate) bool { return a.Account == b.Account })
	switch len(all) {
	case 0:
		return engine.Identified{Result: engine.IdentifiedNone}
	case 1:
		return engine.Identified{Result: engine.IdentifiedOne, Accounts: all}
	}
	return engine.Identified{Result: engine.IdentifiedMany, Accounts: all}
}
