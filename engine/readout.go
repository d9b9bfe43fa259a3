package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// readout is a plain value, or a comparison of two: money(balance.amount, "AUD"),
// topic == "billing", int(rating) < 3. Most expressions that are not a name are
// one; they need neither a compiler nor a machine.
type readout struct {
	left, right term
	op          string // "": left alone
}

// term is a name, something written out, or one function of the language applied
// to those.
type term struct {
	function string // "": args[0]
	args     []argument
}

// argument is a name, a field of a name, or a value written out.
type argument struct {
	path    []string // nil: literal
	literal Value
}

// takes are the types that the functions take, and gives what they yield. 0: any
// that can be written as text.
var (
	takes = map[string][]Base{
		"digits": {TypeText},
		"money":  {TypeNumber, TypeText},
		"date":   {TypeText},
		"time":   {TypeText},
		"int":    {0},
		"text":   {0},
		"len":    {TypeText},
	}
	gives = map[string]Base{
		"digits": TypeText, "money": TypeText, "date": TypeText, "time": TypeText, "text": TypeText,
		"int": TypeNumber, "len": TypeNumber,
	}
)

// compileReadout compiles src if it is a read-out with nothing wrong about it.
// Everything else is the expression library's, which has the words for it.
func compileReadout(src string, scope Scope) (*Expr, bool) {
	left, op, right := cutComparison(src)
	r := &readout{op: op}
	e := &Expr{source: src, readout: r}
	var typ, other Base
	var ok bool
	if r.left, typ, ok = e.term(left, scope); !ok {
		return nil, false
	}
	if op == "" {
		e.typ.Base = typ
		// A value that is only written out is left to the library.
		return e, r.left.function != ""
	}
	if op == "=" || op == "!" {
		return nil, false
	}
	if r.right, other, ok = e.term(right, scope); !ok || typ != other || typ == TypeBool && op != "==" && op != "!=" {
		return nil, false
	}
	e.typ.Base = TypeBool
	return e, true
}

// cutComparison cuts src at its first comparison.
func cutComparison(src string) (left, op, right string) {
	quoted := false
	for i := 0; i < len(src); i++ {
		switch ch := src[i]; {
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '=' || ch == '!' || ch == '<' || ch == '>':
			n := 1
			if i+1 < len(src) && src[i+1] == '=' {
				n = 2
			}
			return src[:i], src[i : i+n], src[i+n:]
		}
	}
	return src, "", ""
}

// term reads one side, and notes the names in it.
func (e *Expr) term(src string, scope Scope) (t term, typ Base, ok bool) {
	src = strings.TrimSpace(src)
	name, rest, call := strings.Cut(src, "(")
	if !call || strings.HasPrefix(src, "\"") {
		a, typ, ok := e.argument(src, scope)
		return term{args: []argument{a}}, typ.Base, ok && typ.Base < TypeRecord
	}
	want, known := takes[name]
	if _, shadowed := scope[name]; !known || shadowed || !strings.HasSuffix(rest, ")") {
		return t, 0, false
	}
	t.function = name
	rest = rest[:len(rest)-1]
	for i, base := range want {
		part := rest
		if i < len(want)-1 {
			if part, rest, ok = strings.Cut(rest, ","); !ok {
				return t, 0, false
			}
		}
		a, typ, ok := e.argument(strings.TrimSpace(part), scope)
		if !ok || typ.Base >= TypeRecord || base != 0 && typ.Base != base || name == "int" && typ.Base == TypeBool {
			return t, 0, false
		}
		t.args = append(t.args, a)
	}
	if failing[name] {
		e.fails = name
	}
	return t, gives[name], true
}

// addName keeps the names sorted, each once.
func (e *Expr) addName(name string) {
	if at, there := slices.BinarySearch(e.names, name); !there {
		e.names = slices.Insert(e.names, at, name)
	}
}

func (e *Expr) argument(text string, scope Scope) (argument, Type, bool) {
	n := len(text)
	switch {
	case n == 0:
		return argument{}, Type{}, false
	case n >= 2 && text[0] == '"' && text[n-1] == '"' && !strings.ContainsAny(text[1:n-1], "\"\\\n\r"):
		return argument{literal: text[1 : n-1]}, Type{Base: TypeText}, true
	case text == "true" || text == "false":
		return argument{literal: text == "true"}, Type{Base: TypeBool}, true
	case '0' <= text[0] && text[0] <= '9' && strings.Trim(text, "0123456789") == "" && n < 16:
		f, err := strconv.ParseFloat(text, 64)
		return argument{literal: f}, Type{Base: TypeNumber}, err == nil && (n == 1 || text[0] != '0')
	case !isPath(text):
		return argument{}, Type{}, false
	}
	path := strings.Split(text, ".")
	typ, fault := lookup(scope, path, 0)
	if fault != nil || typ.Base == 0 {
		return argument{}, Type{}, false
	}
	e.addName(path[0])
	return argument{path: path}, typ, true
}

// value is what the read-out yields for a session.
func (r *readout) value(s *Session, w *Words) (Value, error) {
	left, err := r.left.value(s, w)
	if err != nil || r.op == "" {
		return left, err
	}
	right, err := r.right.value(s, w)
	if err != nil {
		return nil, err
	}
	order := 0
	switch l := left.(type) {
	case string:
		r, _ := right.(string)
		order = cmp.Compare(l, r)
	case float64:
		r, _ := right.(float64)
		order = cmp.Compare(l, r)
	default:
		if left != right {
			order = 1
		}
	}
	switch r.op {
	case "==":
		return order == 0, nil
	case "!=":
		return order != 0, nil
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

func (t *term) value(s *Session, w *Words) (Value, error) {
	var args [2]Value
	for i, a := range t.args {
		if a.path == nil {
			args[i] = a.literal
			continue
		}
		v, ok := s.field(a.path)
		if !ok {
			return nil, fmt.Errorf("%s has no value yet", strings.Join(a.path, "."))
		}
		args[i] = v
	}
	text, _ := args[0].(string)
	switch t.function {
	case "":
		return args[0], nil
	case "digits":
		return readDigits(text), nil
	case "money":
		amount, _ := args[0].(float64)
		code, _ := args[1].(string)
		return w.money(amount, code)
	case "date":
		return w.date(text)
	case "time":
		return w.clock(text)
	case "int":
		n, err := toInt(args[0])
		return float64(n), err
	case "len":
		return float64(len([]rune(text))), nil
	}
	return toText(args[0])
}

// isPath tells a name, or a field of a name, from other expressions.
func isPath(src string) bool {
	dots, start := 0, true
	for i := 0; i < len(src); i++ {
		switch ch := src[i]; {
		case ch == '_' || 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z':
			start = false
		case '0' <= ch && ch <= '9' && !start:
		case ch == '.' && !start && dots == 0:
			dots, start = 1, true
		default:
			return false
		}
	}
	return !start && !isReserved(src)
}

// isReserved tells the words of the expression language, which are no names.
func isReserved(src string) bool {
	switch src {
	case "true", "false", "nil", "not", "in", "and", "or", "let", "if", "else":
		return true
	}
	return false
}
