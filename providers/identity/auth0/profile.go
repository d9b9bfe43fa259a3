package auth0

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/auth0/go-auth0/management"

	"callflow/engine/runner"
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
	if errors.As(err, &o) && o.status == http.StatusNotFound && errors.Is(err, errNoUser) {
		return profile{}, false, nil
	}
	return got, ok, err
}

// errNoUser is the Management API's 404.
var errNoUser = errors.New("no such user")

// manage makes a reading request of the Management API, once more where that can
// help: with a new token when Auth0 refuses the one we have, or when nothing came
// back. All of it in one time-out.
func (p *Provider) manage(ctx context.Context, doing string, call func(context.Context, *management.Management) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.config.LookupTimeout)
	defer cancel()
	err := p.manageOnce(ctx, doing, call)
	var again *retry
	if errors.As(err, &again) && ctx.Err() == nil {
		err = p.manageOnce(ctx, doing, call)
	}
	if errors.As(err, &again) {
		err = again.outage
	}
	return err
}

// retry is an outage after which the same request may do better.
type retry struct{ *outage }

func (r *retry) Unwrap() error { return r.outage }

func (p *Provider) manageOnce(ctx context.Context, doing string, call func(context.Context, *management.Management) error) error {
	a, err := p.tokens.access(ctx)
	if err != nil {
		return err
	}
	return p.lookups.do(ctx, doing, func(ctx context.Context, n *note) error {
		err := call(ctx, a.api)
		if err == nil {
			return nil
		}
		return p.unmanaged(doing, a, n, err)
	})
}

// unmanaged tells what came of a request to the Management API.
func (p *Provider) unmanaged(doing string, a *access, n *note, err error) error {
	var answer management.Error
	if !errors.As(err, &answer) || n.status < 400 {
		if errors.Is(err, errEmpty) {
			return &outage{doing: doing, status: n.status, cause: errEmpty, down: true}
		}
		return again(lost(doing, n, err))
	}
	o := &outage{doing: doing, status: n.status}
	switch n.status {
	case http.StatusTooManyRequests:
		return p.lookups.hold(doing, n)
	case http.StatusUnauthorized:
		o.advice, o.cause = "Auth0 refuses the management token", runner.ErrCredentials
		if p.tokens.drop(a) {
			return &retry{o}
		}
	case http.StatusForbidden:
		o.advice, o.cause = "the management token may not read users: grant the application the scope read:users", runner.ErrSetup
	case http.StatusNotFound:
		o.cause = errNoUser
	default:
		if n.status >= 500 {
			return again(lost(doing, n, err))
		}
		o.advice, o.cause = "the request is refused", runner.ErrSetup
	}
	return o
}

// again marks an outage that has time left: not one of time itself.
func again(o *outage) error {
	if errors.Is(o, context.DeadlineExceeded) || errors.Is(o, context.Canceled) {
		return o
	}
	return &retry{o}
}
