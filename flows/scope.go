package flows

import (
	"slices"
	"strconv"
	"strings"

	"callflow/engine"
)

// declare gives every name of the flow its type: variables, the states that
// hold what was entered or answered, and what set states make up.
func (c *compiler) declare() {
	taken := map[string]Pos{}
	for _, v := range slices.Concat(c.doc.Parameters, c.doc.Variables) {
		c.variable(v, taken)
	}
	for _, st := range c.doc.States {
		name := st.Name.Value
		if c.states[name] != st {
			continue
		}
		if pos, ok := taken[name]; ok {
			d := c.report(CodeNameTaken, st.Name.Pos, "%q is a variable already; a state needs a name of its own", name)
			d.Related = append(d.Related, Related{Pos: pos, Message: "the variable is declared here"})
			continue
		}
		typ, loose := c.value(st)
		if typ.Base != 0 {
			c.scope[name] = typ
		}
		if loose {
			c.loose[name] = true
		}
	}
	// A state that is missing would have been a name, too.
	for _, ref := range c.allRefs() {
		if _, known := c.scope[ref.Value]; !known && c.states[ref.Value] == nil && !isTarget(ref.Value) {
			c.loose[ref.Value] = true
		}
	}
	c.infer()
	c.listVariables()
}

func (c *compiler) variable(v *VariableDecl, taken map[string]Pos) {
	name := v.Name.Value
	if !isName(name) || isReserved(name) {
		return // reported when it was read
	}
	if pos, ok := taken[name]; ok {
		d := c.report(CodeNameTaken, v.Name.Pos, "%q is a parameter already; a variable needs a name of its own", name)
		d.Related = append(d.Related, Related{Pos: pos, Message: "the parameter is declared here"})
		return
	}
	taken[name] = v.Name.Pos
	typ := typeNamed(v.Type.Value)
	switch {
	case v.Items != nil:
		typ = v.Items.typ()
	case v.Type.Value == engine.TypeList.String():
		c.open[name] = true // what it holds is found out from what is added to it
		if v.Default.IsSet() {
			c.report(CodeBadValue, v.Default.Pos, "a list has no default: it begins empty")
		}
		return
	}
	if typ.Base == 0 || v.broken {
		c.loose[name] = true
		if v.Type.IsSet() {
			c.report(CodeBadValue, v.Type.Pos, "%q is no type of a variable; expected %s", v.Type.Value, list(variableTypes)).Hint = didYouMean(v.Type.Value, variableTypes)
		}
		return
	}
	c.scope[name] = typ
	if _, err := initial(v, typ); err != "" {
		c.report(CodeBadValue, v.Default.Pos, "%s", err)
	}
}

// initial is a variable's value at the start of a call, or what is wrong with
// its default.
func initial(v *VariableDecl, typ engine.Type) (engine.Value, string) {
	if !v.Default.IsSet() {
		return nil, ""
	}
	text := v.Default.Value
	switch typ.Base {
	case engine.TypeNumber:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || v.Default.Quoted || !jsonNumber().MatchString(text) {
			return 0.0, "the default of a number is a number; found " + quote(clip(text))
		}
		return f, ""
	case engine.TypeBool:
		if v.Default.Quoted || text != "true" && text != "false" {
			return false, "the default of a bool is true or false; found " + quote(clip(text))
		}
		return text == "true", ""
	case engine.TypeList:
		return nil, "a list has no default: it begins empty"
	case engine.TypeSecret:
		return nil, "a secret has no default: it would stand in the file for everybody to read"
	}
	if strings.Contains(text, "${") {
		return "", "a default is written out; it cannot hold ${ }"
	}
	return text, ""
}

// value is st.value, and what a sub-flow gives back.
func (c *compiler) value(st *StateDecl) (typ engine.Type, loose bool) {
	if _, enters := st.Kind.(*SubflowDecl); !enters {
		return st.value()
	}
	if sub := c.subs[st]; sub != nil {
		return sub.doc.record(), sub.doc.shape.HasErrors()
	}
	return engine.Type{}, true
}

