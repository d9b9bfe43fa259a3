package engine

import (
	"fmt"
	"strings"
)

// readout is one function of the language applied to plain values, as in
// money(balance.amount, "AUD"). Most expressions that are not a name are one;
// they need neither a compiler nor a machine.
type readout struct {
	function string
	args     []argument
}

// argument is a name, a field of a name, or a text written out.
type argument struct {
	path    []string // nil: literal
	literal string
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
	name, rest, ok := strings.Cut(src, "(")
	want, known := takes[name]
	if !ok || !known || !strings.HasSuffix(rest, ")") {
		return nil, false
	}
	if _, shadowed := scope[name]; shadowed {
		return nil, false
	}
	r := &readout{function: name}
	e := &Expr{source: src, typ: Type{Base: gives[name]}, readout: r}
	rest = rest[:len(rest)-1]
	for i, base := range want {
		part := rest
		if i < len(want)-1 {
			if part, rest, ok = strings.Cut(rest, ","); !ok {
				return nil, false
			}
		}
		a, typ, ok := readArgument(strings.TrimSpace(part), scope)
		if !ok || typ.Base == TypeRecord || base != 0 && typ.Base != base || name == "int" && typ.Base == TypeBool {
			return nil, false
		}
		if a.path != nil {
			e.addName(a.path[0])
		}
		r.args = append(r.args, a)
	}
	if failing[name] {
		e.fails = name
	}
	return e, true
}

func (e *Expr) addName(name string) {
	switch {
	case len(e.names) == 0 || e.names[0] < name:
		e.names = append(e.names, name)
	case e.names[0] != name:
		e.names = append([]string{name}, e.names...)
	}
}

func readArgument(text string, scope Scope) (argument, Type, bool) {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' && !strings.ContainsAny(text[1:n-1], "\"\\\n\r") {
		return argument{literal: text[1 : n-1]}, Type{Base: TypeText}, true
	}
	if !isPath(text) {
		return argument{}, Type{}, false
	}
	path := strings.Split(text, ".")
	typ, fault := lookup(scope, path, 0)
	return argument{path: path}, typ, fault == nil && typ.Base != 0
}

// value is what the function yields for a session.
func (r *readout) value(s *Session, w *Words) (Value, error) {
	var args [2]Value
	for i, a := range r.args {
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
	switch r.function {
	case "digits":
		return readDigits(text), nil
	case "money":
		amount, _ := args[0].(float64)
		code, _ := args[1].(string)
		return w.money(amount, code), nil
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
	return textOf(args[0]), nil
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
