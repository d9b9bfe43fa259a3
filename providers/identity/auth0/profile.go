package auth0

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/auth0/go-auth0/management"
)

// Keys of app_metadata.
const (
	accountKey  = "account_number"
	greetingKey = "ivr_greeting"
)

// provider is what Auth0 calls its own database connections.
const provider = "auth0"

// profileFields are all that is asked for.
var profileFields = [...]string{
	"user_id", "username", "email", "phone_number", "name", "given_name", "identities", "app_metadata", "blocked",
}

// profile is a user, as far as we look.
type profile struct {
	id string
	// names are what the user may log in by: username, email, phone.
	username, email, phone string
	connections            []string // databases of the tenant
	account                any      // app_metadata.account_number, as JSON has it
	greeting               string
	blocked                bool
}

// newProfile reads the SDK's user, any part of which may be missing.
func newProfile(u *management.User) profile {
	p := profile{
		id:       u.GetID(),
		username: u.GetUsername(),
		email:    u.GetEmail(),
		phone:    u.GetPhoneNumber(),
		blocked:  u.GetBlocked(),
	}
	for _, i := range u.Identities {
		if i != nil && i.GetProvider() == provider {
			p.connections = append(p.connections, i.GetConnection())
		}
	}
	var chosen string
	if u.AppMetadata != nil {
		p.account = (*u.AppMetadata)[accountKey]
		chosen, _ = (*u.AppMetadata)[greetingKey].(string)
	}
	name := u.GetName()
	if strings.Contains(name, "@") || name == p.username {
		name = "" // what Auth0 makes of a user without a name
	}
	for _, g := range []string{chosen, u.GetGivenName(), name} {
		if p.greeting = speakable(g); p.greeting != "" {
			break
		}
	}
	return p
}

// name is what the user logs in by.
func (p profile) name() string {
	for _, n := range []string{p.username, p.email, p.phone} {
		if n != "" {
			return n
		}
	}
	return ""
}

// maxGreeting bounds a greeting, in characters.
const maxGreeting = 100

// speakable is a name in one line. It may be anything: users write it themselves.
func speakable(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError
	}), " ")
	if r := []rune(s); len(r) > maxGreeting {
		s = string(r[:maxGreeting])
	}
	return s
}

// phrase is text as an exact value of a search.
func phrase(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// search finds the users whose app_metadata has the account number: at most two,
// since two are as good as none.
func (p *Provider) search(ctx context.Context, account string) ([]profile, error) {
	var found []profile
	err := p.manage(ctx, "look-up", func(ctx context.Context, api *management.Management) error {
		found = nil
		list, err := api.User.Search(ctx,
			management.Query("app_metadata."+accountKey+":"+phrase(account)),
			management.PerPage(2),
			management.Parameter("primary_order", "false"),
			management.IncludeFields(profileFields[:]...))
		if err != nil {
			return err
		}
		if list == nil || list.Users == nil {
			return errEmpty
		}
		for _, u := range list.Users {
			if u != nil {
				found = append(found, newProfile(u))
			}
		}
		return nil
	})
	return found, err
}

// errEmpty is a 200 with nothing in it.
var errEmpty = errors.New("the answer is empty")

// read reads the profile of a user; ok is false if there is none.
func (p *Provider) read(ctx context.Context, id string) (got profile, ok bool, err error) {
	err = p.manage(ctx, "profile", func(ctx context.Context, api *management.Management) error {
		u, err := api.User.Read(ctx, id, management.IncludeFields(profileFields[:]...))
		if err != nil {
			return err
		}
		if u == nil {
			return errEmpty
		}
		got, ok = newProfile(u), true
		return nil
	})
	var o *outage
	if errors.As(err, &o) && o.status == http.StatusNotFound && errors.Is(err, errNotThere) {
		return profile{}, false, nil
	}
	return got, ok, err
}

// errNotThere is the Management API's 404.
var errNotThere = errors.New("Auth0 does not have it")

// manage makes a reading request of the Management API for a call that waits.
func (p *Provider) manage(ctx context.Context, doing string, call func(context.Context, *management.Management) error) error {
	return p.request(ctx, errand{doing: doing, scope: scopeUsers, gate: p.lookups, timeout: p.config.LookupTimeout, retry: true}, call)
}
