package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// The expression library knows lists of anything. Here calls of the functions of
// lists are given the types that the flow declared: each is led to a function of
// its own, by the type of the list's items ("item.text"). Nobody can write those
// names.

// listFunctions are the functions of lists, as they are written, and how many
// values they take.
var listFunctions = map[string]struct{ least, most int }{
	"count":  {1, 1},
	"add":    {2, 2},
	"remove": {2, 2},
	"item":   {2, 2},
	"join":   {1, 2},
	"sum":    {1, 2},
}

// parsedAsCalls are those of them for which the library has a grammar of its own.
var parsedAsCalls = map[string]*builtin.Function{"count": {Name: "count"}, "sum": {Name: "sum"}}

// listCalls are what they are led to. Those that read aloud need words.
func listCalls(w *Words) map[string]any {
	return map[string]any{
		"count.":      func(list []any) int { return len(list) },
		"add.text":    listAdd[string],
		"add.number":  listAdd[float64],
		"add.bool":    listAdd[bool],
		"add.record":  listAdd[any],
		"remove.":     listRemove,
		"item.text":   itemOf[string],
		"item.number": itemOf[float64],
		"item.bool":   itemOf[bool],
		"item.record": itemOf[map[string]any],
		"of.text":     fieldOf[string],
		"of.number":   fieldOf[float64],
		"of.bool":     fieldOf[bool],
		"join.":       w.join,
		"join.field":  func(list []any, field string) string { return w.join(column(list, field)) },
		"sum.":        listSum,
		"sum.field":   func(list []any, field string) float64 { return listSum(column(list, field)) },
	}
}

// listCallTypes are their Go types.
var listCallTypes = listCalls(nil)

// static is the type of a part of an expression, as far as it matters to lists;
// zero: something else.
func (w *walker) static(n ast.Node) Type {
	if typ, ok := w.types[n]; ok {
		return typ
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return w.scope[n.Value]
	case *ast.MemberNode:
		root, ok := n.Node.(*ast.IdentifierNode)
		field, ok2 := n.Property.(*ast.StringNode)
		if ok && ok2 {
			typ, _ := w.scope[root.Value].Field(field.Value)
			return typ
		}
	case *ast.StringNode:
		return Type{Base: TypeText}
	case *ast.IntegerNode, *ast.FloatNode:
		return Type{Base: TypeNumber}
	case *ast.BoolNode:
		return Type{Base: TypeBool}
	case *ast.ConditionalNode:
		if typ := w.static(n.Exp1); typ.Equal(w.static(n.Exp2)) {
			return typ
		}
	}
	return Type{}
}

// listCall checks a call of a function of lists and leads it to the function for
// the type of the items.
func (w *walker) listCall(node *ast.Node, name string, call *ast.CallNode) {
	if w.fault != nil && w.fault.Offset >= call.Location().From {
		return // what is wrong with its values comes first
	}
	takes := listFunctions[name]
	if n := len(call.Arguments); n < takes.least || n > takes.most {
		few := "too many"
		if n < takes.least {
			few = "not enough"
		}
		w.wrong(call, "%s() has %s values", name, few)
		return
	}
	list := w.static(call.Arguments[0])
	if list.Base != TypeList || list.Item == nil {
		found := ""
		if list.Base != 0 {
			found = "; found a " + list.String()
		}
		w.wrong(call.Arguments[0], "%s() takes a list here%s", name, found)
		return
	}
	item := *list.Item
	to, gives := name+".", Type{}
	switch name {
	case "count":
		gives.Base = TypeNumber
	case "remove":
		gives = list
		w.takesNumber(name, call.Arguments[1])
	case "item":
		to, gives = name+"."+item.Base.String(), item
		w.takesNumber(name, call.Arguments[1])
		w.fails = name
	case "add":
		to, gives = name+"."+item.Base.String(), list
		if value := w.static(call.Arguments[1]); value.Base != 0 && !value.Equal(item) || value.Base == 0 && item.Base == TypeRecord {
			w.wrong(call.Arguments[1], "add() takes %s here%s", item.Describe(), foundType(value))
			return
		}
	case "join", "sum":
		gives.Base = TypeText
		if name == "sum" {
			gives.Base = TypeNumber
		}
		what := item
		if item.Base == TypeRecord {
			if what = w.columnType(name, call, item); what.Base == 0 {
				return
			}
			to += "field"
		} else if len(call.Arguments) > 1 {
			w.wrong(call.Arguments[1], "the items of the list are no records and have no fields")
			return
		}
		if name == "sum" && what.Base != TypeNumber {
			w.wrong(call, "sum() adds up numbers; found %s values", what)
			return
		}
	}
	w.lead(node, call, to, gives, call.Arguments)
}

