package engine

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"callflow/engine/lazy"
)

// Bounds of one expression.
const (
	maxExprLength = 1000
	maxExprNodes  = 200
)

// Expr is a compiled expression: small, typed and pure. Most are a name or a
// field of a name, which need no machine to read.
type Expr struct {
	source string
	typ    Type
	names  []string // root names, sorted
	phone  []string // Names, where they are not the root names
	path   []string // of a plain name or field; nil: program
	prog   *vm.Program
	// readout is set where no program is needed.
	readout *readout
	fails   string
}

// String is the expression as it was written.
func (e *Expr) String() string { return e.source }

// Type is what it yields.
func (e *Expr) Type() Type { return e.typ }

// PhoneName is what Names calls the number that a code has proved, apart from the
// rest of "caller": a number can be proved where nobody has signed in.
const PhoneName = "caller.phone"

var callerWord, phoneWord = lazy.Regexp(`\bcaller\b`), lazy.Regexp(`\bcaller\.phone\b`)

// Names are the variables it reads, sorted: the name before a dot, or PhoneName.
func (e *Expr) Names() []string {
	if e.phone == nil {
		return e.names
	}
	return e.phone
}

// phoned tells "caller.phone" from "caller" in the names of an expression.
func (e *Expr) phoned() {
	at, reads := slices.BinarySearch(e.names, "caller")
	if !reads {
		return
	}
	phones := len(phoneWord().FindAllString(e.source, -1))
	if phones == 0 {
		return
	}
	e.phone = slices.Clone(e.names)
	if len(callerWord().FindAllString(e.source, -1)) == phones {
		e.phone[at] = PhoneName
	} else {
		e.phone = slices.Insert(e.phone, at+1, PhoneName)
	}
}

// Path is the name and the field of an expression that is nothing else, or nil.
func (e *Expr) Path() []string { return e.path }

// MayFail names what in it can fail on a value: a function ("int") or a division
// ("/"), or is "".
func (e *Expr) MayFail() string { return e.fails }

// ExprFault is what is wrong with an expression.
type ExprFault string

// The faults of expressions.
const (
	FaultSyntax     ExprFault = "syntax"
	FaultUnknown    ExprFault = "unknown"     // Name is not in scope, or not a field
	FaultType       ExprFault = "type"        // operand or result of the wrong type
	FaultSecret     ExprFault = "secret"      // Name is a secret
	FaultNotAllowed ExprFault = "not-allowed" // syntax outside the language
)

// ExprError is an expression that does not compile. Offset counts characters
// from the expression's beginning.
type ExprError struct {
	Fault   ExprFault
	Offset  int
	Name    string
	Known   []string // what Name could have been, sorted
	Message string
}

func (e *ExprError) Error() string { return e.Message }

// CompileExpr compiles source against the names of scope. want is the base the
// result must have; zero accepts any that can be written as text, and TypeAny
// records and lists as well.
func CompileExpr(source string, scope Scope, want Base) (*Expr, error) {
	src := strings.TrimSpace(source)
	lead := strings.Index(source, src)
	shift := func(err *ExprError) error {
		err.Offset += len([]rune(source[:max(lead, 0)]))
		return err
	}
	if src == "" {
		return nil, shift(&ExprError{Fault: FaultSyntax, Message: "the expression is empty"})
	}
	if len(src) > maxExprLength {
		return nil, shift(&ExprError{Fault: FaultNotAllowed, Message: fmt.Sprintf("the expression is longer than %d characters", maxExprLength)})
	}
	var e *Expr
	var fault *ExprError
	if isPath(src) {
		e, fault = compilePath(src, scope)
	} else if r, ok := compileReadout(src, scope); ok {
		e = r
	} else {
		e, fault = compileProgram(src, scope)
	}
	if fault != nil {
		return nil, shift(fault)
	}
	e.phoned()
	switch {
	case want == TypeAny && src != "call" && src != "caller":
	case e.typ.Base == TypeRecord && want != TypeRecord:
		var known []string
		for _, f := range e.typ.Fields {
			known = append(known, src+"."+f.Name)
		}
		return nil, shift(&ExprError{Fault: FaultType, Message: fmt.Sprintf("%s is a record; name one of its fields: %s", src, strings.Join(known, ", "))})
	case want != 0 && e.typ.Base != want:
		return nil, shift(&ExprError{Fault: FaultType, Message: fmt.Sprintf("expected a %s, found a %s", want, e.typ.Base)})
	case e.typ.Base == TypeList && want == 0:
		return nil, shift(&ExprError{Fault: FaultType, Message: fmt.Sprintf("%s is a list; read it aloud with join(%s), count it with count(%s), or say something of each of its items", src, src, src)})
	}
	return e, nil
}

