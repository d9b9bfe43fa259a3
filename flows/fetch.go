package flows

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

// The bounds of waiting for a service.
const (
	minFetch = 100 * time.Millisecond
	maxFetch = time.Minute
)

var (
	variableTypes = []string{"text", "number", "bool", "secret", "list"}
	fieldTypes    = []string{"text", "number", "bool"}
	headerPattern = lazy.Regexp("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
)

var fetchFields = Fields{
	{Key: "service", Shape: aService, Required: true, Doc: "The service of the installation that is called."},
	{Key: "query", Shape: aMap(Names{What: "argument"}, aValue), Doc: "Arguments of the address."},
	{Key: "headers", Shape: aMap(Names{What: "header"}, aValue), Doc: "Header fields that are sent."},
	{Key: "body", Shape: aTree, Doc: "Any tree, sent as JSON; not with get."},
	{Key: "returns", Shape: aMap(Names{What: "field", Pattern: fieldPattern}, either(aWord(fieldTypes...), anItems)), Doc: "The fields that are read from the answer, each with its type."},
	{Key: "timeout", Shape: aDuration(minFetch, maxFetch), Default: "the service's", Doc: "How long one answer may take."},
}

// methodFields are the ways to call a service. The first only reads.
var methodFields = Fields{
	{Key: "get", Shape: aTemplate, Doc: "The path that is read."},
	{Key: "post", Shape: aTemplate, Doc: "The path that is posted to."},
	{Key: "put", Shape: aTemplate, Doc: "The path that is put."},
	{Key: "patch", Shape: aTemplate, Doc: "The path that is patched."},
	{Key: "delete", Shape: aTemplate, Doc: "The path that is deleted."},
}

// owned are the header fields that are not a flow's to set.
var owned = []string{
	"connection", "content-length", "content-type", "expect", "host", "idempotency-key", "keep-alive", "te",
	"trailer", "transfer-encoding", "upgrade",
}

// fetch reads what a request and an action have in common.
func (p *parser) fetch(d *FetchDecl, what string, verbs Fields, key Scalar, n *yaml.Node) {
	p.fetchWith(d, what, verbs, nil, key, n, nil)
}

// fetchWith is fetch for a kind that has keys of its own besides, which take takes.
func (p *parser) fetchWith(d *FetchDecl, what string, verbs, extra Fields, key Scalar, n *yaml.Node, take func(Scalar, *yaml.Node) bool) {
	if !p.is(key, n, yaml.MappingNode, "a mapping with a service and a path") {
		d.broken = true
		return
	}
	var body Scalar
	refused := false
	known := extra.and(fetchFields...).and(verbs...)
	seen := p.each(n, mapping{what: what, known: known}, func(key Scalar, v *yaml.Node) bool {
		if take != nil && take(key, v) {
			return true
		}
		switch key.Value {
		case "service":
			d.Service = p.scalar(key, v)
			if s := d.Service; s.IsSet() && !isServiceName(s.Value) {
				p.report(CodeBadName, s.Pos, "%q is no name for a service; expected a small letter, then small letters, digits, - and _", s.Value)
				d.Service = Scalar{}
			}
		case "query":
			d.Query = p.pairs(key, v, "the query")
		case "headers":
			d.Headers = p.headers(key, v)
		case "body":
			body = key
			b := p.body(v)
			d.Body = &b
		case "returns":
			d.Returns = p.returns(d, key, v)
		case "timeout":
			d.Timeout = p.duration(key, v, minFetch, maxFetch)
		default:
			if !methodFields.has(key.Value) {
				return false
			}
			if !verbs.has(key.Value) {
				p.report(CodeBadRequest, key.Pos, "%s does not %s: it changes something at a service", what, key.Value).Hint = "use a request to read"
				refused = true
				return true
			}
			if d.Method.IsSet() {
				dup := p.report(CodeBadRequest, key.Pos, "%s is sent once; found both %s and %s", what, d.Method.Value, key.Value)
				dup.Related = append(dup.Related, Related{Pos: d.Method.Pos, Message: "the first one is here"})
				return true
			}
			d.Method = key
			d.Path = p.scalar(key, v)
		}
		return true
	})
	p.need(seen, key, extra.and(fetchFields...))
	if !d.Method.IsSet() && !refused {
		p.report(CodeMissingKey, key.Pos, "%q does not say what to send; expected one of %s, with a path", key.Value, list(verbs.words()))
	}
	if d.Method.Value == "get" && body.IsSet() {
		p.report(CodeBadRequest, body.Pos, "a get has no body").Hint = `use "query", or "post"`
	}
}

func (p *parser) pairs(key Scalar, n *yaml.Node, what string) []PairDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of names to texts") {
		return nil
	}
	var pairs []PairDecl
	p.each(n, mapping{what: what}, func(key Scalar, v *yaml.Node) bool {
		if s := p.literal(key, v); s.IsSet() {
			pairs = append(pairs, PairDecl{key, s})
		}
		return true
	})
	return pairs
}