// columnType reads the field of join(list, "field"); zero: it was wrong.
func (w *walker) columnType(name string, call *ast.CallNode, item Type) Type {
	if len(call.Arguments) < 2 {
		w.wrong(call, "the items of the list are records; name a field of them: %s(…, %q)", name, firstField(item))
		return Type{}
	}
	field, ok := call.Arguments[1].(*ast.StringNode)
	if !ok {
		w.wrong(call.Arguments[1], "the field is named in quotes: %q", firstField(item))
		return Type{}
	}
	typ, ok := item.Field(field.Value)
	if !ok {
		w.fail(&ExprError{
			Fault: FaultUnknown, Offset: field.Location().From + 1, Name: field.Value, Known: item.fieldNames(),
			Message: fmt.Sprintf("the items of the list have no field %q", field.Value),
		})
	}
	return typ
}

// itemField reads item(list, n).field.
func (w *walker) itemField(node *ast.Node, call *ast.CallNode, field *ast.StringNode) {
	record := w.types[call]
	if record.Base != TypeRecord {
		w.wrong(*node, "only a record has fields; found a %s", record)
		return
	}
	typ, ok := record.Field(field.Value)
	if !ok {
		w.fail(&ExprError{
			Fault: FaultUnknown, Offset: field.Location().From, Name: field.Value, Known: record.fieldNames(),
			Message: fmt.Sprintf("the items of the list have no field %q", field.Value),
		})
		return
	}
	w.lead(node, call, "of."+typ.Base.String(), typ, append(slices.Clip(call.Arguments), &ast.StringNode{Value: field.Value}))
}

// lead puts a call of another function in a node's place.
func (w *walker) lead(node *ast.Node, call *ast.CallNode, to string, gives Type, args []ast.Node) {
	callee := &ast.IdentifierNode{Value: to}
	callee.SetLocation(call.Callee.Location())
	led := &ast.CallNode{Callee: callee, Arguments: args}
	led.SetLocation(call.Location())
	*node = led
	w.functions = append(w.functions, to)
	if w.types == nil {
		w.types = map[ast.Node]Type{}
	}
	w.types[led] = gives
}

func (w *walker) takesNumber(name string, n ast.Node) {
	if typ := w.static(n); typ.Base != 0 && typ.Base != TypeNumber {
		w.wrong(n, "%s() takes a number here%s", name, foundType(typ))
	}
}

func foundType(t Type) string {
	if t.Base == 0 {
		return ""
	}
	return "; found " + t.Describe()
}

func (w *walker) wrong(n ast.Node, format string, args ...any) {
	w.fail(&ExprError{Fault: FaultType, Offset: n.Location().From, Message: fmt.Sprintf(format, args...)})
}

func firstField(t Type) string {
	if len(t.Fields) == 0 {
		return "field"
	}
	return t.Fields[0].Name
}

// allFunctions are the functions of the language by name, sorted.
func allFunctions() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for n := range maps.Keys(functionTypes) {
			if !yield(n) {
				return
			}
		}
		for n := range maps.Keys(listFunctions) {
			if !yield(n) {
				return
			}
		}
	})
}
