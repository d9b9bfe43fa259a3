package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var requestKind = kind{
	Field: Field{Key: "request", Shape: aMappingWith(fetchFields, 1, methodFields), Doc: "Reads from a service."},
	parse: parseRequest,
	exits: requested,
}

// parseRequest reads a question to a service. It may be asked again freely.
//
//	request:
//	  service: bank
//	  get: /accounts/${caller.account}/balance
//	  returns: { amount: number, currency: text }
func parseRequest(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &RequestDecl{}
	p.fetch(&d.FetchDecl, "a request", methodFields, key, n)
	return d
}

func (d *RequestDecl) exits() []exit { return requested }

var requested = []exit{
	{outcome: engine.OutOK, good: true, own: true},
	{outcome: engine.OutNotFound, like: engine.OutError},
}

func (d *RequestDecl) compile(c *compiler, st *StateDecl) {
	c.state(st, st.Name.Value, engine.RequestState{
		Var:     st.Name.Value,
		Fetch:   c.fetch(&d.FetchDecl),
		Returns: d.record().Fields,
	})
	c.wire(st, requested)
}