func (p *parser) headers(key Scalar, n *yaml.Node) []PairDecl {
	pairs := p.pairs(key, n, "the headers")
	return slices.DeleteFunc(pairs, func(h PairDecl) bool {
		switch {
		case !headerPattern().MatchString(h.Name.Value):
			p.report(CodeBadRequest, h.Name.Pos, "%q is no name of a header", h.Name.Value)
			return true
		case contains(owned, strings.ToLower(h.Name.Value)):
			p.report(CodeBadRequest, h.Name.Pos, "the header %s is set for every request and cannot be set here", h.Name.Value)
			return true
		case strings.ContainsAny(h.Value.Value, "\r\n\x00"):
			p.report(CodeBadRequest, h.Value.Pos, "the header %s has a line break in it", h.Name.Value)
			return true
		}
		return false
	})
}

func (p *parser) returns(d *FetchDecl, key Scalar, n *yaml.Node) []FieldDecl {
	if !p.is(key, n, yaml.MappingNode, "a mapping of fields to types") {
		d.broken = true
		return nil
	}
	var fields []FieldDecl
	p.each(n, mapping{what: "returns"}, func(key Scalar, v *yaml.Node) bool {
		f := FieldDecl{Name: key}
		if v.Kind == yaml.SequenceNode {
			f.Items = p.items(key, v)
		} else {
			f.Type = p.fieldType(key, v)
		}
		switch {
		case !isFieldName(key.Value):
			p.report(CodeBadName, key.Pos, "%q is no name for a field; expected letters, digits and _", key.Value)
			d.broken = true
		case !f.Type.IsSet() && f.Items == nil:
			d.broken = true
		default:
			fields = append(fields, f)
		}
		return true
	})
	return fields
}

// record is the type of what the service answers.
func (d *FetchDecl) record() engine.Type {
	return recordOf(d.Returns)
}

// typeNamed is the type a flow calls by a word.
func typeNamed(word string) engine.Type {
	switch word {
	case "text":
		return engine.Type{Base: engine.TypeText}
	case "number":
		return engine.Type{Base: engine.TypeNumber}
	case "bool":
		return engine.Type{Base: engine.TypeBool}
	case "secret":
		return engine.Type{Base: engine.TypeSecret}
	}
	return engine.Type{}
}

// fetch compiles a request before its values are filled in.
func (c *compiler) fetch(d *FetchDecl) engine.FetchSpec {
	f := engine.FetchSpec{
		Service: d.Service.Value,
		Method:  strings.ToUpper(d.Method.Value),
		Path:    c.path(d.Path),
		Timeout: first(d.Timeout, nil, 0),
	}
	c.service(d.Service)
	for _, q := range d.Query {
		f.Query = append(f.Query, engine.NamedTemplate{Name: q.Name.Value, Value: c.template(q.Value, use{what: "a query"})})
	}
	for _, h := range d.Headers {
		f.Headers = append(f.Headers, engine.NamedTemplate{Name: h.Name.Value, Value: c.template(h.Value, use{what: "a header"})})
	}
	if d.Body != nil {
		node := c.node(d.Body)
		f.Body = &node
	}
	return f
}

// path compiles a path: what is written is escaped now, values when they are
// filled in.
func (c *compiler) path(s Scalar) engine.Template {
	if !s.IsSet() {
		return nil
	}
	switch {
	case !strings.HasPrefix(s.Value, "/"):
		c.report(CodeBadRequest, s.Pos, "the path %q does not begin with /", clip(s.Value)).Hint = "the service's own address stands in the installation's settings"
		return nil
	}
	t := c.template(s, use{what: "a path"})
	var plain strings.Builder // the path with a stand-in for each value
	for i, part := range t {
		if part.Expr != nil {
			plain.WriteByte('x')
			continue
		}
		plain.WriteString(part.Literal)
		if i := strings.IndexAny(part.Literal, "?#"); i >= 0 {
			c.report(CodeBadRequest, s.Pos, "the path has a %q in it", part.Literal[i:i+1]).Hint = `put arguments under "query"`
			return nil
		}
		t[i].Literal = escapePath(part.Literal)
	}
	for _, segment := range strings.Split(plain.String(), "/") {
		if segment == "." || segment == ".." {
			c.report(CodeBadRequest, s.Pos, "the path has a segment %q", segment)
			return nil
		}
	}
	return t
}

// escapePath escapes what a path cannot hold as it is. Escapes that are there
// already stay.
func escapePath(s string) string {
	const fine = "-._~!$&'()*+,;=:@/%"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		ch := s[i]
		if 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || '0' <= ch && ch <= '9' || strings.IndexByte(fine, ch) >= 0 {
			b.WriteByte(ch)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[ch>>4])
		b.WriteByte(hex[ch&15])
	}
	return b.String()
}
