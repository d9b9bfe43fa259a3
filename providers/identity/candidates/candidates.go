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
	// Live is asked in the same way where Users have nobody; nil: nobody is.
	Live func(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
}

var _ runner.Finder = (*Finder)(nil)

// Identify finds the accounts of a number. One that is withheld, or is none, has
// none.
func (f *Finder) Identify(ctx context.Context, e engine.Identify) (engine.Identified, error) {
	number, ok := f.Region.Normalize(e.Number)
	if !ok {
		return found(nil), nil
	}
	users, err := f.Users(ctx, number, most)
	all := of(number, users)
	if err == nil && len(all) == 0 && f.Live != nil {
		users, err = f.Live(ctx, number, most)
		all = of(number, users)
	}
	if err != nil {
		return engine.Identified{Result: engine.IdentifiedUnavailable}, err
	}
	return found(all), nil
}

// UsersByPhone returns the users of a number, E.164, up to limit, with an account or
// without: those whom agents are shown.
func (f *Finder) UsersByPhone(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error) {
	users, err := f.Users(ctx, number, limit)
	if err != nil || len(users) > 0 || f.Live == nil {
		return users, err
	}
	return f.Live(ctx, number, limit)
}

// of are the candidates among users: those who have the number now, and an account.
func of(number string, users []runner.PhoneUser) []engine.Candidate {
	var all []engine.Candidate
	for _, u := range users {
		kinds := u.Kinds(number)
		if u.Deleted || len(kinds) == 0 || u.Account == "" {
			continue
		}
		all = append(all, engine.Candidate{Account: u.Account, Kind: string(kinds[0])})
	}
	return all
}

// found makes an answer of candidates: each account once, sorted.
func found(all []engine.Candidate) engine.Identified {
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
