package auth0

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/auth0/go-auth0/management"

	"callflow/engine"
)

// Verdict is what a check came to.
type Verdict string

// The verdicts. With an error among them nobody can sign in.
const (
	OK         Verdict = "ok"
	Warning    Verdict = "warning"
	Problem    Verdict = "error"
	NotChecked Verdict = "not checked"
)

// Finding is what one check found.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Advice  string  `json:"advice,omitempty"` // what to change, and where
}

// The scopes of the management token: the first is needed, the others let Examine
// see more.
const (
	scopeUsers       = "read:users"
	scopeClients     = "read:clients"
	scopeConnections = "read:connections"
	scopeProtection  = "read:attack_protection"
)

// Examine compares the tenant's settings with what signing in needs, and says what
// to change. It tries one login, of a user who does not exist, which shows in the
// tenant's log; and, if an account is given, the whole sign-in with its PIN.
// Findings hold no secret.
func (p *Provider) Examine(ctx context.Context, account string, pin engine.Secret) []Finding {
	d := &doctor{Provider: p}
	if d.domain(ctx) && d.signingKeys(ctx) && d.token(ctx) {
		d.lookup(ctx)
		d.password(ctx)
		d.application(ctx)
		d.connection(ctx)
		d.codes(ctx)
		d.phoneProvider(ctx)
		d.protection(ctx)
		d.numbers(ctx)
		d.installed(ctx)
		if account != "" {
			d.signIn(ctx, account, pin)
		}
	}
	return d.findings
}

// doctor collects findings.
type doctor struct {
	*Provider
	findings []Finding
	scopes   []string
}

func (d *doctor) find(v Verdict, check, advice, format string, args ...any) {
	d.findings = append(d.findings, Finding{Check: check, Verdict: v, Found: fmt.Sprintf(format, args...), Advice: advice})
}

// fail reports an outage. It is true if there was none.
func (d *doctor) fail(check string, err error) bool {
	if err == nil {
		return true
	}
	var o *outage
	if !errors.As(err, &o) {
		d.find(Problem, check, "", "%s", err)
		return false
	}
	bare := *o
	bare.advice = ""
	found := strings.TrimPrefix(strings.TrimPrefix(bare.Error(), "auth0: "), check+": ")
	if found == o.doing || found == check { // nothing but the advice says anything
		d.find(Problem, check, "", "%s", o.advice)
		return false
	}
	d.find(Problem, check, o.advice, "%s", found)
	return false
}

