// Package capture keeps calls as fixtures: every hook of a call with its answer, one
// line each, without what belongs to the caller.
//
//	rec, err := capture.New(capture.Config{Dir: "calls", Vocabulary: capture.Words(sources...)})
//	call := rec.Begin(codec, in.Call, "bank")
//	answer := call.Answer(outbound, cause)  // what is kept of an answer
//	call.Add(capture.Hook{…}, turn, answer)
//	sender.Sent = rec.Sent           // what platforms are told besides
//
// Of a hook nothing is kept but what its platform's codec needs to read the same
// event again: everything else has its letters and digits replaced, and so have entries,
// numbers, names and tokens, by others that are the same throughout the call; a choice
// from options stays. Of effects stays what came of them and not what they were about. An
// answer is written once more, by the same codec, from verbs in which only words stay
// that are in the flows, and so is what the platform is told by commands, with a line for
// each time that one was sent. What cannot be kept so is not kept.
//
// A Recorder writes behind the calls' back: it never delays an answer, and where it
// cannot write, the call is not kept.
//
// Read reads a capture, and Replay plays it at a server, whose commands come to an API and
// whose effects come out as in Outcomes.
package capture
