package fake

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The scopes of what the Management API of this tenant shows.
const (
	scopeUsers       = "read:users"
	scopeClients     = "read:clients"
	scopeConnections = "read:connections"
	scopeProtection  = "read:attack_protection"
	scopeMethods     = "read:authentication_methods"
)

// AllScopes are all that a management token of this tenant can have.
func AllScopes() []string {
	return append([]string{scopeUsers, scopeClients, scopeConnections, scopeProtection, scopeMethods}, scopesOf()...)
}

// Settings are the tenant's own, by the Management API's names. What is here wins
// over what the tenant has by itself.
type Settings struct {
	Application map[string]any // grant_types, jwt_configuration, …
	Connection  map[string]any // strategy, options, …
	// Clients are those that the connection is switched on for; nil: the application.
	Clients    []string
	Throttling map[string]any // suspicious-ip-throttling: enabled, allowlist
	BruteForce map[string]any // brute-force-protection
}

// granted tells whether the application may use a grant.
func (t *Tenant) granted(grant string) bool {
	set, ok := t.config.Settings.Application["grant_types"].([]string)
	return !ok || slices.Contains(set, grant)
}

// over lays what is set over what a good tenant has.
func over(good, set map[string]any) map[string]any {
	maps.Copy(good, set)
	return good
}

// settings routes requests for the tenant's settings; nil: it is none.
func (t *Tenant) settings(path string) handler {
	show := func(scope string, body map[string]any) handler {
		return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
			if t.allowed(w, r, scope) {
				reply(w, http.StatusOK, body)
			}
		}
	}
	allowed := map[string]any{"enabled": true, "allowlist": []string{"192.0.2.1"}, "max_attempts": t.config.Attempts}
	switch {
	case path == "/api/v2/clients/"+t.config.ClientID:
		return show(scopeClients, over(map[string]any{
			"client_id": t.config.ClientID, "name": "fake", "app_type": "regular_web",
			"token_endpoint_auth_method": "client_secret_post",
			"grant_types":                slices.Concat([]string{"client_credentials", realmGrant}, codeGrants),
			"jwt_configuration":          map[string]any{"alg": "RS256"},
		}, t.config.Settings.Application))
	case path == "/api/v2/connections/con_fake/clients":
		ids := t.config.Settings.Clients
		if ids == nil {
			ids = []string{t.config.ClientID}
		}
		clients := []map[string]any{}
		for _, id := range ids {
			clients = append(clients, map[string]any{"client_id": id})
		}
		return show(scopeConnections, map[string]any{"clients": clients})
	case strings.HasSuffix(path, "/suspicious-ip-throttling"):
		return show(scopeProtection, over(maps.Clone(allowed), t.config.Settings.Throttling))
	case strings.HasSuffix(path, "/brute-force-protection"):
		return show(scopeProtection, over(maps.Clone(allowed), t.config.Settings.BruteForce))
	}
	return nil
}

// database is the tenant's connection.
func (t *Tenant) database() map[string]any {
	return over(map[string]any{
		"id": "con_fake", "name": t.config.Realm, "strategy": "auth0",
		"options": map[string]any{"requires_username": true, "passwordPolicy": "low"},
	}, t.config.Settings.Connection)
}
