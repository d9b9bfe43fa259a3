package flows

import (
	"cmp"
	"slices"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// ItemsDecl is what a list holds: values of a type, or records.
//
//	[text]
//	[ { name: text, price: number } ]
type ItemsDecl struct {
	Pos    Pos
	Type   Scalar
	Fields []FieldDecl
}

// anItems is the shape of one.
var anItems = aList(either(aWord(fieldTypes...), aMap(Names{What: "field", Pattern: fieldPattern, Some: true}, aWord(fieldTypes...))))

// items reads what a list holds; nil where it was wrong.
func (p *parser) items(key Scalar, n *yaml.Node) *ItemsDecl {
	if len(n.Content) != 1 {
		p.report(CodeWrongType, at(n), "%q: a list takes what one of its items is, as in [text] or [ { name: text, price: number } ]", key.Value)
		return nil
	}
	item := n.Content[0]
	d := &ItemsDecl{Pos: at(n)}
	if item.Kind != yaml.MappingNode {
		if d.Type = p.fieldType(key, item); !d.Type.IsSet() {
			return nil
		}
		return d
	}
	bad := false
	p.each(item, mapping{what: "an item", empty: true}, func(key Scalar, v *yaml.Node) bool {
		f := FieldDecl{Name: key, Type: p.fieldType(key, v)}
		if !isFieldName(key.Value) {
			p.report(CodeBadName, key.Pos, "%q is no name for a field; expected letters, digits and _", key.Value)
			bad = true
		}
		bad = bad || !f.Type.IsSet()
		d.Fields = append(d.Fields, f)
		return true
	})
	if bad || len(d.Fields) == 0 {
		return nil
	}
	return d
}

// fieldType reads the type of a single value; it is not set where it was wrong.
func (p *parser) fieldType(key Scalar, n *yaml.Node) Scalar {
	s := p.scalar(key, n)
	if s.IsSet() && !contains(fieldTypes, s.Value) {
		p.report(CodeBadValue, s.Pos, "%q is no type of a field; expected %s", s.Value, list(fieldTypes)).Hint = didYouMean(s.Value, fieldTypes)
		return Scalar{}
	}
	return s
}

// typ is the type of the list.
func (d *ItemsDecl) typ() engine.Type {
	if d.Type.IsSet() {
		return engine.ListOf(typeNamed(d.Type.Value))
	}
	return engine.ListOf(recordOf(d.Fields))
}

// recordOf is the type of a record with fields.
func recordOf(fields []FieldDecl) engine.Type {
	t := engine.Type{Base: engine.TypeRecord}
	for _, f := range fields {
		typ := typeNamed(f.Type.Value)
		if f.Items != nil {
			typ = f.Items.typ()
		}
		t.Fields = append(t.Fields, engine.Field{Name: f.Name.Value, Type: typ})
	}
	slices.SortFunc(t.Fields, func(a, b engine.Field) int { return cmp.Compare(a.Name, b.Name) })
	return t
}

// ListDecl changes a list.
//
//	{ add: { size: "${size}", price: 12 } }
//	[]
type ListDecl struct {
	Pos   Pos
	Anew  bool // the list is another one from now on
	Items []BodyDecl
}

var changeFields = Fields{
	{Key: "add", Shape: either(aTemplate, aMap(Names{What: "field", Pattern: fieldPattern, Some: true}, aTemplate)), Required: true, Doc: "The item that is put at the end of the list: a value, or a mapping of fields."},
}

// change reads how a list changes; nil where it was wrong.
func (p *parser) change(key Scalar, n *yaml.Node) *ListDecl {
	d := &ListDecl{Pos: at(n)}
	before := len(p.diags)
	if n.Kind == yaml.SequenceNode {
		d.Anew = true
		for _, item := range n.Content {
			d.Items = append(d.Items, p.item(key, item))
		}
	} else {
		seen := p.each(n, mapping{what: "the change of a list", known: changeFields, empty: true}, func(key Scalar, v *yaml.Node) bool {
			if key.Value != "add" {
				return false
			}
			if p.usable(key, v) {
				d.Items = append(d.Items, p.item(key, v))
			}
			return true
		})
		if len(n.Content) > 0 {
			p.need(seen, key, changeFields)
		}
	}
	if len(p.diags) > before {
		return nil
	}
	return d
}

// item reads an item of a list: a value, or a mapping of names to values.
func (p *parser) item(key Scalar, n *yaml.Node) BodyDecl {
	parts := []*yaml.Node{n}
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		parts = parts[:0]
		for i := 1; i < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i])
		}
	}
	for _, v := range parts {
		if p.usable(key, v) {
			p.is(key, v, yaml.ScalarNode, "single values, or a mapping of names to single values")
		}
	}
	return p.body(n)
}

