package engine

import (
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// Domain is what an operand of a condition can be: one of some texts, or a number
// within bounds. The zero value is anything.
type Domain struct {
	Texts []string // nil: any
	// Numbers are the only ones it can be; nil: any within the bounds, which hold where
	// Bounded is true.
	Numbers   []float64
	Low, High float64
	Bounded   bool
	Whole     bool // only whole numbers
}

// Settled tells whether a condition, as far as it can be known, always holds or never
// does. domain says what the value of a name or field is, or of a function ("len") of
// one; "" is no function. A value that cannot be read makes a condition fail, which is
// neither.
func (e *Expr) Settled(domain func(function, path string) Domain) (always, never bool) {
	if e.typ.Base != TypeBool || e.path != nil {
		return false, false
	}
	tree, err := parser.ParseWithConfig(e.source, &conf.Config{Disabled: disabled, Functions: parsedAsCalls})
	if err != nil {
		return false, false
	}
	s := settler{domain: domain}
	return !s.can(tree.Node, false), !s.can(tree.Node, true)
}

// settler looks whether a condition can hold, or can be false.
type settler struct {
	domain func(function, path string) Domain
}

// test is a comparison of an operand with something that is written out.
type test struct {
	operator string
	numbers  []float64
	texts    []string
	want     bool
}

// can tells whether a condition can come out so. In doubt it can.
func (s settler) can(n ast.Node, want bool) bool {
	tests := map[string][]test{}
	operands := map[string]ast.Node{}
	if !s.all(n, want, tests, operands) {
		return false
	}
	for name, of := range tests { // in any order: one that cannot be is enough
		if !possible(s.of(operands[name]), of) {
			return false
		}
	}
	return true
}

// all collects what has to be true together for a condition to come out so. It is
// false where something of it cannot.
func (s settler) all(n ast.Node, want bool, tests map[string][]test, operands map[string]ast.Node) bool {
	switch n := n.(type) {
	case *ast.BoolNode:
		return n.Value == want
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return s.all(n.Node, !want, tests, operands)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			if both := n.Operator == "and" || n.Operator == "&&"; both == want {
				return s.all(n.Left, want, tests, operands) && s.all(n.Right, want, tests, operands)
			}
			return s.can(n.Left, want) || s.can(n.Right, want)
		}
		left, right, operator := n.Left, n.Right, n.Operator
		if _, literal := read(left); literal {
			if mirrored, ok := mirror[operator]; ok {
				left, right, operator = right, left, mirrored
			}
		}
		t, ok := read(right)
		if !ok {
			return true
		}
		t.operator, t.want = operator, want
		if with, both := read(left); both {
			return holds(with, t)
		}
		name := left.String()
		tests[name], operands[name] = append(tests[name], t), left
	}
	return true
}

// mirror are the comparisons that can be written the other way round.
var mirror = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// holds tells whether two values that are written out can compare so.
func holds(left, t test) bool {
	switch {
	case len(left.numbers) == 1 && left.texts == nil:
		return t.takesNumber(left.numbers[0])
	case len(left.texts) == 1 && left.numbers == nil:
		return t.takesText(left.texts[0])
	}
	return true
}

// read reads numbers or texts that are written out.
func read(n ast.Node) (t test, ok bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return test{numbers: []float64{float64(n.Value)}}, true
	case *ast.FloatNode:
		return test{numbers: []float64{n.Value}}, true
	case *ast.StringNode:
		return test{texts: []string{n.Value}}, true
	case *ast.UnaryNode:
		if t, ok = read(n.Node); ok && n.Operator == "-" && len(t.numbers) == 1 {
			return test{numbers: []float64{-t.numbers[0]}}, true
		}
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			one, ok := read(item)
			if !ok {
				return test{}, false
			}
			t.numbers, t.texts = append(t.numbers, one.numbers...), append(t.texts, one.texts...)
		}
		return t, true
	}
	return test{}, false
}

// of is the domain of an operand.
func (s settler) of(n ast.Node) Domain {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode:
		return s.domain("", n.String())
	case *ast.CallNode:
		callee, named := n.Callee.(*ast.IdentifierNode)
		if !named || len(n.Arguments) != 1 {
			return Domain{}
		}
		switch of := n.Arguments[0].(type) {
		case *ast.IdentifierNode, *ast.MemberNode:
			return s.domain(callee.Value, of.String())
		}
	case *ast.BinaryNode:
		if m, ok := n.Right.(*ast.IntegerNode); ok && n.Operator == "%" && m.Value > 0 {
			return remainder(s.of(n.Left), float64(m.Value))
		}
	}
	return Domain{}
}

