package index

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"callflow/engine/runner"
	"callflow/providers/phone"
)

// user is a profile as Auth0 exports it, or sends it in an event. Members that it
// does not have are left out.
type user struct {
	ID          string          `json:"user_id"`
	Phone       text            `json:"phone_number"`
	Username    text            `json:"username"`
	Name        text            `json:"name"`
	Updated     text            `json:"updated_at"`
	Account     text            `json:"account_number"` // an export can name it so
	AppMetadata json.RawMessage `json:"app_metadata"`
	Identities  []identity      `json:"identities"`
}

type identity struct {
	Provider    string          `json:"provider"`
	Connection  string          `json:"connection"`
	UserID      text            `json:"user_id"`
	ProfileData json.RawMessage `json:"profileData"`
}

// Shape is how profiles are read.
type Shape struct {
	// Region is that of numbers without their country's code.
	Region phone.Region
	// Usernames says that the account number is the username, not
	// app_metadata.account_number.
	Usernames bool
}

// errNoProfile is said of what is no profile.
var errNoProfile = errors.New("it is not a user as JSON")

// Profile reads a profile as the Management API shows it. at is when it was read.
func (s Shape) Profile(raw []byte, at time.Time) (runner.PhoneUser, error) {
	var u user
	if json.Unmarshal(raw, &u) != nil {
		return runner.PhoneUser{}, errNoProfile
	}
	if s.Usernames {
		u.Account, u.AppMetadata = u.Username, nil
	}
	e, _, err := u.entry(s.Region, at)
	return e, err
}

// text is a string, or something else, which counts as none: a profile is what
// others have written. A number keeps its digits.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		if _, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
			*t = text(n.String())
		}
	}
	return nil
}

// What makes a profile useless.
var (
	errNoUser = errors.New("it has no user_id")
	errUserID = errors.New("its user_id is longer than any of Auth0's")
)

// Bounds of what is taken from a profile, in bytes.
const (
	longestID   = 256
	longestText = 200
	mostNumbers = 20
)

// entry is what the index keeps of a profile. at is when it was so, where it does
// not say. odd says that it has a number that is none, or none of the region's.
func (u *user) entry(region phone.Region, at time.Time) (e runner.PhoneUser, odd bool, err error) {
	switch {
	case u.ID == "":
		return e, false, errNoUser
	case len(u.ID) > longestID:
		return e, false, errUserID
	}
	e = runner.PhoneUser{ID: u.ID, Name: clip(string(u.Name)), Account: clip(string(u.Account)), UpdatedAt: at}
	if t, err := time.Parse(time.RFC3339, string(u.Updated)); err == nil {
		e.UpdatedAt = t.UTC()
	}
	if e.Account == "" {
		var meta struct {
			Account text `json:"account_number"`
		}
		if len(u.AppMetadata) > 0 && json.Unmarshal(u.AppMetadata, &meta) == nil {
			e.Account = clip(string(meta.Account))
		}
	}
	add := func(raw text, kind runner.PhoneKind) {
		number, ok := region.Normalize(string(raw))
		odd = odd || !ok && raw != ""
		if !ok || len(e.Numbers) == mostNumbers {
			return
		}
		for _, n := range e.Numbers {
			if n.Number == number && n.Kind == kind {
				return
			}
		}
		e.Numbers = append(e.Numbers, runner.PhoneNumber{Number: number, Kind: kind})
	}
	add(u.Phone, u.kind())
	for i, id := range u.Identities {
		if id.Provider != "sms" {
			continue
		}
		var profile struct {
			Phone text `json:"phone_number"`
		}
		if len(id.ProfileData) > 0 && json.Unmarshal(id.ProfileData, &profile) == nil {
			add(profile.Phone, runner.PhonePasswordless)
		} else if i == 0 {
			add(u.Phone, runner.PhonePasswordless)
		}
	}
	return e, odd, nil
}

// kind is what the profile's own number is: that of its first identity's
// connection.
func (u *user) kind() runner.PhoneKind {
	first := ""
	if len(u.Identities) > 0 {
		first = u.Identities[0].Provider
	} else {
		first, _, _ = strings.Cut(u.ID, "|")
	}
	if first == "sms" {
		return runner.PhonePasswordless
	}
	return runner.PhoneIdentifier
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), longestText)], "") }
