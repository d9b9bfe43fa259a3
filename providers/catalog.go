package providers

import (
	"fmt"
	"os"
	"strconv"

	"callflow/engine/runner"
	callsjambonz "callflow/providers/calls/jambonz"
	callsplivo "callflow/providers/calls/plivo"
	callssinch "callflow/providers/calls/sinch"
	callstwilio "callflow/providers/calls/twilio"
	callsvonage "callflow/providers/calls/vonage"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/directory"
	"callflow/providers/sms"
	"callflow/providers/sms/clickatell"
	"callflow/providers/sms/eightx8"
	"callflow/providers/sms/httpapi"
	"callflow/providers/sms/log"
	"callflow/providers/sms/twilio"
	"callflow/providers/sms/twiliolookup"
	"callflow/providers/sms/twilioverify"
	"callflow/providers/sms/vonage"
	"callflow/providers/store/bolt"
	"callflow/providers/store/memory"
	"callflow/providers/telephony"
	eightx8voice "callflow/providers/telephony/eightx8"
	"callflow/providers/telephony/generic"
	"callflow/providers/telephony/jambonz"
	"callflow/providers/telephony/plivo"
	"callflow/providers/telephony/signalwire"
	"callflow/providers/telephony/sinch"
	"callflow/providers/telephony/tropo"
	twiliovoice "callflow/providers/telephony/twilio"
	vonagevoice "callflow/providers/telephony/vonage"
)

