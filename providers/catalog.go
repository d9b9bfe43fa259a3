package providers

import (
	"strconv"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/directory"
	"callflow/providers/store/bolt"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/jambonz"
)

// Telephony returns the platforms, in the order in which they are listed.
func Telephony() []Entry[telephony.Codec] {
	return []Entry[telephony.Codec]{
		{
			Name:     jambonz.Name,
			Doc:      "jambonz, the open-source platform: its webhooks, signed",
			Settings: signed(),
			Voice: []Setting{
				{Name: "vendor", Kind: Word, Required: true, Doc: "jambonz' word for the speech service, such as google, aws or default"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text"},
				{Name: "voice", Kind: Text, Doc: "the vendor's name of the voice; left out, the vendor's choice"},
			},
			Open: func(s Section) (telephony.Codec, error) {
				c := jambonz.Config{
					Secrets:   s.Secrets("secret"),
					Tolerance: s.Duration("tolerance"),
					Unsigned:  s.Bool("unsigned"),
					Voices:    map[string]jambonz.Voice{},
				}
				for name, v := range s.Voices() {
					c.Voices[name] = jambonz.Voice{
						Vendor:   v.Text("vendor"),
						Language: v.Text("language"),
						Voice:    v.Text("voice"),
					}
				}
				return jambonz.New(c)
			},
		},
		{
			Name:     generic.Name,
			Doc:      "our own JSON contract, signed: for any other platform, or a script",
			Settings: signed(),
			Open: func(s Section) (telephony.Codec, error) {
				return generic.New(generic.Config{
					Secrets:   s.Secrets("secret"),
					Tolerance: s.Duration("tolerance"),
					Unsigned:  s.Bool("unsigned"),
				})
			},
		},
	}
}

// Identity returns the identity providers.
func Identity() []Entry[runner.Authenticator] {
	return []Entry[runner.Authenticator]{
		{
			Name:     "directory",
			Doc:      "users in a file, with hashed PINs",
			Settings: []Setting{{Kind: Path, Doc: "the file of users"}},
			Open: func(s Section) (runner.Authenticator, error) {
				d, err := directory.Open(s.Text(""))
				if err != nil {
					return nil, err
				}
				return d, nil
			},
		},
		{
			Name: "auth0",
			Doc:  "users of an Auth0 tenant, whose password is their PIN",
			Settings: []Setting{
				{Name: "domain", Kind: Word, Required: true, Doc: "the tenant's domain, such as example.eu.auth0.com, or a custom one"},
				{Name: "client_id", Kind: Word, Required: true, Doc: "of the application that signs callers in"},
				{Name: "client_secret", Kind: Secret, Required: true, Doc: "of the same application"},
				{Name: "lookup", Kind: Word, Default: string(auth0.LookupAppMetadata), Doc: "where account numbers are: app_metadata, or username"},
				{Name: "realm", Kind: Text, Default: auth0.DefaultRealm, Doc: "the database connection that has the users"},
				{Name: "audience", Kind: Word, Doc: "the Management API's identifier; only where domain is a custom one"},
				{Name: "timeout", Kind: Duration, Default: auth0.DefaultTimeout.String(), Doc: "how long Auth0 may take to check a PIN"},
				{Name: "lookup_timeout", Kind: Duration, Default: auth0.DefaultLookupTimeout.String(), Doc: "how long it may take to find a user, or to read a profile"},
				{Name: "lookups_per_second", Kind: Count, Default: strconv.Itoa(auth0.DefaultLookupRate), Doc: "how many users to look up or read at most"},
				{Name: "logins_per_second", Kind: Count, Default: strconv.Itoa(auth0.DefaultLoginRate), Doc: "how many PINs to check at most"},
				{Name: "base_url", Kind: URL, Doc: "where to send everything instead of the domain, for tests"},
			},
			Open: func(s Section) (runner.Authenticator, error) {
				p, err := auth0.New(Auth0(s))
				if err != nil {
					return nil, err
				}
				return p, nil
			},
		},
	}
}

// Auth0 is what a section of "auth0" configures.
func Auth0(s Section) auth0.Config {
	c := auth0.Config{
		Domain:        s.Text("domain"),
		Audience:      s.Text("audience"),
		ClientID:      s.Text("client_id"),
		Lookup:        auth0.Lookup(s.Text("lookup")),
		Realm:         s.Text("realm"),
		BaseURL:       s.Text("base_url"),
		Timeout:       s.Duration("timeout"),
		LookupTimeout: s.Duration("lookup_timeout"),
		LookupRate:    s.Count("lookups_per_second"),
		LoginRate:     s.Count("logins_per_second"),
	}
	if secrets := s.Secrets("client_secret"); len(secrets) > 0 {
		c.ClientSecret = secrets[0]
	}
	return c
}

// Stores returns the stores. The section's unnamed setting is what follows the
// store's name and a colon: the path in "bolt:callflow.db".
func Stores() []Entry[runner.Store] {
	return []Entry[runner.Store]{
		{
			Name: "memory",
			Doc:  "everything in this process; a restart forgets running calls",
			Open: func(Section) (runner.Store, error) { return memory.New(), nil },
		},
		{
			Name:     "bolt",
			Doc:      "one file on this machine; running calls survive a restart",
			Settings: []Setting{{Kind: Path, Required: true, Doc: "the file"}},
			Durable:  true,
			Open: func(s Section) (runner.Store, error) {
				store, err := bolt.Open(s.Text(""))
				if err != nil {
					return nil, err
				}
				return store, nil
			},
		},
	}
}

// signed are the settings of platforms that sign their webhooks.
func signed() []Setting {
	return []Setting{
		{Name: "secret", Kind: Secrets, Doc: "what webhooks are signed with; several while the platform changes over"},
		{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
		{Name: "tolerance", Kind: Duration, Default: "5m", Doc: "how far a signature's time may be from ours"},
	}
}
