package flows

import (
	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

var callbackKind = kind{
	Field: Field{Key: "callback", Shape: aMappingWith(callbackFields.and(deliverFields...), 4, methodFields[1:]), Doc: "Asks a service to call somebody back, at a number that the installation allows."},
	parse: parseCallback,
	exits: acted,
}

var callbackFields = Fields{
	{Key: "number", Shape: aTemplate, Required: true, Doc: "The number to call: of the caller, or one that was entered."},
	{Key: "country", Shape: aText, Default: "none", Doc: "The calling code of numbers without one, such as 61; without it they are rejected."},
	{Key: "at", Shape: aTemplate, Doc: "When to call, in whatever words the service takes."},
}

var callingCode = lazy.Regexp(`^[1-9][0-9]{0,2}$`)

// parseCallback reads the promise of a call.
//
//	callback:
//	  number: ${call.from}
//	  country: "61"
//	  service: desk
//	  post: /callbacks
func parseCallback(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &CallbackDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with a number and a service") {
		d.broken = true
		return d
	}
	p.fetchWith(&d.FetchDecl, "a callback", methodFields[1:], callbackFields, key, n, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "number":
			d.Number = p.scalar(key, v)
		case "country":
			if d.Country = p.scalar(key, v); d.Country.IsSet() && !callingCode().MatchString(d.Country.Value) {
				p.report(CodeBadValue, d.Country.Pos, `"country" takes a calling code such as 61 or 1; found %q`, clip(d.Country.Value))
			}
		case "at":
			d.At = p.scalar(key, v)
		default:
			return false
		}
		return true
	})
	for _, f := range d.Returns {
		p.report(CodeBadRequest, f.Name.Pos, "nothing is read from the answer to a callback").Hint = "use an action"
		break
	}
	if d.Body != nil {
		p.callbackBody(d.Body)
	}
	return d
}

// callbackBody reports a body that has no place for the number, or has one of its
// own.
func (p *parser) callbackBody(b *BodyDecl) {
	if b.Fields == nil && (b.Items != nil || b.Scalar.IsSet() || b.Raw != "" && b.Raw != "{}") {
		p.report(CodeBadRequest, b.Pos, "the body of a callback is a mapping: the number is put into it")
	}
	for _, f := range b.Fields {
		if name := f.Name.Value; name == "number" || name == "at" {
			p.report(CodeBadRequest, f.Name.Pos, "%q is put into the body from the callback's own %q", name, name)
		}
	}
}

func (d *CallbackDecl) exits() []exit { return acted }

func (d *CallbackDecl) compile(c *compiler, st *StateDecl) {
	callback := &engine.Callback{
		Number:  c.template(d.Number, use{what: "a number to call", want: engine.TypeText}),
		Country: d.Country.Value,
	}
	if d.At.IsSet() {
		callback.At = c.template(d.At, use{what: "a time to call", want: engine.TypeText})
	}
	c.state(st, st.Name.Value, engine.ActionState{
		Var: st.Name.Value, Fetch: c.fetch(&d.FetchDecl), Idempotent: true, Callback: callback,
	})
	c.wire(st, acted)
}
