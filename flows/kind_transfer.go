package flows

import (
	"time"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// ringFor is how long a transfer rings where the flow does not say.
const ringFor = 20 * time.Second

var transferKind = kind{
	Field: Field{Key: "transfer", Shape: aMapping(transferFields), Doc: "Connects the caller to somebody."},
	parse: parseTransfer,
	exits: transferred,
}

var transferFields = Fields{
	{Key: "to", Shape: aTemplate, Required: true, Doc: "A number or a SIP address, never made of what a caller typed."},
	{Key: "from", Shape: aTemplate, Default: "the platform's", Doc: "The number to show."},
	{Key: "say", Shape: aWording, Doc: "What is said before."},
	{Key: "timeout", Shape: aDuration(time.Second, maxClock), Default: short(ringFor), Doc: "How long it rings."},
}

// parseTransfer reads a connection to somebody.
//
//	transfer: { to: "+15550100", say: Connecting you now., timeout: 20s }
func parseTransfer(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &TransferDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a number to call") {
		return d
	}
	seen := p.each(n, mapping{what: "a transfer", known: transferFields, later: []string{"mode"}}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "to":
			d.To = p.scalar(key, v)
		case "from":
			d.From = p.scalar(key, v)
		case "say":
			d.Say = p.text(key, v, false)
		case "timeout":
			d.Timeout = p.duration(key, v, time.Second, maxClock)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, transferFields)
	return d
}

func (d *TransferDecl) exits() []exit { return transferred }

var transferred = []exit{
	{outcome: engine.OutCompleted, good: true, own: true},
	{outcome: engine.OutBusy, like: engine.OutFailed},
	{outcome: engine.OutNoAnswer, like: engine.OutFailed},
	{outcome: engine.OutFailed, builtin: engine.StateApology},
}

func (d *TransferDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, engine.TransferState{
		To:      c.template(d.To, use{what: "a number to call", want: engine.TypeText}),
		From:    c.template(d.From, use{what: "a number to call from", want: engine.TypeText}),
		Say:     c.text(d.Say, spoken),
		Timeout: first(d.Timeout, nil, ringFor),
	})
	c.wire(st, transferred)
}
