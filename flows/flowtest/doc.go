// Package flowtest plays calls without a telephone: it simulates them in a
// terminal and runs the scenario files that designers write beside their flows.
//
// A Player drives a program on a virtual clock. It stands for the platform and
// the runner at once: it speaks prompts for as long as they would take, keeps
// keys pressed early, ends entries by the rules of a Gather, holds the caller
// while an effect is slow, keeps promises of actions, and waits for nothing. What
// flows want of the outside world it gets from a World: stand-ins, or the real
// thing.
//
//	player := flowtest.New(program, flowtest.Options{World: standins})
//	err := player.Play(ctx, script)          // "12345# 1234 1 9"
//	transcript := player.Transcript()
//
// A Script is a caller in a line of text. A Suite is a file of scenarios, each of
// them what somebody does, hears and finds done.
package flowtest
