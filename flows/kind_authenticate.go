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
	{Key: "attempts", Shape: anInteger(1, maxAttempts), Default: "1", Doc: "How often a caller may try before the outcome is denied."},
	{Key: "retry", Shape: aState, Doc: "The state that asks again after a refusal."},
	{Key: "sorry", Shape: aWording, Doc: "What is said before asking again."},
}

// parseAuthenticate reads a sign-in.
//
//	authenticate: { account: "${account_number}", pin: "${pin}" }
func parseAuthenticate(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &AuthenticateDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with an account and a pin") {
		return d
	}
	var attempts, retry, sorry Scalar
	seen := p.each(n, mapping{what: "an authenticate", known: authenticateFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "account":
			d.Account = p.scalar(key, v)
		case "pin":
			d.PIN = p.scalar(key, v)
		case "attempts":
			attempts = key
			d.Attempts = p.integer(key, v, 1, maxAttempts)
		case "retry":
			retry = key
			d.Retry = p.ref(key, v)
		case "sorry":
			sorry = key
			d.Sorry = p.text(key, v, false)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, authenticateFields)
	switch many := d.Attempts != nil && d.Attempts.V > 1; {
	case many && !retry.IsSet():
		p.report(CodeRetryNeedsAttempts, attempts.Pos, "there are %d attempts, but nothing says which state asks again", d.Attempts.V).Hint = `add "retry: STATE"`
	case retry.IsSet() && !many && (d.Attempts != nil || !attempts.IsSet()):
		p.report(CodeRetryNeedsAttempts, retry.Pos, `"retry" has no second attempt to use`).Hint = `add "attempts: 3"`
	case sorry.IsSet() && !retry.IsSet():
		p.report(CodeRetryNeedsAttempts, sorry.Pos, `"sorry" is said before asking again, and nothing asks again`).Hint = `add "attempts: 3" and "retry: STATE"`
	}
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
		Attempts: first(d.Attempts, nil, 1),
		Sorry:    c.text(d.Sorry, spoken),
	}
	if d.Retry == nil {
		k.Attempts = 1
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
