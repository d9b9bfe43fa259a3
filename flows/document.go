package flows

import "fmt"

// Pos is a place in a flow's source: lines and columns from 1, columns in
// characters. The zero value is "nowhere".
type Pos struct{ Line, Col int }

func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// Scalar is a value as it was written, with its place.
type Scalar struct {
	Value  string
	Pos    Pos
	Quoted bool // written in quotes, or as a block
}

// Document is a parsed flow. Everything in it knows where it stands; nothing is
// resolved yet.
type Document struct {
	File   string
	Source []byte

	Version   Scalar
	Flow      Scalar
	Title     Scalar
	Languages []Scalar
	Voice     Scalar
	Start     Scalar

	Defaults  *Defaults
	Globals   []GlobalKey
	Variables []VariableDecl
	OnHangup  *Ref
	OnError   *Ref
	Limits    *LimitsDecl

	States []*StateDecl // in the order written
}

// Ref names a state.
type Ref struct{ Scalar }