// isSet tells an assignment with a value that could be read.
func (a *AssignmentDecl) isSet() bool { return a.Value.IsSet() || a.List != nil }

// texts are what the value is made of.
func (a *AssignmentDecl) texts() []Scalar {
	if a.List == nil {
		return []Scalar{a.Value}
	}
	var all []Scalar
	for i := range a.List.Items {
		all = textsOfBody(all, &a.List.Items[i])
	}
	return all
}

// at is where the value stands.
func (a *AssignmentDecl) at() Pos {
	if a.List != nil {
		return a.List.Pos
	}
	return a.Value.Pos
}

// itemType is the type of an item as it is written, quietly.
func (c *compiler) itemType(b *BodyDecl) (engine.Type, bool) {
	if b.Fields == nil {
		return c.valueType(b.Scalar)
	}
	t := engine.Type{Base: engine.TypeRecord}
	for i := range b.Fields {
		typ, ok := c.valueType(b.Fields[i].Value.Scalar)
		if !ok || !single(typ) {
			return engine.Type{}, false
		}
		t.Fields = append(t.Fields, engine.Field{Name: b.Fields[i].Name.Value, Type: typ})
	}
	slices.SortFunc(t.Fields, func(a, b engine.Field) int { return cmp.Compare(a.Name, b.Name) })
	return t, true
}

// single tells types of single values.
func single(t engine.Type) bool {
	return t.Base == engine.TypeText || t.Base == engine.TypeNumber || t.Base == engine.TypeBool
}

// change compiles how a list changes.
func (c *compiler) change(a *AssignmentDecl, want engine.Type) engine.Assignment {
	out := engine.Assignment{Var: a.Name.Value, List: &engine.ListChange{Anew: a.List.Anew}}
	if want.Base != engine.TypeList {
		c.mismatch(a, want, engine.Type{Base: engine.TypeList})
		return engine.Assignment{Var: a.Name.Value, Constant: ""}
	}
	for i := range a.List.Items {
		if node, ok := c.item(&a.List.Items[i], *want.Item); ok {
			out.List.Add = append(out.List.Add, node)
		}
	}
	return out
}

// item compiles an item of a list of such.
func (c *compiler) item(b *BodyDecl, want engine.Type) (engine.Node, bool) {
	if b.Fields == nil {
		return c.listValue(b, want, "an item of the list")
	}
	if want.Base != engine.TypeRecord {
		c.report(CodeWrongExpressionType, b.Pos, "an item of the list is %s; found a record", want.Describe())
		return engine.Node{}, false
	}
	node := engine.Node{Object: []engine.NodeField{}}
	good := true
	var names, known []string
	for _, f := range want.Fields {
		known = append(known, f.Name)
	}
	for i := range b.Fields {
		f := &b.Fields[i]
		names = append(names, f.Name.Value)
		typ, ok := want.Field(f.Name.Value)
		if !ok {
			c.report(CodeUnknownName, f.Name.Pos, "an item of the list has no field %q; it has %s", f.Name.Value, and(known)).Hint = c.nearest(f.Name.Value, known)
			good = false
			continue
		}
		value, ok := c.listValue(&f.Value, typ, quote(f.Name.Value))
		node.Object = append(node.Object, engine.NodeField{Name: f.Name.Value, Value: value})
		good = good && ok
	}
	if missing := slices.DeleteFunc(known, func(name string) bool { return contains(names, name) }); len(missing) > 0 && good {
		c.report(CodeMissingKey, b.Pos, "the item has no %s", and(missing)).Hint = "every item of a list has the same fields"
		good = false
	}
	return node, good
}

