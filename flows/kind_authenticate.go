package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var authenticateKind = kind{
	Field: Field{Key: "authenticate", Shape: aMapping(authenticateFields), Doc: "Signs the caller in."},
	parse: parseAuthenticate,
	exits: signedIn,
}

var authenticateFields = Fields{
	{Key: "account", Shape: aTemplate, Required: true, Doc: "The account that was entered."},
	{Key: "pin", Shape: aTemplate, Required: true, Doc: "The PIN that was entered, as a secret."},
}.and(retryingFields...)

// parseAuthenticate reads a sign-in.
//
//	authenticate: { account: "${account_number}", pin: "${pin}" }
func parseAuthenticate(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &AuthenticateDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with an account and a pin") {
		return d
	}
	var r retrying
	seen := p.each(n, mapping{what: "an authenticate", known: authenticateFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "account":
			d.Account = p.scalar(key, v)
		case "pin":
			d.PIN = p.scalar(key, v)
		default:
			return p.retrySetting(&d.RetryingDecl, &r, key, v)
		}
		return true
	})
	p.need(seen, key, authenticateFields)
	p.retries(&d.RetryingDecl, &r)
	return d
}

func (d *AuthenticateDecl) exits() []exit { return signedIn }

var signedIn = []exit{
	{outcome: engine.OutAuthenticated, good: true, own: true},
	{outcome: engine.OutDenied},
	{outcome: engine.OutLocked, like: engine.OutUnavailable},
	{outcome: engine.OutChallenge, like: engine.OutUnavailable},
	{outcome: engine.OutUnavailable, builtin: engine.StateApology},
}

func (d *AuthenticateDecl) compile(c *compiler, st *StateDecl) {
	k := engine.AuthenticateState{
		Account:  c.account(d.Account),
		PIN:      c.operand(d.PIN, use{what: "a PIN", secrets: true}),
		Attempts: d.attempts(),
		Sorry:    c.text(d.Sorry, spoken),
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, signedIn)
	if d.Retry != nil {
		c.edge(engine.OutRetryDenied, c.to(d.Retry))
	}
}

// account is the account that is entered. It is no secret: the provider gives it
// back as caller.account, and a trace names it.
func (c *compiler) account(s Scalar) engine.Operand {
	if name, secret := c.secretName(s); secret {
		c.report(CodeSecretExposed, s.Pos, "the account is given by %q, which is secret, but an account comes back as caller.account and can be spoken", name).Hint = "leave out secret: true there; only the PIN is secret"
		return engine.Operand{Template: engine.Literal(name)}
	}
	return engine.Operand{Template: c.template(s, use{what: "an account"})}
}
