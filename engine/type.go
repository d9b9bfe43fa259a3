package engine

import (
	"sort"
	"strings"

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
	TypeList
)

// TypeAny is not the type of anything: where a type is wanted it stands for all
// of them, lists and records among them.
const TypeAny Base = 255

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
	case TypeList:
		return "list"
	}
	return "any"
}

// Type is the type of a variable or an expression. Fields are a record's, and
// Item is what a list has several of.
type Type struct {
	Base   Base
	Fields []Field // sorted by name
	Item   *Type
}

// ListOf is a list of items of one type.
func ListOf(item Type) Type { return Type{Base: TypeList, Item: &item} }

// Equal tells types that hold the same values, field by field.
func (t Type) Equal(o Type) bool {
	if t.Base != o.Base || len(t.Fields) != len(o.Fields) || (t.Item == nil) != (o.Item == nil) {
		return false
	}
	for i := range t.Fields {
		if t.Fields[i].Name != o.Fields[i].Name || !t.Fields[i].Type.Equal(o.Fields[i].Type) {
			return false
		}
	}
	return t.Item == nil || t.Item.Equal(*o.Item)
}

// Describe is the type for messages: "a text", "a record of name and price".
func (t Type) Describe() string {
	switch {
	case t.Base == TypeRecord && len(t.Fields) > 0:
		return "a record of " + strings.Join(t.fieldNames(), ", ")
	case t.Base == TypeList && t.Item != nil && t.Item.Base == TypeRecord:
		return "a list of records of " + strings.Join(t.Item.fieldNames(), ", ")
	case t.Base == TypeList && t.Item != nil:
		return "a list of " + t.Item.String() + " values"
	}
	return "a " + t.Base.String()
}

func (t Type) fieldNames() []string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
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
	case TypeList:
		return types.TypeOf([]any{})
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
			{"answered_by", text}, {"direction", text}, {"from", text}, {"id", text}, {"language", text}, {"name", text}, {"platform", text}, {"to", text},
		}},
		"caller": {Base: TypeRecord, Fields: []Field{
			{"account", text}, {"greeting", text}, {"id", text}, {"phone", text},
		}},
	}
}
