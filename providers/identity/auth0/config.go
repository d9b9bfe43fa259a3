package auth0

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/lazy"
)

// Lookup is how an account number leads to a user.
type Lookup string

const (
	// LookupAppMetadata searches for app_metadata.account_number. Auth0's search
	// lags behind writes by some seconds: a new account is denied until then.
	LookupAppMetadata Lookup = "app_metadata"
	// LookupUsername takes the account number for the connection's username: there
	// is nothing to search. It is what Auth0 recommends.
	LookupUsername Lookup = "username"
)

// The defaults of Config.
const (
	DefaultRealm         = "Username-Password-Authentication"
	DefaultSMSConnection = "sms"
	DefaultTimeout       = 5 * time.Second
	DefaultLookupTimeout = 3 * time.Second
	DefaultLookupRate    = 8  // a second: 500 a minute
	DefaultLoginRate     = 25 // a second
)

// Config says which tenant, and how to use it. Zero values get the defaults.
type Config struct {
	// Domain is what tokens and keys are fetched from: the tenant's own,
	// "example.eu.auth0.com", or a custom one.
	Domain string
	// Audience is the Management API's identifier. Only with a custom domain does
	// it differ from https://DOMAIN/api/v2/: it keeps the tenant's own domain.
	Audience     string
	ClientID     string
	ClientSecret engine.Secret
	Lookup       Lookup
	// Realm is the database connection in which PINs are passwords.
	Realm string
	// SMSConnection is the passwordless connection that sends codes. With OTP, codes
	// are those of Realm instead, whose users have telephone numbers.
	SMSConnection string
	OTP           bool
	// BaseURL takes every request in place of https://DOMAIN, for tests. Tokens
	// are still those of Domain.
	BaseURL string
	// Timeout bounds a login, LookupTimeout a search or the reading of a profile.
	Timeout, LookupTimeout time.Duration
	// LookupRate and LoginRate are how many requests a second we allow ourselves,
	// look-ups in bursts of five times as many.
	LookupRate, LoginRate int

	// Transport makes the connections; nil: our own.
	Transport http.RoundTripper
	// Now is the clock for tokens; nil: time.Now.
	Now func() time.Time
	// Log takes warnings about users' profiles; nil: they go nowhere.
	Log *zap.Logger
}

// domain is a host's name with at least one dot.
var domain = lazy.Regexp(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// complete checks the configuration and fills in what it leaves open. Its error
// says everything that is wrong, a line each.
func (c Config) complete() (Config, error) {
	var wrong []error
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }

	c.Domain = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(c.Domain, "https://"), "/"))
	switch {
	case c.Domain == "":
		report("there is no domain; expected the tenant's, such as example.eu.auth0.com")
	case !domain().MatchString(c.Domain) || len(c.Domain) > 253:
		report("the domain is %q; expected a host's name such as example.eu.auth0.com", clip(c.Domain))
	}
	if c.Audience == "" {
		c.Audience = "https://" + c.Domain + "/api/v2/"
	}
	if u, err := url.Parse(c.Audience); err != nil || u.Scheme != "https" || u.Path != "/api/v2/" {
		report("the audience is %q; expected the Management API's, such as https://example.eu.auth0.com/api/v2/", clip(c.Audience))
	}
	if c.ClientID == "" {
		report("there is no client_id; it stands in the application's settings")
	}
	if c.ClientSecret.Len() == 0 {
		report("there is no client_secret; it stands in the application's settings")
	}
	switch c.Lookup {
	case LookupAppMetadata, LookupUsername:
	case "":
		c.Lookup = LookupAppMetadata
	default:
		report("lookup is %q; expected %s or %s", clip(string(c.Lookup)), LookupAppMetadata, LookupUsername)
	}
	if c.Realm == "" {
		c.Realm = DefaultRealm
	}
	if c.SMSConnection == "" {
		c.SMSConnection = DefaultSMSConnection
	}
	if err := checkBase(c.BaseURL); err != nil {
		wrong = append(wrong, err)
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.LookupTimeout <= 0 {
		c.LookupTimeout = DefaultLookupTimeout
	}
	if c.LookupRate <= 0 {
		c.LookupRate = DefaultLookupRate
	}
	if c.LoginRate <= 0 {
		c.LoginRate = DefaultLoginRate
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c, errors.Join(wrong...)
}

// checkBase allows what does not send PINs over a network in clear.
func checkBase(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("base_url is not a URL such as http://127.0.0.1:4400")
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	switch loopback := host == "localhost" || err == nil && ip.IsLoopback(); {
	case u.Scheme == "https", u.Scheme == "http" && loopback:
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("base_url %s would send PINs unencrypted; use https, or a loopback address", u.Redacted())
	default:
		return fmt.Errorf("base_url has the scheme %q; expected https, or http with a loopback address", clip(u.Scheme))
	}
}

// issuer is what ID tokens name as their maker.
func (c Config) issuer() string { return "https://" + c.Domain + "/" }

// clip shortens text for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
