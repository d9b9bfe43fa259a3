// Package show tells everything about one state of a flow: what it does, each
// setting with its value and where that comes from, where every outcome leads and
// why, and who leads there.
//
//	state, err := show.Find(doc, program, "main_menu", sources)
//
// Settings are found by what the language declares of itself, so that a new kind
// of state is shown without more.
package show
