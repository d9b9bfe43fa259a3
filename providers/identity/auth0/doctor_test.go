package auth0

import (
	"crypto/rsa"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
	"callflow/providers/identity/auth0/fake"
)

// examined is a tenant, and a provider of it with a configuration.
func examined(t *testing.T, f fake.Config, change func(*Config)) (*fake.Tenant, *Provider) {
	t.Helper()
	if f.Scopes == nil {
		f.Scopes = fake.AllScopes()
	}
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	f.Keys = []*rsa.PrivateKey{key}
	tenant, err := fake.New(f)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(tenant)
	t.Cleanup(srv.Close)
	c := Config{Domain: tenant.Domain(), ClientID: fake.DefaultClientID, ClientSecret: engine.NewSecret(fake.DefaultSecret), BaseURL: srv.URL, LookupRate: 1000}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return tenant, p
}

// set is the tenant's answer to a plan that was applied.
func set(t *testing.T, p *Provider) {
	t.Helper()
	for _, s := range p.Plan(t.Context(), wanted("sms")) {
		if err := s.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Everything that codes, streams and Actions need is looked at, and each thing that is
// wrong is found, with what to change and where that is in Auth0's dashboard.
func TestDoctorFindings(t *testing.T) {
	t.Parallel()
	otp := func(c *Config) { c.OTP = true }
	grantsOf := func(names ...string) fake.Settings {
		return fake.Settings{Application: object{"grant_types": names}}
	}
	sms := func(options object) func(*testing.T, *fake.Tenant, *Provider) {
		return func(_ *testing.T, f *fake.Tenant, _ *Provider) {
			f.Install("connections", object{"name": "sms", "strategy": "sms", "options": options})
		}
	}
	phones := func(body object) func(*testing.T, *fake.Tenant, *Provider) {
		return func(_ *testing.T, f *fake.Tenant, _ *Provider) { f.Install("branding/phone/providers", body) }
	}
	amended := func(path, name string, changes object) func(*testing.T, *fake.Tenant, *Provider) {
		return func(t *testing.T, f *fake.Tenant, p *Provider) {
			set(t, p)
			f.Amend(path, name, changes)
		}
	}
	sink := func(changes object) object {
		return object{"sink": over(object{"httpEndpoint": "https://ivr.example.com/auth0/logs", "httpContentFormat": "JSONARRAY"}, changes)}
	}
	identifier := func(active bool) fake.Settings {
		return fake.Settings{Connection: object{"options": object{"attributes": object{"phone_number": object{"identifier": object{"active": active}}}}}}
	}
	const stream, signedIn, registered = "log stream", "Action user signed in", "Action user registered"
	for _, c := range []struct {
		name          string
		settings      fake.Settings
		scopes        []string
		change        func(*Config)
		arrange       func(*testing.T, *fake.Tenant, *Provider)
		check         string
		verdict       Verdict
		found, advice string
	}{
		{name: "grants", check: "application", verdict: OK, found: "grants, secret and signature"},
		{name: "no Password grant", settings: grantsOf("client_credentials", codeGrant, oobGrant), check: "application", verdict: Problem, found: "the grant Password is not", advice: "Advanced Settings, Grant Types"},
		{name: "no Client Credentials grant", settings: grantsOf(realmGrant, codeGrant, oobGrant), check: "application", verdict: Problem, found: "the grant Client Credentials is not", advice: "Advanced Settings, Grant Types"},
		{name: "no Passwordless OTP grant", settings: grantsOf("client_credentials", realmGrant, otpGrant), check: "application", verdict: Warning, found: "the grant Passwordless OTP is not", advice: "Advanced Settings, Grant Types"},
		{name: "no MFA grant", settings: grantsOf("client_credentials", "password", codeGrant), check: "application", verdict: Warning, found: "the grant MFA is not", advice: "Advanced Settings, Grant Types"},
		{name: "grants unseen", scopes: []string{scopeUsers}, check: "application", verdict: NotChecked, found: "read:clients"},

		{name: "no users to be read", scopes: []string{scopeClients}, check: "management token", verdict: Problem, found: "may not read users", advice: "Machine to Machine Applications, grant the application read:users"},
		{name: "no factors to be read", scopes: []string{scopeUsers}, check: "second factors", verdict: NotChecked, found: "read:authentication_methods"},

		{name: "no connection for codes", check: "one-time codes", verdict: Warning, found: `no connection "sms"`, advice: "Authentication, Passwordless, SMS"},
		{name: "a connection of another name", change: func(c *Config) { c.SMSConnection = "sms-custom-wt" }, arrange: sms(object{}), check: "one-time codes", verdict: Warning, found: `no connection "sms-custom-wt"`, advice: "set sms_connection"},
		{name: "a database for codes", change: func(c *Config) { c.SMSConnection = DefaultRealm }, check: "one-time codes", verdict: Warning, found: `not one for SMS, but "auth0"`, advice: "Authentication, Passwordless, SMS"},
		{
			name: "a connection that is switched off", check: "one-time codes", verdict: Warning, found: "not switched on for the application", advice: "Authentication, Passwordless, SMS, Applications",
			arrange: func(_ *testing.T, f *fake.Tenant, _ *Provider) {
				f.Install("connections", object{"name": "sms", "strategy": "sms"}, "another")
			},
		},
		{name: "a message without the code", arrange: sms(object{"template": "Your code is on its way"}), check: "one-time codes", verdict: Warning, found: "no place for the code", advice: "write @@password@@"},
		{name: "a message in the other syntax", arrange: sms(object{"template": "Your code is {{ code }}"}), check: "one-time codes", verdict: OK, found: "Auth0's own provider"},
		{name: "codes through the gateway", arrange: func(t *testing.T, _ *fake.Tenant, p *Provider) { set(t, p) }, check: "one-time codes", verdict: OK, found: "the gateway https://ivr.example.com/auth0/sms"},
		{name: "no telephone numbers in the database", change: otp, settings: identifier(false), check: "one-time codes", verdict: Warning, found: "no telephone number", advice: "Attributes, Phone Number, Use as Identifier"},
		{name: "telephone numbers in the database", change: otp, settings: identifier(true), check: "one-time codes", verdict: OK, found: "by text or spoken"},

		{name: "no phone provider", change: otp, check: "phone provider", verdict: Warning, found: "there is none", advice: "Branding, Phone Provider"},
		{name: "a phone provider that is disabled", arrange: phones(object{"name": "custom", "disabled": true}), check: "phone provider", verdict: Warning, found: "custom is disabled", advice: "Branding, Phone Provider"},
		{name: "a phone provider that cannot speak", change: otp, arrange: phones(object{"name": "custom", "configuration": object{"delivery_methods": []any{"text"}}}), check: "phone provider", verdict: Warning, found: "codes cannot be spoken", advice: "add Voice to its delivery methods, under Branding, Phone Provider"},
		{name: "a phone provider that speaks", change: otp, arrange: phones(object{"name": "custom", "configuration": object{"delivery_methods": []any{"text", "voice"}}}), check: "phone provider", verdict: OK, found: "text, voice"},

		{name: "no log stream", check: stream, verdict: NotChecked, found: "auth0 install"},
		{name: "a log stream", arrange: amended("log-streams", "", nil), check: stream, verdict: OK, found: "active"},
		{name: "a log stream that is paused", arrange: amended("log-streams", "callflow", object{"status": "paused"}), check: stream, verdict: Warning, found: "paused", advice: "auth0 install --apply"},
		{name: "a log stream of another type", arrange: amended("log-streams", "callflow", object{"type": "datadog"}), check: stream, verdict: Warning, found: `type "datadog"`, advice: "Monitoring, Streams"},
		{name: "a log stream in another format", arrange: amended("log-streams", "callflow", sink(object{"httpContentFormat": "XML"})), check: stream, verdict: Warning, found: `content format "XML"`, advice: "set Content Format to JSON Array, under Monitoring, Streams"},
		{name: "a log stream in lines", arrange: amended("log-streams", "callflow", sink(object{"httpContentFormat": "JSONLINES"})), check: stream, verdict: OK},
		{name: "a log stream to elsewhere", arrange: amended("log-streams", "callflow", sink(object{"httpEndpoint": "https://ivr.example.com/logs"})), check: stream, verdict: Warning, found: "not to /auth0/logs", advice: "Payload URL"},
		{name: "a log stream that masks numbers", arrange: amended("log-streams", "callflow", object{"pii_config": object{"log_fields": []any{"first_name", "phone"}}}), check: stream, verdict: Warning, found: "masks phone", advice: "Monitoring, Streams"},
		{name: "a log stream without sign-ins", arrange: amended("log-streams", "callflow", object{"filters": []any{object{"type": "category", "name": "auth.login.fail"}}}), check: stream, verdict: Warning, found: "filters sign-ins out", advice: "Login - Success"},
		{name: "a log stream with sign-ins", arrange: amended("log-streams", "callflow", object{"filters": []any{object{"type": "category", "name": "auth.login.success"}}}), check: stream, verdict: OK},

		{name: "no Actions", check: signedIn, verdict: NotChecked, found: "index.secret"},
		{name: "Actions", arrange: amended("actions/actions", "", nil), check: signedIn, verdict: OK, found: "deployed, and runs"},
		{name: "an Action that is not deployed", arrange: amended("actions/actions", "callflow user signed in", object{"deployed_version": nil}), check: signedIn, verdict: Warning, found: "not deployed", advice: "Actions, Library"},
		{name: "an Action with changes", arrange: amended("actions/actions", "callflow user registered", object{"all_changes_deployed": false}), check: registered, verdict: Warning, found: "changes that are not deployed", advice: "press Deploy"},
		{
			name: "an Action that is not bound", check: registered, verdict: Warning, found: "not bound to post-user-registration, and never runs", advice: "Actions, Triggers, post-user-registration",
			arrange: func(t *testing.T, f *fake.Tenant, p *Provider) {
				set(t, p)
				f.Unbind("post-user-registration")
			},
		},
		{name: "no Action for messages", check: "Action phone provider", verdict: NotChecked, found: "auth0_gateway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, p := examined(t, fake.Config{Settings: c.settings, Scopes: c.scopes}, c.change)
			if c.arrange != nil {
				c.arrange(t, f, p)
			}
			var seen []Finding
			for _, x := range p.Examine(t.Context(), "", engine.Secret{}) {
				if x.Check == c.check {
					seen = append(seen, x)
				}
				if (x.Verdict == Warning || x.Verdict == Problem) && x.Advice == "" {
					t.Errorf("%s: there is no advice: %+v", x.Check, x)
				}
			}
			if !slices.ContainsFunc(seen, func(x Finding) bool {
				return x.Verdict == c.verdict && strings.Contains(x.Found, c.found) && strings.Contains(x.Advice, c.advice)
			}) {
				t.Errorf("%s: found %+v; expected %s, %q and %q", c.check, seen, c.verdict, c.found, c.advice)
			}
		})
	}
}

// What only people should change stands in the plan, with where it is, and is in the way
// of nothing.
func TestInstallByHand(t *testing.T) {
	t.Parallel()
	scopes := slices.DeleteFunc(fake.AllScopes(), func(s string) bool { return s == scopeMethods })
	_, p := examined(t, fake.Config{
		Scopes: scopes, Settings: fake.Settings{Application: object{"grant_types": []string{"client_credentials", realmGrant}}},
	}, nil)
	w := wanted("sms")
	w.Factors = true
	want := map[string]string{
		"scope read:authentication_methods": "index.factors reads second factors; grant it under Applications, APIs, Auth0 Management API, Machine to Machine Applications",
		"grant Passwordless OTP":            "one-time codes are checked by it; switch it on: the application, Settings, Advanced Settings, Grant Types",
		"grant MFA":                         "second factors are checked by it; switch it on: the application, Settings, Advanced Settings, Grant Types",
	}
	for _, s := range p.Plan(t.Context(), w) {
		why, known := want[s.What]
		if known != (s.Verb == ByHand) || known && why != s.Why {
			t.Errorf("%+v", s)
		}
		delete(want, s.What)
		if err := s.Apply(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(want) > 0 {
		t.Errorf("not planned: %v", want)
	}
}

// Where codes are spoken, the phone provider is made to speak; one that cannot is
// changed, and keeps what else it has.
func TestInstallVoice(t *testing.T) {
	t.Parallel()
	f, p := examined(t, fake.Config{}, func(c *Config) { c.OTP = true })
	f.Install("branding/phone/providers", object{"name": "custom", "disabled": false, "configuration": object{"delivery_methods": []any{"text"}, "mine": "kept"}})
	for _, want := range []Verb{Change, Keep} {
		for _, s := range p.Plan(t.Context(), wanted("")) {
			if s.What != "phone provider" {
				continue
			}
			if s.Verb != want || want == Change && s.Why != "it does not deliver voice" {
				t.Errorf("%+v", s)
			}
			if err := s.Apply(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	configuration := sub(f.Resources("branding/phone/providers")[0], "configuration")
	if got := texts(configuration["delivery_methods"]); !slices.Equal(got, []string{"text", "voice"}) || configuration["mine"] != "kept" {
		t.Errorf("%v", configuration)
	}
}
