// Package codectest is the suite that every codec passes.
//
// It holds one table of situations for all platforms: a first hook, an entry ended
// by its terminator, silence, a transfer nobody answered, and so on. A codec brings
// its platform's request for each of them, or the reason why it cannot occur there:
//
//	func TestConformance(t *testing.T) {
//		codectest.Run(t, codectest.Fixture{Codec: codec, Unsigned: open, Sign: sign,
//			Dir: "testdata", Speech: codectest.JSONSpeech, Update: *update})
//	}
//
// Dir holds two archives in the txtar format. In situations.txtar, "NAME.json" (any
// ending but those that follow) is the body of the request, "NAME.query" the query of
// its URL where the codec puts something there, "NAME.header" its header fields, one a
// line, where the platform says something by them, "NAME.route" the route where it comes
// by another one, and "NAME.cannot" the reason. A situation that is another one's request
// in other circumstances, such as a duplicate, needs none of its own.
// replies.txtar is written by the suite (Update) and read by people: what the codec
// answers for each family of verbs.
//
// Every request is about the same call: ID, account and numbers are Call.
package codectest
