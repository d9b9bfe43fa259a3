// Package telnyx is the codec for Telnyx Call Control: events arrive as signed
// webhooks, whose answer Telnyx ignores, and what the call is to do goes out as
// commands to its API.
//
//	codec, err := telnyx.New(telnyx.Config{PublicKeys: keys, APIKey: key})
//
// An incoming call is offered (call.initiated), taken (answer) and then begins
// (call.answered). Every command carries our turn in its client_state, which comes
// back in the event that tells of its end, and a command_id made of session, turn and
// what it says, so that one that is sent twice is carried out once. Commands that must
// follow one another are parts of one answer: the next is sent when Telnyx tells of the
// end of the one before.
//
// Sources: the types of the package telnyx 7.24.0 (resources/calls/actions,
// resources/webhooks, lib/webhooks for the signature), and the pages "Receiving
// webhooks" and "Call commands" of developers.telnyx.com. What they leave open is
// said where it matters. TeXML is Telnyx' other way, documents in answers: forms arrive,
// signed alike, and the pages "TeXML verbs" and "TeXML webhooks" are its sources, with the callbacks of the
// API reference ("TeXML gather", "TeXML refer status").
package telnyx