func compilePath(src string, scope Scope) (*Expr, *ExprError) {
	path := strings.Split(src, ".")
	typ, fault := lookup(scope, path, 0)
	if fault != nil {
		return nil, fault
	}
	return &Expr{source: src, typ: typ, names: path[:1], path: path}, nil
}

// lookup finds the type of a name or of a name's field.
func lookup(scope Scope, path []string, offset int) (Type, *ExprError) {
	typ, ok := scope[path[0]]
	if !ok {
		return Type{}, unknownName(scope, path[0], offset)
	}
	if typ.Base == TypeSecret {
		return Type{}, &ExprError{Fault: FaultSecret, Offset: offset, Name: path[0], Message: fmt.Sprintf("%q is secret: it can be handed to a sign-in, and is never spoken, sent or compared", path[0])}
	}
	if len(path) == 1 {
		return typ, nil
	}
	field, ok := typ.Field(path[1])
	if !ok {
		fault := &ExprError{Fault: FaultUnknown, Offset: offset + len([]rune(path[0])) + 1, Name: path[1]}
		if typ.Base != TypeRecord {
			fault.Fault = FaultType
			fault.Message = fmt.Sprintf("%q is %s and has no fields", path[0], typ.Base)
			return Type{}, fault
		}
		for _, f := range typ.Fields {
			fault.Known = append(fault.Known, f.Name)
		}
		fault.Message = fmt.Sprintf("%q has no field %q", path[0], path[1])
		return Type{}, fault
	}
	return field, nil
}

func unknownName(scope Scope, name string, offset int) *ExprError {
	known := allFunctions()
	for n := range scope {
		known = append(known, n)
	}
	slices.Sort(known)
	return &ExprError{Fault: FaultUnknown, Offset: offset, Name: name, Known: known, Message: fmt.Sprintf("nothing is called %q", name)}
}

func compileProgram(src string, scope Scope) (*Expr, *ExprError) {
	config := &conf.Config{
		Optimize:     true,
		ShortCircuit: true,
		MaxNodes:     maxExprNodes,
		Disabled:     disabled,
		Functions:    parsedAsCalls,
	}
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, libraryFault(src, FaultSyntax, err)
	}
	config.Functions = nil
	w := &walker{scope: scope}
	ast.Walk(&tree.Node, w)
	for _, n := range w.perhaps {
		w.name(n)
	}
	if w.fault != nil {
		return nil, w.fault
	}
	slices.Sort(w.names)
	w.names = slices.Compact(w.names)

	// Only what this expression names goes into its environment: a flow has
	// thousands of names, and copying them for each would be quadratic.
	env := make(types.Map, len(w.names)+len(w.functions))
	for _, n := range w.names {
		env[n] = scope[n].expr()
	}
	for _, n := range w.functions {
		env[n] = types.TypeOf(callTypes[n])
	}
	config.WithEnv(env)
	typ := w.static(tree.Node)
	prog, err := generate(tree, config)
	if err != nil {
		return nil, libraryFault(src, FaultType, err)
	}
	e := &Expr{source: src, names: w.names, prog: prog}
	node := prog.Node()
	kind := node.Type()
	if kind == nil {
		return nil, &ExprError{Fault: FaultType, Message: "the expression has no value"}
	}
	switch kind.Kind() {
	case reflect.String:
		e.typ.Base = TypeText
	case reflect.Bool:
		e.typ.Base = TypeBool
	case reflect.Float64, reflect.Int:
		e.typ.Base = TypeNumber
	case reflect.Map:
		e.typ = Type{Base: TypeRecord}
		if typ.Base == TypeRecord {
			e.typ = typ
		}
	case reflect.Slice:
		if typ.Base != TypeList {
			return nil, &ExprError{Fault: FaultType, Message: "a list that is written out can only stand after in"}
		}
		e.typ = typ
	default:
		return nil, &ExprError{Fault: FaultType, Message: fmt.Sprintf("the expression yields %s; a text, a number or a truth value was expected", kind)}
	}
	e.fails = cmp.Or(w.fails, w.divides)
	for _, n := range w.functions {
		if failing[n] {
			e.fails = n
		}
	}
	return e, nil
}