// listValue compiles one value of a list.
func (c *compiler) listValue(b *BodyDecl, want engine.Type, what string) (engine.Node, bool) {
	found := engine.Type{Base: engine.TypeText}
	if _, typ, ok := constant(b.Scalar); ok && want.Base != engine.TypeText {
		if typ.Base == want.Base {
			return engine.Node{Raw: b.Scalar.Value}, true
		}
		found = typ
	} else {
		if b.Raw == "null" {
			c.report(CodeEmptyValue, b.Pos, "%s has no value", what)
			return engine.Node{}, false
		}
		if b.Raw == `""` && want.Base == engine.TypeText {
			return engine.Node{Raw: b.Raw}, true
		}
		t := c.template(b.Scalar, use{what: "a list", want: engine.TypeAny})
		if len(t) == 0 && b.Raw == "" {
			return engine.Node{}, false // it was reported
		}
		if len(t) == 1 && t[0].Expr != nil {
			found = t[0].Expr.Type()
		}
		if found.Equal(want) {
			return engine.Node{Template: t}, true
		}
	}
	d := c.report(CodeWrongExpressionType, b.Pos.or(b.Scalar.Pos), "%s is %s; found %s", what, want.Describe(), found.Describe())
	d.Hint = conversion(want, found)
	return engine.Node{}, false
}

// conversion is what makes one type of another, or "".
func conversion(want, found engine.Type) string {
	switch {
	case want.Base == engine.TypeText && found.Base == engine.TypeNumber:
		return "write text(…) around it"
	case want.Base == engine.TypeNumber && found.Base == engine.TypeText:
		return "write int(…) around it"
	}
	return ""
}

// listOf compiles an expression that is a list; nil where it was wrong.
func (c *compiler) listOf(s Scalar, key string) *engine.Expr {
	if !s.IsSet() {
		return nil
	}
	pieces, bad := split(s.Value)
	if bad >= 0 || len(pieces) != 1 || !pieces[0].isExpr {
		d := c.report(CodeWrongExpressionType, s.Pos, "%q takes a list; found %q", key, clip(s.Value))
		if name := s.Value; c.scope[name].Base == engine.TypeList {
			d.Hint = "write ${" + name + "}"
			c.used[name] = true
		}
		return nil
	}
	return c.expr(pieces[0].expr, s, pieces[0].offset, engine.TypeList, use{what: "a list"})
}

// ofEach compiles what is said of each item of a list, where the names that stand
// for it mean something. list is nil where it was wrong.
func (c *compiler) ofEach(list *engine.Expr, names []string, compile func()) {
	scope, loose, exprs := map[string]engine.Type{}, map[string]bool{}, c.exprs
	c.exprs = map[exprKey]*engine.Expr{} // the same words mean something else elsewhere
	for _, name := range names {
		if typ, known := c.scope[name]; known {
			scope[name] = typ
		}
		loose[name] = c.loose[name]
		c.scope[name] = engine.Type{Base: engine.TypeText}
		if name != engine.LocalItem {
			continue
		}
		if list != nil {
			c.scope[name] = *list.Type().Item
		} else {
			delete(c.scope, name)
			c.loose[name] = true
		}
	}
	compile()
	c.exprs = exprs
	for _, name := range names {
		delete(c.scope, name)
		if typ, known := scope[name]; known {
			c.scope[name] = typ
		}
		c.loose[name] = loose[name]
	}
}
