package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var verifyKind = kind{
	Field: Field{Key: "verify", Shape: aMapping(verifyFields), Doc: "Checks the one-time code that the caller entered."},
	parse: parseVerify,
	exits: codeChecked,
}

var verifyFields = Fields{
	{Key: "code", Shape: aTemplate, Required: true, Doc: "The code that was entered, as a secret."},
}.and(retryingFields...)

// parseVerify reads the check of a code.
//
//	verify: { code: "${code}", attempts: 3, retry: code, sorry: That does not match. }
func parseVerify(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &VerifyDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a code") {
		return d
	}
	var r retrying
	seen := p.each(n, mapping{what: "a verify", known: verifyFields}, func(key Scalar, v *yaml.Node) bool {
		if key.Value == "code" {
			d.Code = p.scalar(key, v)
			return true
		}
		return p.retrySetting(&d.RetryingDecl, &r, key, v)
	})
	p.need(seen, key, verifyFields)
	p.retries(&d.RetryingDecl, &r)
	return d
}

func (d *VerifyDecl) exits() []exit { return codeChecked }

// codeChecked are the outcomes of a check. One that proves whose the code is, and
// not only which number, is authenticated.
var codeChecked = []exit{
	{outcome: engine.OutVerified, good: true, own: true},
	{outcome: engine.OutAuthenticated, own: true, like: engine.OutVerified},
	{outcome: engine.OutDenied},
	{outcome: engine.OutExpired, like: engine.OutDenied},
	{outcome: engine.OutLocked, like: engine.OutUnavailable},
	{outcome: engine.OutUnavailable, builtin: engine.StateApology},
}

func (d *VerifyDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, engine.VerifyState{
		Code:     c.operand(d.Code, use{what: "a code", secrets: true}),
		Attempts: d.attempts(),
		Sorry:    c.text(d.Sorry, spoken),
	})
	c.wire(st, codeChecked)
	if d.Retry != nil {
		c.edge(engine.OutRetryDenied, c.to(d.Retry))
	}
}
