// Package graph draws a flow: its states, the keys and outcomes that lead from one
// to the next, its sub-flows as boxes, and what tests have reached.
//
//	g := graph.Of(program.Spec(), graph.Options{})
//	err := g.SVG(w)
//
// DOT and Mermaid are text for other programs, and are as long as the flow. SVG is
// the finished picture, laid out here. Its layout keeps one promise: nothing
// covers anything else. States stand in rows; the words on an arrow have a place
// of their own between two rows; and where an arrow would have to go back, or far,
// a small mark with the name of the state stands in its place.
//
// The same flow gives the same bytes.
package graph
