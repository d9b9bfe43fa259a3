// Package engine is the pure core: a Program steps a Session with an Input and
// gives a Turn.
//
// A program is compiled by package flows and never changes. Step reads no clock,
// random source, logger or context, starts nothing and performs nothing: what is
// to be played comes back as verbs, what is wanted from the outside world as an
// effect. The same program, session and input give the same turn, which is what
// makes simulation, replay, proofs and recovery the same code.
package engine