// value is the type of what a state leaves behind under its name; zero: nothing.
// loose tells that it could not be found out.
func (st *StateDecl) value() (typ engine.Type, loose bool) {
	switch d := st.Kind.(type) {
	case nil:
		return engine.Type{}, true
	case *MenuDecl:
		if d.Each != nil {
			return engine.Type{}, false // an item, of a type that is found out later
		}
		return engine.Type{Base: engine.TypeText}, false
	case *CollectDecl:
		if d.secret() {
			return engine.Type{Base: engine.TypeSecret}, false
		}
		return engine.Type{Base: engine.TypeText}, false
	case *RequestDecl:
		return d.record(), d.broken
	case *ActionDecl:
		return d.record(), d.broken
	case *QueueDecl:
		return engine.QueueType(), false
	case *RecordDecl, *VoicemailDecl:
		return engine.RecordingType(), false
	case *ChallengeDecl:
		return engine.ChallengeType(), false
	case *IdentifyDecl:
		return engine.CandidatesType(), false
	}
	return engine.Type{}, false
}

// infer finds the types of variables that are not declared, from what set states
// give them. One may be made from another, in whatever order they are written.
func (c *compiler) infer() {
	var pending []*AssignmentDecl
	for _, st := range c.doc.States {
		if c.states[st.Name.Value] != st {
			continue
		}
		if d, ok := st.Kind.(*MenuDecl); ok && d.Each != nil {
			if _, taken := c.scope[st.Name.Value]; !taken {
				pending = append(pending, &AssignmentDecl{Name: st.Name, Value: d.Each.In, item: true})
			}
		}
		d, ok := st.Kind.(*SetDecl)
		if !ok {
			continue
		}
		for i := range d.Set {
			if a := &d.Set[i]; c.undeclared(a) {
				pending = append(pending, a)
			}
		}
	}
	// Each waits for the first name in it that has no type yet.
	waiting := map[string][]*AssignmentDecl{}
	for queue := slices.Clone(pending); len(queue) > 0; {
		a := queue[0]
		queue = queue[1:]
		name := a.Name.Value
		if _, known := c.scope[name]; known {
			continue
		}
		missing := ""
		for _, s := range a.texts() {
			if missing == "" {
				missing = c.missingName(s.Value)
			}
		}
		if missing != "" {
			waiting[missing] = append(waiting[missing], a)
			continue
		}
		if typ, ok := c.typeOf(a); ok && (!c.open[name] || typ.Base == engine.TypeList) {
			c.scope[name] = typ
			queue = append(queue, waiting[name]...)
			delete(waiting, name)
		}
	}
	c.untyped(slices.DeleteFunc(pending, func(a *AssignmentDecl) bool {
		_, known := c.scope[a.Name.Value]
		return known
	}))
	for _, v := range c.doc.Variables {
		name := v.Name.Value
		if _, known := c.scope[name]; !known && c.open[name] && !c.loose[name] {
			c.loose[name] = true
			c.report(CodeBadValue, v.Type.Pos, "nothing says what %q is a list of", name).Hint = "write what it holds: [text], or [ { name: text, price: number } ]"
		}
	}
}

// untyped reports assignments whose type nothing gives: those that are wrong in
// themselves, and of those that wait for each other the first. What only waits
// for them is not reported.
func (c *compiler) untyped(pending []*AssignmentDecl) {
	names := make(map[string]bool, len(pending))
	for _, a := range pending {
		names[a.Name.Value] = true
	}
	waiting := map[string][]string{} // by name: the variables that are made of it
	waits := make([]bool, len(pending))
	for i, a := range pending {
		for _, s := range a.texts() {
			namesIn(s.Value, func(name string) bool {
				if names[name] {
					waits[i] = true
					waiting[name] = append(waiting[name], a.Name.Value)
				}
				return false
			})
		}
	}
	give := func(up string) {
		for open := []string{up}; len(open) > 0; {
			name := open[len(open)-1]
			open = open[:len(open)-1]
			if !c.loose[name] {
				c.loose[name] = true
				open = append(open, waiting[name]...)
			}
		}
	}
	for _, circular := range []bool{false, true} {
		for i, a := range pending {
			if c.loose[a.Name.Value] || waits[i] != circular {
				continue
			}
			before := len(c.diags)
			c.untypedValue(a)
			for j := before; j < len(c.diags) && circular; j++ {
				if c.diags[j].Code == CodeUnknownName {
					c.diags[j].Hint = `declare it under "variables", with its type`
				}
			}
			give(a.Name.Value)
		}
	}
}

