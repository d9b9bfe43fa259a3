package runner

import (
	"context"
	"slices"
	"time"
)

// Phones is an index of users by their telephone numbers. What is known of a user
// has two parts, which come from different places and at different times: the
// profile, with the numbers in it, and the numbers that are second factors. Each
// part is replaced as a whole by a newer one, so that updates may come late, twice
// and in any order.
type Phones interface {
	// PutUsers saves what is known of users. A part whose instant is zero is not
	// given; one whose instant is before that of what is kept changes nothing, and
	// one of the same instant replaces it. All are saved, or none. changed counts
	// the users of whom something was replaced.
	PutUsers(ctx context.Context, users []PhoneUser) (changed int, err error)
	// UsersByPhone returns the users of a number, E.164, in the order of their
	// ids, up to limit. Those who have been deleted have no number.
	UsersByPhone(ctx context.Context, number string, limit int) ([]PhoneUser, error)
	// PhoneUser returns a user by id, deleted or not: ErrNotFound.
	PhoneUser(ctx context.Context, id string) (PhoneUser, error)
	// PhoneUsers returns users whose ids sort behind after, in their order, up to
	// limit, deleted ones included.
	PhoneUsers(ctx context.Context, after string, limit int) ([]PhoneUser, error)
	// Mark keeps a few bytes under a name: how far an import has come. Nil takes
	// them away.
	Mark(ctx context.Context, name string, value []byte) error
	// Marked returns what was kept: ErrNotFound.
	Marked(ctx context.Context, name string) ([]byte, error)
}

// PhoneUser is a user as far as the index knows.
type PhoneUser struct {
	ID string // the identity provider's

	// The profile.
	Account string
	Name    string
	Numbers []PhoneNumber
	// UpdatedAt is when the profile was so; zero: it is not known.
	UpdatedAt time.Time
	// Deleted is the mark that a deletion leaves, so that no late update brings
	// the user back.
	Deleted bool

	// Factors are the numbers that are second factors, E.164, and FactorsAt when
	// they were so; zero: not known.
	Factors   []string
	FactorsAt time.Time
}

// PhoneNumber is a number in a profile.
type PhoneNumber struct {
	Number string // E.164
	Kind   PhoneKind
}

// PhoneKind is what a number is to its user.
type PhoneKind string

// The kinds. A passwordless number signs its user in by itself; an identifier
// names an account that has a password too; a number for MFA is a second factor
// and proves nothing alone.
const (
	PhonePasswordless PhoneKind = "passwordless"
	PhoneIdentifier   PhoneKind = "identifier"
	PhoneMFA          PhoneKind = "mfa"
)

// Kinds are what a number is to the user: none for a number of somebody else's.
func (u *PhoneUser) Kinds(number string) []PhoneKind {
	var kinds []PhoneKind
	for _, n := range u.Numbers {
		if n.Number == number && !slices.Contains(kinds, n.Kind) {
			kinds = append(kinds, n.Kind)
		}
	}
	if slices.Contains(u.Factors, number) {
		kinds = append(kinds, PhoneMFA)
	}
	return kinds
}

// Phones are all numbers of the user, sorted; of a deleted one none.
func (u *PhoneUser) Phones() []string {
	if u.Deleted {
		return nil
	}
	all := slices.Clone(u.Factors)
	for _, n := range u.Numbers {
		all = append(all, n.Number)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Merge puts what is newer in next into u, and tells whether anything was. The same
// once more is nothing new.
func (u *PhoneUser) Merge(next PhoneUser) (changed bool) {
	before := *u
	u.ID = next.ID
	if !next.UpdatedAt.IsZero() && !next.UpdatedAt.Before(u.UpdatedAt) {
		u.Account, u.Name, u.Numbers, u.UpdatedAt, u.Deleted = next.Account, next.Name, slices.Clone(next.Numbers), next.UpdatedAt, next.Deleted
		if u.Deleted {
			u.Account, u.Name, u.Numbers = "", "", nil
		}
		changed = !u.UpdatedAt.Equal(before.UpdatedAt) || u.Deleted != before.Deleted ||
			u.Account != before.Account || u.Name != before.Name || !slices.Equal(u.Numbers, before.Numbers)
	}
	if !next.FactorsAt.IsZero() && !next.FactorsAt.Before(u.FactorsAt) {
		u.Factors, u.FactorsAt = slices.Clone(next.Factors), next.FactorsAt
		changed = changed || !u.FactorsAt.Equal(before.FactorsAt) || !slices.Equal(u.Factors, before.Factors)
	}
	return changed
}
