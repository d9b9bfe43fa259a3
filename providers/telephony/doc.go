// Package telephony is the contract between the server and the platforms that
// carry calls, and what their codecs share.
//
// A platform drives a call with webhooks. Its Codec checks that a webhook comes
// from the platform (Verify), reads what happened from it (Decode) and writes
// what to do next (Encode): bytes in, bytes out. A codec keeps no state of a
// call, opens no connection and reads no clock, so one value serves all calls at
// once and every exchange can be tested as data.
//
//	codec, err := jambonz.New(jambonz.Config{Secrets: secrets})
//	…
//	if err := codec.Verify(request, arrived); err != nil { … 401 … }
//	in, err := codec.Decode(request)     // in.Event: digits, silence, …
//	…                                    // the runner takes the turn
//	reply, err := codec.Encode(telephony.Outbound{Verbs: verbs, TurnURL: url, …})
//
// What a codec never does: count attempts, keep time, judge an entry. It asks
// its platform for one prompt and one entry at a time and hands on what came of
// it; the engine owns the rest, so that a flow behaves alike everywhere.
//
// Every codec passes the suite in codectest. The README says how to add one.
package telephony