// disabled are the built-in functions of the expression library: all of them.
var disabled = func() map[string]bool {
	all := make(map[string]bool, len(builtin.Names))
	for _, name := range builtin.Names {
		all[name] = true
	}
	return all
}()

// generate checks the types of a parsed expression and makes a program of it, as
// the library does for one that it parses itself.
func generate(tree *parser.Tree, config *conf.Config) (*vm.Program, error) {
	if _, err := checker.Check(tree, config); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, config)
}

func libraryFault(src string, fault ExprFault, err error) *ExprError {
	var fe *file.Error
	if errors.As(err, &fe) {
		offset := fe.From
		if n := len([]rune(src)); offset > n {
			offset = n
		}
		return &ExprError{Fault: fault, Offset: offset, Message: plainMessage(fe.Message)}
	}
	return &ExprError{Fault: fault, Message: plainMessage(err.Error())}
}

// walker collects names and refuses syntax outside the language.
type walker struct {
	divides   string // a division whose divisor may be zero
	fails     string // a function of lists that can fail
	types     map[ast.Node]Type
	perhaps   []*ast.IdentifierNode // functions of lists, unless they are names
	scope     Scope
	names     []string
	functions []string
	fault     *ExprError
}

var binaryAllowed = []string{"==", "!=", "<", "<=", ">", ">=", "and", "&&", "or", "||", "+", "-", "*", "/", "%", "in", "contains", "startsWith", "endsWith", "matches"}

// Visit is called for each node, children first.
func (w *walker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		// A callee is met before its call, so functions are told from names by
		// where the name is known.
		if _, ok := functionTypes[n.Value]; ok {
			if _, shadowed := w.scope[n.Value]; !shadowed {
				w.functions = append(w.functions, n.Value)
				return
			}
		}
		if _, ok := listFunctions[n.Value]; ok {
			// The functions of lists may have names of a flow beside them.
			w.perhaps = append(w.perhaps, n)
			return
		}
		w.name(n)
	case *ast.MemberNode:
		root, ok := n.Node.(*ast.IdentifierNode)
		field, ok2 := n.Property.(*ast.StringNode)
		if call, isCall := n.Node.(*ast.CallNode); isCall && ok2 && !n.Optional && w.types[call].Base != 0 {
			w.itemField(node, call, field)
			return
		}
		if !ok || !ok2 || n.Optional {
			w.refuse(*node, "only a field of a name (balance.amount)")
			return
		}
		if _, known := w.scope[root.Value]; known {
			if _, fault := lookup(w.scope, []string{root.Value, field.Value}, root.Location().From); fault != nil {
				w.fail(fault)
			}
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			w.refuse(*node, "only the functions of the language")
			return
		}
		if _, ofLists := listFunctions[callee.Value]; ofLists {
			w.perhaps = slices.DeleteFunc(w.perhaps, func(n *ast.IdentifierNode) bool { return n == callee })
			w.listCall(node, callee.Value, n)
			return
		}
		if _, known := functionTypes[callee.Value]; !known {
			w.fail(&ExprError{Fault: FaultUnknown, Offset: callee.Location().From, Name: callee.Value, Known: allFunctions(), Message: fmt.Sprintf("there is no function %q; there are %s", callee.Value, strings.Join(allFunctions(), ", "))})
		}
	case *ast.BinaryNode:
		if !slices.Contains(binaryAllowed, n.Operator) {
			w.refuse(*node, "the operator "+n.Operator)
		}
		if n.Operator == "/" || n.Operator == "%" {
			if !nonzero(n.Right) {
				w.divides = n.Operator
			}
		}
		if n.Operator == "matches" {
			if _, ok := n.Right.(*ast.StringNode); !ok {
				w.refuse(n.Right, "a pattern that is not written out")
			}
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.UnaryNode, *ast.ConditionalNode, *ast.ArrayNode, *ast.ConstantNode:
	case *ast.BuiltinNode:
		w.refuse(*node, "the function "+n.Name)
	case *ast.VariableDeclaratorNode:
		w.refuse(*node, "let")
	case *ast.NilNode:
		w.refuse(*node, "nil")
	default:
		w.refuse(*node, "this")
	}
}

