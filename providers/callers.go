package providers

import (
	"callflow/engine"
	"callflow/engine/runner/outbound"
	callsjambonz "callflow/providers/calls/jambonz"
	callsplivo "callflow/providers/calls/plivo"
	callssinch "callflow/providers/calls/sinch"
	callstelnyx "callflow/providers/calls/telnyx"
	callstexml "callflow/providers/calls/texml"
	callstwilio "callflow/providers/calls/twilio"
	callsvonage "callflow/providers/calls/vonage"
)

// Callers returns the platforms that make calls, in the order in which they are asked.
// Each is opened with the section of its codec, and is nil where that says nothing of
// calls. Doc says what the section needs for them.
func Callers() []Entry[outbound.Platform] {
	return []Entry[outbound.Platform]{
		{
			Name: callsjambonz.Name,
			Doc:  "account_sid and api_key",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("api_key") == "" {
					return nil, nil //nolint:nilnil // it makes no calls, which is no mistake
				}
				return callsjambonz.New(callsjambonz.Config{
					BaseURL: s.Text("api"), Account: s.Text("account_sid"), Key: s.Secret("api_key"), Application: s.Text("application_sid"),
				})
			},
		},
		{
			Name: callstwilio.Name,
			Doc:  "account_sid, with auth_token or with api_key_sid and api_key_secret",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("account_sid") == "" {
					return nil, nil //nolint:nilnil // as above
				}
				c := callstwilio.Config{BaseURL: s.Text("api"), Account: s.Text("account_sid"), User: s.Text("api_key_sid"), Password: s.Secret("api_key_secret")}
				if c.User == "" {
					c.Password = first(s.Secrets("auth_token"))
				}
				return callstwilio.New(c)
			},
		},
		{
			Name: callsvonage.Name,
			Doc:  "application_id and private_key",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("application_id") == "" {
					return nil, nil //nolint:nilnil // as above
				}
				return callsvonage.New(callsvonage.Config{BaseURL: s.Text("api"), Application: s.Text("application_id"), Key: s.Secret("private_key")})
			},
		},
		{
			Name: callstelnyx.Name,
			Doc:  "connection_id, with api_key",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("connection_id") == "" {
					return nil, nil //nolint:nilnil // as above
				}
				return callstelnyx.New(callstelnyx.Config{BaseURL: s.Text("api"), Connection: s.Text("connection_id"), Key: s.Secret("api_key")})
			},
		},
		{
			Name: callssinch.Name,
			Doc:  "key and secret",
			Open: func(s Section) (outbound.Platform, error) {
				secret := first(s.Secrets("secret"))
				if s.Text("key") == "" || secret.Len() == 0 {
					return nil, nil //nolint:nilnil // as above
				}
				return callssinch.New(callssinch.Config{BaseURL: s.Text("api"), Key: s.Text("key"), Secret: secret})
			},
		},
		{
			Name: callstexml.Name,
			Doc:  "account_sid, application_sid and api_key",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("application_sid") == "" {
					return nil, nil //nolint:nilnil // as above
				}
				return callstexml.New(callstexml.Config{BaseURL: s.Text("api"), Account: s.Text("account_sid"), Application: s.Text("application_sid"), Key: s.Secret("api_key")})
			},
		},
		{
			Name: callsplivo.Name,
			Doc:  "auth_id and auth_token",
			Open: func(s Section) (outbound.Platform, error) {
				if s.Text("auth_id") == "" {
					return nil, nil //nolint:nilnil // as above
				}
				return callsplivo.New(callsplivo.Config{BaseURL: s.Text("api"), Account: s.Text("auth_id"), Token: first(s.Secrets("auth_token"))})
			},
		},
	}
}

func first(secrets []engine.Secret) engine.Secret {
	if len(secrets) == 0 {
		return engine.Secret{}
	}
	return secrets[0]
}
