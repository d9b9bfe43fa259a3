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
// ending but the two that follow) is the body of the request, "NAME.query" the query
// of its URL where the codec puts something there, and "NAME.cannot" the reason.
// replies.txtar is written by the suite (Update) and read by people: what the codec
// answers for each family of verbs.
//
// Every request is about the same call: ID, account and numbers are Call.
package codectest
