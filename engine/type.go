package engine

import (
	"sort"

	"github.com/expr-lang/expr/types"
)

// Base is what a value is at its outermost.
type Base uint8

// The bases of types. A secret can be handed to a sign-in and to nothing else.
const (
	TypeText Base = iota + 1
	TypeNumber
	TypeBool
	TypeSecret
	TypeRecord
)

func (b Base) String() string {
	switch b {
	case TypeText:
		return "text"
	case TypeNumber:
		return "number"
	case TypeBool:
		return "bool"
	case TypeSecret:
		return "secret"
	case TypeRecord:
		return "record"
	}
	return "any"
}

// Type is the type of a variable or an expression. Fields are a record's.
type Type struct {
	Base   Base
	Fields []Field // sorted by name
}

func (t Type) String() string { return t.Base.String() }

// Field finds a record's field.
func (t Type) Field(name string) (Type, bool) {
	i := sort.Search(len(t.Fields), func(i int) bool { return t.Fields[i].Name >= name })
	if i < len(t.Fields) && t.Fields[i].Name == name {
		return t.Fields[i].Type, true
	}
	return Type{}, false
}

// expr is the type as the expression library knows it.
func (t Type) expr() types.Type {
	switch t.Base {
	case TypeText:
		return types.String
	case TypeNumber:
		return types.Float64
	case TypeBool:
		return types.Bool
	case TypeRecord:
		m := make(types.Map, len(t.Fields))
		for _, f := range t.Fields {
			m[f.Name] = f.Type.expr()
		}
		return m
	}
	return types.Any
}

// Scope gives the type of every name an expression of a flow may use. CallScope
// holds those that need no declaration.
type Scope map[string]Type

// CallScope has `call`, what is known of the call, and `caller`, who was proved
// by a sign-in.
func CallScope() Scope {
	text := Type{Base: TypeText}
	return Scope{
		"call": {Base: TypeRecord, Fields: []Field{
			{"from", text}, {"id", text}, {"language", text}, {"name", text}, {"platform", text}, {"to", text},
		}},
		"caller": {Base: TypeRecord, Fields: []Field{
			{"account", text}, {"greeting", text}, {"id", text},
		}},
	}
}
