package auth0

import (
	"context"
	"slices"
	"strings"

	"github.com/auth0/go-auth0/management"
)

// grant is one that the application needs, by the name that the dashboard has for it.
type grant struct {
	name   string
	any    []string // of which it has to have one
	needed bool     // without it nobody can sign in
	why    string
}

// grants are all that callflow uses.
func grants() []grant {
	return []grant{
		{name: "Password", any: []string{realmGrant, "password"}, needed: true, why: "PINs are checked by it"},
		{name: "Client Credentials", any: []string{"client_credentials"}, needed: true, why: "users are looked up by it"},
		{name: "Passwordless OTP", any: []string{codeGrant}, why: "one-time codes are checked by it"},
		{name: "MFA", any: []string{oobGrant, otpGrant}, why: "second factors are checked by it"},
	}
}

// missingGrants are those that the application has not.
func missingGrants(app *management.Client) []grant {
	return slices.DeleteFunc(grants(), func(g grant) bool {
		return slices.ContainsFunc(g.any, func(name string) bool { return slices.Contains(app.GetGrantTypes(), name) })
	})
}

// Where grants and scopes are switched on.
const (
	whereGrants = "switch it on: the application, Settings, Advanced Settings, Grant Types"
	whereScopes = "under Applications, APIs, Auth0 Management API, Machine to Machine Applications"
)

// application plans what an application lacks that only people should change.
// It is false where nothing can be asked at all.
func (i *installer) application(ctx context.Context) bool {
	a, err := i.tokens.access(ctx)
	if err != nil {
		i.blocked("all of it", err)
		return false
	}
	scopes := strings.Fields(a.scope)
	needs := []struct {
		scope, why string
		wanted     bool
	}{
		{scopeUsers, "users are looked up, exported and read again", true},
		{scopeMethods, "index.factors reads second factors", i.Factors},
	}
	for _, n := range needs {
		if n.wanted && !slices.Contains(scopes, n.scope) {
			i.add(ByHand, "scope "+n.scope, n.why+"; grant it "+whereScopes, nil)
		}
	}
	if !slices.Contains(scopes, scopeClients) {
		return true // which grants it has is not seen
	}
	app, err := i.readApplication(ctx, "application")
	if err != nil {
		i.blocked("application", err)
		return true
	}
	for _, g := range missingGrants(app) {
		i.add(ByHand, "grant "+g.name, g.why+"; "+whereGrants, nil)
	}
	return true
}

func (p *Provider) readApplication(ctx context.Context, doing string) (app *management.Client, err error) {
	err = p.request(ctx, p.errand(doing, scopeClients, true), func(ctx context.Context, api *management.Management) (err error) {
		app, err = api.Client.Read(ctx, p.config.ClientID)
		return err
	})
	return app, err
}
