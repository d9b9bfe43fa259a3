package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var challengeKind = kind{
	Field: Field{Key: "challenge", Shape: aMappingWith(challengeFields, 0, challengeTargets), Doc: "Sends a one-time code."},
	parse: parseChallenge,
	exits: codeSent,
}

var challengeTargets = Fields{
	{Key: "to", Shape: aTemplate, Doc: "The number that the code goes to: the caller's, or one that a service knows."},
	{Key: "factor", Shape: aBoolean, Doc: "Sends the code to the second factor that a sign-in has asked for; true, or left out."},
}

var challengeFields = Fields{
	{Key: "channel", Shape: aWord(string(engine.ChannelSMS), string(engine.ChannelVoice)), Default: string(engine.ChannelSMS), Doc: "Whether the code is written or spoken; it is never spoken to the line that is calling."},
}

// parseChallenge reads the sending of a code.
//
//	challenge: { to: "${call.from}" }
//	challenge: { factor: true }
func parseChallenge(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &ChallengeDecl{}
	if !p.is(key, n, yaml.MappingNode, `a mapping with "to" or "factor"`) {
		d.broken = true
		return d
	}
	var factor *Setting[bool]
	var to, asked Scalar
	p.each(n, mapping{what: "a challenge", known: challengeTargets.and(challengeFields...)}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "to":
			to = key
			d.To = p.scalar(key, v)
		case "factor":
			asked = key
			factor = p.boolean(key, v)
		case "channel":
			d.Channel = p.scalar(key, v)
			if s := d.Channel; s.IsSet() && s.Value != string(engine.ChannelSMS) && s.Value != string(engine.ChannelVoice) {
				p.report(CodeBadValue, s.Pos, `"channel" takes sms or voice; found %q`, clip(s.Value)).Hint = didYouMean(s.Value, challengeFields[0].Shape.Words)
				d.Channel = Scalar{}
			}
		default:
			return false
		}
		return true
	})
	switch {
	case to.IsSet() && asked.IsSet():
		dup := p.report(CodeBadValue, asked.Pos, `a code goes to one place; found both "to" and "factor"`)
		dup.Related = append(dup.Related, Related{Pos: to.Pos, Message: "the first one is here"})
	case factor != nil && !factor.V:
		p.report(CodeBadValue, factor.Pos, `"factor" is true, or is left out`).Hint = `write "to" with the number that the code goes to`
		d.broken = true
	case !to.IsSet() && !asked.IsSet():
		p.report(CodeMissingKey, key.Pos, `%q does not say where the code goes; expected "to", or "factor: true"`, key.Value)
		d.broken = true
	}
	d.Factor = asked.IsSet() && !to.IsSet()
	if d.To.Value == "" && !d.Factor {
		d.broken = true
	}
	return d
}

func (d *ChallengeDecl) exits() []exit { return codeSent }

var codeSent = []exit{
	{outcome: engine.OutSent, good: true, own: true},
	{outcome: engine.OutRejected},
	{outcome: engine.OutUnavailable, builtin: engine.StateApology},
}

func (d *ChallengeDecl) compile(c *compiler, st *StateDecl) {
	k := engine.ChallengeState{Var: st.Name.Value, Factor: d.Factor, Channel: engine.ChannelSMS}
	if d.Channel.IsSet() {
		k.Channel = engine.Channel(d.Channel.Value)
	}
	if !d.Factor && !d.broken {
		k.Number = c.template(d.To, use{what: "a number", want: engine.TypeText})
	}
	c.state(st, st.Name.Value, k)
	c.wire(st, codeSent)
}