// domain asks the tenant who it is.
func (d *doctor) domain(ctx context.Context) bool {
	const check = "domain"
	ctx, cancel := context.WithTimeout(ctx, d.config.LookupTimeout)
	defer cancel()
	ctx, n := withNote(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.config.issuer()+".well-known/openid-configuration", nil)
	if err != nil {
		return d.fail(check, err)
	}
	res, err := d.transport.client(d.config.LookupTimeout).Do(req)
	if err != nil {
		return d.fail(check, lost("asking the tenant", n, err))
	}
	defer res.Body.Close()
	var tenant struct {
		Issuer     string   `json:"issuer"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := json.NewDecoder(res.Body).Decode(&tenant); err != nil || res.StatusCode != http.StatusOK {
		if res.StatusCode >= 500 {
			return d.fail(check, lost("asking the tenant", n, errNotThere))
		}
		found, advice := "HTTP "+strconv.Itoa(res.StatusCode), "check domain: it stands in the application's settings"
		switch res.StatusCode {
		case http.StatusTooManyRequests:
			advice = "try again in a minute"
		case http.StatusOK:
			found += ": " + n.unlike()
			advice += "; or something else answers in its place, such as a proxy"
		}
		d.find(Problem, check, advice, "%s does not answer as an Auth0 tenant (%s)", d.config.Domain, found)
		return false
	}
	if tenant.Issuer != d.config.issuer() {
		d.find(Problem, check, "set domain to the name that the tenant calls itself by", "the tenant calls itself %q, and would sign for that; expected %q", clip(tenant.Issuer), d.config.issuer())
		return false
	}
	d.find(OK, check, "", "%s answers", d.config.Domain)
	return true
}

func (d *doctor) signingKeys(ctx context.Context) bool {
	const check = "signing keys"
	if !d.fail(check, d.keys.ready(ctx)) {
		return false
	}
	d.find(OK, check, "", "the tenant publishes keys for RS256")
	return true
}

// token asks for a management token and looks at what it may do.
func (d *doctor) token(ctx context.Context) bool {
	const check = "management token"
	a, err := d.tokens.access(ctx)
	if !d.fail(check, err) {
		return false
	}
	d.scopes = strings.Fields(a.scope)
	var more []string
	for _, s := range d.scopes {
		if !slices.Contains([]string{scopeUsers, scopeClients, scopeConnections, scopeProtection, scopeMethods}, s) && !isInstallScope(s) {
			more = append(more, s)
		}
	}
	switch {
	case !slices.Contains(d.scopes, scopeUsers):
		d.find(Problem, check, "under Applications, APIs, Auth0 Management API, Machine to Machine Applications, grant the application read:users",
			"the token may not read users")
	case len(more) > 0:
		d.find(Warning, check, "take them away: a stolen client_secret can do all of it",
			"the token may do more than sign-ins need: %s", strings.Join(more, " "))
	default:
		d.find(OK, check, "", "granted, with %s", strings.Join(d.scopes, " "))
	}
	return true
}

// lookup reads as a sign-in does: a user that nobody is.
func (d *doctor) lookup(ctx context.Context) {
	const check = "look-up"
	if !slices.Contains(d.scopes, scopeUsers) {
		d.find(NotChecked, check, "", "the token may not read users")
		return
	}
	if d.config.Lookup == LookupUsername {
		if _, _, err := d.read(ctx, "auth0|callflow-doctor"); d.fail(check, err) {
			d.find(OK, check, "", "profiles can be read; the account number is the username")
		}
		return
	}
	if _, err := d.search(ctx, nobodyName()); d.fail(check, err) {
		d.find(OK, check, "", "users can be searched by app_metadata.%s", accountKey)
	}
}

// nobodyName is a name that no user has.
func nobodyName() string { return "callflow-doctor-" + strings.ToLower(rand.Text()) }

// password tries the grant that sign-ins use, with a user who is not there.
func (d *doctor) password(ctx context.Context) {
	const check = "password grant"
	result, _, err := d.login(ctx, nobodyName(), engine.NewSecret(rand.Text()))
	if !d.fail(check, err) {
		return
	}
	switch result {
	case engine.SignInDenied:
		d.find(OK, check, "", "allowed in the connection %s; a user who does not exist was denied", d.config.Realm)
	case engine.SignInLocked:
		d.find(Problem, check, "under Security, Attack Protection, put this server's address on the allow list of Suspicious IP Throttling and Brute-force Protection, and unblock it",
			"Auth0 refuses every login from this address")
	default:
		d.find(Problem, check, "look for an Action or a custom database that lets everybody in", "a user who does not exist was answered with %q", result)
	}
}

// sees tells whether the token has a scope that only this needs.
func (d *doctor) sees(check, scope string) bool {
	if slices.Contains(d.scopes, scope) {
		return true
	}
	d.find(NotChecked, check, "", "the management token lacks %s, which sign-ins do not need", scope)
	return false
}

// application looks at how the application is set up.
func (d *doctor) application(ctx context.Context) {
	const check = "application"
	if !d.sees(check, scopeClients) {
		return
	}
	app, err := d.readApplication(ctx, check)
	if !d.fail(check, err) {
		return
	}
	before := len(d.findings)
	for _, g := range missingGrants(app) {
		verdict := Warning
		if g.needed {
			verdict = Problem
		}
		d.find(verdict, check, whereGrants, "the grant %s is not switched on: %s", g.name, g.why)
	}
	if alg := app.GetJWTConfiguration().GetAlgorithm(); alg != "" && alg != "RS256" {
		d.find(Problem, check, "set JSON Web Token Signature Algorithm to RS256: the application, Settings, Advanced Settings, OAuth", "ID tokens are signed with %s", clip(alg))
	}
	if method := app.GetTokenEndpointAuthMethod(); method == "none" {
		d.find(Problem, check, "choose the type Regular Web Application or Machine to Machine", "the application has no secret of its own")
	}
	if len(d.findings) == before {
		d.find(OK, check, "", "grants, secret and signature are as they should be")
	}
}

// connection looks at the database of the users.
func (d *doctor) connection(ctx context.Context) {
	const check = "connection"
	if !d.sees(check, scopeConnections) {
		return
	}
	var list *management.ConnectionList
	err := d.manage(ctx, check, func(ctx context.Context, api *management.Management) (err error) {
		list, err = api.Connection.List(ctx, management.Parameter("name", d.config.Realm))
		return err
	})
	if !d.fail(check, err) {
		return
	}
	if list == nil || len(list.Connections) == 0 {
		d.find(Problem, check, "set realm to the name of a connection under Authentication, Database", "there is no connection %q", d.config.Realm)
		return
	}
	before := len(d.findings)
	c := list.Connections[0]
	if c.GetStrategy() != provider {
		d.find(Problem, check, "PINs are passwords of a database: set realm to one under Authentication, Database", "%s is not a database, but %q", d.config.Realm, clip(c.GetStrategy()))
		return
	}
	var enabled *management.ConnectionEnabledClientList
	err = d.manage(ctx, check, func(ctx context.Context, api *management.Management) (err error) {
		enabled, err = api.Connection.ReadEnabledClients(ctx, c.GetID(), management.Take(100))
		return err
	})
	if !d.fail(check, err) {
		return
	}
	if !enabledFor(enabled, d.config.ClientID) {
		d.find(Problem, check, "switch it on: the connection, Applications", "%s is not switched on for the application", d.config.Realm)
	}
	if options, ok := c.Options.(*management.ConnectionOptions); ok && options != nil {
		d.options(check, options)
	}
	if len(d.findings) == before {
		d.find(OK, check, "", "%s is a database, and takes PINs", d.config.Realm)
	}
}

// enabledFor tells whether a connection is switched on for an application. Of a
// list that goes on it is not known, and taken to be.
func enabledFor(list *management.ConnectionEnabledClientList, id string) bool {
	if list == nil || list.Next != "" || list.Clients == nil {
		return true
	}
	return slices.ContainsFunc(*list.Clients, func(c management.ConnectionEnabledClient) bool { return c.GetClientID() == id })
}

func (d *doctor) options(check string, o *management.ConnectionOptions) {
	username := o.GetRequiresUsername()
	if o.Attributes != nil && o.Attributes.Username != nil {
		username = o.Attributes.Username.GetIdentifier().GetActive()
	}
	if d.config.Lookup == LookupUsername && !username {
		d.find(Problem, check, "switch it on: the connection, Attributes, Username, Use as Identifier; or set lookup to app_metadata",
			"users of %s have no username, and lookup is username", d.config.Realm)
	}
	switch policy := o.GetPasswordPolicy(); policy {
	case "fair", "good", "excellent":
		d.find(Warning, check, "set the password strength to Low, with the length of your PINs: the connection, Authentication Methods, Password",
			"the password strength is %s: a PIN of digits cannot be set", policy)
	}
}

// protection looks at what counts failures by address: all callers have ours.
func (d *doctor) protection(ctx context.Context) {
	const check = "attack protection"
	if !d.sees(check, scopeProtection) {
		return
	}
	var throttling *management.SuspiciousIPThrottling
	err := d.manage(ctx, check, func(ctx context.Context, api *management.Management) (err error) {
		throttling, err = api.AttackProtection.GetSuspiciousIPThrottling(ctx)
		return err
	})
	if !d.fail(check, err) {
		return
	}
	var bruteForce *management.BruteForceProtection
	err = d.manage(ctx, check, func(ctx context.Context, api *management.Management) (err error) {
		bruteForce, err = api.AttackProtection.GetBruteForceProtection(ctx)
		return err
	})
	if !d.fail(check, err) {
		return
	}
	const advice = "put this server's address on its allow list, under Security, Attack Protection; callflow counts attempts itself"
	before := len(d.findings)
	if throttling.GetEnabled() && len(throttling.GetAllowList()) == 0 {
		d.find(Warning, check, advice, "Suspicious IP Throttling has no allow list: a hundred wrong PINs in a day, of all callers together, lock everybody out")
	}
	if bruteForce.GetEnabled() && len(bruteForce.GetAllowList()) == 0 {
		d.find(Warning, check, advice, "Brute-force Protection has no allow list: %d wrong PINs block an account until somebody unblocks it", bruteForce.GetMaxAttempts())
	}
	if len(d.findings) == before {
		d.find(OK, check, "", "our own limits are not in the way of Auth0's")
	}
}

// signIn signs a user in as a call would.
func (d *doctor) signIn(ctx context.Context, account string, pin engine.Secret) {
	const check = "sign-in"
	in, err := d.Authenticate(ctx, engine.Authenticate{Account: account, PIN: pin})
	if !d.fail(check, err) {
		return
	}
	switch in.Result {
	case engine.SignInAuthenticated:
		greeting := "and is not greeted by name: set app_metadata." + greetingKey
		if in.Principal.Greeting != "" {
			greeting = fmt.Sprintf("and is greeted as %q", in.Principal.Greeting)
		}
		d.find(OK, check, "", "the user is %s, %s", in.Principal.ID, greeting)
	case engine.SignInDenied:
		d.find(Problem, check, d.deniedAdvice(), "denied: the account number, the PIN, or both are wrong")
	case engine.SignInLocked:
		d.find(Problem, check, "look at the user under User Management, and at the tenant's log under Monitoring", "locked: Auth0 blocks this user, or this address")
	case engine.SignInChallenge:
		d.find(Warning, check, "flows have to wire the outcome challenge; or switch multi-factor authentication off for this application", "the PIN is right, and Auth0 asks for a second factor")
	}
}

func (d *doctor) deniedAdvice() string {
	if d.config.Lookup == LookupUsername {
		return "the account number has to be the user's username in " + d.config.Realm
	}
	return fmt.Sprintf("the user needs app_metadata {%q: \"…\"}, as text, and no other user the same; a change takes some seconds to be found", accountKey)
}