// remainder is what remains of a division: of a number below zero, that is one below
// zero, too.
func remainder(d Domain, by float64) Domain {
	out := Domain{Bounded: true, Whole: true, Low: 1 - by, High: by - 1}
	least := math.Inf(-1)
	switch {
	case d.Numbers != nil:
		least = slices.Min(append([]float64{0}, d.Numbers...))
	case d.Bounded:
		least = d.Low
	}
	if least >= 0 {
		out.Low = 0
	}
	return out
}

// mostTried bounds how many numbers are tried one by one.
const mostTried = 200

// possible tells whether a value of a domain passes all tests.
func possible(d Domain, tests []test) bool {
	numbers, texts := false, false
	for _, t := range tests {
		numbers, texts = numbers || t.numbers != nil, texts || t.texts != nil
	}
	switch {
	case numbers == texts:
		return true // nothing, or what does not go together
	case texts:
		return possibleText(d, tests)
	}
	tried, whole := d.Numbers, true
	if tried == nil {
		tried, whole = d.candidates(tests)
	}
	return !whole || slices.ContainsFunc(tried, func(f float64) bool {
		return !slices.ContainsFunc(tests, func(t test) bool { return !t.takesNumber(f) })
	})
}

// possibleText tries the texts that there can be, or those that tests ask for.
func possibleText(d Domain, tests []test) bool {
	tried := d.Texts
	if tried == nil {
		for _, t := range tests {
			if t.want && (t.operator == "==" || t.operator == "in") {
				tried = t.texts
			}
		}
		if tried == nil {
			return true
		}
	}
	return slices.ContainsFunc(tried, func(text string) bool {
		return !slices.ContainsFunc(tests, func(t test) bool { return !t.takesText(text) })
	})
}

// candidates are numbers of a domain of which one passes the tests if any does: what
// is compared with, and what lies between that and the bounds. enough is false where
// they cannot be told.
func (d Domain) candidates(tests []test) (all []float64, enough bool) {
	low, high := math.Inf(-1), math.Inf(1)
	if d.Bounded {
		low, high = d.Low, d.High
	}
	marks := []float64{}
	for _, t := range tests {
		marks = append(marks, t.numbers...)
	}
	for _, end := range [...]float64{low, high} {
		if !math.IsInf(end, 0) {
			marks = append(marks, end)
		}
	}
	slices.Sort(marks)
	if marks = slices.Compact(marks); len(marks) == 0 || len(marks) > mostTried {
		return nil, false
	}
	for i, m := range marks {
		all = append(all, m, m-1, m+1, math.Floor(m), math.Ceil(m))
		if i > 0 {
			all = append(all, (marks[i-1]+m)/2)
		}
	}
	return slices.DeleteFunc(all, func(f float64) bool {
		return f < low || f > high || d.Whole && f != math.Trunc(f)
	}), true
}

func (t test) takesNumber(f float64) bool {
	if t.operator == "in" {
		return slices.Contains(t.numbers, f) == t.want
	}
	if len(t.numbers) != 1 {
		return true
	}
	with, is := t.numbers[0], false
	switch t.operator {
	case "==":
		is = f == with
	case "!=":
		is = f != with
	case "<":
		is = f < with
	case "<=":
		is = f <= with
	case ">":
		is = f > with
	case ">=":
		is = f >= with
	default:
		return true
	}
	return is == t.want
}

func (t test) takesText(text string) bool {
	if t.operator == "in" {
		return slices.Contains(t.texts, text) == t.want
	}
	if len(t.texts) != 1 {
		return true
	}
	with, is := t.texts[0], false
	switch t.operator {
	case "==":
		is = text == with
	case "!=":
		is = text != with
	case "contains":
		is = strings.Contains(text, with)
	case "startsWith":
		is = strings.HasPrefix(text, with)
	case "endsWith":
		is = strings.HasSuffix(text, with)
	default:
		return true
	}
	return is == t.want
}