// untypedValue reports what is wrong with a value whose type nothing gives.
func (c *compiler) untypedValue(a *AssignmentDecl) {
	switch {
	case a.item: // what the list is made of is compiled with the menu
	case a.List == nil:
		c.operand(a.Value, use{what: "a variable", secrets: true, want: engine.TypeAny})
	case len(a.List.Items) == 0:
		if !c.open[a.Name.Value] {
			c.report(CodeBadValue, a.List.Pos, "nothing says what %q is a list of", a.Name.Value).Hint = `declare it under "variables": ` + a.Name.Value + ": [text]"
		}
	default:
		for _, s := range a.texts() {
			if s.IsSet() {
				c.template(s, use{what: "a list", want: engine.TypeAny})
			}
		}
	}
}

// missingName is the first name in a text's expressions that nothing has, or "".
func (c *compiler) missingName(text string) string {
	return namesIn(text, func(name string) bool {
		_, known := c.scope[name]
		return !known && !isReserved(name)
	})
}

// namesIn is the first name in a text's expressions of which is holds, or "".
func namesIn(text string, is func(string) bool) string {
	if !strings.Contains(text, "${") {
		return ""
	}
	pieces, _ := split(text)
	for _, p := range pieces {
		if !p.isExpr {
			continue
		}
		for _, at := range identifiers().FindAllStringIndex(p.expr, -1) {
			name := p.expr[at[0]:at[1]]
			if is(name) && naming(p.expr, name) == at[0] {
				return name
			}
		}
	}
	return ""
}

// undeclared tells whether an assignment makes up a variable of its own.
func (c *compiler) undeclared(a *AssignmentDecl) bool {
	name := a.Name.Value
	_, known := c.scope[name]
	return !known && !c.loose[name] && c.states[name] == nil && isName(name) && !isReserved(name) && a.isSet()
}

// typeOf is the type of an assignment's value, quietly.
func (c *compiler) typeOf(a *AssignmentDecl) (engine.Type, bool) {
	switch {
	case a.item:
		typ, ok := c.valueType(a.Value)
		if !ok || typ.Base != engine.TypeList {
			return engine.Type{}, false
		}
		return *typ.Item, true
	case a.List != nil:
		for i := range a.List.Items {
			if typ, ok := c.itemType(&a.List.Items[i]); ok && (single(typ) || typ.Base == engine.TypeRecord) {
				return engine.ListOf(typ), true
			}
		}
		return engine.Type{}, false
	}
	if _, secret := c.secretName(a.Value); secret {
		return engine.Type{Base: engine.TypeSecret}, true
	}
	return c.valueType(a.Value)
}

// valueType is the type of a value that is no secret, quietly.
func (c *compiler) valueType(s Scalar) (engine.Type, bool) {
	if _, typ, ok := constant(s); ok {
		return typ, true
	}
	pieces, bad := split(s.Value)
	if bad >= 0 {
		return engine.Type{}, false
	}
	for _, p := range pieces {
		if !p.isExpr {
			continue
		}
		want := engine.Base(0)
		if len(pieces) == 1 {
			want = engine.TypeAny
		}
		e, err := engine.CompileExpr(p.expr, c.scope, want)
		if err != nil {
			return engine.Type{}, false
		}
		if len(pieces) == 1 {
			return e.Type(), true
		}
	}
	return engine.Type{Base: engine.TypeText}, true
}

