// Package prove shows, before a caller hears it, what a flow can and cannot do.
//
// It works over the one list of transitions that the machine itself is built
// from, so what is proved is what runs. Each proof is a pure function over a
// Map; Check runs them all. What fails comes back as a Finding: the state, and
// the shortest way a caller gets there.
//
//	for _, f := range prove.Check(spec) {
//		fmt.Println(f.State, f.Message, f.Path.Keys())
//	}
//
// The proofs are sound for what they claim and never guess at what a condition
// will be: a branch is taken to go every way. They take the engine at its word
// in two things, that a state which requires a fact is not entered without it,
// and that the words of a call that has ended are not spoken.
//
// Time and memory grow with the number of transitions, not with its square.
package prove
