package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var actionKind = kind{
	Field: Field{Key: "action", Shape: aMappingWith(fetchFields, 1, methodFields[1:]), Doc: "Changes something at a service."},
	parse: parseAction,
	exits: acted,
}

// parseAction reads a change at a service. It is promised before it is sent,
// and sent again only under the same key.
//
//	action:
//	  service: herd
//	  post: /events
//	  body: { event: "${event}", reporter: "${call.from}" }
func parseAction(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &ActionDecl{}
	p.fetch(&d.FetchDecl, "an action", methodFields[1:], key, n)
	return d
}

func (d *ActionDecl) exits() []exit { return acted }

var acted = []exit{
	{outcome: engine.OutDone, good: true, own: true},
	{outcome: engine.OutRejected},
	{outcome: engine.OutPending},
	{outcome: engine.OutUnknown, like: engine.OutPending},
}

func (d *ActionDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, engine.ActionState{
		Var:        st.Name.Value,
		Fetch:      c.fetch(&d.FetchDecl),
		Returns:    d.record().Fields,
		Idempotent: true,
	})
	c.wire(st, acted)
}