// assignment compiles one entry of a set state.
func (c *compiler) assignment(a *AssignmentDecl) (engine.Assignment, bool) {
	name := a.Name.Value
	switch st := c.states[name]; {
	case name == "call" || name == "caller":
		d := c.report(CodeNotAssignable, a.Name.Pos, "%q cannot be set: it is what is known of the call", name)
		if name == "caller" {
			d.Message = `"caller" cannot be set: it is who was proved by a sign-in or a code`
		}
		return engine.Assignment{}, false
	case st != nil && !c.isDeclared(name):
		d := c.report(CodeNotAssignable, a.Name.Pos, "%q is a state and cannot be set; use a name of its own", name)
		d.Related = append(d.Related, Related{Pos: st.Name.Pos, Message: "the state is here"})
		return engine.Assignment{}, false
	case !isName(name) || isReserved(name) || !a.isSet():
		return engine.Assignment{}, false // reported when it was read
	}
	want, known := c.scope[name]
	if !known {
		if _, _, fixed := constant(a.Value); a.List == nil && !fixed && !c.reported(a) {
			c.operand(a.Value, use{what: "a variable", secrets: true})
		}
		return engine.Assignment{}, false
	}
	return c.give(a, want), true
}

// give compiles a value for a name of that type. One that is wrong still is one:
// the name counts as set.
func (c *compiler) give(a *AssignmentDecl, want engine.Type) engine.Assignment {
	name := a.Name.Value
	if a.List != nil {
		return c.change(a, want)
	}
	anyValue := engine.Assignment{Var: name, Constant: ""}
	if v, typ, ok := constant(a.Value); ok {
		if want.Base == engine.TypeText {
			return engine.Assignment{Var: name, Value: engine.Operand{Template: engine.Literal(a.Value.Value)}}
		}
		if typ.Base != want.Base {
			c.mismatch(a, want, typ)
			return anyValue
		}
		return engine.Assignment{Var: name, Constant: v}
	}
	if secret, ok := c.secretName(a.Value); ok {
		if want.Base != engine.TypeSecret {
			d := c.report(CodeSecretExposed, a.Value.Pos, "%q is secret and %q is not", secret, name)
			d.Hint = "declare " + quote(name) + " as a secret"
			return anyValue
		}
		return engine.Assignment{Var: name, Value: engine.Operand{Secret: secret}}
	}
	t := c.template(a.Value, use{what: "a variable", want: engine.TypeAny})
	typ := engine.Type{Base: engine.TypeText}
	switch {
	case len(t) == 0 && a.Value.Value == "":
		if want.Base == engine.TypeText {
			return engine.Assignment{Var: name, Constant: ""}
		}
	case len(t) == 0:
		return anyValue
	case len(t) == 1 && t[0].Expr != nil:
		typ = t[0].Expr.Type()
	}
	if !typ.Equal(want) {
		c.mismatch(a, want, typ)
		return anyValue
	}
	return engine.Assignment{Var: name, Value: engine.Operand{Template: t}}
}

func (c *compiler) mismatch(a *AssignmentDecl, want, found engine.Type) {
	d := c.report(CodeWrongExpressionType, a.at(), "%q is %s; found %s", a.Name.Value, want.Describe(), found.Describe())
	d.Hint = conversion(want, found)
}

// isDeclared tells a variable of the flow's own list.
func (c *compiler) isDeclared(name string) bool {
	return slices.ContainsFunc(slices.Concat(c.doc.Parameters, c.doc.Variables), func(v *VariableDecl) bool { return v.Name.Value == name })
}

// reported tells an assignment that infer has complained about.
func (c *compiler) reported(a *AssignmentDecl) bool { return c.loose[a.Name.Value] }

// listVariables gives the engine every name with a type, sorted.
func (c *compiler) listVariables() {
	values := make(map[string]engine.Value, len(c.doc.Variables))
	for _, v := range c.doc.Variables {
		if typ, ok := c.scope[v.Name.Value]; ok {
			values[v.Name.Value], _ = initial(v, typ)
		}
	}
	names := make([]string, 0, len(c.scope))
	for name := range c.scope {
		if name != "call" && name != "caller" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	c.spec.Variables = make([]engine.Variable, 0, len(names))
	for _, name := range names {
		value := values[name]
		if c.scope[name].Base == engine.TypeList {
			value = engine.List{}
		}
		c.spec.Variables = append(c.spec.Variables, engine.Variable{Name: name, Type: c.scope[name], Value: value})
	}
}
