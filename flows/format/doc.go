// Package format lays flows out in one way: keys in the order in which the
// language declares them, two blanks to the level, one blank line between states,
// braces on one line or not at all.
//
//	out, diags := format.Source("flow.yaml", src)
//
// What a flow means is kept, and so is what a person chose: comments, quotes, the
// order of states and options, where a text is wrapped, and braces as far as they
// fit in a line. Laying out a second time changes nothing.
package format
