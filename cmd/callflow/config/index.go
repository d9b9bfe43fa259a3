package config

import (
	"strconv"
	"time"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers"
)

// Index says how the index of numbers is kept current.
type Index struct {
	// Secrets are what the tenant's Actions and event streams authorize themselves
	// with, the current one first; none: nothing is taken from them.
	Secrets []engine.Secret
	// Factors says that second factors are read, so many users in a second, all of
	// them once in Every.
	Factors   bool
	PerSecond int
	Every     time.Duration
	// Live says that numbers which are not in the index are searched for in the
	// tenant while their caller waits, so many in a second.
	Live          bool
	LivePerSecond int
}

// shortestNewsSecret is how long a secret has to be that strangers may try, in
// bytes.
const shortestNewsSecret = 16

func indexSettings() []providers.Setting {
	return []providers.Setting{
		{Name: "secret", Kind: providers.Secrets, Doc: "what Auth0's Actions and event stream say who they are with; several while it changes"},
		{Name: "factors", Kind: providers.Bool, Default: "no", Doc: "read the numbers that are second factors, user by user"},
		{Name: "per_second", Kind: providers.Count, Default: "1", Doc: "how many users to read in a second, beside calls"},
		{Name: "every", Kind: providers.Duration, Default: "168h", Longest: 90 * 24 * time.Hour, Doc: "how often to read the second factors of everybody"},
		{Name: "live", Kind: providers.Bool, Default: "yes", Doc: "search the tenant for callers whom the index does not know, while they wait"},
		{Name: "live_per_second", Kind: providers.Count, Default: "1", Doc: "how many of them to search for in a second, five times as many at once; more are unavailable"},
	}
}

func (c *Config) index() Index {
	i := Index{Secrets: c.get("index", "secret").Secrets()}
	i.Factors, _ = providers.ParseBool(c.get("index", "factors").Text())
	i.PerSecond, _ = strconv.Atoi(c.get("index", "per_second").Text())
	i.Live, _ = providers.ParseBool(c.get("index", "live").Text())
	i.LivePerSecond, _ = strconv.Atoi(c.get("index", "live_per_second").Text())
	i.Every, _ = time.ParseDuration(c.get("index", "every").Text())
	return i
}

// checkIndex finds secrets that can be guessed, and an index that nothing feeds.
func checkIndex(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	secret, factors := c.get("index", "secret"), c.get("index", "factors")
	for _, s := range c.Index.Secrets {
		if s.Len() < shortestNewsSecret {
			d := secret.report(flows.CodeBadValue, "index.secret has %d characters, expected %d at least: whoever guesses it has the tenant asked about users", s.Len(), shortestNewsSecret)
			d.Hint = `make one with "callflow config new-token"`
			report(d)
			break
		}
	}
	if c.Identity != nil && c.Identity.Name == "auth0" || len(c.identities) > 1 {
		return
	}
	for _, v := range []Value{secret, factors, c.get("index", "live")} {
		if on, _ := providers.ParseBool(v.Text()); v.IsSet() && v.Origin.Kind != Default && (v.Setting.Kind != providers.Bool || on) {
			d := v.report(flows.CodeBadValue, "%s needs a tenant to read users from, and identity.auth0 is not configured", v.Name)
			d.Hint = `without a tenant, fill the index with "callflow users import"`
			report(d)
		}
	}
}
