package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"callflow/engine"
)

// User is a user of the tenant.
type User struct {
	Account  string // app_metadata.account_number, and the username
	PIN      engine.Secret
	ID       string // left out, made of the account
	Email    string
	Name     string
	Greeting string   // app_metadata.ivr_greeting
	Phones   []string // the first is phone_number
	Factors  []string // numbers that are second factors
	Linked   string   // the number of an SMS identity that is linked to this user's
	// Connection is the user's database; left out, the tenant's realm.
	Connection string
	Blocked    bool // by an administrator
	MFA        bool // a second factor is enrolled
	Leaked     bool // the password was found in a breach
	// AppMetadata adds to what is made of the fields above, and wins.
	AppMetadata map[string]any

	hash *argon
}

// complete fills in what a user leaves open.
func (u User) complete(realm string) User {
	if u.ID == "" {
		sum := sha256.Sum256([]byte(u.Account))
		u.ID = "auth0|" + hex.EncodeToString(sum[:12])
	}
	if u.Connection == "" {
		u.Connection = realm
	}
	if u.Email == "" {
		u.Email = "user-" + strings.ToLower(u.Account) + "@example.com"
	}
	return u
}

// knows tells whether a PIN is the user's.
func (u *User) knows(pin engine.Secret) bool {
	if u.hash != nil {
		return u.hash.verify(pin)
	}
	return u.PIN.Len() > 0 && u.PIN.Equal(pin)
}

// answersTo tells whether the user logs in by a name.
func (u *User) answersTo(name string) bool {
	if strings.EqualFold(name, u.Account) || strings.EqualFold(name, u.Email) {
		return true
	}
	return len(u.Phones) > 0 && name == u.Phones[0]
}

func (u *User) appMetadata() map[string]any {
	m := map[string]any{"account_number": u.Account}
	if u.Greeting != "" {
		m["ivr_greeting"] = u.Greeting
	}
	maps.Copy(m, u.AppMetadata)
	return m
}

// profile is the user as the Management API shows it.
func (u *User) profile() map[string]any {
	_, local, found := strings.Cut(u.ID, "|")
	if !found {
		local = u.ID
	}
	p := map[string]any{
		"user_id":        u.ID,
		"username":       strings.ToLower(u.Account),
		"email":          u.Email,
		"email_verified": true,
		"name":           u.Email,
		"identities": []map[string]any{
			{"connection": u.Connection, "provider": "auth0", "user_id": local, "isSocial": false},
		},
		"app_metadata": u.appMetadata(),
	}
	switch identities := p["identities"].([]map[string]any); {
	case strings.HasPrefix(u.ID, SMSConnection+"|"):
		identities[0]["provider"], identities[0]["connection"] = SMSConnection, SMSConnection
	case u.Linked != "":
		p["identities"] = append(identities, map[string]any{
			"connection": SMSConnection, "provider": SMSConnection, "user_id": "linked-" + local, "isSocial": false,
			"profileData": map[string]any{"phone_number": u.Linked, "phone_verified": true},
		})
	}
	if u.Name != "" {
		p["name"] = u.Name
	}
	if len(u.Phones) > 0 {
		p["phone_number"] = u.Phones[0]
	}
	if u.Blocked {
		p["blocked"] = true
	}
	return p
}

// methods are the user's ways to authenticate, as the Management API shows them.
func (u *User) methods(masked bool) []map[string]any {
	all := []map[string]any{
		{"id": "password|dev_1", "type": "password", "confirmed": true},
		{"id": "phone|dev_0", "type": "phone", "confirmed": false, "phone_number": "+12025550199"}, // begun, and not finished
	}
	for i, number := range u.Factors {
		if masked {
			number = strings.Repeat("X", max(0, len(number)-4)) + number[max(0, len(number)-4):]
		}
		all = append(all, map[string]any{
			"id": fmt.Sprintf("phone|dev_%d", i+2), "type": "phone", "confirmed": true, "phone_number": number, "preferred_authentication_method": "sms",
		})
	}
	return all
}

// record is a user in the tenant: as it is, and as a search that lags shows it.
type record struct {
	user    User
	before  *User // nil: there was none
	changed time.Time
	wrong   int // PINs in a row
}

// profile is the user with when it was changed.
func (r *record) profile(u *User) map[string]any {
	p := u.profile()
	p["updated_at"] = r.changed.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	return p
}

// searched is the user as a search shows it that lags by so much; nil: not yet.
func (r *record) searched(now time.Time, lag time.Duration) *User {
	if now.Sub(r.changed) < lag {
		return r.before
	}
	return &r.user
}