// name reads a name of the flow.
func (w *walker) name(n *ast.IdentifierNode) {
	w.names = append(w.names, n.Value)
	if typ, fault := lookup(w.scope, []string{n.Value}, n.Location().From); fault != nil {
		w.fail(fault)
	} else if typ.Base == TypeSecret {
		w.fail(&ExprError{Fault: FaultSecret, Name: n.Value})
	}
}

func (w *walker) refuse(n ast.Node, what string) {
	msg := what + " is not part of the language of flows"
	if strings.HasPrefix(what, "only") {
		msg = what + " can be used here"
	}
	w.fail(&ExprError{Fault: FaultNotAllowed, Offset: n.Location().From, Message: msg})
}

// nonzero tells a divisor that is written out and not zero.
func nonzero(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return n.Value != 0
	case *ast.FloatNode:
		return n.Value != 0
	}
	return false
}

// fail keeps the first fault in reading order.
func (w *walker) fail(f *ExprError) {
	if w.fault == nil || f.Offset < w.fault.Offset || (f.Offset == w.fault.Offset && w.fault.Fault == FaultNotAllowed) {
		w.fault = f
	}
}

// eval reads the expression's value: string, float64 or bool, or a Record or List
// where the type is one.
func (e *Expr) eval(s *Session, w *Words) (Value, error) {
	switch {
	case e.path != nil:
		return e.read(s)
	case e.readout != nil:
		v, err := e.readout.value(s, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.source, err)
		}
		return v, nil
	}
	env := make(map[string]any, len(e.names)+4)
	for _, n := range e.names {
		v, err := s.root(n)
		if err != nil {
			return nil, err
		}
		env[n] = v
	}
	for n, f := range w.functions() {
		env[n] = f
	}
	out, err := expr.Run(e.prog, env)
	if err != nil {
		var fe *file.Error
		if errors.As(err, &fe) {
			// The library's text quotes the source only; values stay out of it.
			return nil, fmt.Errorf("%s: %s", e.source, fe.Message)
		}
		return nil, fmt.Errorf("%s: %w", e.source, err)
	}
	switch v := strict(out).(type) {
	case nil:
		return nil, fmt.Errorf("%s: no value", e.source)
	case float64:
		if !finite(v) {
			return nil, fmt.Errorf("%s: %w", e.source, errNotFinite)
		}
		return v, nil
	default:
		return v, nil
	}
}

var errNotFinite = errors.New("the result is no number: something was divided by zero, or is out of range")

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// read follows a plain path without a machine.
func (e *Expr) read(s *Session) (Value, error) {
	if v, ok := s.field(e.path); ok {
		return v, nil
	}
	return nil, fmt.Errorf("%s has no value yet", e.source)
}