// Telephony returns the platforms, in the order in which they are listed.
func Telephony() []Entry[telephony.Codec] {
	return []Entry[telephony.Codec]{
		{
			Name: jambonz.Name,
			Doc:  "jambonz, the open-source platform: its webhooks, signed",
			Settings: append(signed(),
				Setting{Name: "recorder", Kind: Text, Doc: "the WebSocket address that recordings are streamed to; without one nothing is recorded"},
				Setting{Name: "siprec", Kind: Text, Doc: "the sip: address of a SIPREC server that whole calls are sent to, where a flow has them recorded"},
				Setting{Name: "recordings", Kind: Text, Doc: "where they are to be had then, with {id} in it: https://recorder.example.com/{id}.wav"},
				Setting{Name: "account_sid", Kind: Word, Doc: "the account that makes calls"},
				Setting{Name: "api_key", Kind: Secret, Doc: "an API key of that account; without one it makes no calls"},
				Setting{Name: "application_sid", Kind: Word, Doc: "the application whose voices its calls have; left out, jambonz' own"},
				Setting{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callsjambonz.URL},
			),
			Extras: [][]Example{
				{{"recorder", "wss://recorder.example.com"}, {"recordings", "https://recorder.example.com/{id}.wav"}},
				{{"siprec", "sip:recorder.example.com"}},
			},
			Voice: []Setting{
				{Name: "vendor", Kind: Word, Required: true, Doc: "jambonz' word for the speech service, such as google, aws or default"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text"},
				{Name: "voice", Kind: Text, Doc: "the vendor's name of the voice; left out, the vendor's choice"},
			},
			Status: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := jambonz.Config{
					Secrets:   s.Secrets("secret"),
					Tolerance: s.Duration("tolerance"),
					Unsigned:  s.Bool("unsigned"),
					Voices:    map[string]jambonz.Voice{},
					Recorder:  jambonz.Recorder{Stream: s.Text("recorder"), Files: s.Text("recordings"), Calls: s.Text("siprec")},
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
			Name: twiliovoice.Name,
			Doc:  "Twilio Programmable Voice: its webhooks, signed with the account's auth token",
			Settings: []Setting{
				{Name: "auth_token", Kind: Secrets, Doc: "the account's auth token, which webhooks are signed with; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
				{Name: "refer_host", Kind: Word, Doc: "the SIP host that takes calls which are handed over; without one mode: refer is refused"},
				{Name: "recording_host", Kind: Word, Doc: "where recordings are, if not on twilio.com"},
				{Name: "account_sid", Kind: Word, Doc: "the account that makes calls; without one it makes none"},
				{Name: "api_key_sid", Kind: Word, Doc: "an API key that it is asked for them with; left out, the account and its first auth_token"},
				{Name: "api_key_secret", Kind: Secret, Doc: "the secret of that key"},
				{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callstwilio.URL},
			},
			Extras: handsOver(),
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "Twilio's name of the voice, such as Polly.Olivia-Neural"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text"},
			},
			Status: true, Fallback: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := twiliovoice.Config{
					Tokens:        s.Secrets("auth_token"),
					Unsigned:      s.Bool("unsigned"),
					Voices:        map[string]twiliovoice.Voice{},
					ReferHost:     s.Text("refer_host"),
					RecordingHost: s.Text("recording_host"),
				}
				for name, v := range s.Voices() {
					c.Voices[name] = twiliovoice.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return twiliovoice.New(c)
			},
		},
		{
			Name: vonagevoice.Name,
			Doc:  "Vonage, formerly Nexmo: its Voice API, whose webhooks are signed with the account's signature secret",
			Settings: []Setting{
				{Name: "signature_secret", Kind: Secrets, Doc: "the account's signature secret, which is not its API secret, with its API key and a colon in front where there are several accounts; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
				{Name: "tolerance", Kind: Duration, Default: "5m", Doc: "how far a signature's time may be from ours"},
				{Name: "recording_host", Kind: Word, Doc: "where recordings are, if not on nexmo.com or vonage.com"},
				{Name: "application_id", Kind: Word, Doc: "the application that makes calls; without one it makes none"},
				{Name: "private_key", Kind: Secret, Lines: true, Doc: "that application's private key, as text: -----BEGIN PRIVATE KEY-----"},
				{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callsvonage.URL},
			},
			Voice: []Setting{
				{Name: "language", Kind: Word, Doc: "BCP 47 tag that Vonage speaks; left out, the language of the text"},
				{Name: "style", Kind: Word, Doc: "the number of a voice among those of the language; left out, 0"},
				{Name: "premium", Kind: Bool, Doc: "ask for the better model of the voice"},
			},
			Status: true, Fallback: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := vonagevoice.Config{
					Secrets:   s.Secrets("signature_secret"),
					Tolerance: s.Duration("tolerance"),
					Unsigned:  s.Bool("unsigned"),
					Voices:    map[string]vonagevoice.Voice{},

					RecordingHost: s.Text("recording_host"),
				}
				for name, v := range s.Voices() {
					style, err := vonagevoice.ParseStyle(v.Text("style"))
					if err != nil {
						return nil, fmt.Errorf("vonage: voices: %s: %w", name, err)
					}
					c.Voices[name] = vonagevoice.Voice{
						Language: v.Text("language"),
						Style:    style,
						Premium:  v.Bool("premium"),
					}
				}
				return vonagevoice.New(c)
			},
		},
		telnyxCommands(),
		telnyxDocuments(),
		{
			Name: plivo.Name,
			Doc:  "Plivo: its Voice API, whose webhooks are signed with the account's auth token",
			Settings: []Setting{
				{Name: "auth_token", Kind: Secrets, Doc: "the account's auth token, which webhooks are signed with; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
				{Name: "recording_host", Kind: Word, Doc: "where recordings are, if not on plivo.com"},
				{Name: "auth_id", Kind: Word, Doc: "the account that makes calls, with its first auth_token; without one it makes none"},
				{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callsplivo.URL},
			},
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "Plivo's name of the voice: WOMAN, MAN or one of Amazon's, such as Polly.Olivia"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text, or of Amazon's voice"},
			},
			Status: true, Fallback: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := plivo.Config{
					Tokens:        s.Secrets("auth_token"),
					Unsigned:      s.Bool("unsigned"),
					Voices:        map[string]plivo.Voice{},
					RecordingHost: s.Text("recording_host"),
				}
				for name, v := range s.Voices() {
					c.Voices[name] = plivo.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return plivo.New(c)
			},
		},
		{
			Name: signalwire.Name,
			Doc:  "SignalWire, by documents of SWML, whose requests are signed with the project's signing key",
			Settings: []Setting{
				{Name: "signing_key", Kind: Secrets, Doc: "the project's signing key, which requests are signed with; several while it changes"},
				{Name: "status_password", Kind: Secrets, Doc: "what status webhooks bring, which nobody signs; left out, the signing key"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
				{Name: "refer_host", Kind: Word, Doc: "the SIP host that takes calls which are handed over; without one mode: refer is refused"},
				{Name: "recording_host", Kind: Word, Doc: "where recordings are, if not on signalwire.com"},
			},
			Extras: handsOver(),
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "SignalWire's name of the voice, such as Polly.Olivia or gcloud.en-AU-Neural2-A"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text"},
			},
			Status: true, Fallback: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := signalwire.Config{
					Keys:            s.Secrets("signing_key"),
					StatusPasswords: s.Secrets("status_password"),
					Unsigned:        s.Bool("unsigned"),
					ReferHost:       s.Text("refer_host"),
					Voices:          map[string]signalwire.Voice{},
					RecordingHost:   s.Text("recording_host"),
				}
				for name, v := range s.Voices() {
					c.Voices[name] = signalwire.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return signalwire.New(c)
			},
		},
		{
			Name: tropo.Name,
			Doc:  "Tropo's WebAPI, or what is compatible with it: its webhooks show a secret and are not signed",
			Settings: []Setting{
				{Name: "secret", Kind: Secrets, Doc: "what the application's URL shows, as key=SECRET or as a password; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without the secret; only on a loopback address"},
				{Name: "recorder", Kind: Text, Doc: "the address that recordings are uploaded to, with {id} in it; without one nothing is recorded"},
				{Name: "recordings", Kind: Text, Doc: "where they are to be had then, with {id} in it; left out, at the recorder"},
			},
			Extras: [][]Example{{{"recorder", "https://recorder.example.com/{id}"}}},
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "Tropo's name of the voice, such as allison or soledad"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag of what it speaks; left out, whatever it is given"},
			},
			Open: func(s Section) (telephony.Codec, error) {
				c := tropo.Config{
					Secrets:    s.Secrets("secret"),
					Unsigned:   s.Bool("unsigned"),
					Voices:     map[string]tropo.Voice{},
					Recorder:   s.Text("recorder"),
					Recordings: s.Text("recordings"),
				}
				for name, v := range s.Voices() {
					c.Voices[name] = tropo.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return tropo.New(c)
			},
		},
		{
			Name: sinch.Name,
			Doc:  "Sinch: its Voice API, whose callbacks are signed with the application's secret",
			Settings: []Setting{
				{Name: "key", Kind: Word, Doc: "the application's key; left out, that of any application with the secret, and no calls are made"},
				{Name: "secret", Kind: Secrets, Doc: "the application's secret, in Base64 as the dashboard shows it; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept callbacks without a signature; only on a loopback address"},
				{Name: "tolerance", Kind: Duration, Default: "5m", Doc: "how far a signature's time may be from ours"},
				{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callssinch.URL},
			},
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "Sinch's word for the voice, such as Nicole or en-AU/female"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag of what it speaks; left out, whatever it is given"},
			},
			Open: func(s Section) (telephony.Codec, error) {
				c := sinch.Config{
					Key:       s.Text("key"),
					Secrets:   s.Secrets("secret"),
					Tolerance: s.Duration("tolerance"),
					Unsigned:  s.Bool("unsigned"),
					Voices:    map[string]sinch.Voice{},
				}
				for name, v := range s.Voices() {
					c.Voices[name] = sinch.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return sinch.New(c)
			},
		},
		{
			Name: eightx8voice.Name,
			Doc:  "8x8: its voice call actions, whose webhooks show a secret and are not signed",
			Settings: []Setting{
				{Name: "secret", Kind: Secrets, Doc: "what the webhooks' URLs show, as key=SECRET or as a password; several while it changes"},
				{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without the secret; only on a loopback address"},
			},
			Voice: []Setting{
				{Name: "voice", Kind: Text, Required: true, Doc: "8x8's voice profile, such as en-US-ZiraRUS"},
				{Name: "language", Kind: Word, Doc: "BCP 47 tag of what it speaks; left out, that of the profile's name"},
			},
			Status: true,
			Open: func(s Section) (telephony.Codec, error) {
				c := eightx8voice.Config{Secrets: s.Secrets("secret"), Unsigned: s.Bool("unsigned"), Voices: map[string]eightx8voice.Voice{}}
				for name, v := range s.Voices() {
					c.Voices[name] = eightx8voice.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
				}
				return eightx8voice.New(c)
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
				{Name: "lookup", Kind: Word, Default: string(auth0.LookupAppMetadata), OneOf: []string{string(auth0.LookupAppMetadata), string(auth0.LookupUsername)}, Doc: "where account numbers are: app_metadata, or username"},
				{Name: "realm", Kind: Text, Default: auth0.DefaultRealm, Doc: "the database connection that has the users"},
				{Name: "sms_connection", Kind: Text, Default: auth0.DefaultSMSConnection, Doc: "the passwordless connection that sends codes"},
				{Name: "codes", Kind: Word, Default: byPasswordless, OneOf: []string{byPasswordless, byOTP}, Doc: "how codes are sent: passwordless, by sms_connection, or otp, to numbers of users in realm"},
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

// How a tenant sends codes.
const (
	byPasswordless = "passwordless"
	byOTP          = "otp"
)

// Auth0 is what a section of "auth0" configures.
func Auth0(s Section) auth0.Config {
	c := auth0.Config{
		Domain:        s.Text("domain"),
		Audience:      s.Text("audience"),
		ClientID:      s.Text("client_id"),
		Lookup:        auth0.Lookup(s.Text("lookup")),
		Realm:         s.Text("realm"),
		SMSConnection: s.Text("sms_connection"),
		OTP:           s.Text("codes") == byOTP,
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

// SMS returns the senders of messages, in the order in which they are listed.
func SMS() []Entry[sms.Sender] {
	timeout := Setting{Name: "timeout", Kind: Duration, Default: sms.DefaultTimeout.String(), Doc: "how long one message may take"}
	base := Setting{Name: "base_url", Kind: URL, Doc: "where to send everything instead, for tests"}
	return []Entry[sms.Sender]{
		{
			Name: twilio.Name,
			Doc:  "Twilio Messages",
			Settings: []Setting{
				{Name: "account", Kind: Word, Required: true, Doc: "the account's SID, which begins with AC"},
				{Name: "username", Kind: Word, Doc: "an API key's SID; left out, the account's"},
				{Name: "password", Kind: Secret, Required: true, Doc: "the account's auth token, or the API key's secret"},
				{Name: "from", Kind: Text, Doc: "a number of yours to send from; or set service"},
				{Name: "service", Kind: Word, Doc: "a messaging service, which begins with MG and chooses a number"},
				timeout, base,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(twilio.New(twilio.Config{
					Account: s.Text("account"), Username: s.Text("username"), Password: s.Secret("password"),
					From: s.Text("from"), Service: s.Text("service"), Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				}))
			},
		},
		{
			Name: twilioverify.Name,
			Doc:  "Twilio Verify, which watches for fraud and learns from codes that were right",
			Settings: []Setting{
				{Name: "account", Kind: Word, Required: true, Doc: "the account's SID, which begins with AC"},
				{Name: "username", Kind: Word, Doc: "an API key's SID; left out, the account's"},
				{Name: "password", Kind: Secret, Required: true, Doc: "the account's auth token, or the API key's secret"},
				{Name: "service", Kind: Word, Required: true, Doc: "the Verify service, which begins with VA and has custom codes switched on"},
				{Name: "rate_limit", Kind: Word, Doc: "the unique name of the service's rate limit by number and address, such as ip_and_phone"},
				{Name: "template", Kind: Word, Doc: "the template of the message, which begins with HJ"},
				{Name: "channel", Kind: Word, Default: string(sms.SMS), Doc: "how codes go: sms, call, whatsapp or email"},
				timeout, base,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(twilioverify.New(twilioverify.Config{
					Account: s.Text("account"), Username: s.Text("username"), Password: s.Secret("password"), Service: s.Text("service"),
					RateLimit: s.Text("rate_limit"), Template: s.Text("template"), Channel: sms.Channel(s.Text("channel")),
					Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				}))
			},
		},
		{
			Name: vonage.Name,
			Doc:  "Vonage, by its SMS API or its Messages API",
			Settings: []Setting{
				{Name: "api", Kind: Word, Default: string(vonage.SMS), Doc: "which of the two: sms or messages"},
				{Name: "key", Kind: Word, Required: true, Doc: "the account's API key"},
				{Name: "secret", Kind: Secret, Required: true, Doc: "the account's API secret"},
				{Name: "from", Kind: Text, Required: true, Doc: "a number of yours, or a name to show"},
				timeout, base,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(vonage.New(vonage.Config{
					API: vonage.API(s.Text("api")), Key: s.Text("key"), Secret: s.Secret("secret"), From: s.Text("from"),
					Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				}))
			},
		},
		{
			Name: eightx8.Name,
			Doc:  "8x8 Connect",
			Settings: []Setting{
				{Name: "subaccount", Kind: Word, Required: true, Doc: "the sub-account's id"},
				{Name: "key", Kind: Secret, Required: true, Doc: "an API key of the account"},
				{Name: "region", Kind: Word, Default: "ap", Doc: "where the account is: ap, us, uk or id"},
				{Name: "source", Kind: Text, Doc: "the sender to show, up to 16 characters"},
				timeout, base,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(eightx8.New(eightx8.Config{
					Subaccount: s.Text("subaccount"), Key: s.Secret("key"), Region: s.Text("region"), Source: s.Text("source"),
					Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				}))
			},
		},
		{
			Name: clickatell.Name,
			Doc:  "Clickatell, by any of its three APIs",
			Settings: []Setting{
				{Name: "api", Kind: Word, Default: string(clickatell.One), Doc: "which of the three: one, platform or http"},
				{Name: "key", Kind: Secret, Doc: "the integration's API key, for one and platform"},
				{Name: "user", Kind: Text, Doc: "the account's user, for http"},
				{Name: "password", Kind: Secret, Doc: "the user's password, for http"},
				{Name: "api_id", Kind: Word, Doc: "the API's id, for http"},
				{Name: "from", Kind: Text, Doc: "the sender to show"},
				timeout, base,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(clickatell.New(clickatell.Config{
					API: clickatell.API(s.Text("api")), Key: s.Secret("key"), User: s.Text("user"), Password: s.Secret("password"),
					APIID: s.Text("api_id"), From: s.Text("from"), Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				}))
			},
		},
		{
			Name: httpapi.Name,
			Doc:  "any API that takes an HTTP request, by a template",
			Settings: []Setting{
				{Name: "method", Kind: Word, Default: "POST", Doc: "POST, PUT or GET"},
				{Name: "url", Kind: Text, Required: true, Doc: "the address, which may hold words such as {to} in its path and query"},
				{Name: "headers", Kind: Secrets, Doc: "\"Name: value\", one or a list"},
				{Name: "content_type", Kind: Text, Default: "application/json", Doc: "of the body: JSON, a form, XML or plain text"},
				{Name: "body", Kind: Text, Doc: "the body, with words such as {to} and {text}"},
				{Name: "success", Kind: Text, Default: "200-299", Doc: "the statuses of a message that was taken"},
				{Name: "refused", Kind: Text, Doc: "the statuses of a decision about the number"},
				{Name: "expect", Kind: Text, Doc: "what a good answer says: \"path=value\" of its JSON, or a part of its text"},
				{Name: "id", Kind: Text, Doc: "where the message's id stands in the answer's JSON"},
				{Name: "from", Kind: Text, Doc: "what {from} stands for"},
				timeout,
			},
			Open: func(s Section) (sms.Sender, error) {
				return opened(httpapi.New(httpapi.Config{
					Method: s.Text("method"), URL: s.Text("url"), Headers: s.Secrets("headers"), ContentType: s.Text("content_type"),
					Body: s.Text("body"), Success: s.Text("success"), Refused: s.Text("refused"), Expect: s.Text("expect"),
					ID: s.Text("id"), From: s.Text("from"), Timeout: s.Duration("timeout"),
				}))
			},
		},
		{
			Name: log.Name,
			Doc:  "the terminal, codes and all: for development, on a loopback address only",
			Open: func(Section) (sms.Sender, error) { return log.New(os.Stderr), nil },
		},
	}
}

// Carriers returns those who can be asked who carries a number.
func Carriers() []Entry[sms.Carriers] {
	return []Entry[sms.Carriers]{
		{
			Name: twiliolookup.Name,
			Doc:  "Twilio Lookup, with line type intelligence",
			Settings: []Setting{
				{Name: "account", Kind: Word, Required: true, Doc: "the account's SID, which begins with AC"},
				{Name: "username", Kind: Word, Doc: "an API key's SID; left out, the account's"},
				{Name: "password", Kind: Secret, Required: true, Doc: "the account's auth token, or the API key's secret"},
				{Name: "timeout", Kind: Duration, Default: sms.DefaultTimeout.String(), Doc: "how long one question may take"},
				{Name: "base_url", Kind: URL, Doc: "where to send everything instead, for tests"},
			},
			Open: func(s Section) (sms.Carriers, error) {
				l, err := twiliolookup.New(twiliolookup.Config{
					Account: s.Text("account"), Username: s.Text("username"), Password: s.Secret("password"),
					Timeout: s.Duration("timeout"), BaseURL: s.Text("base_url"),
				})
				if err != nil {
					return nil, err
				}
				return l, nil
			},
		},
	}
}

// opened gives an adapter as what it is for: a nil one must not look like one.
func opened[A sms.Sender](a A, err error) (sms.Sender, error) {
	if err != nil {
		return nil, err
	}
	return a, nil
}

// handsOver is what lets platforms hand calls over that have to be told where to.
func handsOver() [][]Example { return [][]Example{{{"refer_host", "sip.example.com"}}} }

// signed are the settings of platforms that sign their webhooks.
func signed() []Setting {
	return []Setting{
		{Name: "secret", Kind: Secrets, Doc: "what webhooks are signed with; several while the platform changes over"},
		{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
		{Name: "tolerance", Kind: Duration, Default: "5m", Doc: "how far a signature's time may be from ours"},
	}
}
